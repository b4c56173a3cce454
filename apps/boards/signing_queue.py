"""What waits for a chair's signature."""

from typing import Any

from django.db.models import Count, Q, QuerySet

from apps.boards.choices import Consensus, DecisionStatus, Stance
from apps.boards.models import Decision
from apps.cases.access import grants_in_force, standings
from apps.cases.choices import Capacity, Guise
from apps.cases.projection import project_case_text, project_patient
from apps.core.actors import Actor


def waiting_for(*, actor: Actor) -> "QuerySet[Decision]":
    """Every draft of the cases this person chairs, the oldest first; nobody else's."""
    if not actor.is_person:
        return Decision.objects.none()
    chaired = grants_in_force().filter(
        user_id=actor.person_id, capacity=Capacity.CHAIR, guise=Guise.IDENTIFIED
    )
    return (
        Decision.objects.filter(status=DecisionStatus.DRAFT, case_id__in=chaired.values("case_id"))
        .select_related("case__patient", "meeting__board", "drafted_by__institution")
        .annotate(
            recommendation_count=Count("recommendations", distinct=True),
            dissent_count=Count(
                "positions", filter=Q(positions__stance=Stance.DISSENT), distinct=True
            ),
        )
        .order_by("created_at", "id")
    )


def describe_waiting(*, actor: Actor, decisions: list[Decision]) -> list[dict[str, Any]]:
    """Which they are, and what keeps one from being signed. The text is asked for one by one."""
    known = standings(actor=actor, case_ids=[one.case_id for one in decisions])
    return [
        {
            "id": one.pk,
            "version": one.version,
            "case": one.case_id,
            "title": project_case_text(case=one.case, standing=known[one.case_id])["title"],
            "patient": project_patient(patient=one.case.patient, standing=known[one.case_id]),
            "meeting": one.meeting,
            "drafted_by": one.drafted_by,
            "recommendations": getattr(one, "recommendation_count"),  # noqa: B009 - annotated
            "dissents": getattr(one, "dissent_count"),  # noqa: B009 - annotated
            "blocked_by": blocked_by(one),
            "updated_at": one.updated_at,
        }
        for one in decisions
        if one.case_id in known
    ]


def blocked_by(decision: Decision) -> str:
    """The code with which a signature would be refused; empty when it would not."""
    if not getattr(decision, "recommendation_count"):  # noqa: B009 - annotated
        return "nothing_recommended"
    dissents = getattr(decision, "dissent_count")  # noqa: B009 - annotated
    if dissents and decision.consensus == Consensus.CONSENSUS:
        return "consensus_contradicted"
    return ""
