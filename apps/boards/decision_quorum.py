"""Whether those the board needs were there when a case was decided (MDT-8)."""

from dataclasses import dataclass
from uuid import UUID

from django.utils import timezone

from apps.boards.choices import AgendaStatus, DecisionQuorum, MeetingStatus
from apps.boards.models import AgendaItem, Attendance, Meeting
from apps.boards.quorum import Attendee, missing_disciplines


@dataclass(frozen=True, slots=True)
class QuorumThen:
    """``missing`` are disciplines in the board's order; empty unless ``state`` is ``missing``."""

    state: DecisionQuorum
    missing: tuple[str, ...] = ()


def quorum_of(*, case_id: UUID, meeting_id: UUID | None) -> QuorumThen:
    """Who was there at the end of the discussion of this case; while it goes on, who is now.

    A signature may come hours later, when everybody has left: it is on what was decided then.
    Where no clock ever ran on the case, an open meeting counts who is there now and one that is
    over whoever attended it.
    """
    if meeting_id is None:
        return QuorumThen(DecisionQuorum.OUTSIDE)
    meeting = Meeting.objects.select_related("board").get(pk=meeting_id)
    needs = meeting.board.quorum
    if not needs:
        return QuorumThen(DecisionQuorum.NOT_REQUIRED)
    item = AgendaItem.objects.filter(meeting_id=meeting_id, case_id=case_id).first()
    missing = missing_disciplines(needs=needs, attendees=_there(meeting=meeting, item=item))
    if missing:
        return QuorumThen(DecisionQuorum.MISSING, tuple(missing))
    return QuorumThen(DecisionQuorum.MET)


def _there(*, meeting: Meeting, item: AgendaItem | None) -> list[Attendee]:
    rows = Attendance.objects.filter(meeting=meeting)
    is_over = meeting.status == MeetingStatus.CLOSED
    at = None if is_over else timezone.now()
    if item is not None and item.ended_at is not None and item.status != AgendaStatus.CURRENT:
        at = item.ended_at
    return [
        Attendee(
            discipline=row.discipline,
            counts=row.counts,
            present=at is None
            or (row.arrived_at <= at and (row.left_at is None or row.left_at >= at)),
        )
        for row in rows
    ]
