"""The appender: one row per event and open session, inside the service's transaction.

The number is taken with ``UPDATE … SET head = head + 1 … RETURNING`` as the transaction's
last lock: until it commits nobody else gets the next number, so numbers have no holes and
become visible in order. Services therefore record their event last.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import get_args
from uuid import UUID

from django.db import connection
from django.utils import timezone

from apps.boards.events import AgendaMoved, MeetingEvent
from apps.boards.models import AgendaItem
from apps.core import context
from apps.core.events import CaseEvent, after_commit
from apps.live.bell import ring
from apps.live.choices import SessionState
from apps.live.events import SessionEvent
from apps.live.models import LiveEvent, LiveSession
from apps.live.protocol.events import EventBase
from apps.live.recordings.writing import record_state
from apps.live.reducer import NEEDS_SNAPSHOT

logger = logging.getLogger(__name__)

NOT_LOGGED = frozenset({"access.changed"})
"""Who may see a case is no business of the room; the hub reads it from its source."""

FALLBACK_KIND = "case.changed"
"""An event kind the protocol does not know travels as a hint to read the case again."""


def logged_kinds() -> frozenset[str]:
    """Event kinds of the protocol, read from its models."""
    kinds: set[str] = set()
    for model in EventBase.__subclasses__():
        kinds.update(get_args(model.model_fields["kind"].annotation))
    return frozenset(kinds)


KNOWN_KINDS = logged_kinds()


@dataclass(slots=True)
class OpScope:
    """The op being carried out in this session: its first event gets the op's id."""

    session_id: UUID
    op_id: UUID
    client_id: UUID | None = None
    recorded: bool = False
    seq: int | None = None


_op_scope: ContextVar[OpScope | None] = ContextVar("live_op_scope", default=None)


@contextmanager
def op_scope(*, session_id: UUID, op_id: UUID, client_id: UUID | None = None) -> Iterator[OpScope]:
    scope = OpScope(session_id=session_id, op_id=op_id, client_id=client_id)
    token = _op_scope.set(scope)
    try:
        with context.use_op_id(op_id):
            yield scope
    finally:
        _op_scope.reset(token)


def current_op() -> OpScope | None:
    """The op that is being carried out here, if one is."""
    return _op_scope.get()


def append_case_event(event: CaseEvent) -> None:
    """Append to every open session whose current case the event touches (LIVE-O6)."""
    if isinstance(event, AgendaMoved):
        _move_room(event)
        return
    sessions = list(
        LiveSession.objects.filter(case_id=event.case_id, state=SessionState.OPEN)
        .order_by("pk")
        .values_list("pk", flat=True)
    )
    if event.kind in NOT_LOGGED:
        for session_id in sessions:
            _ring_after_commit(session_id)
        return
    _note_recorded()
    for session_id in sessions:
        seq = _append(session_id=session_id, event=event, case_id=event.case_id)
        if seq is not None and event.kind in NEEDS_SNAPSHOT:
            record_state(session_id=session_id, seq=seq, begins_chapter=False)


def _move_room(event: AgendaMoved) -> None:
    """The meeting's own room goes to the new case, whoever moved the agenda and however."""
    meeting = AgendaItem.objects.filter(pk=event.agenda_item).values("meeting_id")
    session = (
        LiveSession.objects.select_for_update(of=("self",), no_key=True)
        .filter(meeting_id__in=meeting, state=SessionState.OPEN)
        .first()
    )
    if session is None:
        return
    session.case_id = event.case_id
    session.agenda_item_id = event.agenda_item
    session.save(update_fields=["case", "agenda_item", "updated_at"])
    _note_recorded()
    seq = _append(session_id=session.pk, event=event, case_id=event.case_id)
    if seq is not None:
        record_state(session_id=session.pk, seq=seq, begins_chapter=True)


def append_session_event(event: SessionEvent) -> None:
    """Append to the one session the event belongs to."""
    _note_recorded()
    _append(session_id=event.session_id, event=event, case_id=event.case_id)


def append_meeting_event(event: MeetingEvent) -> None:
    """Append to the open session of the meeting, whichever case it is on."""
    session = (
        LiveSession.objects.select_for_update(of=("self",), no_key=True)
        .filter(meeting_id=event.meeting_id, state=SessionState.OPEN)
        .first()
    )
    if session is None:
        return
    _note_recorded()
    _append(session_id=session.pk, event=event, case_id=session.case_id)


def _note_recorded() -> None:
    scope = _op_scope.get()
    if scope is not None:
        scope.recorded = True


def _append(
    *, session_id: UUID, event: CaseEvent | SessionEvent | MeetingEvent, case_id: UUID
) -> int | None:
    seq = _next_number(session_id=session_id, case_id=case_id)
    if seq is None:
        return None  # the room moved on or ended meanwhile
    kind, payload = event.kind, event.payload()
    if kind not in KNOWN_KINDS:
        kind, payload = FALLBACK_KIND, {"kind": event.kind}
    LiveEvent.objects.create(
        session_id=session_id,
        seq=seq,
        op_id=_take_op_id(session_id=session_id, seq=seq),
        case_id=case_id,
        kind=kind,
        payload=payload,
        entity=event.entity,
        entity_id=event.entity_id,
        entity_version=event.entity_version,
        actor_id=event.actor_id,
        actor_label=event.actor_label,
        at=event.at,
    )
    _ring_after_commit(session_id)
    return seq


def _next_number(*, session_id: UUID, case_id: UUID) -> int | None:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE live_livesession SET head = head + 1, updated_at = %s"
            " WHERE id = %s AND case_id = %s AND state = 'open' RETURNING head",
            [timezone.now(), session_id, case_id],
        )
        row = cursor.fetchone()
    return int(row[0]) if row else None


def _take_op_id(*, session_id: UUID, seq: int) -> UUID | None:
    scope = _op_scope.get()
    if scope is None or scope.session_id != session_id or scope.seq is not None:
        return None
    scope.seq = seq
    return scope.op_id


def _ring_after_commit(session_id: UUID) -> None:
    after_commit(lambda: ring(session_id=session_id))
