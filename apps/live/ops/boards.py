from apps.boards import services
from apps.boards.models import AgendaItem
from apps.core.actors import Actor
from apps.core.exceptions import NotVisible
from apps.live.models import LiveSession
from apps.live.ops.registry import handles
from apps.live.protocol import ops


@handles("agenda.goto")
def goto_agenda_item(*, actor: Actor, session: LiveSession, op: ops.AgendaGoto) -> None:
    """Only an item of this room's meeting; the room follows by the event, as with REST."""
    item = op.payload.agenda_item
    meeting_id = AgendaItem.objects.filter(pk=item).values_list("meeting_id", flat=True).first()
    if session.meeting_id is None or meeting_id != session.meeting_id:
        raise NotVisible()
    services.goto_agenda_item(actor=actor, item_id=item)


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
        recommendations=[
            services.RecommendationDraft(
                text=one.text, intent=one.intent, responsible=one.responsible, due=one.due
            )
            for one in draft.recommendations
        ],
        positions=[
            services.PositionDraft(user=one.user, stance=one.stance, statement=one.statement)
            for one in draft.positions
        ],
    )
