"""Celery's side: ids in, one call. Messages are bells; the truth is in PostgreSQL."""

from uuid import UUID

from apps.core.tasks import durable_task


@durable_task(queue="ai", guarantee="at_most_once")
def run_jobs() -> None:
    """Drain the queue of analyses. A lost or doubled bell changes nothing."""
    from apps.ai.execution import run_waiting_jobs

    run_waiting_jobs()


@durable_task(guarantee="at_least_once")
def export_finding(export_id: str) -> None:
    """Send one accepted finding to its PACS; retried by its own row, not by the broker."""
    from apps.ai.exporting import export_accepted_finding

    export_accepted_finding(export_id=UUID(export_id))


@durable_task(guarantee="at_least_once")
def send_structure_set(structure_set_id: str) -> None:
    """Send contours of accepted findings to their PACS; retried by their own row."""
    from apps.ai.structure_sets import send_structure_set as send

    send(structure_set_id=UUID(structure_set_id))
