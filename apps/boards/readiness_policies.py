"""Who may triage, say what is there, chase and edit templates (permission table F).

``Triage / SoC-list``: the coordinator proposes, the chair signs, core members pull up.
"""

from typing import Any
from uuid import UUID

from apps.accounts.selectors import TRAINEE_ROLE
from apps.boards.choices import BoardRole
from apps.boards.models import BoardMember
from apps.boards.policies import RUNNERS, run_meeting
from apps.cases import policies as case_policies
from apps.cases.choices import Capacity
from apps.core.actors import Actor
from apps.core.exceptions import Forbidden
from apps.core.policies import signed_in

PULLERS = (BoardRole.CHAIR, BoardRole.CORE)


def view_templates(*, actor: Actor, **ids: Any) -> None:
    signed_in(actor=actor)


def edit_templates(*, actor: Actor, **ids: Any) -> None:
    """Chair or coordinator of some board: templates are the whole site's."""
    signed_in(actor=actor)
    if not may_edit_templates(actor=actor):
        raise Forbidden("Chairs and coordinators of boards edit templates.")


def may_edit_templates(*, actor: Actor) -> bool:
    if actor.is_system:
        return True
    seats = BoardMember.objects.filter(left_at__isnull=True, role__in=RUNNERS)
    return actor.is_person and seats.filter(user_id=actor.person_id).exists()


def view_readiness(*, actor: Actor, case_id: UUID, **ids: Any) -> None:
    """Identified only: notes and reasons are free text about the patient."""
    case_policies.view_identified(actor=actor, case_id=case_id)


def record_item(*, actor: Actor, case_id: UUID, **ids: Any) -> None:
    """Whoever organises the case or treats in it; a trainee looks."""
    standing = case_policies.require_standing(actor=actor, case_id=case_id)
    case_policies.refuse_place(actor)
    allowed = case_policies.ORGANISERS | case_policies.CLINICIANS
    if actor.has_role(TRAINEE_ROLE) or not standing.capacities & allowed:
        raise Forbidden("Your part in this case does not allow this.")


def chase_item(*, actor: Actor, case_id: UUID, **ids: Any) -> None:
    case_policies.edit_case(actor=actor, case_id=case_id)


def choose_template(*, actor: Actor, case_id: UUID, **ids: Any) -> None:
    case_policies.edit_case(actor=actor, case_id=case_id)


def triage_case(*, actor: Actor, case_id: UUID, **ids: Any) -> None:
    """Coordinator and chair; what only the chair signs is asked in ``sign_triage``."""
    case_policies.edit_case(actor=actor, case_id=case_id)


def sign_triage(*, actor: Actor, case_id: UUID, **ids: Any) -> None:
    """Listing by a standard, and readiness against the checklist: the chair's name is on it."""
    case_policies.edit_case(actor=actor, case_id=case_id)
    standing = case_policies.require_standing(actor=actor, case_id=case_id)
    if Capacity.CHAIR not in standing.capacities:
        raise Forbidden("The chair signs this.", code="chair_signs")


def pull_up(*, actor: Actor, case_id: UUID, **ids: Any) -> None:
    """A core member (or the chair) of a board that has the case; of none, a clinician of it."""
    standing = case_policies.require_standing(actor=actor, case_id=case_id)
    case_policies.refuse_place(actor)
    if actor.is_system:
        return
    if actor.has_role(TRAINEE_ROLE) or not standing.capacities & case_policies.CLINICIANS:
        raise Forbidden("Core members pull cases up to discussion.")
    seats = BoardMember.objects.filter(
        left_at__isnull=True, board__meetings__agenda__case_id=case_id
    )
    roles = set(seats.filter(user_id=actor.person_id).values_list("role", flat=True))
    if roles and not roles & set(PULLERS):
        raise Forbidden("Core members pull cases up to discussion.", code="core_member_needed")


def move_any(*, actor: Actor, **ids: Any) -> None:
    """The cases are in the body: the service asks of each."""
    signed_in(actor=actor)


def view_exceptions(*, actor: Actor, meeting_id: UUID, **ids: Any) -> None:
    run_meeting(actor=actor, meeting_id=meeting_id)
