"""Read first, reveal AI: what a board wants, and the word that reveals."""

from uuid import UUID

from django.db import transaction
from django.utils import timezone

from apps.audit.services import record_entry
from apps.boards import policies
from apps.boards.choices import AiReading
from apps.boards.events import AiRevealed
from apps.boards.models import AgendaItem, Board
from apps.core.actors import Actor
from apps.core.events import actor_fields, record
from apps.core.exceptions import InvalidInput


@transaction.atomic
def set_ai_reading(*, actor: Actor, board_id: UUID, ai_reading: str) -> Board:
    """From now on, also for cases that are on an agenda; what was revealed stays so."""
    policies.run_board(actor=actor, board_id=board_id)
    if ai_reading not in AiReading.values:
        raise InvalidInput("Unknown setting.", details={"ai_reading": list(AiReading.values)})
    board = Board.objects.select_for_update().get(pk=board_id)
    if board.ai_reading == ai_reading:
        return board
    before, board.ai_reading = board.ai_reading, ai_reading
    board.save(update_fields=["ai_reading", "updated_at"])
    record_entry(
        actor=actor,
        action="board.ai_reading_changed",
        entity="board",
        entity_id=board_id,
        details={"from": before, "to": ai_reading},
    )
    return board


@transaction.atomic
def reveal_ai(*, actor: Actor, item_id: UUID) -> AgendaItem:
    """The images have been read: from now on everybody gets the case's AI results here.

    Who may say so in a room (presenter, chair) is for the room to check. Once is enough:
    again changes nothing and tells nobody. It cannot be taken back; nobody unsees a finding.
    """
    policies.reveal_ai(actor=actor, item_id=item_id)
    item = (
        AgendaItem.objects.select_for_update(of=("self",))
        .select_related("meeting__board")
        .get(pk=item_id)
    )
    if item.ai_revealed_at is not None or item.meeting.board.ai_reading == AiReading.NEVER:
        return item
    item.ai_revealed_at = timezone.now()
    item.ai_revealed_by_id = actor.id
    item.version += 1
    item.save(update_fields=["ai_revealed_at", "ai_revealed_by", "version", "updated_at"])
    record_entry(
        actor=actor,
        action="ai.revealed",
        case_id=item.case_id,
        entity="agenda_item",
        entity_id=item.pk,
    )
    record(
        AiRevealed(
            **actor_fields(actor),
            case_id=item.case_id,
            entity="agenda_item",
            entity_id=str(item.pk),
            entity_version=item.version,
            agenda_item=item.pk,
        )
    )
    return item
