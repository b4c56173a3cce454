"""Dates as people know them: a day, a month or only a year (FHIR's ``date``)."""

import re
from calendar import monthrange
from datetime import date

from apps.cases.clinical_choices import Precision

_PARTIAL = re.compile(r"^(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?$", re.ASCII)
EARLIEST_YEAR = 1900


def read_partial(text: str) -> tuple[date, Precision]:
    """``2026``, ``2026-03`` or ``2026-03-14`` as its first day and how exact it is.

    Raises
    ------
    ValueError
        Anything else, a day that no calendar has, or a year before 1900.
    """
    found = _PARTIAL.match(text.strip())
    if found is None:
        raise ValueError(text)
    year, month, day = found.groups()
    read = date(int(year), int(month or 1), int(day or 1))
    if read.year < EARLIEST_YEAR:
        raise ValueError(text)
    if day:
        return read, Precision.DAY
    return read, Precision.MONTH if month else Precision.YEAR


def write_partial(day: date | None, precision: str) -> str | None:
    """The way back: nothing that is not known is written."""
    if day is None:
        return None
    length = {Precision.YEAR.value: 4, Precision.MONTH.value: 7}.get(precision, 10)
    return day.isoformat()[:length]


def last_day(day: date, precision: str) -> date:
    """The last day that such a date may mean."""
    if precision == Precision.YEAR:
        return day.replace(month=12, day=31)
    if precision == Precision.MONTH:
        return day.replace(day=monthrange(day.year, day.month)[1])
    return day
