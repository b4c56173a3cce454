"""Who follows up, and who may read a board's numbers.

Texts of recommendations and results can name people: whoever reads them sees the case
identified. The owner of a task records its result; so do chair and coordinator of the case.
"""

from typing import Any
from uuid import UUID

from apps.boards import policies as board_policies
from apps.boards.choices import BoardRole
from apps.boards.models import AgendaItem, Decision
from apps.cases import policies as case_policies
from apps.cases.policies import CLINICIANS, ORGANISERS, require_standing
from apps.core.actors import Actor
from apps.core.exceptions import Forbidden, NotVisible
from apps.core.policies import signed_in
from apps.followup.models import FollowUpTask, IncidentalFinding


def list_tasks(*, actor: Actor, **ids: Any) -> None:
    signed_in(actor=actor)
    case_policies.refuse_place(actor)


def view_case_follow_up(*, actor: Actor, case_id: UUID, **ids: Any) -> None:
    case_policies.view_identified(actor=actor, case_id=case_id)


def close_case(*, actor: Actor, case_id: UUID, **ids: Any) -> None:
    case_policies.edit_case(actor=actor, case_id=case_id)


def view_task(*, actor: Actor, task_id: UUID, **ids: Any) -> None:
    case_policies.view_identified(actor=actor, case_id=_task(task_id).case_id)


def work_on_task(*, actor: Actor, task_id: UUID, **ids: Any) -> None:
    """Its owner, or chair or coordinator of the case: results, owner, day, handing over."""
    task = _task(task_id)
    case_policies.view_identified(actor=actor, case_id=task.case_id)
    case_policies.refuse_place(actor)
    if actor.is_system or (actor.is_person and actor.person_id == task.owner_id):
        return
    if require_standing(actor=actor, case_id=task.case_id).capacities & ORGANISERS:
        return
    raise Forbidden("Its owner does this, or chair or coordinator of the case.", code="not_owner")


def record_outcome(*, actor: Actor, decision_id: UUID, **ids: Any) -> None:
    """A clinician of the case, its chair or its coordinator."""
    case_id = Decision.objects.filter(pk=decision_id).values_list("case_id", flat=True).first()
    _require_part(actor=actor, case_id=case_id)


def record_presentation(*, actor: Actor, item_id: UUID, **ids: Any) -> None:
    """Chair or coordinator of the board on whose agenda it is."""
    board_policies.run_agenda_item(actor=actor, item_id=item_id)
    case_id = AgendaItem.objects.values_list("case_id", flat=True).get(pk=item_id)
    case_policies.view_case(actor=actor, case_id=case_id)


def mark_incidental(*, actor: Actor, case_id: UUID, **ids: Any) -> None:
    """Whoever may accept findings says that one is outside the question."""
    case_policies.view_identified(actor=actor, case_id=case_id)
    case_policies.review_findings(actor=actor, case_id=case_id)


def unmark_incidental(*, actor: Actor, incidental_id: UUID, **ids: Any) -> None:
    mark_incidental(actor=actor, case_id=_case_of_incidental(incidental_id))


def assign_incidental(*, actor: Actor, incidental_id: UUID, **ids: Any) -> None:
    """Chair or coordinator of the case say who looks after it."""
    case_id = _case_of_incidental(incidental_id)
    case_policies.view_identified(actor=actor, case_id=case_id)
    case_policies.edit_case(actor=actor, case_id=case_id)


def view_indicators(*, actor: Actor, board_id: UUID, **ids: Any) -> None:
    """Whoever has a seat on the board; running the house is no seat."""
    signed_in(actor=actor)
    if actor.is_system:
        return
    if board_policies.role_on_board(actor=actor, board_id=board_id) is None:
        raise NotVisible()


def sees_distribution(*, actor: Actor, board_id: UUID) -> bool:
    """The chair sees how attendance is spread over the core members, without names."""
    return board_policies.role_on_board(actor=actor, board_id=board_id) == BoardRole.CHAIR


view_rule = view_indicators
set_rule = board_policies.run_board


def _require_part(*, actor: Actor, case_id: UUID | None) -> None:
    if case_id is None:
        raise NotVisible()
    case_policies.view_identified(actor=actor, case_id=case_id)
    case_policies.refuse_place(actor)
    standing = require_standing(actor=actor, case_id=case_id)
    if not standing.capacities & (CLINICIANS | ORGANISERS):
        raise Forbidden("Your part in this case does not allow this.")


def _task(task_id: UUID) -> FollowUpTask:
    task = FollowUpTask.objects.only("case_id", "owner_id").filter(pk=task_id).first()
    if task is None:
        raise NotVisible()
    return task


def _case_of_incidental(incidental_id: UUID) -> UUID:
    rows = IncidentalFinding.objects.filter(pk=incidental_id)
    case_id = rows.values_list("case_id", flat=True).first()
    if case_id is None:
        raise NotVisible()
    return case_id
