"""Months of model runs that never happened, so that monitoring has something to show.

Nothing is computed and no image is made: studies carry Synthetic Data and say DEMO HISTORY in
their texts, and all belong to one closed case that nobody is granted. Worklist, inbox, agenda and
search of images are as they were. The same day gives the same figures.

The CT model's story: from the ninth week on a second scanner with thin slices comes into use; the
model's scores rise there, more is dismissed, some of it unread. The PET model is steady.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from uuid import NAMESPACE_URL, UUID, uuid5

from django.db import connection, transaction
from django.utils import timezone

from apps.accounts.models import User
from apps.ai import services as ai
from apps.ai.choices import DismissalReason, FindingState, JobState, OpinionKind, RankReason
from apps.ai.models import (
    Finding,
    FindingAmendment,
    FindingOpinion,
    FindingReview,
    FindingViewing,
    Job,
    JobProfile,
    ModelVersion,
)
from apps.ai.monitoring.periods import instants, last_blocks
from apps.annotations.models import Segmentation
from apps.cases.choices import CaseStatus
from apps.cases.models import Case, Patient
from apps.core.models import BaseModel
from apps.demo.dicom.common import ISSUER
from apps.imaging.choices import StudyState
from apps.imaging.models import CaseStudy, Series, Study

MARK = "DEMO HISTORY"
WORKER = "demo history"
WEEKS = 12
"""At least; whole blocks of four weeks, so that subgroups have something to show as well."""

Row = BaseModel


@dataclass(frozen=True)
class Scanner:
    """One scanner of the story; weights are shares of the runs, early and late."""

    manufacturer: str
    model: str
    site: str
    thickness_mm: float
    early: float
    late: float


@dataclass(frozen=True)
class Story:
    """How one model did, week by week; shares, seconds and mL."""

    slug: str
    modality: str
    label: str
    runs_a_week: int
    run_s: float
    positive: float
    accepted: tuple[float, float]
    fast: tuple[float, float]
    scanners: tuple[Scanner, ...]


NORTH, SOUTH = "Demo hospital north", "Demo hospital south"
CT = Story(
    "phantom-tumour", "CT", "Tumour of a phantom", 30, 14.0, 0.58, (0.80, 0.52), (0.03, 0.30),
    (
        Scanner("Siemens Healthineers", "SOMATOM Demo", NORTH, 5.0, 0.62, 0.30),
        Scanner("GE HealthCare", "Revolution Demo", SOUTH, 2.5, 0.35, 0.20),
        Scanner("Philips", "Spectral Demo", SOUTH, 1.0, 0.03, 0.50),
    ),
)  # fmt: skip
PET = Story(
    "pet-uptake", "PT", "Uptake above the threshold", 18, 6.0, 0.64, (0.84, 0.84), (0.04, 0.04),
    (
        Scanner("Siemens Healthineers", "Biograph Demo", NORTH, 3.0, 0.6, 0.6),
        Scanner("GE HealthCare", "Discovery Demo", SOUTH, 3.27, 0.4, 0.4),
    ),
)  # fmt: skip
CHANGE_WEEK = 8
REASONS = (
    DismissalReason.FALSE_POSITIVE_NORMAL, DismissalReason.FALSE_POSITIVE_NORMAL,
    DismissalReason.FALSE_POSITIVE_ARTEFACT, DismissalReason.ALREADY_KNOWN,
    DismissalReason.NOT_RELEVANT, DismissalReason.WRONG_BOUNDARY,
)  # fmt: skip
FAILURES = ("timeout", "worker_lost", "quarantined")
OUT_OF_SCOPE = ("too_few_slices", "slice_spacing", "uneven_spacing")


@dataclass
class Rows:
    """What is to be written, by table in the order of their keys; ``at`` says when of each."""

    by_table: dict[type[Row], list[Row]] = field(default_factory=dict)
    at: dict[type[Row], list[tuple[UUID, datetime]]] = field(default_factory=dict)

    def add(self, row: Row, at: datetime) -> None:
        self.by_table.setdefault(type(row), []).append(row)
        self.at.setdefault(type(row), []).append((row.pk, at))


def tell_history(*, people: Mapping[str, User], say: Callable[[str], None]) -> None:
    """Write the history and look at it as the nightly check would, once."""
    runs = write_history(reviewer=people["radiologist"], trainee=people["trainee"])
    if runs:
        opened = ai.watch_versions()
        say(f"{runs} runs of models as demo history, {opened} alerts")


def has_history() -> bool:
    return Job.objects.filter(worker=WORKER).exists()


@transaction.atomic
def write_history(*, reviewer: User, trainee: User, today: date | None = None) -> int:
    """Write the runs of both models and what people made of them; how many runs.

    Does nothing where it was done before, or where a model has no version.
    """
    if has_history():
        return 0
    day = today or timezone.localdate()
    start = instants(last_blocks(today=day, weeks=WEEKS), timezone.get_current_timezone())[0]
    case, segmentation = _past_case(reviewer)
    rows = Rows()
    for story in (CT, PET):
        version = ModelVersion.objects.filter(model__slug=story.slug).first()
        if version is not None:
            teller = _Teller(story, version, case, segmentation, reviewer, trainee, rows)
            teller.tell(start=start, end=timezone.now() - timedelta(hours=12))
    _write(rows)
    _keep_reference(PET)
    return len(rows.by_table.get(Job, []))


def _past_case(author: User) -> tuple[Case, Segmentation]:
    """A closed case without a grant: reviews need one, and nobody is to meet it."""
    patient, _ = Patient.objects.get_or_create(
        issuer=ISSUER, patient_id="PHX-HISTORY", defaults={"name": f"{MARK}^Nobody"}
    )
    case = Case.objects.create(
        patient=patient, title=f"{MARK}: runs of models that never happened",
        status=CaseStatus.CLOSED,
    )  # fmt: skip
    segmentation = Segmentation.objects.create(
        case=case, study_instance_uid="2.25.1", series_instance_uid="2.25.2", grid={},
        segments=[], name=MARK, author=author, removed_at=timezone.now(),
    )  # fmt: skip
    return case, segmentation


@dataclass
class _Teller:
    """Tells one model's story, run by run."""

    story: Story
    version: ModelVersion
    case: Case
    segmentation: Segmentation
    reviewer: User
    trainee: User
    rows: Rows

    def __post_init__(self) -> None:
        self.dice = random.Random(f"{MARK} {self.story.slug}")
        self.number = 0

    def tell(self, *, start: datetime, end: datetime) -> None:
        week = 0
        while start + timedelta(weeks=week) < end:
            count = self.story.runs_a_week + self.dice.randint(-4, 4)
            times = sorted(self.dice.uniform(0, 5) for _ in range(count))
            for days in times:
                hour = 8 + (days % 1) * 9
                at = start + timedelta(weeks=week, days=int(days), hours=hour)
                if at < end:
                    self._run(at=at, is_late=week >= CHANGE_WEEK)
            week += 1

    def _run(self, *, at: datetime, is_late: bool) -> None:
        self.number += 1
        scanner = self._scanner(is_late)
        study, series = self._images(at)
        state, reason = self._ending()
        queue_s = self.dice.expovariate(1 / 20.0) + 0.3
        run_s = self.story.run_s * self.dice.lognormvariate(0.0, 0.25)
        ended = at + timedelta(seconds=queue_s + run_s)
        job = Job(
            version=self.version, series=series, series_content_sha256=series.content_sha256,
            parameters={}, parameters_sha256=hashlib.sha256(b"{}").hexdigest(), state=state,
            queued_at=at, rank_at=at, rank_reason=RankReason.TURN, progress=1.0,
            reason_code=reason, reason_message=f"{MARK}." if reason else "", attempts=1, fence=1,
            worker=WORKER, not_before=at, rung_at=at, requested_by_label=MARK,
            first_started_at=at + timedelta(seconds=queue_s),
            started_at=at + timedelta(seconds=queue_s), finished_at=ended,
        )  # fmt: skip
        self.rows.add(job, at)
        self.rows.add(self._profile(job, scanner), at)
        link = CaseStudy(case=self.case, study=study, mismatch_reason=f"{MARK}: no images")
        self.rows.add(link, at)
        if state == JobState.FINDINGS:
            for number in range(1, self.dice.choice((1, 1, 1, 2, 2, 3)) + 1):
                self._finding(job=job, number=number, scanner=scanner, is_late=is_late)

    def _scanner(self, is_late: bool) -> Scanner:
        weights = [one.late if is_late else one.early for one in self.story.scanners]
        return self.dice.choices(self.story.scanners, weights)[0]

    def _images(self, at: datetime) -> tuple[Study, Series]:
        study = Study(
            study_instance_uid=self._uid("study"), patient_id=f"PHX-H{self.number:04d}",
            issuer_of_patient_id=ISSUER, patient_name=f"{MARK}^Nobody", study_date=at.date(),
            description=MARK, modalities=[self.story.modality], state=StudyState.READY,
            synthetic=True, ready_at=at,
        )  # fmt: skip
        series = Series(
            study=study, series_instance_uid=self._uid("series"), description=MARK,
            modality=self.story.modality,
            content_sha256=hashlib.sha256(self._uid("content").encode()).hexdigest(),
        )  # fmt: skip
        self.rows.add(study, at)
        self.rows.add(series, at)
        return study, series

    def _ending(self) -> tuple[str, str]:
        drawn = self.dice.random()
        if drawn < 0.02:
            return JobState.FAILED, self.dice.choice(FAILURES)
        if drawn < 0.09:
            return JobState.OUT_OF_SCOPE, self.dice.choice(OUT_OF_SCOPE)
        is_positive = self.dice.random() < self.story.positive
        return (JobState.FINDINGS if is_positive else JobState.NO_FINDINGS), ""

    def _profile(self, job: Job, scanner: Scanner) -> JobProfile:
        return JobProfile(
            job=job, sex=self.dice.choice("FFMMM"),
            age_years=min(90, max(24, round(self.dice.gauss(64, 12)))),
            manufacturer=scanner.manufacturer, scanner=f"{scanner.manufacturer} {scanner.model}",
            site=scanner.site, slice_thickness_mm=scanner.thickness_mm,
        )  # fmt: skip

    def _finding(self, *, job: Job, number: int, scanner: Scanner, is_late: bool) -> None:
        ended = job.finished_at or job.queued_at
        uid = self._uid(f"finding {number}")
        thin = scanner.thickness_mm <= 1.0
        finding = Finding(
            job=job, study=job.series.study, number=number, label=self.story.label,
            code={"scheme": "SCT", "value": "4147007", "meaning": "Mass"},
            category={"scheme": "SCT", "value": "49755003",
                      "meaning": "Morphologically abnormal structure"},
            probability=round(self.dice.betavariate(9, 2) if thin else self.dice.betavariate(6, 3),
                              4),
            urgency="urgent" if self.dice.random() < 0.02 else "routine",
            tracking_uid=uid, sop_instance_uid=uid, centroid_lps=[], bbox_lps=[],
            report_uid=self._uid(f"report {number}"), report_sha256="",
        )  # fmt: skip
        self.rows.add(finding, ended)
        seen = ended + timedelta(hours=min(60.0, self.dice.lognormvariate(0.7, 0.9)))
        drawn = self.dice.random()
        if drawn < 0.06 or seen > timezone.now():
            return
        viewing = FindingViewing(finding=finding, case=self.case, user=self.reviewer)
        self.rows.add(viewing, seen)
        if drawn > 0.10:
            self._review(finding, seen, is_late)

    def _review(self, finding: Finding, seen: datetime, is_late: bool) -> None:
        accepted = self.dice.random() < self.story.accepted[is_late]
        fast = not accepted and self.dice.random() < self.story.fast[is_late]
        dwell_ms = self.dice.randint(600, 1_900) if fast else self.dice.randint(6_000, 120_000)
        decision = FindingState.ACCEPTED if accepted else FindingState.DISMISSED
        if self.dice.random() < 0.03:
            decision = FindingState.DEFERRED
        dismissed = decision == FindingState.DISMISSED
        review = FindingReview(
            finding=finding, case=self.case, version=2, decision=decision,
            reason_code=self.dice.choice(REASONS) if dismissed else "", reviewer=self.reviewer,
            discipline=self.reviewer.discipline, dwell_ms=dwell_ms,
        )  # fmt: skip
        at = seen + timedelta(milliseconds=dwell_ms)
        self.rows.add(review, at)
        if decision == FindingState.ACCEPTED and self.dice.random() < 0.35:
            self.rows.add(self._amendment(review), at)
        if decision != FindingState.DEFERRED and self.dice.random() < 0.15:
            self.rows.add(self._opinion(finding, decision), at)

    def _amendment(self, review: FindingReview) -> FindingAmendment:
        volume = self.dice.lognormvariate(1.5, 0.8)
        factor = self.dice.lognormvariate(0.05, 0.12)
        diameter = (6 * volume * 1_000 / 3.14159) ** (1 / 3)
        return FindingAmendment(
            review=review, segmentation=self.segmentation, revision=0, segment=1,
            mask_sha256="", sop_instance_uid=review.finding.sop_instance_uid, centroid_lps=[],
            bbox_lps=[], dice=round(min(0.995, self.dice.betavariate(18, 2)), 4),
            volume_before_ml=round(volume, 3), volume_after_ml=round(volume * factor, 3),
            diameter_before_mm=round(diameter, 2),
            diameter_after_mm=round(diameter * factor ** (1 / 3), 2), segmentation_uid="",
        )  # fmt: skip

    def _opinion(self, finding: Finding, decision: str) -> FindingOpinion:
        against = self.dice.random() < 0.12
        accepts = (decision == FindingState.ACCEPTED) != against
        return FindingOpinion(
            finding=finding, case=self.case, finding_version=1, kind=OpinionKind.PROPOSAL,
            decision=FindingState.ACCEPTED if accepts else FindingState.DISMISSED,
            reason_code="" if accepts else DismissalReason.FALSE_POSITIVE_NORMAL,
            author=self.trainee, discipline=self.trainee.discipline,
        )  # fmt: skip

    def _uid(self, what: str) -> str:
        name = f"{MARK} {self.story.slug} {self.number} {what}"
        return f"2.25.{uuid5(NAMESPACE_URL, name).int}"


