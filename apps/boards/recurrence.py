"""On which days a board meets: the rules of RFC 5545 that a board needs, and public holidays.

A rule is weekly or monthly. Rules of this kind always come to a next day, so nobody can hand us
one that searches for ever (``FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30``).
"""

from collections.abc import Collection, Iterator
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

import holidays as public_holidays
from dateutil.rrule import rrule, rrulestr

from apps.core.exceptions import InvalidInput

FREQUENCIES = frozenset({"WEEKLY", "MONTHLY"})
PARTS = frozenset({"FREQ", "INTERVAL", "BYDAY", "BYMONTHDAY", "BYSETPOS", "COUNT", "UNTIL", "WKST"})
MOST_INTERVALS = 12
MOST_COUNT = 520
LAST_SURE_MONTH_DAY = 28
"""Every month has it."""
SURE_SET_POSITIONS = frozenset({-4, -3, -2, -1, 1, 2, 3, 4})
"""Every month has four of each weekday."""
MOST_YEARS = 20


def read_rule(rule: str) -> str:
    """The rule in one spelling.

    Raises
    ------
    InvalidInput
        ``rule_invalid``: no RRULE. ``rule_unsupported``: neither weekly nor monthly, or a part
        that a board does not need; details name it.
    """
    parts: dict[str, str] = {}
    for part in rule.strip().upper().removeprefix("RRULE:").split(";"):
        name, equals, value = part.partition("=")
        if not equals or not value or name in parts:
            raise _invalid(rule)
        parts[name] = value
    if parts.get("FREQ") not in FREQUENCIES:
        raise _unsupported("FREQ")
    for name in parts:
        if name not in PARTS:
            raise _unsupported(name)
    _check_numbers(parts)
    _check_days(parts)
    spelled = ";".join(f"{name}={value}" for name, value in parts.items())
    _parse(spelled, date(2026, 1, 1))
    return spelled


def meeting_days(
    *,
    rule: str,
    first_on: date,
    since: date,
    until: date,
    left_out: Collection[date] = (),
    holidays: str = "",
) -> Iterator[date]:
    """The days in ``[since, until]``, both included, in order.

    A day that is left out or a holiday still counts for COUNT, as EXDATE does (RFC 5545 3.8.5.1).
    """
    limit = min(until, first_on.replace(day=1) + timedelta(days=366 * MOST_YEARS))
    free = set(left_out)
    for moment in _parse(rule, first_on):
        day = moment.date()
        if day > limit:
            return
        if day >= since and day not in free and holiday_name(holidays, day) is None:
            yield day


def starts_and_ends(
    *, day: date, starts_at: time, minutes: int, time_zone: str
) -> tuple[datetime, datetime]:
    """The instants of a meeting on that day.

    Where the clocks skip the time, the offset before the gap holds, and of a time that comes twice
    the first is meant (RFC 5545 3.3.5): both is what ``fold=0`` says.
    """
    start = datetime.combine(day, starts_at, tzinfo=ZoneInfo(time_zone))
    instant = datetime.fromtimestamp(start.timestamp(), tz=ZoneInfo("UTC"))
    return instant, instant + timedelta(minutes=minutes)


def check_time_zone(name: str) -> str:
    """
    Raises
    ------
    InvalidInput
        ``time_zone_unknown``.
    """
    if name not in available_timezones():
        raise InvalidInput("There is no such time zone.", code="time_zone_unknown")
    return name


def check_holidays(region: str) -> str:
    """A country (``DE``) or a part of it (``DE-BY``) whose public holidays are known.

    Raises
    ------
    InvalidInput
        ``holidays_unknown``.
    """
    if not region:
        return ""
    country, _, part = region.upper().partition("-")
    known = public_holidays.list_supported_countries()
    if country not in known or (part and part not in known[country]):
        raise InvalidInput("Its public holidays are not known.", code="holidays_unknown")
    return region.upper()


def holiday_name(region: str, day: date) -> str | None:
    return _of_year(region, day.year).get(day) if region else None


@lru_cache(maxsize=64)
def _of_year(region: str, year: int) -> dict[date, str]:
    country, _, part = region.partition("-")
    found = public_holidays.country_holidays(country, subdiv=part or None, years=year)
    return dict(found)


def _parse(rule: str, first_on: date) -> rrule:
    try:
        parsed = rrulestr(rule, dtstart=datetime.combine(first_on, time()))
    except (ValueError, TypeError, KeyError, IndexError):
        raise _invalid(rule) from None
    if not isinstance(parsed, rrule):
        raise _invalid(rule)
    return parsed


def _check_numbers(parts: dict[str, str]) -> None:
    for name, most in (("INTERVAL", MOST_INTERVALS), ("COUNT", MOST_COUNT)):
        if name in parts and not 1 <= _number(parts[name], name) <= most:
            raise _unsupported(name)
    if "COUNT" in parts and "UNTIL" in parts:
        raise _unsupported("UNTIL")
    until = parts.get("UNTIL", "20260101")
    if len(until) != len("20260101") or not until.isdigit():  # a day: times are the series' own
        raise _unsupported("UNTIL")


def _check_days(parts: dict[str, str]) -> None:
    is_monthly = parts["FREQ"] == "MONTHLY"
    days = [one for one in parts.get("BYMONTHDAY", "").split(",") if one]
    if days and (
        not is_monthly
        or "BYSETPOS" in parts
        or any(not 1 <= abs(_number(one, "BYMONTHDAY")) <= LAST_SURE_MONTH_DAY for one in days)
    ):
        raise _unsupported("BYMONTHDAY")
    positions = [one for one in parts.get("BYSETPOS", "").split(",") if one]
    if positions and (
        not is_monthly
        or "BYDAY" not in parts
        or any(_number(one, "BYSETPOS") not in SURE_SET_POSITIONS for one in positions)
    ):
        raise _unsupported("BYSETPOS")
    weekdays = [one for one in parts.get("BYDAY", "").split(",") if one]
    for one in weekdays:
        ordinal = one[:-2]
        if ordinal and (
            not is_monthly
            or positions
            or days
            or _number(ordinal, "BYDAY") not in SURE_SET_POSITIONS
        ):
            raise _unsupported("BYDAY")


def _number(text: str, part: str) -> int:
    digits = text.lstrip("+-")
    if not digits.isascii() or not digits.isdigit() or len(text) > len("-999"):
        raise _unsupported(part)
    return int(text)


def _invalid(rule: str) -> InvalidInput:
    return InvalidInput(
        "This is no rule for a recurring meeting.",
        code="rule_invalid",
        details={"rule": rule[:200]},
    )


def _unsupported(part: str) -> InvalidInput:
    return InvalidInput(
        f"A board meets weekly or monthly; {part} cannot be like this.",
        code="rule_unsupported",
        details={"part": part},
    )
