"""What a version's inputs and scores were like, at first and of late.

The reference is what a local validation left (``MonitoringReference``), else the first 200 runs.
Scores are the probabilities of findings; one run may give several, so their test is less certain
than its p-value says: rules go by the index, which is compared with chance.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.utils import timezone

from apps.ai.choices import JobState
from apps.ai.models import Finding, Job, MonitoringReference
from apps.ai.monitoring.drift import Drift, drift_of_categories, drift_of_numbers
from apps.ai.monitoring.limits import (
    FIRST_RUNS,
    PSI_ACT,
    PSI_WARN,
    REFERENCE_MAX,
    SMALL_CELL,
    WATCHED_WEEKS,
)
from apps.ai.monitoring.periods import Period, instants, last_weeks

SCORE = "score"
NUMBERS = {SCORE: "1", "slice_thickness_mm": "mm", "age_years": "a"}
"""Feature: unit (UCUM)."""
CATEGORIES = ("manufacturer", "scanner", "site", "sex", "kernel")
ENDINGS = (JobState.FINDINGS, JobState.NO_FINDINGS, JobState.OUT_OF_SCOPE, JobState.FAILED)


@dataclass
class Distributions:
    """Values of numbers, counts of categories; ``runs`` of them."""

    runs: int = 0
    numbers: dict[str, list[float]] = field(default_factory=dict)
    categories: dict[str, dict[str, int]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FeatureDrift:
    """One feature; ``state`` is steady, warn, act, or too_few (then without ``drift``)."""

    name: str
    unit: str
    state: str
    drift: Drift | None


@dataclass(frozen=True, slots=True)
class DriftReport:
    """``source`` is validation (``words`` say which), first_runs, or none while they gather."""

    source: str
    words: str
    reference_runs: int
    recent_runs: int
    recent: Period
    features: tuple[FeatureDrift, ...]


def report_drift(*, version_id: UUID, today: date | None = None) -> DriftReport:
    """The last complete weeks against the reference. Of fewer than ten nothing is said."""
    weeks = last_weeks(today=today or timezone.localdate(), count=WATCHED_WEEKS, with_running=False)
    recent = Period(weeks[0].starts_on, weeks[-1].ends_before, True)
    since, *_, until = instants(weeks, timezone.get_current_timezone())
    kept = MonitoringReference.objects.filter(version_id=version_id).first()
    if kept is not None:
        reference = Distributions(
            max((len(one) for one in kept.numbers.values()), default=0),
            kept.numbers, kept.categories,
        )  # fmt: skip
        source, words = "validation", kept.source
    else:
        first = _first_runs(version_id)
        reference = read_distributions([job_id for job_id, _ in first])
        is_full = len(first) == FIRST_RUNS
        source, words = "first_runs" if is_full else "none", ""
        since = max(since, first[-1][1]) if first else since
    later = read_distributions(_runs_between(version_id, since, until))
    features = () if source == "none" else tuple(_compare(reference, later))
    return DriftReport(
        source=source,
        words=words,
        reference_runs=reference.runs,
        recent_runs=later.runs,
        recent=recent,
        features=features,
    )


def read_distributions(job_ids: Sequence[UUID]) -> Distributions:
    """Numbers and categories of these runs; what headers did not say is in none."""
    found = Distributions(runs=len(job_ids))
    profiled = [name for name in NUMBERS if name != SCORE] + list(CATEGORIES)
    columns = [f"profile__{name}" for name in profiled]
    rows = Job.objects.filter(pk__in=job_ids, profile__isnull=False).values_list(*columns)
    by_name = dict(zip(profiled, zip(*rows, strict=True), strict=False))
    for name in NUMBERS:
        values = _scores(job_ids) if name == SCORE else by_name.get(name, ())
        found.numbers[name] = [float(one) for one in values if one is not None]
    for name in CATEGORIES:
        found.categories[name] = dict(Counter(one for one in by_name.get(name, ()) if one))
    return found


def thin(values: Sequence[float]) -> list[float]:
    """At most ``REFERENCE_MAX`` of the values, evenly by rank: their distribution stays."""
    ordered = sorted(values)
    if len(ordered) <= REFERENCE_MAX:
        return ordered
    step = (len(ordered) - 1) / (REFERENCE_MAX - 1)
    return [ordered[round(place * step)] for place in range(REFERENCE_MAX)]


def _scores(job_ids: Sequence[UUID]) -> list[Any]:
    rows = Finding.objects.filter(job_id__in=job_ids, probability__isnull=False)
    return list(rows.values_list("probability", flat=True))


def _first_runs(version_id: UUID) -> list[tuple[UUID, datetime]]:
    runs = Job.objects.filter(
        version_id=version_id, state__in=ENDINGS, finished_at__isnull=False, profile__isnull=False
    )
    first = runs.order_by("finished_at", "pk").values_list("pk", "finished_at")[:FIRST_RUNS]
    return [(pk, at) for pk, at in first if at is not None]


def _runs_between(version_id: UUID, since: datetime, until: datetime) -> list[UUID]:
    runs = Job.objects.filter(
        version_id=version_id, state__in=ENDINGS, finished_at__gt=since, finished_at__lt=until
    )
    return list(runs.values_list("pk", flat=True))


def _compare(reference: Distributions, later: Distributions) -> list[FeatureDrift]:
    found = []
    for name, unit in NUMBERS.items():
        first, last = reference.numbers.get(name, []), later.numbers.get(name, [])
        enough = min(len(first), len(last)) >= SMALL_CELL
        found.append(_judge(name, unit, drift_of_numbers(first, last) if enough else None))
    for name in CATEGORIES:
        counts, now = reference.categories.get(name, {}), later.categories.get(name, {})
        enough = min(sum(counts.values()), sum(now.values())) >= SMALL_CELL
        found.append(_judge(name, "", drift_of_categories(counts, now) if enough else None))
    return found


def _judge(name: str, unit: str, drift: Drift | None) -> FeatureDrift:
    if drift is None:
        return FeatureDrift(name, unit, "too_few", None)
    beyond = drift.psi if drift.psi > drift.psi_by_chance else 0.0
    state = "act" if beyond >= PSI_ACT else "warn" if beyond >= PSI_WARN else "steady"
    return FeatureDrift(name, unit, state, drift)
