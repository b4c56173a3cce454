"""Objects of one study from one PACS into staging: parsed, of this study and this patient."""

import random
import time
from collections.abc import Iterator
from concurrent.futures import Future, wait

from apps.cases.identity import PatientIdentity
from apps.core.exceptions import DomainError
from apps.imaging import identity as identities
from apps.imaging.archive.layout import staging_directory
from apps.imaging.archive.writer import StagedInstance
from apps.imaging.exceptions import PacsAnswerBroken, PacsError, PatientMismatch
from apps.imaging.models import CaseStudy, PacsConnection, Study
from apps.imaging.pacs import PacsClient, ReceivedPart
from apps.imaging.parsing import ParseOutcome, ParserPool
from apps.imaging.services import indexing, staging
from apps.imaging.services.progress import ProgressTeller

SERIES_ATTEMPTS = 3
PAUSE_S = 0.5
FEW_MISSING = 24  # up to this many are asked for one by one instead of the series again


class StudyFetch:
    """One attempt at one study's objects in one PACS.

    Each PACS has a staging directory of its own: a series is never finished with half of
    another's.
    """

    def __init__(
        self,
        *,
        client: PacsClient,
        connection: PacsConnection,
        study: Study,
        pool: ParserPool,
        progress: ProgressTeller,
    ) -> None:
        self.client = client
        self.connection = connection
        self.study = study
        self.pool = pool
        self.progress = progress
        self.is_stand_in = connection.pk != study.pacs_id
        self.directory = staging_directory(study.pk, pacs_id=connection.pk)
        self.described = False

    def collect(self, series_uid: str, *, expected: set[str]) -> dict[str, StagedInstance]:
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
                self._fetch(series_uid, missing=missing, staged=staged)
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
        self, series_uid: str, *, missing: set[str], staged: dict[str, StagedInstance]
    ) -> None:
        """Receive and parse at the same time: the next part is read while children work."""
        pending: list[tuple[ReceivedPart, Future[ParseOutcome]]] = []
        try:
            for part in self._parts(series_uid, missing=missing, staged=staged):
                prefix = self.directory / part.path.stem
                pending.append((part, self.pool.submit(source=part.path, prefix=prefix)))
                if len(pending) >= 2 * self.pool.size:
                    self._take(*pending.pop(0), series_uid=series_uid, staged=staged)
        finally:
            try:
                while pending:
                    self._take(*pending.pop(0), series_uid=series_uid, staged=staged)
            finally:  # one was refused: the directory may be cleared once no child writes there
                wait([parsed for _, parsed in pending])

    def _parts(
        self, series_uid: str, *, missing: set[str], staged: dict[str, StagedInstance]
    ) -> Iterator[ReceivedPart]:
        study_uid = self.study.study_instance_uid
        if staged and 0 < len(missing) <= FEW_MISSING:
            # One that is here comes again as a witness that they still are of the same series.
            for sop_uid in [min(staged), *sorted(missing)]:
                yield from self.client.retrieve_instance(
                    study_instance_uid=study_uid,
                    series_instance_uid=series_uid,
                    sop_instance_uid=sop_uid,
                    into=self.directory,
                )
            return
        yield from self.client.retrieve_series(
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
        assert outcome.summary is not None
        found = identities.identity_of_object(
            outcome.summary["identity"], default_issuer=self.connection.default_issuer
        )
        stored = identities.identity_of_study(self.study)
        if stored.patient_id and not identities.same_person(stored, found):
            staging.discard(outcome.prefix)
            raise PatientMismatch("The study holds objects of different patients.")
        if self.described and found == stored:
            return
        if self.is_stand_in:
            self._check_cases(found)  # before it may say anything about the study
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
