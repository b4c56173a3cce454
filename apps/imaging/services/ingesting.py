"""The pull of one study: resumable, idempotent, never partial (docs/imaging.md, ingest)."""

import errno
import logging
import os
import socket
from functools import partial
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from apps.audit.services import record_entry
from apps.core.actors import Actor
from apps.core.exceptions import Conflict, DomainError, NotVisible, Unavailable
from apps.core.outbox import enqueue
from apps.imaging import policies
from apps.imaging.archive.layout import staging_directory
from apps.imaging.archive.place import series_store
from apps.imaging.choices import JobState, SourceState, StudyState
from apps.imaging.exceptions import LostLease, PacsAnswerBroken, PacsError
from apps.imaging.models import IngestJob, PacsConnection, Series, Study
from apps.imaging.pacs import PacsClient, open_client
from apps.imaging.parsing import ParserPool, shared_pool
from apps.imaging.services import indexing, retention, retrying, sources, staging, stand_ins
from apps.imaging.services.fetching import StudyFetch
from apps.imaging.services.leases import Lease, claim_ingest, kept_alive
from apps.imaging.services.progress import ProgressTeller
from apps.imaging.services.stand_ins import list_objects

logger = logging.getLogger(__name__)

INGEST_TASK = "apps.imaging.tasks.ingest_study"


# --- asking for it ---------------------------------------------------------------------------


def queue_ingest(*, actor: Actor, study_id: UUID) -> IngestJob:
    """Owe the study's ingest; one open job per study. Inside the caller's transaction."""
    study = Study.objects.select_for_update().get(pk=study_id)
    open_job = IngestJob.objects.filter(
        study=study, state__in=[JobState.QUEUED, JobState.RUNNING]
    ).first()
    if open_job is not None:
        return open_job
    job = IngestJob.objects.create(study=study)
    study.retry_at = None
    if study.ready_at is None:
        study.state = StudyState.QUEUED
        study.error_code = study.error_message = ""
    study.save(update_fields=["state", "error_code", "error_message", "retry_at", "updated_at"])
    if study.ready_at is None:
        indexing.record_progress(actor=actor, study=study)
    enqueue(task=INGEST_TASK, kwargs={"job_id": str(job.pk)})
    return job


def retry_ingest(*, actor: Actor, case_id: UUID, study_id: UUID) -> Study:
    """Try a failed study again; what arrived complete is not fetched twice."""
    policies.link_study(actor=actor, case_id=case_id)
    with transaction.atomic():
        study = (
            Study.objects.select_for_update(of=("self",))
            .filter(pk=study_id, case_studies__case_id=case_id)
            .first()
        )
        if study is None:
            raise NotVisible()
        if study.pacs_id is None:
            raise Conflict("This study was uploaded: upload it again.", code="no_pacs")
        if study.state not in (StudyState.FAILED, StudyState.READY):
            raise Conflict("The study is on its way already.", code="ingest_running")
        queue_ingest(actor=actor, study_id=study.pk)
        record_entry(
            actor=actor,
            action="study.retried",
            case_id=case_id,
            entity="study",
            entity_id=study.pk,
        )
        study.refresh_from_db()
    return study


# --- doing it --------------------------------------------------------------------------------


def run_ingest(*, job_id: UUID) -> None:
    """Work on one job to its end; whatever goes wrong is told on the job and can be retried."""
    lease = claim_ingest(job_id=job_id, worker=f"{socket.gethostname()}:{os.getpid()}")
    if lease is None:
        return
    job = IngestJob.objects.select_related("study", "study__pacs").get(pk=job_id)
    actor = Actor.system("ingest")
    try:
        with kept_alive(lease), shared_pool() as pool:
            _Ingest(actor=actor, job=job, lease=lease, pool=pool).run()
    except LostLease:
        logger.info("ingest %s: another worker took over", job_id)
    except DomainError as error:
        _fail(actor=actor, lease=lease, job=job, error=error)
    except OSError as error:
        _fail(actor=actor, lease=lease, job=job, error=_storage_error(error))
    except Exception:
        logger.exception("ingest %s failed unexpectedly", job_id)
        unexpected = Unavailable("An unexpected error was logged.", code="internal_error")
        _fail(actor=actor, lease=lease, job=job, error=unexpected)


