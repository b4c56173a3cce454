"""Where people stand on a draft: each for themselves, or written down by the minute-taker."""

from collections.abc import Sequence
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from apps.audit.services import record_entry
from apps.boards import policies
from apps.boards.choices import Consensus, DecisionStatus, Stance
from apps.boards.events import DecisionVoted, VotesCalled
from apps.boards.models import Decision, Position
from apps.boards.plain_text import tidy
from apps.boards.services.decisions.telling import audit_draft, count_votes, state_of, told
from apps.boards.services.decisions.words import PositionDraft
from apps.core.actors import Actor
from apps.core.events import record
from apps.core.exceptions import Conflict, InvalidInput, StaleVersion


@transaction.atomic
def state_position(
    *,
    actor: Actor,
    decision_id: UUID,
    stance: str,
    statement: str = "",
    text_version: int | None = None,
) -> Position:
    """State one's own agreement or dissent on a draft; a dissent says why.

    ``text_version``: the text that was read. Other people's votes do not make one stale, a
    change of what is recommended does.

    Raises
    ------
    StaleVersion
        What is recommended is not what was read.
    Conflict
        ``signed`` already.
    InvalidInput
        ``dissent_without_reason``.
    """
    policies.state_position(actor=actor, decision_id=decision_id)
    decision = Decision.objects.select_for_update().get(pk=decision_id)
    require_draft(decision)
    if text_version is not None and text_version != decision.text_version:
        raise StaleVersion(
            "The recommendation was changed; read it again.",
            details={"current": {"id": str(decision.pk), "text_version": decision.text_version}},
        )
    if stance == Stance.DISSENT and not statement.strip():
        raise InvalidInput("A dissent says why.", code="dissent_without_reason")
    position, _ = Position.objects.update_or_create(
        decision=decision,
        user_id=actor.person_id,
        defaults={
            "stance": stance,
            "statement": tidy(statement, field="statement"),
            "recorded_by_id": actor.id,
            "text_version": decision.text_version,
        },
    )
    if stance == Stance.DISSENT and decision.consensus == Consensus.CONSENSUS:
        decision.consensus = Consensus.MAJORITY
    decision.version += 1
    decision.save(update_fields=["consensus", "version", "updated_at"])
    audit_draft(actor=actor, decision=decision)
    record(
        DecisionVoted(
            **told(actor=actor, decision=decision),
            decision=state_of(decision),
            votes=count_votes(decision),
        )
    )
    return position


@transaction.atomic
def call_for_votes(*, actor: Actor, decision_id: UUID) -> Decision:
    """The chair asks everybody for their position; again reminds.

    Raises
    ------
    Conflict
        ``signed`` already.
    InvalidInput
        ``nothing_recommended``: there is nothing to agree with.
    """
    policies.sign_decision(actor=actor, decision_id=decision_id)
    decision = Decision.objects.select_for_update().get(pk=decision_id)
    require_draft(decision)
    if not decision.recommendations.exists():
        raise InvalidInput("A decision recommends something.", code="nothing_recommended")
    decision.votes_called_at = timezone.now()
    decision.version += 1
    decision.save(update_fields=["votes_called_at", "version", "updated_at"])
    record_entry(
        actor=actor,
        action="decision.votes_called",
        case_id=decision.case_id,
        entity="decision",
        entity_id=decision.pk,
    )
    record(VotesCalled(**told(actor=actor, decision=decision), decision=state_of(decision)))
    return decision


def require_draft(decision: Decision) -> None:
    if decision.status == DecisionStatus.SIGNED:
        raise Conflict("A signed decision does not change.", code="signed")


def replace_positions(
    *, actor: Actor, decision: Decision, positions: Sequence[PositionDraft]
) -> None:
    """Write down positions; what somebody stated themselves is not overwritten by another."""
    own = set(
        decision.positions.filter(recorded_by_id=F("user_id"))
        .exclude(user_id=actor.person_id)
        .values_list("user_id", flat=True)
    )
    decision.positions.exclude(user_id__in=own).delete()
    Position.objects.bulk_create(
        Position(
            decision=decision,
            user_id=one.user,
            stance=one.stance,
            statement=tidy(one.statement, field="statement"),
            recorded_by_id=actor.id,
            text_version=decision.text_version,
        )
        for one in positions
        if one.user not in own
    )
