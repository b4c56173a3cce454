"""Celery tasks of imaging: ids in, one service called."""

from uuid import UUID

from apps.core.tasks import durable_task
from apps.imaging import services


@durable_task(guarantee="at_least_once")
def ingest_study(job_id: str) -> None:
    services.run_ingest(job_id=UUID(job_id))


@durable_task(guarantee="at_least_once")
def process_import(import_id: str) -> None:
    services.process_import(import_id=UUID(import_id))


@durable_task(guarantee="at_least_once")
def prefetch_case(case_id: str) -> None:
    services.prefetch_case(case_id=UUID(case_id))


@durable_task(guarantee="at_least_once")
def check_study(study_id: str) -> None:
    services.check_study(study_id=UUID(study_id))


@durable_task(guarantee="at_least_once")
def keep_archive() -> None:
    services.keep_archive()
