"""The pull of one study: resumable, idempotent, never partial (docs/imaging.md, ingest)."""

import errno
import logging
import os
import random
import socket
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from apps.audit.services import record_entry
from apps.cases.identity import PatientIdentity
from apps.core.actors import Actor
from apps.core.exceptions import Conflict, DomainError, NotVisible, Unavailable
from apps.core.outbox import enqueue
from apps.imaging import identity as identities
from apps.imaging import policies
from apps.imaging.archive.layout import staging_directory
from apps.imaging.archive.place import series_store
from apps.imaging.archive.writer import StagedInstance
from apps.imaging.choices import JobState, SourceState, StudyState
from apps.imaging.exceptions import (
    LostLease,
    PacsAnswerBroken,
    PacsError,
    PatientMismatch,
)
from apps.imaging.models import CaseStudy, IngestJob, Series, Study
from apps.imaging.pacs import PacsClient, QidoSeries, ReceivedPart, open_client
from apps.imaging.parsing import ParseOutcome, ParserPool, shared_pool
from apps.imaging.services import indexing, retention, sources, staging
from apps.imaging.services.leases import Lease, claim_ingest, kept_alive
from apps.imaging.services.progress import ProgressTeller

logger = logging.getLogger(__name__)

INGEST_TASK = "apps.imaging.tasks.ingest_study"
SERIES_ATTEMPTS = 3
PAUSE_S = 0.5
FEW_MISSING = 24  # up to this many are asked for one by one instead of the series again


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
    if study.ready_at is None:
        study.state = StudyState.QUEUED
        study.error_code = study.error_message = ""
        study.save(update_fields=["state", "error_code", "error_message", "updated_at"])
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
        if job.study.pacs_id is not None:
            sources.note_reached(pacs_id=job.study.pacs_id, error=error)
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
        self.directory = staging_directory(job.study_id)
        self.progress = ProgressTeller(actor=actor, study=self.study, lease=lease)
        self.described = False

    def run(self) -> None:
        connection = self.study.pacs
        if connection is None or not connection.is_active:
            raise PacsError("The study's PACS is switched off.", code="pacs_inactive")
        with open_client(connection) as client:
            every_series = client.list_series(study_instance_uid=self.study.study_instance_uid)
            if not every_series:
                raise PacsAnswerBroken("The PACS lists no series.", code="empty_study")
            wanted = {
                one.series_instance_uid: client.list_instances(
                    study_instance_uid=self.study.study_instance_uid,
                    series_instance_uid=one.series_instance_uid,
                )
                for one in every_series
            }
            sources.note_reached(pacs_id=connection.pk, error=None)
            self.progress.begin(total=sum(len(uids) for uids in wanted.values()))
            self._make_room(wanted)
            series_ids = [
                self._ingest_series(client, one, wanted[one.series_instance_uid])
                for one in every_series
            ]
        indexing.finish_study(
            actor=self.actor,
            study_id=self.study.pk,
            series_ids=series_ids,
            guard=lambda: self._finish_job(wanted),
        )
        staging.clear(self.directory)

    def _make_room(self, wanted: dict[str, list[str]]) -> None:
        """Before the first byte: evict what others need less, or say that there is no room."""
        missing = sum(len(set(uids) - self._archived(uid)) for uid, uids in wanted.items())
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

    def _ingest_series(
        self, client: PacsClient, series: QidoSeries, expected: Sequence[str]
    ) -> UUID:
        uid = series.series_instance_uid
        archived = self._archived(uid)
        if expected and archived.issuperset(expected):
            self.progress.advance(len(expected))
            return staging.series_id(study_id=self.study.pk, series_instance_uid=uid)
        self.progress.advance(len(archived))
        staged = self._collect(client, uid, expected=set(expected) - archived)
        return indexing.publish_and_index(
            study_id=self.study.pk,
            series_instance_uid=uid,
            staged=list(staged.values()),
            guard=self.lease.check,
            origin=SourceState.HELD,
            is_whole=not archived,
        )

    def _collect(
        self, client: PacsClient, series_uid: str, *, expected: set[str]
    ) -> dict[str, StagedInstance]:
        """Fetch until nothing expected is missing, a few times; keep what came complete."""
        staged = staging.find_staged(self.directory, series_instance_uid=series_uid)
        self.progress.advance(len(staged))
        failure: DomainError | None = None
        for attempt in range(SERIES_ATTEMPTS):
            missing = expected - staged.keys()
            if staged and not missing:
                return staged
            if attempt:
                time.sleep(PAUSE_S * 2**attempt * (0.5 + random.random()))
            try:
                self._fetch(client, series_uid, missing=missing, staged=staged)
                failure = None
            except (PacsError, PacsAnswerBroken) as error:
                failure = error
        missing = expected - staged.keys()
        if staged and not missing:
            return staged
        raise failure or PacsAnswerBroken(
            f"The PACS did not send {len(missing)} of {len(expected)} objects.",
            code="incomplete_series",
            details={"missing": len(missing), "expected": len(expected)},
        )

    def _fetch(
        self,
        client: PacsClient,
        series_uid: str,
        *,
        missing: set[str],
        staged: dict[str, StagedInstance],
    ) -> None:
        """Receive and parse at the same time: the next part is read while children work."""
        pending: list[tuple[ReceivedPart, Future[ParseOutcome]]] = []
        try:
            for part in self._parts(client, series_uid, missing=missing, staged=staged):
                prefix = self.directory / part.path.stem
                pending.append((part, self.pool.submit(source=part.path, prefix=prefix)))
                if len(pending) >= 2 * self.pool.size:
                    self._take(*pending.pop(0), series_uid=series_uid, staged=staged)
        finally:
            while pending:
                self._take(*pending.pop(0), series_uid=series_uid, staged=staged)

    def _parts(
        self,
        client: PacsClient,
        series_uid: str,
        *,
        missing: set[str],
        staged: dict[str, StagedInstance],
    ) -> Iterator[ReceivedPart]:
        study_uid = self.study.study_instance_uid
        if staged and 0 < len(missing) <= FEW_MISSING:
            # One that is here comes again as a witness that they still are of the same series.
            for sop_uid in [min(staged), *sorted(missing)]:
                yield from client.retrieve_instance(
                    study_instance_uid=study_uid,
                    series_instance_uid=series_uid,
                    sop_instance_uid=sop_uid,
                    into=self.directory,
                )
            return
        yield from client.retrieve_series(
            study_instance_uid=study_uid, series_instance_uid=series_uid, into=self.directory
        )

    def _take(
        self,
        part: ReceivedPart,
        parsed: "Future[ParseOutcome]",
        *,
        series_uid: str,
        staged: dict[str, StagedInstance],
    ) -> None:
        outcome = parsed.result()
        part.path.unlink(missing_ok=True)
        if outcome.summary is None:
            raise PacsAnswerBroken(
                f"The PACS sent an object that is refused: {outcome.reason}",
                code="object_refused",
                details={"verdict": outcome.code},
            )
        summary = outcome.summary
        asked = (self.study.study_instance_uid, series_uid)
        if (summary["study_instance_uid"], summary["series_instance_uid"]) != asked:
            staging.discard(outcome.prefix)
            raise PacsAnswerBroken(
                "The PACS sent an object of another study or series.", code="wrong_object"
            )
        self._check_patient(outcome)
        known = staged.get(summary["sop_instance_uid"])
        if known is not None:
            staging.discard(outcome.prefix)
            if known.summary["sha256"] != summary["sha256"]:
                self._forget(staged)
                words = "The PACS changed objects while the series was fetched."
                raise PacsAnswerBroken(words, code="changed_on_retry")
            return
        staged[summary["sop_instance_uid"]] = StagedInstance(outcome.prefix, summary)
        self.progress.advance(1)

    def _forget(self, staged: dict[str, StagedInstance]) -> None:
        """What was staged before the PACS changed the series: half of each would be neither."""
        self.progress.advance(-len(staged))
        for one in staged.values():
            staging.discard(one.prefix)
        staged.clear()

    def _check_patient(self, outcome: ParseOutcome) -> None:
        """Every object's patient is the one that was linked, or a coordinator confirmed it."""
        assert outcome.summary is not None and self.study.pacs is not None
        found = identities.identity_of_object(
            outcome.summary["identity"], default_issuer=self.study.pacs.default_issuer
        )
        stored = identities.identity_of_study(self.study)
        if stored.patient_id and not identities.same_person(stored, found):
            staging.discard(outcome.prefix)
            raise PatientMismatch("The study holds objects of different patients.")
        if self.described and found == stored:
            return
        if self.study.ready_at is None:
            # Saved before it is judged: linking again then compares with what the images say.
            indexing.describe_study(study=self.study, summary=outcome.summary, identity=found)
            self.study.save(update_fields=indexing.DESCRIBED_FIELDS)
        self._check_cases(found)
        self.described = True

    def _check_cases(self, found: PatientIdentity) -> None:
        links = CaseStudy.objects.filter(study=self.study, mismatch_reason="")
        for link in links.select_related("case__patient"):
            expected = identities.identity_of_patient(link.case.patient)
            if identities.find_contradictions(expected=expected, found=found):
                raise PatientMismatch(
                    "The images name another patient than the case; link the study again "
                    "and confirm with a reason."
                )

    def _finish_job(self, listing: sources.Listing) -> None:
        self.lease.check()
        sources.compare_listing(study=self.study, listing=listing)
        now = timezone.now()
        Study.objects.filter(pk=self.study.pk).update(source_checked_at=now, source_listed_at=now)
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
            details={"objects": self.progress.total},
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
            study.save(update_fields=["state", "error_code", "error_message", "updated_at"])
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
