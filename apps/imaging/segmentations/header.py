"""What a DICOM Segmentation says of itself (PS3.3 A.51, C.8.20), from its archived DICOM JSON.

Pure: the JSON was written by the parser child, so nothing hostile is parsed here; what it says
is still not believed, and every text and number is bounded.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from apps.imaging.dicom_json import Document, first_of, items_of, values_of
from apps.imaging.segmentations.colour import hex_from_dicom_lab
from apps.imaging.segmentations.problems import Problem

Vector = tuple[float, ...]

MAX_FRAMES = 65_536
MAX_SEGMENTS = 2_048
MAX_TEXT = 400
LABELMAP = "LABELMAP"
FRACTIONAL = "FRACTIONAL"
FRACTION_DRAWN = 0.5
"""A fraction is drawn where it is at least this part of Maximum Fractional Value."""


@dataclass(frozen=True, slots=True)
class Segment:
    """One item of the Segment Sequence (PS3.3 C.8.20.2)."""

    number: int
    label: str
    description: str
    category: dict[str, str] | None
    type: dict[str, str] | None
    algorithm_type: str  # AUTOMATIC, SEMIAUTOMATIC, MANUAL, or empty
    algorithm_name: str
    colour: str | None  # "#rrggbb"
    tracking_id: str
    tracking_uid: str


@dataclass(frozen=True, slots=True)
class SegmentFrame:
    """One frame: whose segment it is, where it lies, which images it was drawn on."""

    index: int  # from 0
    segment: int | None  # None in a label map
    position_lps: Vector | None
    orientation: Vector | None
    pixel_spacing_mm: Vector | None  # between rows, between columns
    references: frozenset[tuple[str, int | None]]  # SOP Instance UID, frame (None: all)


@dataclass(frozen=True, slots=True)
class SegmentationHeader:
    """A segmentation without its pixels."""

    sop_instance_uid: str
    label: str
    description: str
    manufacturer: str
    content_date: str
    segmentation_type: str  # BINARY, FRACTIONAL, LABELMAP
    fractional_type: str
    maximum_fraction: int
    frame_of_reference_uid: str
    rows: int
    columns: int
    segments: tuple[Segment, ...]
    frames: tuple[SegmentFrame, ...]
    referenced_series: frozenset[str]
    problems: tuple[Problem, ...] = ()

    @property
    def referenced_instances(self) -> frozenset[str]:
        return frozenset(uid for frame in self.frames for uid, _ in frame.references)


def read_segmentation(document: Document) -> SegmentationHeader:
    """The header of one SEG; what cannot be read is a problem, never an exception."""
    problems: list[Problem] = []
    segments = _read_segments(document)
    frames: tuple[SegmentFrame, ...] = ()
    try:
        frames = _read_frames(document)
    except _Unreadable as error:
        problems.append(Problem.of("malformed", reason=str(error)))
    if not segments:
        problems.append(Problem.of("malformed", reason="it names no segments"))
    return SegmentationHeader(
        sop_instance_uid=_text(document, "00080018"),
        label=_text(document, "00700080"),
        description=_text(document, "0008103E"),
        manufacturer=_text(document, "00080070"),
        content_date=_text(document, "00080023"),
        segmentation_type=_text(document, "00620001") or "BINARY",
        fractional_type=_text(document, "00620010"),
        maximum_fraction=_whole(document, "0062000E") or 255,
        frame_of_reference_uid=_text(document, "00200052"),
        rows=_whole(document, "00280010") or 0,
        columns=_whole(document, "00280011") or 0,
        segments=segments,
        frames=frames,
        referenced_series=frozenset(
            uid for item in items_of(document, "00081115") if (uid := _text(item, "0020000E"))
        ),
        problems=tuple(problems),
    )


def evicted_segmentation(sop_instance_uid: str) -> SegmentationHeader:
    """What is known of one whose files are not here."""
    return SegmentationHeader(
        sop_instance_uid=sop_instance_uid,
        label="",
        description="",
        manufacturer="",
        content_date="",
        segmentation_type="",
        fractional_type="",
        maximum_fraction=255,
        frame_of_reference_uid="",
        rows=0,
        columns=0,
        segments=(),
        frames=(),
        referenced_series=frozenset(),
        problems=(Problem.of("evicted"),),
    )


class _Unreadable(Exception):
    """The functional groups do not say what they must; becomes a problem."""


def _read_segments(document: Document) -> tuple[Segment, ...]:
    found: dict[int, Segment] = {}
    for item in items_of(document, "00620002")[:MAX_SEGMENTS]:
        number = _whole(item, "00620004")
        if number is None or number < 0 or number in found:
            continue
        if number == 0:  # the background of a label map
            continue
        algorithm = first_of(item, "00620007")
        found[number] = Segment(
            number=number,
            label=_text(item, "00620005") or f"#{number}",
            description=_text(item, "00620006"),
            category=_code(item, "00620003"),
            type=_code(item, "0062000F"),
            algorithm_type=_text(item, "00620008")[:16],
            algorithm_name=_text(item, "00620009") or _text(algorithm, "00660036"),
            colour=hex_from_dicom_lab(values_of(item, "0062000D")),
            tracking_id=_text(item, "00620020"),
            tracking_uid=_text(item, "00620021")[:64],
        )
    return tuple(found[number] for number in sorted(found))


def _read_frames(document: Document) -> tuple[SegmentFrame, ...]:
    groups = items_of(document, "52009230")
    shared = first_of(document, "52009229")
    count = _whole(document, "00280008") or 1
    if len(groups) != count:
        raise _Unreadable(f"{count} frames, but {len(groups)} of them are described")
    if count > MAX_FRAMES:
        raise _Unreadable(f"more than {MAX_FRAMES} frames")
    is_labelmap = _text(document, "00620001") == LABELMAP
    return tuple(
        _read_frame(index, group, shared, is_labelmap=is_labelmap)
        for index, group in enumerate(groups)
    )


def _read_frame(
    index: int, group: Document, shared: Document, *, is_labelmap: bool
) -> SegmentFrame:
    identification = _macro(group, shared, "0062000A")
    number = _whole(identification, "0062000B")
    if number is None and not is_labelmap:
        raise _Unreadable(f"frame {index + 1} names no segment")
    spacing = _numbers(_macro(group, shared, "00289110"), "00280030", 2)
    return SegmentFrame(
        index=index,
        segment=None if is_labelmap else number,
        position_lps=_numbers(_macro(group, shared, "00209113"), "00200032", 3),
        orientation=_numbers(_macro(group, shared, "00209116"), "00200037", 6),
        pixel_spacing_mm=spacing if spacing and min(spacing) > 0 else None,
        references=_references(group) or _references(shared),
    )


def _references(group: Document) -> frozenset[tuple[str, int | None]]:
    """Source images of one frame (PS3.3 C.7.6.16.2.6); without frame numbers, all frames."""
    found: set[tuple[str, int | None]] = set()
    for derivation in items_of(group, "00089124"):
        for source in items_of(derivation, "00082112"):
            uid = _text(source, "00081155")[:64]
            numbers = [_as_whole(value) for value in values_of(source, "00081160")]
            if uid:
                found.update((uid, number) for number in numbers or [None])
    return frozenset(found)


def _macro(group: Document, shared: Document, tag: str) -> Document:
    return first_of(group, tag) or first_of(shared, tag)


def _code(item: Document, tag: str) -> dict[str, str] | None:
    code = first_of(item, tag)
    value = _text(code, "00080100") or _text(code, "00080119") or _text(code, "00080120")
    if not value:
        return None
    return {
        "system": _text(code, "00080102"),
        "code": value,
        "display": _text(code, "00080104"),
    }


def _text(document: Document, tag: str) -> str:
    values = values_of(document, tag)
    return str(values[0]).strip()[:MAX_TEXT] if values and values[0] is not None else ""


def _as_whole(value: Any) -> int | None:
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return int(number) if math.isfinite(number) and abs(number) < 2**31 else None


def _whole(document: Document, tag: str) -> int | None:
    values = values_of(document, tag)
    return _as_whole(values[0]) if values else None


def _numbers(document: Document, tag: str, count: int) -> Vector | None:
    values: Sequence[Any] = values_of(document, tag)
    try:
        parsed = tuple(float(value) for value in values)
    except (TypeError, ValueError):
        return None
    fits = len(parsed) == count and all(abs(number) < 1e9 for number in parsed)
    return parsed if fits else None
