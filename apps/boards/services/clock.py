"""The clock of an agenda item: it may stand still for a while, and be given more minutes."""

from uuid import UUID

from django.db import transaction
from django.utils import timezone

from apps.audit.services import record_entry
from apps.boards import policies
from apps.boards.choices import AgendaStatus, ClockMove
from apps.boards.events import ClockChanged
from apps.boards.models import AgendaItem
from apps.core.actors import Actor
from apps.core.events import actor_fields, record
from apps.core.exceptions import Conflict, InvalidInput

MINUTES = range(1, 121)


@transaction.atomic
def set_clock(*, actor: Actor, item_id: UUID, move: str, minutes: int = 0) -> AgendaItem:
    """Pause, go on, or add minutes (fewer, where negative). The same again changes nothing.

    Raises
    ------
    Conflict
        ``not_current``: the clock of a case runs while it is discussed.
    InvalidInput
        ``clock_minutes``: it would have none left, or more than two hours.
    """
    policies.run_agenda_item(actor=actor, item_id=item_id)
    item = AgendaItem.objects.select_for_update().get(pk=item_id)
    if item.status != AgendaStatus.CURRENT:
        raise Conflict("This case is not being discussed.", code="not_current")
    if not _turn(item, move=move, minutes=minutes):
        return item
    item.version += 1
    item.save(update_fields=["paused_at", "paused_s", "minutes", "version", "updated_at"])
    record_entry(
        actor=actor,
        action="agenda.clock_changed",
        case_id=item.case_id,
        entity="agenda_item",
        entity_id=item.pk,
        details={"move": move, "minutes": item.minutes},
    )
    record(
        ClockChanged(
            **actor_fields(actor),
            case_id=item.case_id,
            entity="agenda_item",
            entity_id=str(item.pk),
            entity_version=item.version,
            agenda_item=item.pk,
            move=move,
            minutes=item.minutes,
        )
    )
    return item


def _turn(item: AgendaItem, *, move: str, minutes: int) -> bool:
    now = timezone.now()
    if move == ClockMove.PAUSE:
        if item.paused_at is not None:
            return False
        item.paused_at = now
        return True
    if move == ClockMove.RESUME:
        if item.paused_at is None:
            return False
        item.paused_s += round((now - item.paused_at).total_seconds())
        item.paused_at = None
        return True
    if move != ClockMove.ADD:
        raise InvalidInput("Unknown move of the clock.")
    if item.minutes + minutes not in MINUTES:
        raise InvalidInput("A case has between 1 and 120 minutes.", code="clock_minutes")
    item.minutes += minutes
    return minutes != 0
