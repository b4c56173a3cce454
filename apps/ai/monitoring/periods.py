"""ISO weeks, and the blocks of four weeks in which subgroups are counted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo

from apps.ai.monitoring.limits import BLOCK_WEEKS

WEEK = timedelta(weeks=1)
_MONDAY = date(1970, 1, 5)
"""Blocks are counted from here, so that two reports never cut the weeks differently."""


@dataclass(frozen=True, slots=True)
class Period:
    """One week or block, from the Monday it starts to the Monday after it (not in it)."""

    starts_on: date
    ends_before: date
    is_complete: bool

    @property
    def name(self) -> str:
        """``2026-W47``, of a block the first and the last of its weeks."""
        first, last = iso_name(self.starts_on), iso_name(self.ends_before - timedelta(days=1))
        return first if first == last else f"{first} to {last}"


def iso_name(day: date) -> str:
    """The ISO 8601 week of a day."""
    year, week, _ = day.isocalendar()
    return f"{year}-W{week:02d}"


def monday_of(day: date) -> date:
    return day - timedelta(days=day.weekday())


def last_weeks(*, today: date, count: int, with_running: bool = True) -> list[Period]:
    """The last complete weeks and, where asked for, the one that runs; oldest first."""
    this = monday_of(today)
    first = this - count * WEEK
    found = [Period(first + n * WEEK, first + (n + 1) * WEEK, True) for n in range(count)]
    if with_running:
        found.append(Period(this, this + WEEK, False))
    return found


def last_blocks(*, today: date, weeks: int) -> list[Period]:
    """The last complete blocks that hold at least so many weeks; oldest first."""
    this = monday_of(today)
    since = ((this - _MONDAY).days // 7) % BLOCK_WEEKS
    end, length = this - since * WEEK, BLOCK_WEEKS * WEEK
    count = max(1, -(-weeks // BLOCK_WEEKS))
    return [Period(end - (n + 1) * length, end - n * length, True) for n in reversed(range(count))]


def instants(periods: list[Period], zone: tzinfo) -> list[datetime]:
    """The start of each period and the end of the last one, in the house's time zone."""
    days = [one.starts_on for one in periods] + [periods[-1].ends_before]
    return [datetime.combine(day, time.min, tzinfo=zone) for day in days]
