"""Who is at a meeting, by what, and which disciplines the board needs there."""

import hmac
import time
from collections.abc import Iterable
from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from apps.accounts.choices import Discipline
from apps.accounts.models import User
from apps.audit.choices import Outcome
from apps.audit.models import AuditEntry
from apps.audit.services import record_entry
from apps.boards import checkin, policies, selectors
from apps.boards.choices import Arrival, BoardRole, MeetingStatus
from apps.boards.events import AttendanceChanged, AttendanceRemoved, QuorumChanged
from apps.boards.models import Attendance, Board, BoardMember, Meeting
from apps.core.actors import Actor
from apps.core.events import actor_fields, record
from apps.core.exceptions import Conflict, InvalidInput, NotVisible, RateLimited

SURENESS = {Arrival.JOINED: 0, Arrival.CHECKED_IN: 1, Arrival.TICKED: 2}
REFUSED = "attendance.refused"
TRIES = 10
TRIES_WITHIN = timedelta(minutes=5)


@transaction.atomic
def set_quorum(*, actor: Actor, board_id: UUID, disciplines: Iterable[str]) -> Board:
    """The disciplines without which the board does not decide; told to meetings in session."""
    policies.run_board(actor=actor, board_id=board_id)
    wanted = set(disciplines)
    if not wanted <= set(Discipline.values):
        raise InvalidInput(
            "Unknown discipline.", details={"quorum": sorted(wanted - set(Discipline.values))}
        )
    board = Board.objects.select_for_update().get(pk=board_id)
    needs = [one for one in Discipline.values if one in wanted]
    if needs == board.quorum:
        return board
    board.quorum = needs
    board.save(update_fields=["quorum", "updated_at"])
    record_entry(
        actor=actor,
        action="board.quorum_changed",
        entity="board",
        entity_id=board_id,
        details={"quorum": needs},
    )
    for meeting in board.meetings.filter(status=MeetingStatus.OPEN).order_by("pk"):
        record(
            QuorumChanged(
                **actor_fields(actor),
                meeting_id=meeting.pk,
                entity="board",
                entity_id=str(board_id),
                needs=tuple(needs),
            )
        )
    return board


@transaction.atomic
def note_joined(*, actor: Actor, meeting_id: UUID) -> Attendance:
    """They entered the live session; who may enter has been asked there."""
    return _arrive(actor=actor, meeting_id=meeting_id, user_id=actor.person_id, how=Arrival.JOINED)


@transaction.atomic
def note_gone(*, meeting_id: UUID, user_ids: Iterable[UUID]) -> None:
    """Their last window is closed. Whoever is in the room by a surer way has not gone."""
    rows = _locked(meeting_id).filter(
        user_id__in=list(user_ids), how=Arrival.JOINED, left_at__isnull=True
    )
    for row in rows.order_by("pk"):
        _leave(actor=Actor.system("live"), row=row)


@transaction.atomic
def tick_attendance(*, actor: Actor, meeting_id: UUID, user_id: UUID) -> Attendance:
    """Whoever runs the meeting sees that somebody sits there.

    Raises
    ------
    InvalidInput
        ``not_of_meeting``: they have neither a seat on the board nor a case on the agenda.
    """
    policies.run_meeting(actor=actor, meeting_id=meeting_id)
    meeting = Meeting.objects.get(pk=meeting_id)
    if meeting.status == MeetingStatus.CANCELLED:
        raise Conflict("This meeting does not take place.", code="meeting_closed")
    if not selectors.may_attend(user_id=user_id, meeting=meeting):
        raise InvalidInput("They are not of this meeting.", code="not_of_meeting")
    return _arrive(actor=actor, meeting_id=meeting_id, user_id=user_id, how=Arrival.TICKED)


@transaction.atomic
def note_left(*, actor: Actor, meeting_id: UUID, user_id: UUID) -> Attendance:
    """They went; they have attended."""
    policies.run_meeting(actor=actor, meeting_id=meeting_id)
    row = _get(meeting_id=meeting_id, user_id=user_id)
    if row.left_at is None:
        _leave(actor=actor, row=row)
    return row


@transaction.atomic
def remove_attendance(*, actor: Actor, meeting_id: UUID, user_id: UUID) -> None:
    """They were not there: a tick at the wrong name."""
    policies.run_meeting(actor=actor, meeting_id=meeting_id)
    row = _get(meeting_id=meeting_id, user_id=user_id)
    row.delete()
    _audit(actor=actor, action="attendance.removed", meeting_id=meeting_id, user_id=user_id)
    record(
        AttendanceRemoved(
            **actor_fields(actor),
            meeting_id=meeting_id,
            entity="attendance",
            entity_id=str(user_id),
            user=user_id,
        )
    )


