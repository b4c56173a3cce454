"""Reads of a room's people for its snapshot, and who waits at its door."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.utils import timezone

from apps.boards import selectors as board_selectors
from apps.boards.models import Board
from apps.live import limits
from apps.live.choices import LobbyAnswer
from apps.live.models import LiveEvent, LiveSession, LobbyEntry, PresenterAsk


def describe_person(user: Any) -> dict[str, Any]:
    """A person on the wire. Never a patient (LIVE-A4)."""
    return {
        "id": str(user.pk),
        "display_name": user.display_name,
        "discipline": user.discipline,
    }


def describe_ask(ask: PresenterAsk) -> dict[str, Any]:
    return {"user": describe_person(ask.user), "at": ask.created_at.isoformat()}


def gathering_of(session: LiveSession) -> dict[str, Any]:
    """As ``gathering.gather`` folds it: attendance by user, asks in their order."""
    return {
        "attendance": _attendance(session),
        "needs": _needs(session),
        "asks": [
            describe_ask(ask)
            for ask in PresenterAsk.objects.filter(session=session)
            .select_related("user")
            .order_by("created_at", "id")
        ],
    }


def so_far(*, session: LiveSession) -> dict[str, Any]:
    """What the room has shown of its current case until now."""
    views = LiveEvent.objects.filter(
        session=session, case_id=session.case_id, kind="stage.keyframe"
    )
    since = session.created_at
    if session.agenda_item_id is not None:
        came = LiveEvent.objects.filter(
            session=session, kind="agenda.moved", case_id=session.case_id
        ).order_by("-seq")
        since = came.values_list("at", flat=True).first() or since
    return {"since": since.isoformat(), "views_shown": views.count()}


def board_of(session: LiveSession) -> str | None:
    """Whose meeting this is; never a patient's."""
    return session.meeting.board.name if session.meeting else None


def video_url_of(session: LiveSession) -> str | None:
    """The meeting's own video call; validated when it was written."""
    return (session.meeting.video_url or None) if session.meeting else None


def waiting_in_rooms(*, session_ids: Iterable[UUID]) -> dict[UUID, list[dict[str, Any]]]:
    """Guests who stand at each room's door now, the longest waiting first; in one query."""
    rows = LobbyEntry.objects.filter(
        session_id__in=list(session_ids),
        answer=LobbyAnswer.WAITING,
        updated_at__gte=timezone.now() - timedelta(seconds=limits.LOBBY_TTL_S),
    )
    waiting: dict[UUID, list[dict[str, Any]]] = {}
    for row in rows.select_related("user").order_by("created_at", "id"):
        guest = {"user": describe_person(row.user), "since": row.created_at.isoformat()}
        waiting.setdefault(row.session_id, []).append(guest)
    return waiting


def attendance_in(*, session_id: UUID) -> list[dict[str, Any]]:
    """Attendance of the room's meeting; an ad hoc room has none."""
    return _attendance(LiveSession.objects.get(pk=session_id))


def _attendance(session: LiveSession) -> list[dict[str, Any]]:
    if session.meeting_id is None:
        return []
    rows = board_selectors.attendance_of(meeting_id=session.meeting_id)
    described = [board_selectors.describe_attendance(row) for row in rows]
    return sorted(described, key=lambda one: str(one["user"]["id"]))


def _needs(session: LiveSession) -> list[str]:
    if session.meeting_id is None:
        return []
    boards = Board.objects.filter(meetings=session.meeting_id)
    return list(boards.values_list("quorum", flat=True).get())
