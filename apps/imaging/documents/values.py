"""Values out of archived DICOM JSON, bounded and never believed. Pure."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

from apps.imaging.dicom_json import Document, items_of, values_of

Point = tuple[float, ...]

MAX_TEXT = 400
FARTHEST = 1e6


@dataclass(frozen=True, slots=True)
class ImageReference:
    """An image, or other object, that something speaks of; no frames means all of it."""

    sop_instance_uid: str
    frames: tuple[int, ...] = ()


def text_of(document: Document, tag: str, *, limit: int = MAX_TEXT) -> str:
    """The first value as text; of a person's name how it is read."""
    values = values_of(document, tag)
    value = values[0] if values else None
    if isinstance(value, dict):
        name = str(value.get("Alphabetic") or value.get("Ideographic") or "")
        family, _, rest = name.partition("^")
        value = ", ".join(part for part in (family, " ".join(rest.split("^")).strip()) if part)
    if isinstance(value, float) and value.is_integer() and abs(value) < FARTHEST:
        value = int(value)  # DICOM JSON has lost how a whole number was written
    return "" if value is None else str(value).strip()[:limit]


def numbers_of(document: Document, tag: str, *, most: int) -> tuple[float, ...] | None:
    """All values as finite numbers of a bounded size; ``None`` where one of them is not."""
    values = values_of(document, tag)
    if len(values) > most:
        return None
    try:
        parsed = tuple(float(value) for value in values)
    except (TypeError, ValueError):
        return None
    if any(not math.isfinite(value) or abs(value) > FARTHEST for value in parsed):
        return None
    return parsed


def number_of(document: Document, tag: str) -> float | None:
    parsed = numbers_of(document, tag, most=64)
    return parsed[0] if parsed else None


def points_of(flat: tuple[float, ...], *, per_point: int) -> tuple[Point, ...]:
    """Flat coordinates in points; what is left over at the end makes them unreadable."""
    if not flat or len(flat) % per_point:
        return ()
    return tuple(flat[at : at + per_point] for at in range(0, len(flat), per_point))


@dataclass(frozen=True, slots=True)
class Code:
    """A coded concept: what it means, and the code that says it."""

    value: str
    scheme: str
    meaning: str

    @property
    def words(self) -> str:
        return self.meaning or self.value


NO_CODE = Code("", "", "")


def code_of(document: Document, tag: str) -> Code:
    """The first item of a code sequence (PS3.3 8.8)."""
    items = items_of(document, tag)
    if not items:
        return NO_CODE
    item = items[0]
    value = text_of(item, "00080100") or text_of(item, "00080119") or text_of(item, "00080120")
    return Code(value, text_of(item, "00080102", limit=16), text_of(item, "00080104"))


def references_of(item: Document, tag: str = "00081199") -> Iterator[ImageReference]:
    """References of a sequence of SOP instances (PS3.3 10.8)."""
    for one in items_of(item, tag):
        uid = text_of(one, "00081155", limit=64)
        frames = numbers_of(one, "00081160", most=4096) or ()
        if uid:
            yield ImageReference(uid, tuple(int(frame) for frame in frames if frame >= 1))
