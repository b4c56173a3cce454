"""Reading boards, meetings and decisions."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Count, Prefetch, Q, QuerySet
from django.utils import timezone

from apps.accounts.choices import AccountKind
from apps.boards.choices import BoardRole, MeetingStatus
from apps.boards.models import (
    AgendaItem,
    Attendance,
    Board,
    BoardMember,
    Decision,
    DecisionNote,
    HangingProtocol,
    Meeting,
    MeetingSeries,
    Position,
    Recommendation,
)
from apps.boards.quorum import Attendee, missing_disciplines
from apps.boards.waiting import AgendaStep
from apps.cases.access import grants_in_force
from apps.cases.selectors import visible_cases
from apps.core.actors import Actor

CHECK_IN_BEFORE = timedelta(minutes=45)


def visible_boards(*, actor: Actor) -> "QuerySet[Board]":
    boards = Board.objects.order_by("name", "id")
    if actor.is_system or actor.has_role("system_admin"):
        return boards
    mine = BoardMember.objects.filter(user_id=actor.person_id, left_at__isnull=True)
    return boards.filter(pk__in=mine.values("board_id"))


def roles_of(*, actor: Actor) -> dict[UUID, str]:
    """Board id -> the actor's role there."""
    rows = BoardMember.objects.filter(user_id=actor.person_id, left_at__isnull=True)
    return dict(rows.values_list("board_id", "role"))


def name_boards(*, chaired_by: Actor | None = None) -> dict[UUID, str]:
    """Every board by name, or those whose chair this person is; for floors below."""
    boards = Board.objects.order_by("name", "id")
    if chaired_by is not None:
        if not chaired_by.is_person:
            return {}
        seats = BoardMember.objects.filter(
            user_id=chaired_by.person_id, left_at__isnull=True, role=BoardRole.CHAIR
        )
        boards = boards.filter(pk__in=seats.values("board_id"))
    return dict(boards.values_list("pk", "name"))


def list_members(*, board_id: UUID) -> "QuerySet[BoardMember]":
    return (
        BoardMember.objects.filter(board_id=board_id, left_at__isnull=True)
        .select_related("user", "user__institution")
        .order_by("created_at", "id")
    )


def visible_meetings(
    *, actor: Actor, board_id: UUID | None = None, since: datetime | None = None
) -> "QuerySet[Meeting]":
    meetings = (
        Meeting.objects.filter(board__in=visible_boards(actor=actor))
        .select_related("board")
        .annotate(case_count=Count("agenda"))
    )
    if board_id:
        meetings = meetings.filter(board_id=board_id)
    if since:
        meetings = meetings.filter(ends_at__gte=since)
    return meetings


def visible_series(*, actor: Actor, board_id: UUID | None = None) -> "QuerySet[MeetingSeries]":
    """Boards that meet by a rule, for whoever sees the board."""
    series = MeetingSeries.objects.filter(board__in=visible_boards(actor=actor))
    if board_id:
        series = series.filter(board_id=board_id)
    return series.select_related("board")


def attendance_of(*, meeting_id: UUID) -> "QuerySet[Attendance]":
    """Who was at the meeting, in the order in which they came."""
    return (
        Attendance.objects.filter(meeting_id=meeting_id)
        .select_related("user")
        .order_by("arrived_at", "id")
    )


def describe_attendance(row: Attendance) -> dict[str, Any]:
    """One line of the list, as REST and the live log have it. Never a patient."""
    return {
        "user": {
            "id": str(row.user_id),
            "display_name": row.user.display_name,
            "discipline": row.discipline,
        },
        "counts": row.counts,
        "how": row.how,
        "present": row.left_at is None,
        "arrived_at": row.arrived_at.isoformat(),
        "left_at": row.left_at.isoformat() if row.left_at else None,
    }


def describe_quorum(*, meeting_id: UUID) -> dict[str, Any]:
    """What the board needs, and what of it is missing now."""
    needs = Board.objects.filter(meetings=meeting_id).values_list("quorum", flat=True).get()
    here = (
        Attendee(discipline=row.discipline, counts=row.counts, present=row.left_at is None)
        for row in Attendance.objects.filter(meeting_id=meeting_id)
    )
    return {"needs": needs, "missing": missing_disciplines(needs=needs, attendees=here)}


