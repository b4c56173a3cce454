"""Flagged findings become alerts of each case that shows them, and are acknowledged."""

from collections.abc import Iterable
from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from apps.ai import urgency_policies as policies
from apps.ai.choices import FindingState
from apps.ai.events import FindingReviewed, FindingsAdded
from apps.ai.models import Finding, FindingReview, UrgencyAlert, UrgencyTier
from apps.ai.selectors.urgency import alerts_to_acknowledge, score_of
from apps.ai.services.people import get_person
from apps.ai.urgency_choices import (
    FLAGGED_LEVELS,
    LEVEL_RANK,
    TIER_OF_LEVEL,
    TIER_RANK,
    AcknowledgedHow,
)
from apps.audit.services import record_entry
from apps.core.actors import Actor
from apps.core.exceptions import NotVisible
from apps.imaging.events import StudyReady


def raise_for_findings(event: FindingsAdded) -> None:
    """A job ended with findings in a case; inside the transaction that wrote them."""
    ids = [one.id for one in event.findings]
    raise_alerts(case_id=event.case_id, findings=_flagged().filter(pk__in=ids))


def raise_for_study(event: StudyReady) -> None:
    """A study that was analysed before comes into another case: its people are told as well."""
    raise_alerts(case_id=event.case_id, findings=_flagged().filter(study_id=event.study_id))


def raise_alerts(*, case_id: UUID, findings: Iterable[Finding]) -> list[UrgencyAlert]:
    """One alert per flagged finding and case, repeats as such; again changes nothing."""
    raised = []
    known = set(UrgencyAlert.objects.filter(case_id=case_id).values_list("finding_id", flat=True))
    ordered = sorted(findings, key=lambda one: (-score_of(one), one.number))
    for finding in (one for one in ordered if one.pk not in known):
        kind = tier_of_finding(finding=finding)
        raised.append(
            UrgencyAlert.objects.create(
                finding=finding,
                case_id=case_id,
                kind=kind,
                level=finding.urgency,
                tier=kind.shown_tier,
                score=score_of(finding),
                repeat_of=_repeated(finding, case_id, kind),
            )
        )
    if raised:
        record_entry(
            actor=Actor.system("urgency"),
            action="urgency.raised",
            case_id=case_id,
            entity="study",
            entity_id=raised[0].finding.study_id,
            details={
                "alerts": len(raised),
                "repeats": sum(one.repeat_of_id is not None for one in raised),
            },
        )
    return raised


def tier_of_finding(*, finding: Finding) -> UrgencyTier:
    """The settings of this kind of finding; made with the first one.

    Until a person sets a tier it follows the loudest level the model has given the code.
    """
    usual = TIER_OF_LEVEL[finding.urgency]
    row, is_new = UrgencyTier.objects.get_or_create(
        model_id=finding.job.version.model_id,
        code_system=str(finding.code.get("system", ""))[:16],
        code_value=str(finding.code.get("code", ""))[:64],
        defaults={"code_display": str(finding.code.get("display", ""))[:200], "tier": usual},
    )
    if not is_new and not row.is_set_by_person and TIER_RANK[usual] > TIER_RANK[row.tier]:
        row.tier = usual
        row.version += 1
        row.save(update_fields=["tier", "version", "updated_at"])
    return row


@transaction.atomic
def acknowledge_notice(*, actor: Actor, alert_id: UUID) -> list[UrgencyAlert]:
    """Take note, for the case: of this finding and what the notice shows with it.

    Once is enough: again changes nothing. The finding stays to be reviewed.
    """
    policies.acknowledge_notice(actor=actor, notice_id=alert_id)
    asked = UrgencyAlert.objects.select_related("case", "kind").filter(pk=alert_id).first()
    if asked is None:
        raise NotVisible()
    person = get_person(actor=actor)
    same = [
        one.pk
        for one in alerts_to_acknowledge(actor=actor)
        if one.case.patient_id == asked.case.patient_id
        and one.kind.code_system == asked.kind.code_system
        and one.kind.code_value == asked.kind.code_value
    ]
    now = timezone.now()
    alerts = list(
        UrgencyAlert.objects.select_for_update(of=("self",))
        .filter(pk__in={*same, alert_id}, acknowledged_at__isnull=True)
        .order_by("pk")
    )
    for alert in alerts:
        alert.acknowledged_at, alert.acknowledged_by = now, person
        alert.acknowledged_how = AcknowledgedHow.NOTICE
        alert.save()
        record_entry(
            actor=actor,
            action="urgency.acknowledged",
            case_id=alert.case_id,
            entity="finding",
            entity_id=alert.finding_id,
            details={"seconds": round((now - alert.created_at).total_seconds())},
        )
    return alerts


def acknowledge_by_review(event: FindingReviewed) -> None:
    """Who accepts or dismisses a finding has taken note of it."""
    UrgencyAlert.objects.filter(
        finding_id=event.finding.id, case_id=event.case_id, acknowledged_at__isnull=True
    ).update(
        acknowledged_at=event.at,
        acknowledged_by=event.actor_id,
        acknowledged_how=AcknowledgedHow.REVIEW,
        updated_at=timezone.now(),
    )


def _repeated(finding: Finding, case_id: UUID, kind: UrgencyTier) -> UrgencyAlert | None:
    """The alert this one repeats: same code in the same case, as loud, within the window.

    One that was dismissed silences its own study only: in another study the same finding may
    be true.
    """
    dismissed = FindingReview.objects.filter(
        finding_id=OuterRef("finding_id"),
        case_id=case_id,
        stands=True,
        decision=FindingState.DISMISSED,
    )
    loud = [level for level, rank in LEVEL_RANK.items() if rank >= LEVEL_RANK[finding.urgency]]
    return (
        UrgencyAlert.objects.filter(
            Q(finding__study_id=finding.study_id) | ~Exists(dismissed),
            case_id=case_id,
            kind__code_system=kind.code_system,
            kind__code_value=kind.code_value,
            level__in=loud,
            repeat_of__isnull=True,
            created_at__gte=timezone.now() - timedelta(days=kind.repeat_window_days),
        )
        .order_by("-created_at")
        .first()
    )


def _flagged() -> "QuerySet[Finding]":
    return (
        Finding.objects.filter(urgency__in=FLAGGED_LEVELS)
        .select_related("job__version")
        .defer("job__grid", "measurements")
    )
