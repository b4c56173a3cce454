"""Meetings of a board: when and where it meets, and whether it has begun."""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from apps.audit.services import record_entry
from apps.boards import policies
from apps.boards.choices import MEETING_MOVES, MeetingStatus
from apps.boards.models import Board, Meeting
from apps.boards.video import check_video_url
from apps.cases import services as case_services
from apps.core.actors import Actor
from apps.core.exceptions import Conflict, IllegalMove, InvalidInput
from apps.core.versions import lock_version


@transaction.atomic
def schedule_meeting(
    *,
    actor: Actor,
    board_id: UUID,
    starts_at: datetime,
    ends_at: datetime,
    room: str = "",
    video_url: str = "",
) -> Meeting:
    """Put a meeting into the calendar.

    Raises
    ------
    InvalidInput
        ``meeting_ends_before_start``.
    Conflict
        ``meeting_overlaps``: this board meets at that time already.
    """
    policies.run_board(actor=actor, board_id=board_id)
    check_video_url(url=video_url, names=(), patient_ids=())
    _check_free(board_id=board_id, starts_at=starts_at, ends_at=ends_at)
    meeting = Meeting.objects.create(
        board_id=board_id, starts_at=starts_at, ends_at=ends_at, room=room, video_url=video_url
    )
    record_entry(actor=actor, action="meeting.scheduled", entity="meeting", entity_id=meeting.pk)
    return meeting


@transaction.atomic
def reschedule_meeting(
    *, actor: Actor, meeting_id: UUID, version: int, starts_at: datetime, ends_at: datetime
) -> Meeting:
    """Move one meeting to another time; of a series it is an exception from then on.

    Raises
    ------
    InvalidInput
        ``meeting_ends_before_start`` or ``meeting_in_past``.
    Conflict
        ``meeting_overlaps``, or ``meeting_began``: only a planned meeting moves.
    """
    policies.run_meeting(actor=actor, meeting_id=meeting_id)
    Board.objects.select_for_update().get(meetings=meeting_id)  # before its meetings, as a series
    meeting = lock_version(queryset=Meeting.objects.all(), pk=meeting_id, version=version)
    if meeting.status != MeetingStatus.PLANNED:
        raise Conflict("Only a planned meeting moves.", code="meeting_began")
    if starts_at <= timezone.now():
        raise InvalidInput("This time has passed.", code="meeting_in_past")
    _check_free(board_id=meeting.board_id, starts_at=starts_at, ends_at=ends_at, but=meeting_id)
    before = meeting.starts_at
    meeting.starts_at, meeting.ends_at = starts_at, ends_at
    meeting.is_exception = meeting.series_id is not None
    meeting.calendar_sequence += 1
    meeting.version += 1
    meeting.save()
    needed_by_meeting(actor=actor, meeting=meeting)
    record_entry(
        actor=actor,
        action="meeting.rescheduled",
        entity="meeting",
        entity_id=meeting.pk,
        details={"from": before.isoformat(), "to": starts_at.isoformat()},
    )
    return meeting


@transaction.atomic
def revise_meeting(
    *,
    actor: Actor,
    meeting_id: UUID,
    version: int,
    room: str | None = None,
    video_url: str | None = None,
) -> Meeting:
    """Where it meets, in the house and by video.

    Raises
    ------
    InvalidInput
        ``video_url_not_https`` or ``video_url_names_patient``.
    """
    policies.run_meeting(actor=actor, meeting_id=meeting_id)
    meeting = lock_version(queryset=Meeting.objects.all(), pk=meeting_id, version=version)
    if video_url is not None:
        check_video_of(meeting=meeting, url=video_url)
        meeting.video_url = video_url
    meeting.room = meeting.room if room is None else room
    meeting.calendar_sequence += 1
    meeting.version += 1
    meeting.save(update_fields=["room", "video_url", "calendar_sequence", "version", "updated_at"])
    record_entry(actor=actor, action="meeting.revised", entity="meeting", entity_id=meeting.pk)
    return meeting


@transaction.atomic
def move_meeting(*, actor: Actor, meeting_id: UUID, version: int, to: str) -> Meeting:
    """Open, close or cancel a meeting along ``MEETING_MOVES``."""
    policies.run_meeting(actor=actor, meeting_id=meeting_id)
    meeting = lock_version(queryset=Meeting.objects.all(), pk=meeting_id, version=version)
    if to not in MEETING_MOVES[meeting.status]:
        raise IllegalMove(
            f"A meeting cannot go from {meeting.status} to {to}.",
            details={"from": meeting.status, "to": to},
        )
    meeting.status = to
    if to == MeetingStatus.CANCELLED:
        meeting.calendar_sequence += 1
    meeting.version += 1
    meeting.save(update_fields=["status", "calendar_sequence", "version", "updated_at"])
    record_entry(
        actor=actor,
        action="meeting.moved",
        entity="meeting",
        entity_id=meeting.pk,
        details={"to": to},
    )
    return meeting


def needed_by_meeting(*, actor: Actor, meeting: Meeting) -> None:
    """The cases of its agenda are needed when it starts now."""
    for case_id in meeting.agenda.values_list("case_id", flat=True):
        case_services.set_needed_by(actor=actor, case_id=case_id, needed_by=meeting.starts_at)


def check_video_of(*, meeting: Meeting, url: str) -> None:
    """
    Raises
    ------
    InvalidInput
        ``video_url_not_https`` or ``video_url_names_patient``.
    """
    patients = meeting.agenda.values_list("case__patient__name", "case__patient__patient_id")
    rows = list(patients.order_by())
    check_video_url(
        url=url, names=[name for name, _ in rows], patient_ids=[number for _, number in rows]
    )


def overlapping_meetings(
    *, board_id: UUID, starts_at: datetime, ends_at: datetime
) -> "QuerySet[Meeting]":
    """What the board does in that time; lock the board before relying on it."""
    return Meeting.objects.filter(
        board_id=board_id, starts_at__lt=ends_at, ends_at__gt=starts_at
    ).exclude(status=MeetingStatus.CANCELLED)


def _check_free(
    *, board_id: UUID, starts_at: datetime, ends_at: datetime, but: UUID | None = None
) -> None:
    if ends_at <= starts_at:
        raise InvalidInput("It ends before it starts.", code="meeting_ends_before_start")
    Board.objects.select_for_update().get(pk=board_id)
    others = overlapping_meetings(board_id=board_id, starts_at=starts_at, ends_at=ends_at)
    if but is not None:
        others = others.exclude(pk=but)
    if others.exists():
        raise Conflict("This board meets at that time already.", code="meeting_overlaps")
