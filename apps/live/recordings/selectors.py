"""Reads of recordings: chapters, states and events of one, and the recordings of a case."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Count, Q
from django.utils import timezone

from apps.live.choices import SessionState
from apps.live.limits import EVENT_BATCH, RECORDINGS_LISTED
from apps.live.models import LiveEvent, LiveSession, PointerTrack, RecordedState, RoomVisit
from apps.live.people import describe_person
from apps.live.selectors import describe_event, keeps_recording_days

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Chapter:
    """A room on one case: from the opening or a move until the next move or the end.

    ``from_seq`` is the number at which its first state holds; its events follow that.
    """

    number: int
    case_id: UUID
    from_seq: int
    to_seq: int
    from_at: datetime
    to_at: datetime


def chapters_of(*, session: LiveSession) -> list[Chapter]:
    return _chapters(sessions=[session])[session.pk]


def _chapters(*, sessions: Iterable[LiveSession]) -> dict[UUID, list[Chapter]]:
    known = {session.pk: session for session in sessions}
    rows = RecordedState.objects.filter(session_id__in=known, begins_chapter=True)
    by_session: dict[UUID, list[tuple[int, UUID, datetime]]] = {pk: [] for pk in known}
    told = rows.order_by("seq").values_list("session_id", "seq", "case_id", "at")
    for session_id, seq, case_id, at in told:
        by_session[session_id].append((seq, case_id, at))
    return {pk: _join(known[pk], rows=by_session[pk]) for pk in known}


def _join(session: LiveSession, *, rows: list[tuple[int, UUID, datetime]]) -> list[Chapter]:
    if not rows:
        return []
    end = session.ended_at or (
        timezone.now() if session.state == SessionState.OPEN else session.updated_at
    )
    ends = [(seq - 1, at) for seq, _, at in rows[1:]] + [(session.head, end)]
    return [
        Chapter(
            number=number,
            case_id=case_id,
            from_seq=seq,
            to_seq=to_seq,
            from_at=at,
            to_at=max(at, to_at),
        )
        for number, ((seq, case_id, at), (to_seq, to_at)) in enumerate(
            zip(rows, ends, strict=True), start=1
        )
    ]


def describe_chapter(*, session: LiveSession, chapter: Chapter, guise: str) -> Json:
    events = _events_of(session_id=session.pk, chapter=chapter)
    signed = events.filter(kind="decision.signed").order_by("seq")
    counted = events.aggregate(keyframes=Count("pk", filter=Q(kind="stage.keyframe")))
    return {
        "number": chapter.number,
        "case": str(chapter.case_id),
        "from_seq": chapter.from_seq,
        "to_seq": chapter.to_seq,
        "from_at": chapter.from_at.isoformat(),
        "to_at": chapter.to_at.isoformat(),
        "projection": guise,
        "keyframes": counted["keyframes"],
        "decisions": [
            {"id": entity_id, "seq": seq, "at": at.isoformat()}
            for entity_id, seq, at in signed.values_list("entity_id", "seq", "at")
        ],
    }


def describe_visits(*, session: LiveSession, chapters: Iterable[Chapter]) -> list[Json]:
    """Who was there while these chapters went on."""
    spans = [(chapter.from_at, chapter.to_at) for chapter in chapters]
    visits = RoomVisit.objects.filter(session=session).select_related("user")
    return [
        {
            "user": describe_person(visit.user),
            "came_at": visit.came_at.isoformat(),
            "left_at": visit.left_at.isoformat() if visit.left_at else None,
        }
        for visit in visits.order_by("came_at", "id")
        if any(_overlaps(visit, span) for span in spans)
    ]


def _overlaps(visit: RoomVisit, span: tuple[datetime, datetime]) -> bool:
    came_before_its_end = visit.came_at <= span[1]
    return came_before_its_end and (visit.left_at is None or visit.left_at >= span[0])


@dataclass(frozen=True, slots=True)
class RecordedPage:
    """Events after a number with the states that hold between; ``next_after``: there is more."""

    states: list[Json]
    events: list[Json]
    next_after: int | None


def chapter_at(*, session: LiveSession, seq: int) -> Chapter | None:
    found = [one for one in chapters_of(session=session) if one.from_seq <= seq]
    return found[-1] if found else None


def read_page(
    *, session_id: UUID, chapter: Chapter, after: int, until: int | None = None
) -> RecordedPage:
    """A page of one chapter; its first page, where ``after`` is its beginning, has its state."""
    last = min(chapter.to_seq, until if until is not None else chapter.to_seq)
    events = _events_of(session_id=session_id, chapter=chapter)
    rows = list(events.filter(seq__gt=after, seq__lte=last).order_by("seq")[:EVENT_BATCH])
    reached = rows[-1].seq if rows else last
    states = RecordedState.objects.filter(session_id=session_id, seq__lte=reached)
    begins = after == chapter.from_seq
    wanted = states.filter(**{"seq__gte" if begins else "seq__gt": after}).order_by("seq")
    return RecordedPage(
        states=[
            # Kept before there were lesions: there were none.
            {"seq": seq, "snapshot": {"lesions": [], **snapshot}}
            for seq, snapshot in wanted.values_list("seq", "snapshot")
        ],
        events=[describe_event(row) for row in rows],
        next_after=reached if reached < last else None,
    )


def _events_of(*, session_id: UUID, chapter: Chapter) -> Any:
    return LiveEvent.objects.filter(
        session_id=session_id, seq__gt=chapter.from_seq, seq__lte=chapter.to_seq
    )


def pointer_tracks(
    *, session_id: UUID, case_ids: Iterable[UUID], from_at: datetime, until_at: datetime
) -> list[PointerTrack]:
    return list(
        PointerTrack.objects.filter(
            session_id=session_id,
            case_id__in=list(case_ids),
            until_at__gte=from_at,
            from_at__lt=until_at,
        ).order_by("from_at", "id")
    )


def recordings_of_case(*, case_id: UUID) -> list[Json]:
    """Rooms in which this case was on, newest first; the caller has checked the case."""
    states = RecordedState.objects.filter(case_id=case_id, begins_chapter=True)
    sessions = list(
        LiveSession.objects.filter(pk__in=states.values("session_id"))
        .select_related("meeting__board")
        .order_by("-created_at", "id")[:RECORDINGS_LISTED]
    )
    chapters = _chapters(sessions=sessions)
    return [
        _describe_recording(
            session,
            chapters=[one for one in chapters[session.pk] if one.case_id == case_id],
        )
        for session in sessions
    ]


def _describe_recording(session: LiveSession, *, chapters: list[Chapter]) -> Json:
    spent = sum((one.to_at - one.from_at for one in chapters), timedelta())
    visits = describe_visits(session=session, chapters=chapters)
    people = {visit["user"]["id"]: visit["user"] for visit in visits}
    days = keeps_recording_days(session)
    kept_until = session.ended_at + timedelta(days=days) if session.ended_at and days else None
    return {
        "session": str(session.pk),
        "state": session.state,
        "board": session.meeting.board.name if session.meeting else None,
        "at": chapters[0].from_at.isoformat(),
        "seconds": round(spent.total_seconds()),
        "from_seq": chapters[0].from_seq,
        "people": list(people.values()),
        "kept_until": kept_until.isoformat() if kept_until else None,
    }
