"""Celery's side: ids in, one call. Messages are bells; the truth is in PostgreSQL."""

from uuid import UUID

from apps.core.tasks import durable_task


@durable_task(queue="ai", guarantee="at_most_once")
def run_jobs() -> None:
    """Drain the queue of analyses. A lost or doubled bell changes nothing."""
    from apps.ai.execution import run_waiting_jobs

    run_waiting_jobs()


@durable_task(queue="ai", guarantee="at_most_once")
def run_validation(run_id: str) -> None:
    """One local validation run. A doubled bell finds it claimed; a lost one is rung again."""
    from apps.ai.validation_runs.running import run_from_queue

    run_from_queue(run_id=UUID(run_id))


@durable_task(guarantee="at_least_once")
def watch_models() -> None:
    """Once a day: open alerts where a version in use breaks a rule. Doing it twice is harmless."""
    from apps.ai.services import watch_versions

    watch_versions()


@durable_task(guarantee="at_least_once")
def read_external_objects(study_id: str) -> None:
    """Read SEG, SR and maps of others in a study; each object is taken in once."""
    from apps.ai.services.external import read_study_objects

    read_study_objects(study_id=UUID(study_id))


@durable_task(guarantee="at_least_once")
def export_finding(export_id: str) -> None:
    """Send one accepted finding to its PACS; retried by its own row, not by the broker."""
    from apps.ai.exporting import export_accepted_finding

    export_accepted_finding(export_id=UUID(export_id))


@durable_task(guarantee="at_least_once")
def apply_rules(case_id: str, study_id: str) -> None:
    """A study is complete in a case; each rule looks at it once, however often this comes."""
    from apps.ai.services.automation_runs import apply_rules as look

    look(case_id=UUID(case_id), study_id=UUID(study_id))


@durable_task(guarantee="at_least_once")
def send_structure_set(structure_set_id: str) -> None:
    """Send contours of accepted findings to their PACS; retried by their own row."""
    from apps.ai.structure_sets import send_structure_set as send

    send(structure_set_id=UUID(structure_set_id))
