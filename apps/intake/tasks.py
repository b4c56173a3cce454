"""Celery's side: ids in, one call."""

from uuid import UUID

from apps.core.tasks import durable_task


@durable_task(guarantee="at_least_once")
def find_studies(intake_list_id: str, run: int) -> None:
    from apps.intake.services import find_studies as find

    find(intake_list_id=UUID(intake_list_id), run=run)


@durable_task(guarantee="at_least_once")
def place_rows(intake_list_id: str) -> None:
    """Twice is harmless: a row that is on the agenda is left alone."""
    from apps.intake.services import place_rows as place

    place(intake_list_id=UUID(intake_list_id))