def check_in(*, actor: Actor, code: str) -> Attendance:
    """Be at the meeting on whose wall this code is now.

    Looked for only among meetings where this person has a seat or a case, so that a guessed
    code admits nobody who would not be let in anyway.

    Raises
    ------
    InvalidInput
        ``checkin_code_wrong``: no meeting of theirs has it, or it is over.
    RateLimited
        Ten wrong codes within five minutes; counted in the audit trail.
    """
    policies.check_in(actor=actor)
    since = timezone.now() - TRIES_WITHIN
    wrong = AuditEntry.objects.filter(actor_id=actor.id, at__gte=since, action=REFUSED).count()
    if wrong >= TRIES:
        raise RateLimited(
            "Too many wrong codes. Wait a moment.",
            details={"retry_after_s": int(TRIES_WITHIN.total_seconds())},
        )
    meeting = _meeting_of_code(actor=actor, code=code)
    if meeting is None:
        # Outside of any transaction of ours: the refusal itself must be kept.
        record_entry(actor=actor, action=REFUSED, entity="meeting", outcome=Outcome.REFUSED)
        raise InvalidInput("No meeting of yours has this code now.", code="checkin_code_wrong")
    with transaction.atomic():
        return _arrive(
            actor=actor,
            meeting_id=meeting.pk,
            user_id=actor.person_id,
            how=Arrival.CHECKED_IN,
        )


def _meeting_of_code(*, actor: Actor, code: str) -> Meeting | None:
    said = "".join(sign for sign in code if sign.isdigit())
    now_s = time.time()
    for meeting in selectors.meetings_to_attend(actor=actor):
        taken = checkin.codes_taken_at(meeting_id=meeting.pk, at_s=now_s)
        if any(hmac.compare_digest(said, one) for one in taken):
            return meeting
    return None


def _arrive(*, actor: Actor, meeting_id: UUID, user_id: UUID, how: str) -> Attendance:
    """Here now. What is known already by a surer way stays so; saying it twice is once.

    The meeting is locked first: the foreign key is checked at the commit, when the session's
    row is held already, and a move of the agenda takes the two in the other order.
    """
    user = User.objects.get(pk=user_id)
    meetings = Meeting.objects.select_for_update(of=("self",), no_key=True)
    meeting = meetings.select_related("board").get(pk=meeting_id)
    row, is_new = Attendance.objects.get_or_create(
        meeting=meeting,
        user=user,
        defaults={
            "discipline": user.discipline,
            "counts": _counts(user=user, board_id=meeting.board_id),
            "how": how,
            "recorded_by_id": actor.id,
            "arrived_at": timezone.now(),
        },
    )
    if not is_new:
        row = _get(meeting_id=meeting_id, user_id=user_id)
        is_back, is_surer = row.left_at is not None, SURENESS[Arrival(how)] > _sureness(row)
        if not (is_back or is_surer):
            return row
        row.left_at, row.how, row.recorded_by_id = None, how, actor.id
        row.save(update_fields=["left_at", "how", "recorded_by", "updated_at"])
    _audit(
        actor=actor,
        action="attendance.recorded",
        meeting_id=meeting_id,
        user_id=user_id,
        how=how,
    )
    _tell(actor=actor, row=row)
    return row


def _leave(*, actor: Actor, row: Attendance) -> None:
    row.left_at = timezone.now()
    row.save(update_fields=["left_at", "updated_at"])
    _audit(actor=actor, action="attendance.left", meeting_id=row.meeting_id, user_id=row.user_id)
    _tell(actor=actor, row=row)


def _counts(*, user: User, board_id: UUID) -> bool:
    """A seat on the board; observers and trainees watch (clinical reference, F)."""
    if user.is_trainee:
        return False
    seats = BoardMember.objects.filter(board_id=board_id, user=user, left_at__isnull=True)
    return seats.exclude(role=BoardRole.OBSERVER).exists()


def _sureness(row: Attendance) -> int:
    return SURENESS[Arrival(row.how)]


def _locked(meeting_id: UUID) -> "QuerySet[Attendance]":
    return selectors.attendance_of(meeting_id=meeting_id).select_for_update(of=("self",))


def _get(*, meeting_id: UUID, user_id: UUID) -> Attendance:
    row = _locked(meeting_id).filter(user_id=user_id).first()
    if row is None:
        raise NotVisible()
    return row


def _audit(*, actor: Actor, action: str, meeting_id: UUID, user_id: UUID, **more: str) -> None:
    record_entry(
        actor=actor,
        action=action,
        entity="meeting",
        entity_id=meeting_id,
        details={"user": str(user_id), **more},
    )


def _tell(*, actor: Actor, row: Attendance) -> None:
    record(
        AttendanceChanged(
            **actor_fields(actor),
            meeting_id=row.meeting_id,
            entity="attendance",
            entity_id=str(row.user_id),
            attendance=selectors.describe_attendance(row),
        )
    )
