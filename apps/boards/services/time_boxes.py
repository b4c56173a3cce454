"""How long a case gets, how full a meeting is, and until when its list is open (MDT-3)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from apps.audit.services import record_entry
from apps.boards import policies
from apps.boards.case_templates import CaseTemplateDocument
from apps.boards.choices import AgendaStatus
from apps.boards.models import AgendaItem, Board, CaseReadiness, Meeting
from apps.boards.services.templates import version_in_force
from apps.cases.choices import Urgency
from apps.cases.models import Case
from apps.core.actors import Actor
from apps.core.exceptions import Conflict, InvalidInput
from apps.core.versions import lock_version

MOST_HOURS = 24 * 14
MOST_MINUTES = 60
OFF_THE_TABLE = (AgendaStatus.SOC_LISTED, AgendaStatus.WITHDRAWN)
"""On the list, and no time is planned for it."""


@dataclass(frozen=True, slots=True)
class TimeBox:
    minutes: int
    is_complex: bool


@dataclass(frozen=True, slots=True)
class Capacity:
    """Minutes of a meeting. ``over_minutes`` warns and refuses nothing."""

    available_minutes: int
    planned_minutes: int
    over_minutes: int
    discussed: int
    listed: int
    cut_off_at: datetime
    is_past_cut_off: bool


def time_box_of(*, board: Board, case_id: UUID) -> TimeBox:
    """By the template of the case: its own minutes, or the board's for its complexity."""
    row = CaseReadiness.objects.filter(case_id=case_id).select_related("template").first()
    if row is not None:
        version = row.template
    else:
        case = Case.objects.get(pk=case_id)
        version = version_in_force(tumour_type=case.tumour_type, at=case.created_at)
    document = CaseTemplateDocument.model_validate(version.document)
    return TimeBox(
        minutes=document.minutes or minutes_for(board=board, is_complex=document.is_complex),
        is_complex=document.is_complex,
    )


def minutes_for(*, board: Board, is_complex: bool) -> int:
    return board.minutes_per_complex_case if is_complex else board.minutes_per_case


@transaction.atomic
def set_time_box(
    *,
    actor: Actor,
    item_id: UUID,
    version: int,
    is_complex: bool | None = None,
    minutes: int | None = None,
) -> AgendaItem:
    """Simple or complex, with the board's minutes for it unless some are named.

    Raises
    ------
    InvalidInput
        ``minutes_invalid``.
    """
    policies.run_agenda_item(actor=actor, item_id=item_id)
    items = AgendaItem.objects.select_related("meeting__board")
    item = lock_version(queryset=items, pk=item_id, version=version)
    if minutes is not None and not 1 <= minutes <= MOST_MINUTES:
        raise InvalidInput(f"From 1 to {MOST_MINUTES} minutes.", code="minutes_invalid")
    if is_complex is not None:
        item.is_complex = is_complex
        item.minutes = minutes_for(board=item.meeting.board, is_complex=is_complex)
    if minutes is not None:
        item.minutes = minutes
    item.version += 1
    item.save(update_fields=["is_complex", "minutes", "version", "updated_at"])
    record_entry(
        actor=actor,
        action="agenda.timed",
        case_id=item.case_id,
        entity="agenda_item",
        entity_id=item.pk,
        details={"minutes": item.minutes, "complex": item.is_complex},
    )
    return item


@transaction.atomic
def set_agenda_rules(*, actor: Actor, board_id: UUID, rules: dict[str, int]) -> Board:
    """Minutes of a simple and of a complex case, and hours of the cut-off, of a board.

    Raises
    ------
    InvalidInput
        ``minutes_invalid`` or ``cut_off_invalid``.
    """
    policies.run_board(actor=actor, board_id=board_id)
    board = Board.objects.select_for_update().get(pk=board_id)
    for name in ("minutes_per_case", "minutes_per_complex_case"):
        minutes = rules.get(name, getattr(board, name))
        if not 1 <= minutes <= MOST_MINUTES:
            raise InvalidInput(f"From 1 to {MOST_MINUTES} minutes.", code="minutes_invalid")
        setattr(board, name, minutes)
    hours = rules.get("cut_off_hours", board.cut_off_hours)
    if not 0 <= hours <= MOST_HOURS:
        raise InvalidInput(f"At most {MOST_HOURS} hours.", code="cut_off_invalid")
    board.cut_off_hours = hours
    board.save()
    record_entry(
        actor=actor,
        action="board.agenda_rules_set",
        entity="board",
        entity_id=board_id,
        details=dict(rules),
    )
    return board


def cut_off_of(meeting: Meeting) -> datetime:
    """When the list closes. A meeting that was called later than that has no cut-off before
    it begins: nobody could have kept it.
    """
    at = meeting.starts_at - timedelta(hours=meeting.board.cut_off_hours)
    return meeting.starts_at if meeting.created_at >= at else at


def check_cut_off(*, meeting: Meeting, case_id: UUID, reason: str = "") -> str:
    """The reason that a late case is kept with; empty where it is in time.

    A case that is urgent with a reason brings its own.

    Raises
    ------
    Conflict
        ``past_cut_off``: details say since when.
    """
    at = cut_off_of(meeting)
    if timezone.now() < at or meeting.created_at >= at:
        return ""
    reason = reason.strip()[:300]
    if reason:
        return reason
    urgent = Case.objects.filter(pk=case_id, urgency=Urgency.URGENT).exclude(urgency_reason="")
    own = urgent.values_list("urgency_reason", flat=True).first()
    if own:
        return own[:300]
    raise Conflict(
        "The list is closed: a late case needs an urgent reason.",
        code="past_cut_off",
        details={"cut_off_at": at.isoformat()},
    )


def capacity_of(*, meeting_id: UUID) -> Capacity:
    """Planned against available minutes, in two queries."""
    meeting = Meeting.objects.select_related("board").get(pk=meeting_id)
    rows: list[tuple[Any, ...]] = list(
        AgendaItem.objects.filter(meeting_id=meeting_id).values_list("status", "minutes")
    )
    available = round((meeting.ends_at - meeting.starts_at).total_seconds() / 60)
    planned = sum(minutes for status, minutes in rows if status not in OFF_THE_TABLE)
    at = cut_off_of(meeting)
    return Capacity(
        available_minutes=available,
        planned_minutes=planned,
        over_minutes=max(0, planned - available),
        discussed=sum(status not in OFF_THE_TABLE for status, _ in rows),
        listed=sum(status == AgendaStatus.SOC_LISTED for status, _ in rows),
        cut_off_at=at,
        is_past_cut_off=timezone.now() >= at and meeting.created_at < at,
    )
