"""Dates as people write them. What may be read in two ways is read in none until somebody says."""

import re
from collections.abc import Iterable
from datetime import date

from apps.intake.choices import DateOrder

_ISO = re.compile(r"^(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})$")
_COMPACT = re.compile(r"^(\d{4})(\d{2})(\d{2})$")
_DOTTED = re.compile(r"^(\d{1,2})\.\s?(\d{1,2})\.\s?(\d{4}|\d{2})$")
_SLASHED = re.compile(r"^(\d{1,2})[/-](\d{1,2})[/-](\d{4}|\d{2})$")
_NAMED = re.compile(r"^(\d{1,2})[. -]+([^\W\d_]{3,9})\.?[, -]+(\d{4})$")
_CLOCK = re.compile(r"[T ]\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?Z?$")
_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "jan january januar janner", "feb february februar", "mar march marz mrz maerz",
            "apr april", "may mai", "jun june juni", "jul july juli", "aug august",
            "sep sept september", "oct october okt oktober", "nov november",
            "dec december dez dezember",
        ),
        start=1,
    )
    for name in names.split()
}  # fmt: skip
EARLIEST = date(1880, 1, 1)


class BadDate(Exception):
    """``code`` is the row's error."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def decide_order(values: Iterable[str]) -> tuple[str | None, bool]:
    """How the slashed dates of one column are read, and whether any of them needs to know it.

    A number above twelve is a day and decides for the whole column. ``None``: nothing decides,
    or the column contradicts itself.
    """
    orders, is_open = set(), False
    for value in values:
        match = _SLASHED.match(_day_of(value))
        if match is None:
            continue
        first, second = int(match[1]), int(match[2])
        if first > 12 >= second:
            orders.add(DateOrder.DAY_FIRST.value)
        elif second > 12 >= first:
            orders.add(DateOrder.MONTH_FIRST.value)
        elif first != second:
            is_open = True
    return (orders.pop() if len(orders) == 1 else None), is_open or len(orders) > 1


def read_date(value: str, *, order: str | None, today: date, is_birth: bool) -> date:
    """Raises
    ------
    BadDate
        ``date_invalid``, ``date_order_undecided``, ``year_ambiguous`` (a birth year of two
        digits that two centuries have), ``date_in_future`` or ``date_implausible``.
    """
    text = _day_of(value)
    year, month, day = _parts(text, order)
    if len(year) == 2:
        year = _full_year(int(year), today=today, is_birth=is_birth)
    try:
        found = date(int(year), month, day)
    except ValueError:
        raise BadDate("date_invalid") from None
    if is_birth and found > today:
        raise BadDate("date_in_future")
    if found < EARLIEST or found.year > today.year + 5:
        raise BadDate("date_implausible")
    return found


def _parts(text: str, order: str | None) -> tuple[str, int, int]:
    if match := _ISO.match(text) or _COMPACT.match(text):
        return match[1], int(match[2]), int(match[3])
    if match := _DOTTED.match(text):
        return match[3], int(match[2]), int(match[1])
    if match := _NAMED.match(text):
        month = _MONTHS.get(match[2].casefold().replace("ä", "a"))
        if month is None:
            raise BadDate("date_invalid")
        return match[3], month, int(match[1])
    match = _SLASHED.match(text)
    if match is None:
        raise BadDate("date_invalid")
    first, second = int(match[1]), int(match[2])
    if first == second:
        return match[3], second, first
    if order is None:
        raise BadDate("date_order_undecided")
    if order == DateOrder.MONTH_FIRST:
        return match[3], first, second
    return match[3], second, first


def _full_year(two: int, *, today: date, is_birth: bool) -> str:
    this_century = today.year // 100 * 100 + two
    if not is_birth:
        return str(this_century)
    if this_century <= today.year:
        raise BadDate("year_ambiguous")
    return str(this_century - 100)


def _day_of(value: str) -> str:
    return _CLOCK.sub("", value.strip())