class _Ingest:
    """One attempt at one study. State of the attempt only; the truth is in PostgreSQL."""

    def __init__(self, *, actor: Actor, job: IngestJob, lease: Lease, pool: ParserPool) -> None:
        self.actor = actor
        self.job = job
        self.study: Study = job.study
        self.lease = lease
        self.pool = pool
        self.progress = ProgressTeller(actor=actor, study=self.study, lease=lease)

    def run(self) -> None:
        """From the PACS the study is linked through; where that is away, from a stand-in."""
        try:
            self._ingest_as_linked()
        except DomainError as failure:
            if self.study.pacs_id is not None:
                sources.note_reached(pacs_id=self.study.pacs_id, error=failure)
            if not isinstance(failure, PacsError):
                raise
            self._ingest_from_stand_in(failure)
        staging.clear(staging_directory(self.study.pk))

    def _ingest_as_linked(self) -> None:
        connection = self.study.pacs
        if connection is None or not connection.is_active:
            raise PacsError("The study's PACS is switched off.", code="pacs_inactive")
        with open_client(connection) as client:
            listing = list_objects(client, study_instance_uid=self.study.study_instance_uid)
            if not listing:
                raise PacsAnswerBroken("The PACS lists no series.", code="empty_study")
            sources.note_reached(pacs_id=connection.pk, error=None)
            sources.note_listing(study=self.study, pacs_id=connection.pk, listing=listing)
            series_ids = self._ingest_listing(client, connection, listing)
        self._finish(series_ids, guard=lambda: self._finish_as_linked(listing))

    def _ingest_from_stand_in(self, failure: PacsError) -> None:
        """The first PACS by priority that holds the same study whole, of the same patient."""
        refusals: list[stand_ins.Refusal] = []
        for connection in stand_ins.list_stand_ins(self.study):
            try:
                with open_client(connection) as client:
                    listing = stand_ins.agree_on_listing(
                        client=client, connection=connection, study=self.study
                    )
                    sources.note_reached(pacs_id=connection.pk, error=None)
                    series_ids = self._ingest_listing(client, connection, listing)
            except stand_ins.REFUSALS as error:
                refusals.append(stand_ins.Refusal(pacs=connection, error=error))
                stand_ins.note_refusal(study=self.study, refusal=refusals[-1])
                if not isinstance(error, PacsError):
                    staging.clear(staging_directory(self.study.pk, pacs_id=connection.pk))
                continue
            guard = partial(self._finish_with_stand_in, connection, because=failure.error_code)
            self._finish(series_ids, guard=guard)
            return
        raise stand_ins.explain(failure, refusals)

    def _ingest_listing(
        self, client: PacsClient, connection: PacsConnection, listing: sources.Listing
    ) -> list[UUID]:
        fetch = StudyFetch(
            client=client,
            connection=connection,
            study=self.study,
            pool=self.pool,
            progress=self.progress,
        )
        self.progress.begin(total=sum(len(list(uids)) for uids in listing.values()))
        self._make_room(listing)
        return [self._ingest_series(fetch, uid, set(uids)) for uid, uids in listing.items()]

    def _make_room(self, listing: sources.Listing) -> None:
        """Before the first byte: evict what others need less, or say that there is no room."""
        missing = sum(len(set(uids) - self._archived(uid)) for uid, uids in listing.items())
        if missing:
            retention.make_room(study_id=self.study.pk, objects=missing)

    def _archived(self, series_uid: str) -> set[str]:
        """SOP Instance UIDs that the archive holds now; none of an evicted or lost series."""
        series = Series.objects.filter(
            study=self.study, series_instance_uid=series_uid, evicted_at__isnull=True
        ).first()
        if series is None or not series.archive_key:
            return set()
        if not series_store().exists(series.archive_key):
            return set()
        return set(series.instances.values_list("sop_instance_uid", flat=True))

    def _ingest_series(self, fetch: StudyFetch, uid: str, expected: set[str]) -> UUID:
        archived = self._archived(uid)
        if expected and archived >= expected:
            self.progress.advance(len(expected))
            return staging.series_id(study_id=self.study.pk, series_instance_uid=uid)
        self.progress.advance(len(archived))
        staged = fetch.collect(uid, expected=expected - archived)
        if fetch.is_stand_in:  # what the study's own PACS never listed stays out
            missing = expected - archived
            staged = {sop_uid: one for sop_uid, one in staged.items() if sop_uid in missing}
        return indexing.publish_and_index(
            study_id=self.study.pk,
            series_instance_uid=uid,
            staged=list(staged.values()),
            guard=self.lease.check,
            origin=SourceState.ELSEWHERE if fetch.is_stand_in else SourceState.HELD,
            is_whole=not archived,
            pacs_id=fetch.connection.pk,
        )

    def _finish(self, series_ids: list[UUID], *, guard: indexing.Guard) -> None:
        indexing.finish_study(
            actor=self.actor, study_id=self.study.pk, series_ids=series_ids, guard=guard
        )

    def _finish_as_linked(self, listing: sources.Listing) -> None:
        self.lease.check()
        sources.compare_listing(study=self.study, listing=listing)
        now = timezone.now()
        Study.objects.filter(pk=self.study.pk).update(source_checked_at=now, source_listed_at=now)
        self._finish_job(details={"pacs": str(self.study.pacs_id)})

    def _finish_with_stand_in(self, connection: PacsConnection, *, because: str) -> None:
        """Complete, and not compared with the study's own PACS: that is for when it is back."""
        self.lease.check()
        Study.objects.filter(pk=self.study.pk).update(source_listed_at=None)
        told = {"pacs": str(connection.pk), "linked_pacs": str(self.study.pacs_id)}
        self._finish_job(details=told | {"because": because})

    def _finish_job(self, *, details: dict[str, str]) -> None:
        IngestJob.objects.filter(pk=self.job.pk).update(
            state=JobState.DONE,
            finished_at=timezone.now(),
            lease_expires_at=None,
            done=self.progress.done,
            total=self.progress.total,
        )
        record_entry(
            actor=self.actor,
            action="study.ingested",
            entity="study",
            entity_id=self.study.pk,
            details={"objects": self.progress.total} | details,
        )