def _write(rows: Rows) -> None:
    for table, ones in rows.by_table.items():
        table._default_manager.bulk_create(ones, batch_size=2_000)
        _set_created(table, rows.at[table])


def _set_created(table: type[Row], at: Sequence[tuple[UUID, datetime]]) -> None:
    """Rows are dated when they are written; these belong to the past."""
    keys: Iterable[UUID] = [pk for pk, _ in at]
    statement = (
        f'UPDATE "{table._meta.db_table}" row SET created_at = told.at, updated_at = told.at '  # noqa: S608
        "FROM unnest(%s::uuid[], %s::timestamptz[]) AS told(id, at) WHERE row.id = told.id"
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, [list(keys), [when for _, when in at]])


def _keep_reference(story: Story) -> None:
    """As if a local validation had been run: its distributions, of 120 studies."""
    version = ModelVersion.objects.filter(model__slug=story.slug).first()
    if version is None:
        return
    dice = random.Random(f"{MARK} validation {story.slug}")
    shares = {one: round(120 * one.early) for one in story.scanners}
    ai.keep_reference(
        version_id=version.pk,
        source=f"{MARK}: a validation on 120 studies that never happened",
        numbers={
            "score": [round(dice.betavariate(6, 3), 4) for _ in range(150)],
            "slice_thickness_mm": [one.thickness_mm for one, n in shares.items() for _ in range(n)],
            "age_years": [min(90, max(24, round(dice.gauss(64, 12)))) for _ in range(120)],
        },
        categories={
            "manufacturer": {one.manufacturer: n for one, n in shares.items()},
            "scanner": {f"{one.manufacturer} {one.model}": n for one, n in shares.items()},
            "site": {one.site: n for one, n in shares.items()},
            "sex": {"F": 48, "M": 72},
        },
    )
