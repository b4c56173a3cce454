"""Celery's side: ids in, one call."""

from uuid import UUID

from apps.core.tasks import durable_task


@durable_task(guarantee="at_least_once")
def make_meetings_ahead() -> None:
    """Every night: the meetings of each series for the next half year. Twice is harmless."""
    from apps.boards.services import make_meetings_ahead as make

    make()


@durable_task(guarantee="at_least_once")
def refresh_waiting_readiness() -> None:
    """Every hour: what no event told of cases that wait for a board. Twice is harmless."""
    from apps.boards.services import refresh_waiting

    refresh_waiting()


@durable_task(guarantee="at_least_once")
def send_item_reminder(*, reminder_id: str) -> None:
    from apps.boards.services import send_reminder

    send_reminder(reminder_id=UUID(reminder_id))
