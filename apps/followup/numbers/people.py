"""Numbers about single people: only to themselves; to the chair as a spread without names."""

from collections.abc import Sequence
from uuid import UUID

from apps.followup.numbers.indicators import ATTENDANCE_TARGET
from apps.followup.numbers.measures import SMALL, Indicator, Part
from apps.followup.numbers.rows import HeldMeeting

BINS: tuple[tuple[str, float], ...] = (
    ("below_one_third", 1 / 3),
    ("below_two_thirds", 2 / 3),
    ("two_thirds_or_more", float("inf")),
)
_ROUNDING = 1e-9


def own_attendance(*, meetings: Sequence[HeldMeeting], user_id: UUID) -> Indicator | None:
    """Of the meetings at which the person had a core seat, those they attended.

    ``None`` for somebody without such a seat. It is not suppressed: nobody else is told.
    """
    mine = [one for one in meetings if user_id in one.expected]
    if not mine:
        return None
    count = sum(user_id in one.attended for one in mine)
    return Indicator(
        "own_attendance", "people", "share", "value", count / len(mine), count=count,
        n=len(mine), target=ATTENDANCE_TARGET,
    )  # fmt: skip


def attendance_spread(*, meetings: Sequence[HeldMeeting]) -> Indicator:
    """How many core members attended how often, without names; suppressed below 5 members."""
    members = sorted(frozenset[UUID]().union(*(one.expected for one in meetings)), key=str)
    if not members:
        return Indicator("attendance_spread", "people", "count", "none", n=0)
    if len(members) < SMALL:
        return Indicator("attendance_spread", "people", "count", "suppressed")
    counts = dict.fromkeys((name for name, _ in BINS), 0)
    for user_id in members:
        own = own_attendance(meetings=meetings, user_id=user_id)
        value = own.value if own and own.value is not None else 0.0
        counts[next(name for name, below in BINS if value < below - _ROUNDING)] += 1
    n = len(members)
    parts = tuple(Part(name, count, count / n) for name, count in counts.items())
    reached = counts["two_thirds_or_more"]
    return Indicator(
        "attendance_spread", "people", "count", "value", float(reached), count=reached, n=n,
        parts=parts,
    )  # fmt: skip
