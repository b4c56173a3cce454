"""What each kind of flagged finding cost in attention, and what came of it."""

from dataclasses import dataclass
from statistics import median

from django.db.models import F
from django.utils import timezone

from apps.ai import conf
from apps.ai.choices import FindingState, JobState
from apps.ai.models import FindingReview, Job, UrgencyTier
from apps.ai.urgency_choices import UNDECIDED, AcknowledgedHow, DemotionReason


@dataclass(frozen=True, slots=True)
class TierFigures:
    """Of the last 30 days, reviews apart: of those the last hundred, whenever they were.

    ``share`` and ``ppv`` are ``None`` below the numbers that let them be judged
    (``conf.BUDGET_MIN_STUDIES``, ``conf.BUDGET_MIN_REVIEWED``). ``ppv`` is accepted of accepted
    and dismissed. ``median_acknowledged_s`` is from raised to acknowledged by a notice.
    """

    studies: int
    flagged: int
    share: float | None
    alerts: int
    repeats: int
    reviewed: int
    accepted: int
    ppv: float | None
    acknowledged: int
    median_acknowledged_s: float | None


def measure_tier(*, tier: UrgencyTier) -> TierFigures:
    """The figures its budgets are held against."""
    since = timezone.now() - conf.BUDGET_WINDOW
    studies = (
        Job.objects.filter(
            version__model_id=tier.model_id,
            state__in=[JobState.FINDINGS, JobState.NO_FINDINGS],
            finished_at__gte=since,
        )
        .order_by()
        .values("series__study_id")
        .distinct()
        .count()
    )
    alerts = tier.alerts.filter(created_at__gte=since)
    flagged = alerts.order_by().values("finding__study_id").distinct().count()
    decisions = _last_decisions(tier)
    accepted = sum(one != FindingState.DISMISSED for one in decisions)
    waits = [
        (at - raised).total_seconds()
        for raised, at in alerts.filter(
            acknowledged_how=AcknowledgedHow.NOTICE, acknowledged_at__isnull=False
        ).values_list("created_at", "acknowledged_at")
        if at is not None
    ]
    return TierFigures(
        studies=studies,
        flagged=flagged,
        share=flagged / studies if studies >= conf.BUDGET_MIN_STUDIES else None,
        alerts=alerts.count(),
        repeats=alerts.filter(repeat_of__isnull=False).count(),
        reviewed=len(decisions),
        accepted=accepted,
        ppv=accepted / len(decisions) if len(decisions) >= conf.BUDGET_MIN_REVIEWED else None,
        acknowledged=len(waits),
        median_acknowledged_s=median(waits) if waits else None,
    )


def beyond_budget(*, tier: UrgencyTier, figures: TierFigures) -> DemotionReason | None:
    """The budget it went beyond; none where there is too little to judge by."""
    if figures.share is not None and figures.share > tier.max_share:
        return DemotionReason.SHARE
    if figures.ppv is not None and figures.ppv < tier.min_ppv:
        return DemotionReason.PPV
    return None


def _last_decisions(tier: UrgencyTier) -> list[str]:
    """What was said last of its findings: accepted in whatever way, or dismissed."""
    said = (
        FindingReview.objects.filter(
            stands=True,
            finding__urgency_alerts__kind=tier,
            finding__urgency_alerts__case_id=F("case_id"),
        )
        .exclude(decision__in=UNDECIDED)
        .order_by("-created_at", "id")
        .values_list("decision", flat=True)
    )
    return list(said[: conf.BUDGET_REVIEWED_OF_LAST])
