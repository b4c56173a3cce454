"""Reading boards, meetings and decisions."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, Prefetch, Q, QuerySet
from django.utils import timezone

from apps.boards.choices import MeetingStatus
from apps.boards.models import (
    AgendaItem,
    Board,
    BoardMember,
    Decision,
    HangingProtocol,
    Meeting,
    Position,
)
from apps.cases.selectors import visible_cases
from apps.core.actors import Actor


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
    return (
        Decision.objects.filter(case_id=case_id)
        .select_related("meeting__board", "drafted_by", "signed_by")
        .prefetch_related(
            "recommendations__responsible",
            Prefetch("positions", Position.objects.select_related("user", "recorded_by")),
        )
        .order_by("-created_at", "id")
    )


def next_meetings(*, actor: Actor, case_ids: Iterable[UUID]) -> dict[UUID, dict[str, Any]]:
    """The next meeting of each case, for the worklist."""
    items = (
        AgendaItem.objects.filter(
            case_id__in=list(case_ids),
            meeting__ends_at__gte=timezone.now(),
            meeting__status__in=[MeetingStatus.PLANNED, MeetingStatus.OPEN],
        )
        .select_related("meeting__board")
        .order_by("-meeting__starts_at")
    )
    return {
        item.case_id: {
            "next_meeting": {
                "id": str(item.meeting_id),
                "starts_at": item.meeting.starts_at.isoformat(),
                "board": item.meeting.board.name,
            }
        }
        for item in items
    }


def cases_on_coming_agendas() -> dict[UUID, datetime]:
    """Every case on the agenda of a meeting to come or in session, with when it starts."""
    coming = Q(meeting__status=MeetingStatus.PLANNED, meeting__ends_at__gte=timezone.now())
    items = AgendaItem.objects.filter(coming | Q(meeting__status=MeetingStatus.OPEN))
    rows = items.order_by("-meeting__starts_at").values_list("case_id", "meeting__starts_at")
    return dict(rows)
