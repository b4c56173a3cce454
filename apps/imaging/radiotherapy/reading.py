"""Values out of DICOM JSON. The parser child wrote it; what it says is bounded, not believed."""

import math
from typing import Any

from apps.imaging.dicom_json import Document, values_of

MAX_TEXT = 200
FARTHEST = 1e7


def text_of(document: Document, tag: str) -> str:
    values = values_of(document, tag)
    return str(values[0]).strip()[:MAX_TEXT] if values and values[0] is not None else ""


def uid_of(document: Document, tag: str) -> str:
    return text_of(document, tag)[:64]


def number_of(document: Document, tag: str) -> float | None:
    values = values_of(document, tag)
    return as_number(values[0]) if values else None


def as_number(value: Any) -> float | None:
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if math.isfinite(number) and abs(number) < FARTHEST * 1e3 else None


def whole_of(document: Document, tag: str) -> int | None:
    number = number_of(document, tag)
    return None if number is None else int(number)


def numbers_of(document: Document, tag: str) -> list[float] | None:
    """All values as numbers, or ``None`` where one of them is none."""
    try:
        parsed = [float(value) for value in values_of(document, tag)]
    except (TypeError, ValueError):
        return None
    return parsed if all(abs(value) < FARTHEST for value in parsed) else None
