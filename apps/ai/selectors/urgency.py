"""How urgent a case's studies are by what AI found, and whose notice is open."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from apps.accounts.choices import IMAGING_DISCIPLINES
from apps.ai import policies
from apps.ai.choices import FindingState
from apps.ai.models import Finding, FindingReview, UrgencyAlert, UrgencyTier
from apps.ai.scoring import code_key, explain, score_finding, threshold_of
from apps.ai.urgency_choices import (
    FLAGGED_LEVELS,
    ORDERING_STATES,
    TIER_OF_LEVEL,
    TIER_RANK,
    UNDECIDED,
    AlertTier,
)
from apps.cases import policies as case_policies
from apps.cases.access import standings
from apps.cases.embargo import hidden_cases
from apps.cases.selectors import one_look, visible_cases
from apps.core.actors import Actor
from apps.core.exceptions import Forbidden, NotVisible


@dataclass(frozen=True, slots=True)
class StudyUrgency:
    """One study in one case: its most urgent finding that nobody there dismissed.

    ``score`` is 0 to 100 and orders only. ``tier`` is what counts now, after budgets.
    """

    study_id: UUID
    finding_id: UUID
    score: int
    level: str
    tier: str
    is_demoted: bool
    reason: str
    model_name: str
    model_version: str
    is_accepted: bool
    since: datetime


def study_urgencies(*, case_ids: Iterable[UUID]) -> dict[UUID, list[StudyUrgency]]:
    """Per case its studies with flagged findings, the most urgent first; in two queries.

    Access and guise are for the caller to check.
    """
    by_study: dict[tuple[UUID, UUID], list[Finding]] = {}
    for finding in _flagged_findings(list(case_ids)):
        by_study.setdefault((finding.case_pk, finding.study_id), []).append(finding)  # type: ignore[attr-defined]
    tiers = _tiers_of({one.job.version.model_id for rows in by_study.values() for one in rows})
    found: dict[UUID, list[StudyUrgency]] = {}
    for (case_id, _), findings in by_study.items():
        found.setdefault(case_id, []).append(_judge_study(findings, tiers))
    for studies in found.values():
        studies.sort(key=lambda one: (-TIER_RANK[one.tier], -one.score, one.since))
    return found


def summarise_urgency(*, actor: Actor, case_ids: Iterable[UUID]) -> dict[UUID, dict[str, Any]]:
    """``ai_urgency`` of each case that has one, for whoever may read its results now.

    Nothing in de-identified guise, nothing on the screen of a room, nothing while the images
    are to be read first.
    """
    if actor.is_place:
        return {}
    urgencies = study_urgencies(case_ids=case_ids)
    known = standings(actor=actor, case_ids=urgencies) if urgencies else {}
    shown = {case_id for case_id, one in known.items() if not one.is_deidentified}
    shown -= hidden_cases(actor=actor, case_ids=shown)
    return {case_id: {"ai_urgency": describe_urgency(urgencies[case_id][0])} for case_id in shown}


def describe_urgency(urgency: StudyUrgency) -> dict[str, Any]:
    return {
        "score": urgency.score,
        "level": urgency.level,
        "tier": urgency.tier,
        "is_demoted": urgency.is_demoted,
        "reason": urgency.reason,
        "model": {"name": urgency.model_name, "version": urgency.model_version},
        "finding": str(urgency.finding_id),
        "is_accepted": urgency.is_accepted,
        "since": urgency.since.isoformat(),
    }


@dataclass(frozen=True, slots=True)
class Notice:
    """One thing somebody is to take note of: a kind of finding of one patient.

    ``alert`` is the most urgent, ``alerts`` are all it stands for in the reader's cases.
    """

    alert: UrgencyAlert
    alerts: tuple[UrgencyAlert, ...]
    reason: str


def open_notices(*, actor: Actor) -> list[Notice]:
    """Interrupting alerts that this person may acknowledge, grouped by patient and finding."""
    if actor.discipline not in IMAGING_DISCIPLINES or not actor.is_person:
        return []
    by_kind: dict[tuple[UUID, str, str], list[UrgencyAlert]] = {}
    for alert in alerts_to_acknowledge(actor=actor):
        key = (alert.case.patient_id, alert.kind.code_system, alert.kind.code_value)
        by_kind.setdefault(key, []).append(alert)
    notices = [_build_notice(alerts) for alerts in by_kind.values()]
    return sorted(notices, key=lambda one: (-one.alert.score, one.alert.created_at))


def alerts_to_acknowledge(*, actor: Actor) -> list[UrgencyAlert]:
    """Open interrupting alerts of the cases where the actor reviews findings and AI is shown."""
    mine = visible_cases(actor=actor).values("pk")
    alerts = list(_open_alerts().filter(case_id__in=mine))
    case_ids = {alert.case_id for alert in alerts}
    known = standings(actor=actor, case_ids=case_ids)
    hidden = hidden_cases(actor=actor, case_ids=known)
    allowed = set()
    with one_look({(actor, case_id): known.get(case_id) for case_id in case_ids}):
        for case_id in known.keys() - hidden:
            try:
                case_policies.view_identified(actor=actor, case_id=case_id)
                case_policies.review_findings(actor=actor, case_id=case_id)
            except (Forbidden, NotVisible):
                continue
            allowed.add(case_id)
    return [alert for alert in alerts if alert.case_id in allowed]


def list_demotions(*, actor: Actor) -> "QuerySet[UrgencyTier]":
    """Tiers that went beyond their budget and of which no AI administrator took note yet."""
    tiers = UrgencyTier.objects.select_related("model").filter(
        demoted_at__isnull=False, demotion_seen_at__isnull=True
    )
    return tiers if actor.has_role(policies.AI_ADMIN) else tiers.none()


def _open_alerts() -> "QuerySet[UrgencyAlert]":
    """A repeat is silent once the alert it repeats was acknowledged; until then both are one."""
    dismissed = FindingReview.objects.filter(
        finding_id=OuterRef("finding_id"),
        case_id=OuterRef("case_id"),
        stands=True,
        decision=FindingState.DISMISSED,
    )
    return (
        UrgencyAlert.objects.filter(
            ~Exists(dismissed),
            Q(repeat_of__isnull=True) | Q(repeat_of__acknowledged_at__isnull=True),
            acknowledged_at__isnull=True,
            kind__tier=AlertTier.INTERRUPT,
            kind__demoted_at__isnull=True,
            finding__job__version__state__in=ORDERING_STATES,
        )
        .select_related("kind", "case", "finding__job__version__model", "finding__study")
        .defer("finding__job__grid")
        .order_by("created_at", "id")
    )


def _build_notice(alerts: Sequence[UrgencyAlert]) -> Notice:
    first = max(alerts, key=lambda one: (one.score, -one.created_at.timestamp()))
    return Notice(first, tuple(alerts), _explain(first.finding, others=len(alerts) - 1))


def _flagged_findings(case_ids: list[UUID]) -> "QuerySet[Finding]":
    """One row per finding and case, without those the case dismissed."""
    standing = FindingReview.objects.filter(
        finding_id=OuterRef("pk"), case_id=OuterRef("case_pk"), stands=True
    )
    return (
        Finding.objects.filter(
            Q(urgency__in=FLAGGED_LEVELS),
            study__case_studies__case_id__in=case_ids,
            job__version__state__in=ORDERING_STATES,
        )
        .annotate(case_pk=F("study__case_studies__case_id"))
        .exclude(Exists(standing.filter(decision=FindingState.DISMISSED)))
        .annotate(is_accepted=Exists(standing.exclude(decision__in=UNDECIDED)))
        .select_related("job__version__model")
        .defer("job__grid", "measurements")
        .order_by("created_at", "number")
    )


def _tiers_of(model_ids: set[UUID]) -> dict[tuple[UUID, str], UrgencyTier]:
    if not model_ids:
        return {}
    rows = UrgencyTier.objects.filter(model_id__in=model_ids)
    return {(row.model_id, f"{row.code_system}|{row.code_value}"): row for row in rows}


def _judge_study(
    findings: Sequence[Finding], tiers: dict[tuple[UUID, str], UrgencyTier]
) -> StudyUrgency:
    """The loudest finding speaks for the study; among equally loud ones the highest score."""

    def tier_of(one: Finding) -> tuple[str, bool]:
        row = tiers.get((one.job.version.model_id, code_key(one.code)))
        if row is None:
            return TIER_OF_LEVEL[one.urgency].value, False
        return row.shown_tier, row.demoted_at is not None

    def standing(one: Finding) -> tuple[int, int]:
        return TIER_RANK[tier_of(one)[0]], score_of(one)

    first = max(findings, key=standing)
    tier, is_demoted = tier_of(first)
    version = first.job.version
    return StudyUrgency(
        study_id=first.study_id,
        finding_id=first.pk,
        score=score_of(first),
        level=first.urgency,
        tier=tier,
        is_demoted=is_demoted,
        reason=_explain(first, others=len(findings) - 1),
        model_name=version.model.name,
        model_version=version.version,
        is_accepted=bool(getattr(first, "is_accepted", False)),
        since=first.created_at,
    )


def score_of(finding: Finding) -> int:
    """The finding's score by its version's threshold."""
    return score_finding(
        level=finding.urgency,
        probability=finding.probability,
        threshold=threshold_of(scope=finding.job.version.scope, code=finding.code),
    )


def _explain(finding: Finding, *, others: int) -> str:
    return explain(
        level=finding.urgency,
        label=finding.label,
        site=(finding.site or {}).get("display", ""),
        laterality=(finding.laterality or {}).get("display", ""),
        probability=finding.probability,
        threshold=threshold_of(scope=finding.job.version.scope, code=finding.code),
        others=others,
    )
