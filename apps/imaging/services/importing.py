"""Files from outside into a case: one verdict per file, the good ones stored."""

import logging
import os
import shutil
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import IO
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from apps.audit.services import record_entry
from apps.cases.identity import PatientIdentity
from apps.core import events as core_events
from apps.core.actors import Actor
from apps.core.exceptions import DomainError, Forbidden, InvalidInput
from apps.core.outbox import enqueue
from apps.imaging import identity as identities
from apps.imaging import policies
from apps.imaging.archive.layout import spool_directory, staging_directory
from apps.imaging.archive.writer import StagedInstance
from apps.imaging.choices import (
    FileVerdict,
    ImportState,
    JobState,
    StudySource,
    StudyState,
)
from apps.imaging.events import ImportFinished
from apps.imaging.exceptions import LostLease, PatientMismatch
from apps.imaging.models import Import, ImportFile, IngestJob, Instance, Study
from apps.imaging.parsing import ParseOutcome, ParserPool, shared_pool
from apps.imaging.services import indexing, staging, zips
from apps.imaging.services.indexing import record_ready
from apps.imaging.services.leases import Lease, claim_import, kept_alive
from apps.imaging.services.linking import check_patient, put_link

logger = logging.getLogger(__name__)

IMPORT_TASK = "apps.imaging.tasks.process_import"
FILES = 5000
UPLOAD_BYTES = 2 * 1024**3
COPY_BYTES = 1024 * 1024
IN_FLIGHT_PER_CHILD = 3

Accepted = tuple[ImportFile, StagedInstance]


# --- asking for it ---------------------------------------------------------------------------


def open_import(
    *,
    actor: Actor,
    case_id: UUID,
    files: Iterable[tuple[str, IO[bytes]]],
    mismatch_reason: str = "",
) -> Import:
    """Spool uploaded files and owe the work on them; names are kept for show only."""
    policies.import_files(actor=actor, case_id=case_id)
    parent = _create(actor=actor, case_id=case_id, mismatch_reason=mismatch_reason)
    spool = spool_directory(parent.pk)
    try:
        rows = []
        for position, (name, source) in enumerate(files):
            if position >= FILES:
                raise InvalidInput("Too many files in one upload.", code="too_many_files")
            with (spool / f"{position:06d}").open("wb") as out:
                shutil.copyfileobj(source, out, COPY_BYTES)
            rows.append(ImportFile(parent=parent, position=position, name=name[-400:]))
        if not rows:
            raise InvalidInput("Choose files to upload.", code="no_files")
        with transaction.atomic():
            parent.save(force_insert=True)
            ImportFile.objects.bulk_create(rows)
            _record_opened(actor=actor, parent=parent, count=len(rows))
            enqueue(task=IMPORT_TASK, kwargs={"import_id": str(parent.pk)})
    except BaseException:
        shutil.rmtree(spool, ignore_errors=True)
        raise
    return parent


def import_files(
    *, actor: Actor, case_id: UUID, paths: Sequence[Path], mismatch_reason: str = ""
) -> Import:
    """Import files and folders of this machine now; the same work as an upload."""
    policies.import_files(actor=actor, case_id=case_id)
    found = _list_files(paths)
    if not found:
        raise InvalidInput("There are no files.", code="no_files")
    parent = _create(actor=actor, case_id=case_id, mismatch_reason=mismatch_reason)
    spool = spool_directory(parent.pk)
    for position, (_, path) in enumerate(found):
        (spool / f"{position:06d}").symlink_to(path.resolve())
    with transaction.atomic():
        parent.save(force_insert=True)
        ImportFile.objects.bulk_create(
            ImportFile(parent=parent, position=position, name=name[-400:])
            for position, (name, _) in enumerate(found)
        )
        _record_opened(actor=actor, parent=parent, count=len(found))
    process_import(import_id=parent.pk, actor=actor)
    parent.refresh_from_db()
    return parent


def _create(*, actor: Actor, case_id: UUID, mismatch_reason: str) -> Import:
    if mismatch_reason.strip():
        policies.confirm_mismatch(actor=actor, case_id=case_id)
    return Import(
        case_id=case_id,
        actor_id=actor.id,
        actor_label=actor.label[:200],
        mismatch_reason=mismatch_reason.strip(),
    )


