"""What a recording needs beside the log: states to fold onto, pointers, who was there (LIVE-R1).

The log and its keyframes are written anyway, for they are the protocol. A room whose board
does not record gets nothing of this.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from apps.boards.models import Board
from apps.live.models import LiveSession, PointerTrack, RecordedState, RoomVisit
from apps.live.selectors import build_snapshot


def rules_for(*, meeting_id: UUID | None) -> dict[str, bool]:
    """Whether a room that opens now is recorded, and its pointers; it stays so to its end."""
    if meeting_id is None:
        return {"is_recorded": True, "records_pointers": False}
    board = Board.objects.get(meetings=meeting_id)
    return {
        "is_recorded": board.is_recorded,
        "records_pointers": board.is_recorded and board.records_pointers,
    }


def record_state(*, session_id: UUID, seq: int, begins_chapter: bool) -> None:
    """Keep the state at ``seq``: in the transaction that took this number, as its last act.

    The session's row is locked until the commit, so no event after ``seq`` is in it and none
    up to ``seq`` is missing.
    """
    session = LiveSession.objects.select_related("presenter").get(pk=session_id)
    if not session.is_recorded:
        return
    RecordedState.objects.create(
        session=session,
        case_id=session.case_id,
        seq=seq,
        begins_chapter=begins_chapter,
        snapshot=build_snapshot(session),
        at=timezone.now(),
    )


def record_visit(*, session_id: UUID, user_id: UUID, joined: bool) -> None:
    """One window came or went. Of several of one person it does not matter which."""
    if not LiveSession.objects.filter(pk=session_id, is_recorded=True).exists():
        return
    if joined:
        RoomVisit.objects.create(session_id=session_id, user_id=user_id, came_at=timezone.now())
        return
    visit = (
        RoomVisit.objects.filter(session_id=session_id, user_id=user_id, left_at__isnull=True)
        .order_by("-came_at")
        .first()
    )
    if visit is not None:
        visit.left_at = timezone.now()
        visit.save(update_fields=["left_at"])


@transaction.atomic
def save_pointers(
    *,
    session_id: UUID,
    case_id: UUID,
    from_at: datetime,
    until_at: datetime,
    people: list[str],
    places: list[dict[str, Any]],
    samples: list[list[Any]],
) -> None:
    """A few seconds of pointers, by the process that took them in."""
    PointerTrack.objects.create(
        session_id=session_id,
        case_id=case_id,
        from_at=from_at,
        until_at=until_at,
        people=people,
        places=places,
        samples=samples,
    )