def meetings_to_attend(*, actor: Actor) -> "QuerySet[Meeting]":
    """Meetings in session or about to begin where the actor has a seat or a case."""
    now = timezone.now()
    soon = Q(status=MeetingStatus.PLANNED, starts_at__lte=now + CHECK_IN_BEFORE, ends_at__gte=now)
    seats = BoardMember.objects.filter(user_id=actor.person_id, left_at__isnull=True)
    cases = grants_in_force().filter(user_id=actor.person_id)
    return (
        Meeting.objects.filter(Q(status=MeetingStatus.OPEN) | soon)
        .filter(
            Q(board__in=seats.values("board_id")) | Q(pk__in=_with_case_in(cases.values("case_id")))
        )
        .select_related("board")
    )


def may_attend(*, user_id: UUID, meeting: Meeting) -> bool:
    """A seat on the board, or a case of the agenda."""
    seats = BoardMember.objects.filter(
        board_id=meeting.board_id, user_id=user_id, left_at__isnull=True
    )
    cases = grants_in_force().filter(
        user_id=user_id,
        user__kind=AccountKind.PERSON,
        case__agenda_items__meeting=meeting,
    )
    return seats.exists() or cases.exists()


def steps_of(*, meeting_id: UUID) -> list[AgendaStep]:
    """The agenda as waiting sees it; whoever asks tells nobody which cases these are."""
    rows = AgendaItem.objects.filter(meeting_id=meeting_id)
    return [
        AgendaStep(*row)
        for row in rows.values_list(
            "case_id", "position", "minutes", "status", "started_at", "paused_at", "paused_s"
        )
    ]


def _with_case_in(case_ids: Any) -> Any:
    return AgendaItem.objects.filter(case_id__in=case_ids).values("meeting_id")


def list_agenda(*, actor: Actor, meeting_id: UUID) -> "QuerySet[AgendaItem]":
    """The meeting's cases in order, those the actor may see."""
    return (
        AgendaItem.objects.filter(
            meeting_id=meeting_id, case__in=visible_cases(actor=actor).values("pk")
        )
        .select_related("case", "case__patient")
        .order_by("position", "id")
    )


def visible_hangings(*, actor: Actor) -> "QuerySet[HangingProtocol]":
    """One's own layouts, and those of the boards one sits on."""
    seats = BoardMember.objects.filter(user_id=actor.person_id, left_at__isnull=True)
    return (
        HangingProtocol.objects.filter(
            Q(owner_id=actor.person_id) | Q(board_id__in=seats.values("board_id"))
        )
        .select_related("board")
        .order_by("name", "id")
    )


def list_decisions(*, case_id: UUID) -> "QuerySet[Decision]":
    return with_all_of_it(Decision.objects.filter(case_id=case_id)).order_by("-created_at", "id")


def with_all_of_it(decisions: "QuerySet[Decision]") -> "QuerySet[Decision]":
    """Everything that a decision says, in four queries however many there are."""
    people = ("user", "user__institution", "recorded_by", "recorded_by__institution")
    authors = ("author", "author__institution", "recorded_by", "recorded_by__institution")
    return decisions.select_related(
        "meeting__board",
        "previous",
        "drafted_by__institution",
        "signed_by__institution",
    ).prefetch_related(
        Prefetch(
            "recommendations", Recommendation.objects.select_related("responsible__institution")
        ),
        Prefetch("positions", Position.objects.select_related(*people)),
        Prefetch("notes", DecisionNote.objects.select_related(*authors)),
    )


def decisions_about(*, case_ids: Iterable[UUID]) -> dict[UUID, list[dict[str, Any]]]:
    """Which decisions there are about cases, and since when; for callers that checked access."""
    found: dict[UUID, list[dict[str, Any]]] = {}
    rows = Decision.objects.filter(case_id__in=list(case_ids)).order_by("created_at", "id")
    for pk, case_id, status, signed_at, updated_at in rows.values_list(
        "pk", "case_id", "status", "signed_at", "updated_at"
    ):
        at = signed_at or updated_at
        found.setdefault(case_id, []).append({"id": pk, "status": status, "at": at})
    return found


def cases_on_coming_agendas() -> dict[UUID, datetime]:
    """Every case on the agenda of a meeting to come or in session, with when it starts."""
    coming = Q(meeting__status=MeetingStatus.PLANNED, meeting__ends_at__gte=timezone.now())
    items = AgendaItem.objects.filter(coming | Q(meeting__status=MeetingStatus.OPEN))
    rows = items.order_by("-meeting__starts_at").values_list("case_id", "meeting__starts_at")
    return dict(rows)