def _fail(*, actor: Actor, lease: Lease, job: IngestJob, error: DomainError) -> None:
    """Say on job and study what went wrong, unless another worker owns the job by now."""
    try:
        with transaction.atomic():
            study = Study.objects.select_for_update().get(pk=job.study_id)
            lease.check()
            IngestJob.objects.filter(pk=job.pk).update(
                state=JobState.FAILED,
                error_code=error.error_code[:60],
                error_message=str(error.message)[:500],
                lease_expires_at=None,
                finished_at=timezone.now(),
            )
            study.error_code = error.error_code[:60]
            study.error_message = str(error.message)[:500]
            if study.ready_at is None:
                study.state = StudyState.FAILED
            study.retry_at = retrying.retry_time(study=study, error=error)
            study.save(
                update_fields=["state", "error_code", "error_message", "retry_at", "updated_at"]
            )
            record_entry(
                actor=actor,
                action="study.ingest_failed",
                entity="study",
                entity_id=study.pk,
                details={"code": error.error_code},
                outcome="failed",
            )
            indexing.record_progress(actor=actor, study=study)
    except LostLease:
        logger.info("ingest %s: lost while failing", job.pk)


def _storage_error(error: OSError) -> Unavailable:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return Unavailable("The archive's disk is full.", code="storage_full")
    logger.error("archive: %s", error)
    return Unavailable("The archive cannot be written.", code="storage_error")
