from uuid import UUID

from apps.boards import services
from apps.boards.models import AgendaItem, Decision
from apps.core.actors import Actor
from apps.core.exceptions import Conflict, NotVisible
from apps.live import policies
from apps.live.exceptions import OtherCase
from apps.live.models import LiveSession
from apps.live.ops.registry import handles
from apps.live.protocol import ops
from apps.live.protocol.decisions import DecisionDraftPayload, RecommendationDraft


@handles("agenda.goto")
def goto_agenda_item(*, actor: Actor, session: LiveSession, op: ops.AgendaGoto) -> None:
    """Only an item of this room's meeting; the room follows by the event, as with REST."""
    item = op.payload.agenda_item
    meeting_id = AgendaItem.objects.filter(pk=item).values_list("meeting_id", flat=True).first()
    if session.meeting_id is None or meeting_id != session.meeting_id:
        raise NotVisible()
    services.goto_agenda_item(actor=actor, item_id=item)


@handles("ai.reveal")
def reveal(*, actor: Actor, session: LiveSession, op: ops.AiReveal) -> None:
    """By whoever presents or chairs, of the case on screen and no other."""
    policies.reveal_ai(actor=actor, session=session)
    _require_on_screen(session=session, item=op.payload.agenda_item)
    services.reveal_ai(actor=actor, item_id=op.payload.agenda_item)


@handles("timer.set")
def set_timer(*, actor: Actor, session: LiveSession, op: ops.TimerSet) -> None:
    _require_on_screen(session=session, item=op.payload.agenda_item)
    services.set_clock(
        actor=actor,
        item_id=op.payload.agenda_item,
        move=op.payload.move,
        minutes=op.payload.minutes,
    )


@handles("decision.vote")
def vote(*, actor: Actor, session: LiveSession, op: ops.DecisionVote) -> None:
    _require_case(decision_id=op.entity, session=session)
    services.state_position(
        actor=actor,
        decision_id=op.entity,
        stance=op.payload.stance,
        statement=op.payload.statement,
        text_version=op.payload.text_version,
    )


@handles("votes.call")
def call_votes(*, actor: Actor, session: LiveSession, op: ops.VotesCall) -> None:
    _require_case(decision_id=op.entity, session=session)
    services.call_for_votes(actor=actor, decision_id=op.entity)


@handles("decision.draft")
def draft_decision(*, actor: Actor, session: LiveSession, op: ops.DecisionDraft) -> None:
    draft = op.payload
    services.save_draft(
        actor=actor,
        case_id=session.case_id,
        meeting_id=session.meeting_id,
        decision_id=op.entity,
        version=op.entity_version,
        consensus=draft.consensus,
        recommendations=[_recommendation(one) for one in draft.recommendations],
        positions=[
            services.PositionDraft(user=one.user, stance=one.stance, statement=one.statement)
            for one in draft.positions
        ],
        words=_words(draft),
    )


def _recommendation(one: RecommendationDraft) -> services.RecommendationDraft:
    evidence = [services.EvidenceDraft(**source.model_dump()) for source in one.evidence]
    said = one.model_dump(exclude={"evidence"})
    return services.RecommendationDraft(**said, evidence=evidence)


def _words(draft: DecisionDraftPayload) -> services.DraftWords:
    """What was said; what an older window does not know is left as it is."""
    said = draft.model_dump(exclude={"recommendations", "consensus", "positions", "alternatives"})
    alternatives = draft.alternatives
    return services.DraftWords(
        **said,
        alternatives=None
        if alternatives is None
        else [services.AlternativeDraft(**one.model_dump()) for one in alternatives],
    )


def _require_on_screen(*, session: LiveSession, item: UUID) -> None:
    if session.agenda_item_id != item:
        raise Conflict("The meeting is on another case.", code="moved_on")


def _require_case(*, decision_id: UUID, session: LiveSession) -> None:
    found = Decision.objects.filter(pk=decision_id).values_list("case_id", flat=True).first()
    if found is None:
        raise NotVisible()
    if found != session.case_id:
        raise OtherCase("The decision belongs to another case.")
