"""In which order jobs wait, and when each may expect to begin. Pure: rows in, figures out.

A job stands in the queue as if it had been asked for earlier, by a head start that its urgency or
its meeting gives it. So whoever waits moves up by itself: a routine job is passed by nobody who
comes later than the longest head start after it.
"""

import heapq
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from apps.ai.choices import RankReason

URGENT_HEAD_START = timedelta(hours=12)
MEETING_HEAD_STARTS = (
    (timedelta(hours=1), timedelta(hours=8)),
    (timedelta(days=1), timedelta(hours=4)),
    (timedelta(days=7), timedelta(hours=1)),
)
"""Until the meeting, and the head start within that time."""


@dataclass(frozen=True, slots=True)
class Rank:
    """Where a job stands (earlier is first), and why if not only by its turn."""

    at: datetime
    reason: RankReason


def rank(
    *, queued_at: datetime, is_urgent: bool, needed_at: datetime | None, now: datetime
) -> Rank:
    """The largest head start counts.

    Parameters
    ----------
    needed_at : when the earliest meeting about one of its cases begins; past: it is going on.
    """
    if is_urgent:
        return Rank(queued_at - URGENT_HEAD_START, RankReason.URGENT)
    if needed_at is not None:
        left = needed_at - now
        for within, head_start in MEETING_HEAD_STARTS:
            if left <= within:
                return Rank(queued_at - head_start, RankReason.MEETING)
    return Rank(queued_at, RankReason.TURN)


@dataclass(frozen=True, slots=True)
class Running:
    """A job a worker has: which version, for how long, and how far it says it is (0 to 1)."""

    version_id: UUID
    elapsed_s: float
    progress: float


def expect_starts(
    *,
    waiting: Sequence[tuple[UUID, UUID]],
    running: Iterable[Running],
    durations_s: Mapping[UUID, float],
    workers: int,
) -> dict[UUID, float]:
    """In how many seconds each waiting job should begin, as far as that can be said.

    Parameters
    ----------
    waiting : (job, version) in the order of the queue.
    durations_s : what a version usually takes. A job behind one that never ran is left out.
    workers : how many take jobs; of none, nothing is said.
    """
    free: list[float] = []
    for one in running:
        left = _left_s(one, durations_s)
        if left is None:
            workers -= 1  # nobody knows when that one is free
        else:
            free.append(left)
    free += [0.0] * (workers - len(free))
    heapq.heapify(free)
    starts: dict[UUID, float] = {}
    for job_id, version_id in waiting:
        if not free:
            break
        start = heapq.heappop(free)
        starts[job_id] = start
        usual = durations_s.get(version_id)
        if usual is not None:
            heapq.heappush(free, start + usual)
    return starts


def _left_s(one: Running, durations_s: Mapping[UUID, float]) -> float | None:
    """By its own progress once that says something, else by what the version usually takes."""
    if one.progress >= 0.2:
        return one.elapsed_s * (1 - one.progress) / one.progress
    usual = durations_s.get(one.version_id)
    return None if usual is None else max(0.0, usual - one.elapsed_s)
