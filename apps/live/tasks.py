"""Celery tasks of the live session: services called."""

from apps.core.tasks import durable_task
from apps.live import services
from apps.live.recordings import retention


@durable_task(guarantee="at_least_once")
def purge_recordings() -> None:
    services.end_idle_rooms()
    retention.purge_recordings()