def _record_opened(*, actor: Actor, parent: Import, count: int) -> None:
    record_entry(
        actor=actor,
        action="import.opened",
        case_id=parent.case_id,
        entity="import",
        entity_id=parent.pk,
        details={"files": count},
    )


def _list_files(paths: Sequence[Path]) -> list[tuple[str, Path]]:
    """Regular files below the paths, in a stable order; links are not followed."""
    found: list[tuple[str, Path]] = []
    for path in paths:
        if path.is_dir():
            for folder, folders, names in os.walk(path):
                folders.sort()
                for name in sorted(names):
                    one = Path(folder) / name
                    if one.is_file() and not one.is_symlink():
                        found.append((str(one.relative_to(path)), one))
        elif path.is_file():
            found.append((path.name, path))
        else:
            raise InvalidInput(f"{path} is not there.", code="no_such_path")
    return found


# --- doing it --------------------------------------------------------------------------------


def process_import(*, import_id: UUID, actor: Actor | None = None) -> None:
    """Work on one import to its end. Safe to run again after a crash."""
    lease = claim_import(import_id=import_id)
    if lease is None:
        return
    parent = Import.objects.select_related("case__patient").get(pk=import_id)
    who = actor or Actor(
        kind="user" if parent.actor_id else "system",
        id=parent.actor_id,
        label=parent.actor_label or "import",
    )
    try:
        with kept_alive(lease), shared_pool() as pool:
            _ImportRun(actor=who, parent=parent, lease=lease, pool=pool).run()
    except LostLease:
        logger.info("import %s: another worker took over", import_id)
    except DomainError as error:
        _fail(lease=lease, parent=parent, code=error.error_code, message=str(error.message))
    except Exception:
        logger.exception("import %s failed unexpectedly", import_id)
        _fail(
            lease=lease,
            parent=parent,
            code="internal_error",
            message="An unexpected error was logged.",
        )


