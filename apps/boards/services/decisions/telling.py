"""What the trail and the room are told of a decision: who and which, never a word of it."""

from typing import Any

from apps.audit.services import record_entry
from apps.boards.choices import Stance
from apps.boards.events import DecisionDrafted, DecisionState, VoteCount
from apps.boards.models import Decision
from apps.core.actors import Actor
from apps.core.events import actor_fields, record


def tell_draft(*, actor: Actor, decision: Decision) -> None:
    audit_draft(actor=actor, decision=decision)
    record(DecisionDrafted(**told(actor=actor, decision=decision), decision=state_of(decision)))


def audit_draft(*, actor: Actor, decision: Decision) -> None:
    dissents = decision.positions.filter(stance=Stance.DISSENT).count()
    record_entry(
        actor=actor,
        action="decision.drafted",
        case_id=decision.case_id,
        entity="decision",
        entity_id=decision.pk,
        details={"version": decision.version, "dissents": dissents},
    )


def told(*, actor: Actor, decision: Decision) -> dict[str, Any]:
    return {
        **actor_fields(actor),
        "case_id": decision.case_id,
        "entity": "decision",
        "entity_id": str(decision.pk),
        "entity_version": decision.version,
    }


def state_of(decision: Decision) -> DecisionState:
    return DecisionState(id=decision.pk, version=decision.version, status=decision.status)


def count_votes(decision: Decision) -> VoteCount:
    stances = list(decision.positions.values_list("stance", flat=True))
    return VoteCount(**{stance.value: stances.count(stance) for stance in Stance})
