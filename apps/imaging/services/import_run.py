"""One attempt at one import: parse every file, decide per file, publish per study."""

import shutil
from collections import Counter, defaultdict
from concurrent.futures import Future
from pathlib import Path

from django.db import transaction
from django.utils import timezone

from apps.audit.services import record_entry
from apps.cases.identity import PatientIdentity
from apps.core import events as core_events
from apps.core.actors import Actor
from apps.core.exceptions import Forbidden
from apps.imaging import identity as identities
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
from apps.imaging.exceptions import PatientMismatch
from apps.imaging.models import Import, ImportFile, IngestJob, Instance, Study
from apps.imaging.parsing import ParseOutcome, ParserPool
from apps.imaging.services import indexing, staging, uploading, zips
from apps.imaging.services.indexing import record_ready
from apps.imaging.services.leases import Lease
from apps.imaging.services.linking import put_link
from apps.imaging.services.patients import check_patient
from apps.imaging.services.reconciling import confirmation_of, mismatch_key

IN_FLIGHT_PER_CHILD = 3

STORED_FIELDS = [
    "verdict", "code", "reason", "sop_instance_uid", "study_instance_uid", "sop_class_uid",
]  # fmt: skip
FOREIGN_WORDS = "The object belongs to another patient."
DISC_INCOMPLETE = (
    "The disc is not complete: {} of the {} objects it lists did not come with it, or could not "
    "be read."
)

Accepted = tuple[ImportFile, StagedInstance]


class ImportRun:
    def __init__(self, *, actor: Actor, parent: Import, lease: Lease, pool: ParserPool) -> None:
        self.actor = actor
        self.parent = parent
        self.lease = lease
        self.pool = pool
        self.spool = spool_directory(parent.pk)
        self.staging = staging_directory(parent.pk)
        self.by_study: dict[str, list[Accepted]] = defaultdict(list)
        self.seen: dict[str, str] = {}
        self.discs: list[tuple[ImportFile, tuple[str, ...]]] = []

    def run(self) -> None:
        staging.clear(self.staging)
        self.staging = staging_directory(self.parent.pk)
        uploading.cut_into_files(parent=self.parent, spool=self.spool)
        self._expand_zips()
        self._parse_all()
        for study_uid, files in self.by_study.items():
            self._accept_study(study_uid, files)
        self._compare_discs()
        self._finish()
        staging.clear(self.staging)
        self._clear_spool()

    def _clear_spool(self) -> None:
        """Held files stay until somebody has said whose they are."""
        held = set(self.parent.files.filter(verdict=FileVerdict.HELD).values_list("position"))
        if not held:
            shutil.rmtree(self.spool, ignore_errors=True)
            return
        kept = {f"{position:06d}" for (position,) in held}
        for path in self.spool.iterdir():
            if path.name not in kept:
                path.unlink(missing_ok=True)

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
        if outcome.listed:
            self.discs.append((file, outcome.listed))
            return
        if outcome.summary is None:
            self._reject(file, outcome.code, outcome.reason)
            return
        summary = outcome.summary
        uid, sha256 = summary["sop_instance_uid"], summary["sha256"]
        file.sop_instance_uid, file.study_instance_uid = uid, summary["study_instance_uid"]
        file.sop_class_uid = summary["sop_class_uid"][:64]
        if self.parent.only_study_instance_uid not in ("", file.study_instance_uid):
            staging.discard(outcome.prefix)
            self._reject(file, "wrong_study", "The object belongs to another study.")
            return
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
            who, reason = self._word_on(identity)
            link = put_link(
                actor=who,
                case_id=self.parent.case_id,
                study=study,
                found=identity,
                mismatch_reason=reason,
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
        wanted: PatientIdentity
        if study is not None and study.patient_id:
            wanted = identities.identity_of_study(study)
        else:
            wanted = self._choose_identity(list(identity_of.values()))
        may_join = self._may_join(wanted)
        good = []
        for file, staged in files:
            is_wanted = identities.same_person(wanted, identity_of[file.pk])
            if is_wanted and may_join:
                good.append((file, staged))
                continue
            staging.discard(staged.prefix)
            if is_wanted and self.parent.asks_identity:
                self._hold(file, wanted)
            else:
                self._reject(file, PatientMismatch.code, FOREIGN_WORDS)
        return good, wanted if may_join else None

    def _hold(self, file: ImportFile, found: PatientIdentity) -> None:
        file.mismatch_key = mismatch_key({"study_patient": found.as_details()})
        self._decide(file, FileVerdict.HELD, PatientMismatch.code, FOREIGN_WORDS)

    def _word_on(self, identity: PatientIdentity) -> tuple[Actor, str]:
        """Who answers for this identity in this case, and the reason that was given."""
        said = confirmation_of(self.parent, {"study_patient": identity.as_details()})
        return said or (self.actor, self.parent.mismatch_reason)

    def _choose_identity(self, found: list[PatientIdentity]) -> PatientIdentity:
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
        who, reason = self._word_on(identity)
        try:
            check_patient(actor=who, case=self.parent.case, found=identity, mismatch_reason=reason)
        except (PatientMismatch, Forbidden) as error:
            details = error.details or {}
            if details:
                details = {**details, "key": mismatch_key(details)}
                self.parent.mismatches = [
                    one for one in self.parent.mismatches if one["key"] != details["key"]
                ] + [details]
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
                STORED_FIELDS,
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

    def _compare_discs(self) -> None:
        """A DICOMDIR says what the disc should hold: a part of it must not pass for the whole."""
        for file, listed in self.discs:
            here = set(
                self.parent.files.exclude(sop_instance_uid="").values_list(
                    "sop_instance_uid", flat=True
                )
            )
            here |= set(
                Instance.objects.filter(
                    study__case_studies__case=self.parent.case_id, sop_instance_uid__in=listed
                ).values_list("sop_instance_uid", flat=True)
            )
            missing = sum(uid not in here for uid in listed)
            if missing:
                self._reject(file, "disc_incomplete", DISC_INCOMPLETE.format(missing, len(listed)))
            else:
                self._reject(file, "dicomdir", f"A list of the disc; all {len(listed)} are here.")

    @staticmethod
    def _as_stored(file: ImportFile) -> ImportFile:
        file.verdict, file.code, file.reason = FileVerdict.STORED, "", ""
        return file

    def _finish(self) -> None:
        with transaction.atomic():
            self.lease.check()
            counts = Counter(self.parent.files.values_list("verdict", flat=True))
            asks = counts.get(FileVerdict.HELD, 0) > 0
            Import.objects.filter(pk=self.parent.pk).update(
                state=ImportState.WAITING if asks else ImportState.DONE,
                lease_expires_at=None,
                updated_at=timezone.now(),
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
