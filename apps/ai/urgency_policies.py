"""Who makes rules, who sets tiers, and who acknowledges a notice."""

from typing import Any
from uuid import UUID

from apps.ai import policies
from apps.ai.models import AutomationRule, UrgencyAlert
from apps.cases import policies as case_policies
from apps.cases.embargo import require_ai_shown
from apps.core.actors import Actor
from apps.core.exceptions import Forbidden, NotVisible
from apps.core.policies import signed_in
from apps.core.registry import board_names


def chaired_boards(*, actor: Actor) -> dict[UUID, str]:
    """Boards whose chair the actor is, by name."""
    found: dict[UUID, str] = {}
    for _, provider in board_names.items():
        found |= provider(chaired_by=actor)
    return found


def view_rules(*, actor: Actor, **ids: Any) -> None:
    """AI administration, and whoever chairs a board: house rules run on their cases too."""
    signed_in(actor=actor)
    if actor.is_system or actor.has_role(policies.AI_ADMIN):
        return
    if not actor.is_person or not chaired_boards(actor=actor):
        raise Forbidden("Rules are for AI administration and for chairs of boards.")


def manage_rules(*, actor: Actor, board_id: UUID | None, **ids: Any) -> None:
    """Rules of the house: AI administration. Of a board: its chair, too."""
    signed_in(actor=actor)
    if not actor.is_person:
        raise Forbidden("A rule is a person's word.", code="person_needed")
    if actor.has_role(policies.AI_ADMIN):
        return
    if board_id is None or board_id not in chaired_boards(actor=actor):
        raise Forbidden("AI administration or the chair of this board makes its rules.")


def view_rule(*, actor: Actor, rule_id: UUID, **ids: Any) -> None:
    """Absent rules, and those of boards that are not the actor's, look the same."""
    view_rules(actor=actor)
    board_id = _board_of_rule(rule_id)
    if actor.is_system or actor.has_role(policies.AI_ADMIN) or board_id is None:
        return
    if board_id not in chaired_boards(actor=actor):
        raise NotVisible()


def change_rule(*, actor: Actor, rule_id: UUID, **ids: Any) -> None:
    view_rule(actor=actor, rule_id=rule_id)
    manage_rules(actor=actor, board_id=_board_of_rule(rule_id))


def read_notices(*, actor: Actor, **ids: Any) -> None:
    """Each gets their own: the selector says whose they are."""
    signed_in(actor=actor)
    if not actor.is_person:
        raise Forbidden("Notices are for people.", code="person_needed")


def acknowledge_notice(*, actor: Actor, notice_id: UUID, **ids: Any) -> None:
    """Whoever may review findings of the case: a clinician of an imaging discipline."""
    read_notices(actor=actor)
    case_id = UrgencyAlert.objects.filter(pk=notice_id).values_list("case_id", flat=True).first()
    if case_id is None:
        raise NotVisible()
    case_policies.view_identified(actor=actor, case_id=case_id)
    require_ai_shown(actor=actor, case_id=case_id)
    case_policies.review_findings(actor=actor, case_id=case_id)


def _board_of_rule(rule_id: UUID) -> UUID | None:
    row = AutomationRule.objects.filter(pk=rule_id).only("board_id").first()
    if row is None:
        raise NotVisible()
    return row.board_id
