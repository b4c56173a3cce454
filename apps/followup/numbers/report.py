"""A board's numbers over a period: as a whole, and month by month."""

from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from django.utils import timezone

from apps.boards.models import Board
from apps.core.actors import Actor
from apps.core.exceptions import InvalidInput
from apps.followup import policies
from apps.followup.clocks import day_of, time_zone_of
from apps.followup.numbers.indicators import board_indicators
from apps.followup.numbers.measures import SMALL, Indicator
from apps.followup.numbers.people import attendance_spread, own_attendance
from apps.followup.numbers.rows import BoardRows, read_rows

USUAL_DAYS, MOST_DAYS = 90, 1_100


@dataclass(frozen=True, slots=True)
class Month:
    """A calendar month, cut to the period that was asked for."""

    name: str
    first: date
    last: date
    indicators: list[Indicator]

    @property
    def is_complete(self) -> bool:
        return self.first.day == 1 and (self.last + timedelta(days=1)).day == 1


@dataclass(frozen=True, slots=True)
class IndicatorReport:
    """``people``: about the reader alone, and for the chair a spread without names."""

    board: Board
    first: date
    last: date
    time_zone: str
    meetings: int
    indicators: list[Indicator]
    months: list[Month]
    people: list[Indicator]
    small: int = SMALL


def build_report(
    *, actor: Actor, board_id: UUID, first: date | None = None, last: date | None = None
) -> IndicatorReport:
    """Numbers from ``first`` to ``last``, both included, on the board's clock; 90 days usually.

    Raises
    ------
    NotVisible
        The actor has no seat on the board.
    InvalidInput
        ``period_invalid``: it ends before it starts, or is longer than three years.
    """
    policies.view_indicators(actor=actor, board_id=board_id)
    zone = time_zone_of(board_id=board_id)
    last = last or day_of(timezone.now(), zone=zone)
    first = first or last - timedelta(days=USUAL_DAYS - 1)
    if not first <= last or (last - first).days >= MOST_DAYS:
        raise InvalidInput(
            "A period starts before it ends and is at most three years long.",
            code="period_invalid",
        )
    rows = read_rows(actor=actor, board_id=board_id, first=first, last=last, zone=zone)
    people = []
    if actor.is_person:
        own = own_attendance(meetings=rows.meetings, user_id=actor.person_id)
        people = [own] if own else []
        if policies.sees_distribution(actor=actor, board_id=board_id):
            people.append(attendance_spread(meetings=rows.meetings))
    return IndicatorReport(
        board=Board.objects.get(pk=board_id),
        first=first,
        last=last,
        time_zone=str(zone),
        meetings=len(rows.meetings),
        indicators=board_indicators(rows=rows, meetings=rows.meetings, first=first, last=last),
        months=[_month(rows, since, until) for since, until in months_of(first, last)],
        people=people,
    )


def months_of(first: date, last: date) -> list[tuple[date, date]]:
    """The calendar months between two days, the outer ones cut."""
    found, since = [], first
    while since <= last:
        turn = (since.replace(day=1) + timedelta(days=32)).replace(day=1)
        found.append((since, min(last, turn - timedelta(days=1))))
        since = turn
    return found


def _month(rows: BoardRows, first: date, last: date) -> Month:
    meetings = [one for one in rows.meetings if first <= one.on <= last]
    counted = board_indicators(rows=rows, meetings=meetings, first=first, last=last)
    return Month(name=f"{first:%Y-%m}", first=first, last=last, indicators=counted)
