"""Recordings end when their board says so: the log, its states, pointers, who was there.

Decisions keep their own views, the trail keeps who did what, the case keeps its chat.
"""

import time
from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from apps.audit.services import record_entry
from apps.boards.models import Board
from apps.core.actors import Actor
from apps.core.outbox import enqueue
from apps.live.choices import SessionState
from apps.live.limits import AD_HOC_KEEPS_DAYS
from apps.live.models import (
    LiveEvent,
    LiveOp,
    LiveSession,
    PointerTrack,
    RecordedState,
    RoomVisit,
)

TASK = "apps.live.tasks.purge_recordings"
ACTOR = Actor.system("retention")
EVERY_S = 300.0
_last = [0.0]


def plan_purge() -> None:
    """Called every second by the leading ticker; the work is a worker's."""
    if time.monotonic() - _last[0] < EVERY_S:
        return
    _last[0] = time.monotonic()
    with transaction.atomic():
        enqueue(task=TASK)


def purge_recordings() -> int:
    """Delete what is past its time; how many rooms' recordings."""
    due = list(LiveSession.objects.filter(_due()).values_list("pk", flat=True))
    return sum(_purge(session_id) for session_id in due)


def _due() -> Q:
    now = timezone.now()
    over = Q(is_recorded=False, ended_at__lte=now)
    for whose, days in _rules():
        over |= whose & Q(ended_at__lte=now - timedelta(days=days))
    return Q(state=SessionState.ENDED, purged_at__isnull=True) & over


def _rules() -> Iterator[tuple[Q, int]]:
    yield Q(meeting__isnull=True), AD_HOC_KEEPS_DAYS
    boards = Board.objects.filter(keeps_recordings_days__isnull=False)
    for board_id, days in boards.values_list("pk", "keeps_recordings_days"):
        yield Q(meeting__board_id=board_id), int(days or 0)


@transaction.atomic
def _purge(session_id: UUID) -> int:
    session = (
        LiveSession.objects.select_for_update(of=("self",), no_key=True, skip_locked=True)
        .filter(pk=session_id, purged_at__isnull=True)
        .first()
    )
    if session is None:
        return 0
    deleted = {
        name: model.objects.filter(session_id=session_id).delete()[0]
        for name, model in (
            ("events", LiveEvent),
            ("outcomes", LiveOp),
            ("states", RecordedState),
            ("pointers", PointerTrack),
            ("visits", RoomVisit),
        )
    }
    session.purged_at = timezone.now()
    session.save(update_fields=["purged_at", "updated_at"])
    record_entry(
        actor=ACTOR,
        action="recording.purged",
        case_id=session.case_id,
        entity="live_session",
        entity_id=session_id,
        details=deleted,
    )
    return 1
