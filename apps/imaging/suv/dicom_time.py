"""DICOM dates and times as naive local date-times, as the PET headers mean them."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta, timezone

from pydicom.dataset import Dataset

_TIME = re.compile(r"^(\d{2})(?::?(\d{2})(?::?(\d{2})(?:\.(\d{1,6}))?)?)?$")
_DATE_TIME = re.compile(r"^(\d{8})(\d{2}(?:\d{2}(?:\d{2}(?:\.\d{1,6})?)?)?)?([+-]\d{4})?$")


def parse_date(value: object) -> date | None:
    """A DA value, or None where there is none or it is no date."""
    text = str(value or "").strip().replace(".", "")
    try:
        return datetime.strptime(text, "%Y%m%d").date()
    except ValueError:
        return None


def parse_time(value: object) -> time | None:
    """A TM value, or None where there is none or it is no time."""
    match = _TIME.match(str(value or "").strip())
    if match is None:
        return None
    hour, minute, second, fraction = match.groups()
    microsecond = int((fraction or "").ljust(6, "0"))
    try:
        # A leap second (60) is legal in TM and unknown to datetime.
        return time(int(hour), int(minute or 0), min(int(second or 0), 59), microsecond)
    except ValueError:
        return None


def combine(*, header: Dataset, date_keyword: str, time_keyword: str) -> datetime | None:
    """A DA and TM pair of a header; None when either is missing."""
    day = parse_date(header.get(date_keyword))
    moment = parse_time(header.get(time_keyword))
    if day is None or moment is None:
        return None
    return datetime.combine(day, moment)


def parse_date_time(value: object, *, header: Dataset) -> datetime | None:
    """A DT value in the same local time as the DA and TM values of ``header``.

    A zone suffix is converted by Timezone Offset From UTC (0008,0201). Where the header has no
    such offset, the suffix is taken to be the header's own zone (PS3.5 6.2, DT; PS3.3 C.12.1).
    """
    match = _DATE_TIME.match(str(value or "").strip())
    if match is None or match.group(2) is None:
        return None
    day, moment = parse_date(match.group(1)), parse_time(match.group(2))
    if day is None or moment is None:
        return None
    parsed = datetime.combine(day, moment)
    own_offset = header.get("TimezoneOffsetFromUTC")
    if match.group(3) is None or not own_offset:
        return parsed
    shifted = parsed.replace(tzinfo=_zone(match.group(3))).astimezone(_zone(str(own_offset)))
    return shifted.replace(tzinfo=None)


def _zone(offset: str) -> timezone:
    text = offset.strip()
    if not re.fullmatch(r"[+-]?\d{4}", text):
        return UTC
    sign = -1 if text.startswith("-") else 1
    digits = text.lstrip("+-")
    return timezone(sign * timedelta(hours=int(digits[:2]), minutes=int(digits[2:])))