class _ImportRun:
    def __init__(self, *, actor: Actor, parent: Import, lease: Lease, pool: ParserPool) -> None:
        self.actor = actor
        self.parent = parent
        self.lease = lease
        self.pool = pool
        self.spool = spool_directory(parent.pk)
        self.staging = staging_directory(parent.pk)
        self.by_study: dict[str, list[Accepted]] = defaultdict(list)
        self.seen: dict[str, str] = {}

    def run(self) -> None:
        staging.clear(self.staging)
        self.staging = staging_directory(self.parent.pk)
        self._expand_zips()
        self._parse_all()
        for study_uid, files in self.by_study.items():
            self._accept_study(study_uid, files)
        self._finish()
        staging.clear(self.staging)
        shutil.rmtree(self.spool, ignore_errors=True)

    # verdicts

    def _reject(self, file: ImportFile, code: str, reason: str) -> None:
        self._decide(file, FileVerdict.REJECTED, code, reason)

    def _decide(self, file: ImportFile, verdict: str, code: str = "", reason: str = "") -> None:
        file.verdict, file.code, file.reason = verdict, code[:60], reason[:500]
        file.save()

    # from files to objects

    def _expand_zips(self) -> None:
        for file in list(self.parent.files.filter(verdict=FileVerdict.PENDING)):
            path = self.spool / f"{file.position:06d}"
            if not path.exists() or not zips.is_zip(path):
                continue
            last = self.parent.files.order_by("-position").values_list("position", flat=True)[0]
            rows = []
            try:
                for offset, entry in enumerate(
                    zips.extract(path, into=self.spool, first_position=last + 1), start=1
                ):
                    name = f"{file.name}/{entry.name}"[-400:]
                    rows.append(ImportFile(parent=self.parent, position=last + offset, name=name))
            except zips.BadZip as error:
                self._reject(file, error.code, str(error))
                continue
            with transaction.atomic():
                self.lease.check()
                ImportFile.objects.bulk_create(rows)
                file.delete()

    def _parse_all(self) -> None:
        pending: list[tuple[ImportFile, Future[ParseOutcome]]] = []
        for file in self.parent.files.filter(verdict=FileVerdict.PENDING):
            source = self.spool / f"{file.position:06d}"
            if not source.exists():
                self._reject(file, "lost", "The uploaded file is gone; upload it again.")
                continue
            if zips.is_zip(source):
                self._reject(file, "nested_zip", "A zip inside a zip is not opened.")
                continue
            prefix = self.staging / f"{file.position:06d}"
            pending.append((file, self.pool.submit(source=source, prefix=prefix)))
            if len(pending) >= IN_FLIGHT_PER_CHILD * self.pool.size:
                self._take(*pending.pop(0))
        for file, parsed in pending:
            self._take(file, parsed)

    def _take(self, file: ImportFile, parsed: "Future[ParseOutcome]") -> None:
        outcome = parsed.result()
        if outcome.summary is None:
            self._reject(file, outcome.code, outcome.reason)
            return
        summary = outcome.summary
        uid, sha256 = summary["sop_instance_uid"], summary["sha256"]
        file.sop_instance_uid, file.study_instance_uid = uid, summary["study_instance_uid"]
        if uid in self.seen:
            same = self.seen[uid] == sha256
            self._turn_away(file, outcome.prefix, same=same, where="in this upload")
            return
        self.seen[uid] = sha256
        self.by_study[summary["study_instance_uid"]].append(
            (file, StagedInstance(outcome.prefix, summary))
        )

    def _turn_away(self, file: ImportFile, prefix: Path, *, same: bool, where: str) -> None:
        staging.discard(prefix)
        if same:
            self._decide(file, FileVerdict.DUPLICATE, "duplicate", f"The same object is {where}.")
        else:
            self._reject(
                file,
                "conflicting_duplicate",
                f"Another object with the same UID is {where}; the first one stays.",
            )

    # from objects to a study in the case

    def _accept_study(self, study_uid: str, files: list[Accepted]) -> None:
        study = Study.objects.filter(study_instance_uid=study_uid).first()
        good, identity = self._right_patient(study, files)
        if identity is None:
            return
        fresh = self._not_archived(study, good)
        if study is None and not fresh:
            return
        with transaction.atomic():
            self.lease.check()
            study = self._put_study(study_uid, fresh, identity)
            link = put_link(
                actor=self.actor,
                case_id=self.parent.case_id,
                study=study,
                found=identity,
                mismatch_reason=self.parent.mismatch_reason,
            )
            if not fresh and link.was_new and study.ready_at is not None:
                record_ready(actor=self.actor, case_id=self.parent.case_id, study_id=study.pk)
        if fresh or study.ready_at is None:  # not ready: an earlier attempt was cut off
            self._publish(study, fresh)

    def _right_patient(
        self, study: Study | None, files: list[Accepted]
    ) -> tuple[list[Accepted], PatientIdentity | None]:
        """Files of the case's patient (or of the one a coordinator confirmed), and who it is."""
        identity_of = {
            file.pk: identities.identity_of_object(staged.summary["identity"])
            for file, staged in files
        }
        if study is not None and study.patient_id:
            wanted: PatientIdentity | None = identities.identity_of_study(study)
        else:
            wanted = self._choose_identity(list(identity_of.values()))
        if wanted is None or not self._may_join(wanted):
            for file, staged in files:
                staging.discard(staged.prefix)
                self._reject(file, PatientMismatch.code, "The object belongs to another patient.")
            return [], None
        good = []
        for file, staged in files:
            if identities.same_person(wanted, identity_of[file.pk]):
                good.append((file, staged))
                continue
            staging.discard(staged.prefix)
            self._reject(file, PatientMismatch.code, "The object belongs to another patient.")
        return good, wanted

    def _choose_identity(self, found: list[PatientIdentity]) -> PatientIdentity | None:
        """The identity that fits the case, else the commonest one (to be confirmed)."""
        expected = identities.identity_of_patient(self.parent.case.patient)
        counted = Counter(found).most_common()
        fitting = [
            one
            for one, _ in counted
            if not identities.find_contradictions(expected=expected, found=one)
        ]
        return fitting[0] if fitting else counted[0][0]

    def _may_join(self, identity: PatientIdentity) -> bool:
        try:
            check_patient(
                actor=self.actor,
                case=self.parent.case,
                found=identity,
                mismatch_reason=self.parent.mismatch_reason,
            )
        except (PatientMismatch, Forbidden) as error:
            details = error.details or {}
            if details and details not in self.parent.mismatches:
                self.parent.mismatches.append(details)
                self.parent.save(update_fields=["mismatches", "updated_at"])
            return False
        return True

    def _not_archived(self, study: Study | None, files: list[Accepted]) -> list[Accepted]:
        if study is None:
            return files
        archived = {
            one.sop_instance_uid: one
            for one in Instance.objects.filter(
                study=study,
                sop_instance_uid__in=[staged.summary["sop_instance_uid"] for _, staged in files],
            )
        }
        fresh = []
        for file, staged in files:
            known = archived.get(staged.summary["sop_instance_uid"])
            if known is None:
                fresh.append((file, staged))
                continue
            same = known.sha256 == staged.summary["sha256"]
            if same and known.created_at > self.parent.created_at:
                # An attempt that was cut off stored it before it could say so.
                staging.discard(staged.prefix)
                self._decide(file, FileVerdict.STORED)
                continue
            self._turn_away(file, staged.prefix, same=same, where="in the archive already")
        return fresh

    def _put_study(self, study_uid: str, fresh: list[Accepted], identity: PatientIdentity) -> Study:
        study, created = Study.objects.get_or_create(
            study_instance_uid=study_uid,
            defaults={"source": StudySource.UPLOAD, "state": StudyState.INGESTING},
        )
        study = Study.objects.select_for_update().get(pk=study.pk)
        if created or (not study.patient_id and fresh):
            indexing.describe_study(study=study, summary=fresh[0][1].summary, identity=identity)
            study.total_instances = len(fresh)
            study.save()
        return study

    def _publish(self, study: Study, fresh: list[Accepted]) -> None:
        by_series: dict[str, list[Accepted]] = defaultdict(list)
        for file, staged in fresh:
            by_series[staged.summary["series_instance_uid"]].append((file, staged))
        series_ids = [
            indexing.publish_and_index(
                study_id=study.pk,
                series_instance_uid=series_uid,
                staged=[staged for _, staged in members],
                guard=self.lease.check,
            )
            for series_uid, members in by_series.items()
        ]

        def decide() -> None:
            self.lease.check()
            ImportFile.objects.bulk_update(
                [self._as_stored(file) for file, _ in fresh],
                ["verdict", "code", "reason", "sop_instance_uid", "study_instance_uid"],
            )

        pulling = IngestJob.objects.filter(
            study=study, state__in=[JobState.QUEUED, JobState.RUNNING]
        ).exists()
        if pulling and study.ready_at is None:
            with transaction.atomic():  # the pull of the same study will say when it is complete
                decide()
            return
        indexing.finish_study(
            actor=self.actor, study_id=study.pk, series_ids=series_ids, guard=decide
        )

    @staticmethod
    def _as_stored(file: ImportFile) -> ImportFile:
        file.verdict, file.code, file.reason = FileVerdict.STORED, "", ""
        return file

    def _finish(self) -> None:
        with transaction.atomic():
            self.lease.check()
            counts = Counter(self.parent.files.values_list("verdict", flat=True))
            Import.objects.filter(pk=self.parent.pk).update(
                state=ImportState.DONE, lease_expires_at=None, updated_at=timezone.now()
            )
            verdicts = {name: counts.get(name, 0) for name in ("stored", "duplicate", "rejected")}
            record_entry(
                actor=self.actor,
                action="import.finished",
                case_id=self.parent.case_id,
                entity="import",
                entity_id=self.parent.pk,
                details=verdicts,
            )
            core_events.record(
                ImportFinished(
                    case_id=self.parent.case_id,
                    import_id=self.parent.pk,
                    stored=verdicts["stored"],
                    duplicates=verdicts["duplicate"],
                    rejected=verdicts["rejected"],
                    **core_events.actor_fields(self.actor),
                )
            )


def _fail(*, lease: Lease, parent: Import, code: str, message: str) -> None:
    try:
        with transaction.atomic():
            lease.check()
            Import.objects.filter(pk=parent.pk).update(
                state=ImportState.FAILED,
                error_code=code[:60],
                error_message=message[:500],
                lease_expires_at=None,
            )
    except LostLease:
        logger.info("import %s: lost while failing", parent.pk)
