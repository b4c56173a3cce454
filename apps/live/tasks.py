"""Celery tasks of the live session: one service called."""

from apps.core.tasks import durable_task
from apps.live.recordings import retention


@durable_task(guarantee="at_least_once")
def purge_recordings() -> None:
    retention.purge_recordings()
