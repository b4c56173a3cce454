"""Days on a board's clock."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings

from apps.boards.models import MeetingSeries
from apps.core.exceptions import InvalidInput
from apps.followup.models import FollowUpRule
from apps.followup.models.rules import USUAL_DAYS

MOST_TASKS, MOST_DAYS = 6, 730


def time_zone_of(*, board_id: UUID | None) -> ZoneInfo:
    """The board's own, else that of its newest series, else the house's."""
    if board_id is not None:
        own = FollowUpRule.objects.filter(board_id=board_id).values_list("time_zone", flat=True)
        series = MeetingSeries.objects.filter(board_id=board_id).order_by("-created_at", "id")
        name = own.first() or series.values_list("time_zone", flat=True).first()
        if name:
            return ZoneInfo(name)
    return ZoneInfo(settings.TIME_ZONE)


def days_of(*, board_id: UUID | None) -> tuple[int, ...]:
    """How many days after signing a board asks; 30 and 90 where it set nothing else."""
    rule = FollowUpRule.objects.filter(board_id=board_id).first() if board_id else None
    return tuple(rule.days) if rule else USUAL_DAYS


def check_days(days: Sequence[int]) -> list[int]:
    """
    Raises
    ------
    InvalidInput
        ``days_invalid``: one to six different days, from 1 to 730.
    """
    found = sorted(set(days))
    if not 1 <= len(found) <= MOST_TASKS or not 1 <= found[0] <= found[-1] <= MOST_DAYS:
        raise InvalidInput(
            f"Follow-up is on one to {MOST_TASKS} days, at most {MOST_DAYS} days later.",
            code="days_invalid",
        )
    return found


def day_of(instant: datetime, *, zone: ZoneInfo) -> date:
    return instant.astimezone(zone).date()


def end_of(day: date, *, zone: ZoneInfo) -> datetime:
    """The instant at which a day is over there: midnight on the wall, also when clocks change."""
    return start_of(day + timedelta(days=1), zone=zone)


def start_of(day: date, *, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), tzinfo=zone).astimezone(UTC)
