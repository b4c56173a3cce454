"""The decision: drafted by the minute-taker, positions by name, signed by the chair, then fixed."""

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from apps.audit.services import record_entry
from apps.boards import policies
from apps.boards.choices import Consensus, DecisionStatus, Intent, Stance
from apps.boards.events import (
    DecisionDrafted,
    DecisionSigned,
    DecisionState,
    DecisionVoted,
    VoteCount,
    VotesCalled,
)
from apps.boards.models import AgendaItem, Decision, Position, Recommendation
from apps.boards.room_views import view_on_stage
from apps.cases import policies as case_policies
from apps.cases import services as case_services
from apps.cases.choices import CaseStatus
from apps.cases.selectors import people_in_case
from apps.core.actors import Actor
from apps.core.events import actor_fields, record
from apps.core.exceptions import Conflict, InvalidInput, StaleVersion
from apps.core.versions import lock_version


@dataclass(frozen=True, slots=True)
class RecommendationDraft:
    text: str
    intent: str = ""
    responsible: UUID | None = None
    due: date | None = None


@dataclass(frozen=True, slots=True)
class PositionDraft:
    user: UUID
    stance: str
    statement: str = ""


@transaction.atomic
def save_draft(
    *,
    actor: Actor,
    case_id: UUID,
    recommendations: list[RecommendationDraft],
    positions: list[PositionDraft],
    consensus: str = Consensus.CONSENSUS,
    meeting_id: UUID | None = None,
    decision_id: UUID | None = None,
    version: int | None = None,
    summary: str = "",
    conditions: str = "",
    view: dict[str, Any] | None = None,
) -> Decision:
    """Write or rewrite the case's draft; there is one draft per case at a time.

    Raises
    ------
    StaleVersion
        Somebody changed the draft first.
    Conflict
        ``draft_exists`` (name it to change it) or ``signed``.
    InvalidInput
        ``dissent_without_reason``, ``consensus_contradicted``, people outside the case.
    """
    case_policies.write_decision(actor=actor, case_id=case_id)
    _check_draft(
        case_id=case_id,
        meeting_id=meeting_id,
        recommendations=recommendations,
        positions=positions,
        consensus=consensus,
    )
    decision = _draft_for(actor=actor, case_id=case_id, decision_id=decision_id, version=version)
    if _text_of(decision) != [(one.text.strip(), one.intent) for one in recommendations]:
        decision.text_version = decision.version
        decision.votes_called_at = None
    decision.meeting_id = meeting_id
    decision.consensus = consensus
    decision.summary = summary
    decision.conditions = conditions
    if view is not None:
        decision.view = view
    decision.save()
    decision.recommendations.all().delete()
    Recommendation.objects.bulk_create(
        Recommendation(
            decision=decision,
            position=place,
            text=one.text.strip(),
            intent=one.intent,
            responsible_id=one.responsible,
            due=one.due,
        )
        for place, one in enumerate(recommendations, start=1)
    )
    _replace_positions(actor=actor, decision=decision, positions=positions)
    _tell_draft(actor=actor, decision=decision)
    return decision


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
    _require_draft(decision)
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
            "statement": statement.strip(),
            "recorded_by_id": actor.id,
            "text_version": decision.text_version,
        },
    )
    if stance == Stance.DISSENT and decision.consensus == Consensus.CONSENSUS:
        decision.consensus = Consensus.MAJORITY
    decision.version += 1
    decision.save(update_fields=["consensus", "version", "updated_at"])
    _audit_draft(actor=actor, decision=decision)
    record(
        DecisionVoted(
            **_told(actor=actor, decision=decision),
            decision=_state(decision),
            votes=_count_votes(decision),
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
    _require_draft(decision)
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
    record(VotesCalled(**_told(actor=actor, decision=decision), decision=_state(decision)))
    return decision


@transaction.atomic
def sign_decision(*, actor: Actor, decision_id: UUID, version: int) -> Decision:
    """Sign what stands; from now on nothing in it changes, and the case is decided.

    What the room shows at this moment becomes its view (LIVE-R2).

    Raises
    ------
    Conflict
        ``signed`` already.
    InvalidInput
        ``nothing_recommended``.
    """
    policies.sign_decision(actor=actor, decision_id=decision_id)
    decision = lock_version(queryset=Decision.objects.all(), pk=decision_id, version=version)
    _require_draft(decision)
    if not decision.recommendations.exists():
        raise InvalidInput("A decision recommends something.", code="nothing_recommended")
    dissents = decision.positions.filter(stance=Stance.DISSENT).count()
    if dissents and decision.consensus == Consensus.CONSENSUS:
        raise InvalidInput(
            "There is a dissent: this is not a consensus.", code="consensus_contradicted"
        )
    decision.status = DecisionStatus.SIGNED
    decision.signed_by_id = actor.id
    decision.signed_at = timezone.now()
    decision.version += 1
    decision.view = view_on_stage(case_id=decision.case_id, meeting_id=decision.meeting_id)
    decision.save()
    case_services.move_case(actor=actor, case_id=decision.case_id, to=CaseStatus.DECIDED)
    record_entry(
        actor=actor,
        action="decision.signed",
        case_id=decision.case_id,
        entity="decision",
        entity_id=decision.pk,
        details={"dissents": dissents},
    )
    record(DecisionSigned(**_told(actor=actor, decision=decision), decision=_state(decision)))
    return decision


def _check_draft(
    *,
    case_id: UUID,
    meeting_id: UUID | None,
    recommendations: list[RecommendationDraft],
    positions: list[PositionDraft],
    consensus: str,
) -> None:
    if any(not one.text.strip() for one in recommendations):
        raise InvalidInput("A recommendation says something.", code="empty_recommendation")
    if any(one.intent and one.intent not in Intent.values for one in recommendations):
        raise InvalidInput("Unknown intent.", code="unknown_intent")
    if (
        meeting_id
        and not AgendaItem.objects.filter(meeting_id=meeting_id, case_id=case_id).exists()
    ):
        raise InvalidInput("This case is not on that agenda.", code="not_on_agenda")
    named = {one.user for one in positions}
    named |= {one.responsible for one in recommendations if one.responsible}
    known = set(people_in_case(case_id=case_id).filter(pk__in=named).values_list("pk", flat=True))
    if named - known:
        raise InvalidInput("Somebody named is not in this case.", code="not_in_case")
    dissents = [one for one in positions if one.stance == Stance.DISSENT]
    if any(not one.statement.strip() for one in dissents):
        raise InvalidInput("A dissent says why.", code="dissent_without_reason")
    if dissents and consensus == Consensus.CONSENSUS:
        raise InvalidInput(
            "There is a dissent: this is not a consensus.", code="consensus_contradicted"
        )


def _draft_for(
    *, actor: Actor, case_id: UUID, decision_id: UUID | None, version: int | None
) -> Decision:
    if decision_id is None:
        if Decision.objects.filter(case_id=case_id, status=DecisionStatus.DRAFT).exists():
            raise Conflict("This case has a draft; change that one.", code="draft_exists")
        return Decision.objects.create(case_id=case_id, drafted_by_id=actor.id)
    drafts = Decision.objects.filter(case_id=case_id)
    decision = lock_version(queryset=drafts, pk=decision_id, version=version)
    _require_draft(decision)
    decision.version += 1
    return decision


def _require_draft(decision: Decision) -> None:
    if decision.status == DecisionStatus.SIGNED:
        raise Conflict("A signed decision does not change.", code="signed")


def _replace_positions(*, actor: Actor, decision: Decision, positions: list[PositionDraft]) -> None:
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
            statement=one.statement.strip(),
            recorded_by_id=actor.id,
            text_version=decision.text_version,
        )
        for one in positions
        if one.user not in own
    )


