"""The follow-up of one case: tasks, outcomes, incidental findings, and what keeps it open."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from apps.ai.models import Finding
from apps.ai.selectors import accepted_findings
from apps.boards.choices import DecisionStatus
from apps.boards.models import AgendaItem, Decision
from apps.cases.choices import ALLOWED_MOVES, CaseStatus
from apps.cases.embargo import is_ai_hidden
from apps.cases.models import Case
from apps.core.actors import Actor
from apps.followup.models import FollowUpTask, IncidentalFinding
from apps.followup.selectors.tasks import tasks_of_case
from apps.followup.services.closing import what_is_left


@dataclass(frozen=True, slots=True)
class CaseFollowUp:
    """What the case page shows. AI findings are left out while ``ai_hidden``."""

    case: Case
    tasks: list[FollowUpTask]
    decisions: list[Decision]
    agenda_items: list[AgendaItem]
    incidental: list[IncidentalFinding]
    accepted: list[Finding]
    may_be_closed: bool
    left: list[dict[str, Any]]
    ai_hidden: bool


def follow_up_of_case(*, actor: Actor, case_id: UUID) -> CaseFollowUp:
    """For callers that have asked ``policies.view_case_follow_up``."""
    case = Case.objects.get(pk=case_id)
    tasks = tasks_of_case(actor=actor, case_id=case_id)
    hidden = is_ai_hidden(actor=actor, case_id=case_id)
    incidental = IncidentalFinding.objects.filter(case_id=case_id).select_related(
        "finding", "owner", "owner__institution"
    )
    marked = [] if hidden else list(incidental.order_by("created_at", "id"))
    known = {one.finding_id for one in marked}
    accepted = [] if hidden else list(accepted_findings(case_id=case_id).order_by("number", "pk"))
    left = what_is_left(case_id=case_id)
    return CaseFollowUp(
        case=case,
        tasks=list(tasks.tasks),
        decisions=list(
            Decision.objects.filter(case_id=case_id, status=DecisionStatus.SIGNED)
            .select_related("outcome__rereferred_case", "outcome__rereferred_item__meeting__board")
            .order_by("-signed_at", "id")
        ),
        agenda_items=list(
            AgendaItem.objects.filter(case_id=case_id)
            .select_related("meeting__board", "presentation")
            .order_by("-meeting__starts_at", "id")
        ),
        incidental=marked,
        accepted=[one for one in accepted if one.pk not in known],
        may_be_closed=not left and CaseStatus.CLOSED in ALLOWED_MOVES[CaseStatus(case.status)],
        left=[] if hidden else [{"code": code, "count": len(rows)} for code, _, rows in left],
        ai_hidden=hidden or tasks.ai_hidden,
    )
