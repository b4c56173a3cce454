"""Housekeeping that belongs to no floor."""

from django.core.management import call_command

from apps.core.outbox import purge_sent
from apps.core.tasks import durable_task


@durable_task(guarantee="at_most_once")
def purge_outbox() -> None:
    purge_sent()


@durable_task(guarantee="at_most_once")
def clear_sessions() -> None:
    call_command("clearsessions")