def _text_of(decision: Decision) -> list[tuple[str, str]]:
    """What is recommended as it stands: what votes are on."""
    return list(decision.recommendations.values_list("text", "intent"))


def _count_votes(decision: Decision) -> VoteCount:
    stances = list(decision.positions.values_list("stance", flat=True))
    return VoteCount(**{stance.value: stances.count(stance) for stance in Stance})


def _tell_draft(*, actor: Actor, decision: Decision) -> None:
    _audit_draft(actor=actor, decision=decision)
    record(DecisionDrafted(**_told(actor=actor, decision=decision), decision=_state(decision)))


def _audit_draft(*, actor: Actor, decision: Decision) -> None:
    dissents = decision.positions.filter(stance=Stance.DISSENT).count()
    record_entry(
        actor=actor,
        action="decision.drafted",
        case_id=decision.case_id,
        entity="decision",
        entity_id=decision.pk,
        details={"version": decision.version, "dissents": dissents},
    )


def _told(*, actor: Actor, decision: Decision) -> dict[str, Any]:
    return {
        **actor_fields(actor),
        "case_id": decision.case_id,
        "entity": "decision",
        "entity_id": str(decision.pk),
        "entity_version": decision.version,
    }


def _state(decision: Decision) -> DecisionState:
    return DecisionState(id=decision.pk, version=decision.version, status=decision.status)
