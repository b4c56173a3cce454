"""Celery's side: ids in, one call."""

from apps.core.tasks import durable_task


@durable_task(guarantee="at_least_once")
def make_meetings_ahead() -> None:
    """Every night: the meetings of each series for the next half year. Twice is harmless."""
    from apps.boards.services import make_meetings_ahead as make

    make()
