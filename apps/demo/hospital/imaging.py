"""Studies of the demo hospital come in as a user's would: from the PACS, or from files."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from apps.cases.models import Case
from apps.core.actors import Actor
from apps.demo.hospital.recipes import StudyRecipe
from apps.imaging import services
from apps.imaging.choices import JobState, StudyState
from apps.imaging.models import CaseStudy, IngestJob, PacsConnection, Study
from apps.imaging.pacs import PacsClient, open_client

logger = logging.getLogger(__name__)

STOW_BYTES = 24 * 1024 * 1024
"""About one series' worth a request: Orthanc holds a whole request in memory."""

SETTLE_TIMEOUT_S = 180.0
SETTLE_INTERVAL_S = 0.25


def files_of(*, recipe: StudyRecipe, root: Path) -> list[Path]:
    return sorted((root / recipe.key).glob("*.dcm"))


def is_linked(*, case: Case, recipe: StudyRecipe) -> bool:
    """Linked and here, or on its way without an error."""
    return (
        CaseStudy.objects.filter(case=case, study__study_instance_uid=recipe.study.uid)
        .exclude(study__state=StudyState.FAILED)
        .exists()
    )


def is_in_pacs(*, connection: PacsConnection, recipe: StudyRecipe) -> bool:
    """Whether the PACS knows the examination; one query."""
    with open_client(connection) as client:
        return client.find_study(study_instance_uid=recipe.study.uid) is not None


def store_in_pacs(*, connection: PacsConnection, recipe: StudyRecipe, root: Path) -> bool:
    """Send an examination to the PACS unless it is there in full. True where it was sent."""
    paths = files_of(recipe=recipe, root=root)
    uid = recipe.study.uid
    with open_client(connection) as client:
        if _count_in_pacs(client, uid) >= len(paths):
            return False
        for batch in _batches(paths):
            reply = client.store(
                study_instance_uid=uid, objects=[path.read_bytes() for path in batch]
            )
            if reply.failed:
                logger.warning("the PACS refused %d objects of %s", len(reply.failed), recipe.key)
    return True


def _count_in_pacs(client: PacsClient, study_instance_uid: str) -> int:
    return sum(
        len(
            client.list_instances(
                study_instance_uid=study_instance_uid,
                series_instance_uid=series.series_instance_uid,
            )
        )
        for series in client.list_series(study_instance_uid=study_instance_uid)
    )


def _batches(paths: Sequence[Path]) -> Iterator[list[Path]]:
    batch: list[Path] = []
    size = 0
    for path in paths:
        if batch and size + path.stat().st_size > STOW_BYTES:
            yield batch
            batch, size = [], 0
        batch.append(path)
        size += path.stat().st_size
    if batch:
        yield batch


def bring_in(
    *,
    actor: Actor,
    case: Case,
    recipe: StudyRecipe,
    root: Path,
    connection: PacsConnection | None,
) -> None:
    """Link one examination to its case and work on its ingest to the end.

    The house's worker may take the same job; a lease makes it one worker's, so both may try.
    """
    if connection is None:
        services.import_files(actor=actor, case_id=case.pk, paths=[root / recipe.key])
        return
    services.link_study(
        actor=actor,
        case_id=case.pk,
        pacs_id=connection.pk,
        study_instance_uid=recipe.study.uid,
    )
    open_jobs = IngestJob.objects.filter(
        study__study_instance_uid=recipe.study.uid, state=JobState.QUEUED
    )
    for job in open_jobs:
        services.run_ingest(job_id=job.pk)


def wait_for_study(recipe: StudyRecipe) -> Study | None:
    """The study once it is here or has failed: the house's worker may be the one that has it."""
    deadline = time.monotonic() + SETTLE_TIMEOUT_S
    while True:
        study = Study.objects.filter(study_instance_uid=recipe.study.uid).first()
        if study is None or study.state in {StudyState.READY, StudyState.FAILED}:
            return study
        if time.monotonic() > deadline:
            return study
        time.sleep(SETTLE_INTERVAL_S)
