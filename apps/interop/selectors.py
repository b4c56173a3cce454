"""Which meetings a calendar shows."""

from collections.abc import Iterable
from datetime import timedelta
from uuid import UUID

from django.db.models import Count
from django.utils import timezone

from apps.boards.choices import BoardRole, MeetingStatus
from apps.boards.models import BoardMember, Meeting
from apps.core.actors import Actor
from apps.interop.calendars import CalendarMeeting, Guest
from apps.interop.models import CalendarFeed

BEHIND = timedelta(days=60)
AHEAD = timedelta(days=400)
MOST_MEETINGS = 1_000
CORE = frozenset({BoardRole.CHAIR, BoardRole.COORDINATOR, BoardRole.CORE})


def feed_of(*, actor: Actor) -> CalendarFeed | None:
    return CalendarFeed.objects.filter(user_id=actor.person_id, revoked_at__isnull=True).first()


def meetings_of_person(*, user_id: UUID, site: str) -> list[CalendarMeeting]:
    """Meetings of the boards where somebody has a seat today, also those that were cancelled."""
    now = timezone.now()
    seats = BoardMember.objects.filter(user_id=user_id, left_at__isnull=True)
    rows = (
        Meeting.objects.filter(
            board_id__in=seats.values("board_id"),
            starts_at__gte=now - BEHIND,
            starts_at__lte=now + AHEAD,
        )
        .select_related("board")
        .annotate(case_count=Count("agenda"))
        .order_by("starts_at", "id")[:MOST_MEETINGS]
    )
    return [_shown(row, site=site) for row in rows]


def invitation_to(*, meeting_id: UUID, site: str) -> CalendarMeeting:
    """One meeting with everybody who has a seat; its chair invites, else its coordinator."""
    meeting = (
        Meeting.objects.select_related("board")
        .annotate(case_count=Count("agenda"))
        .get(pk=meeting_id)
    )
    seats = list(
        BoardMember.objects.filter(
            board_id=meeting.board_id, left_at__isnull=True, user__is_active=True
        )
        .select_related("user")
        .order_by("created_at", "id")
    )
    return _shown(meeting, site=site, seats=seats)


def _shown(meeting: Meeting, *, site: str, seats: Iterable[BoardMember] = ()) -> CalendarMeeting:
    seats = list(seats)
    guests = [
        Guest(one.user.display_name, one.user.email, one.role in CORE)
        for one in seats
        if one.role != BoardRole.OBSERVER
    ]
    inviting = sorted(
        (one for one in seats if one.role in {BoardRole.CHAIR, BoardRole.COORDINATOR}),
        key=lambda one: one.role != BoardRole.CHAIR,
    )
    organizer = inviting[0].user if inviting else None
    return CalendarMeeting(
        id=meeting.pk,
        board=meeting.board.name,
        starts_at=meeting.starts_at,
        ends_at=meeting.ends_at,
        case_count=getattr(meeting, "case_count", 0),
        room=meeting.room,
        video_url=meeting.video_url,
        url=f"{site}/meetings/{meeting.pk}",
        sequence=meeting.calendar_sequence,
        updated_at=meeting.updated_at,
        is_cancelled=meeting.status == MeetingStatus.CANCELLED,
        organizer=Guest(organizer.display_name, organizer.email, True) if organizer else None,
        guests=tuple(guests),
    )
