"""Softcopy presentation states: how somebody wanted images shown (PS3.3 A.33, C.10, C.11).

All positions come out as ``[column, row]`` of the referenced image with pixel centres at whole
numbers, whatever units they were stored in: whoever draws needs one rule only.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from apps.imaging.dicom_json import Document, items_of, values_of
from apps.imaging.documents.problems import Problem
from apps.imaging.documents.values import (
    ImageReference,
    Point,
    number_of,
    numbers_of,
    points_of,
    references_of,
    text_of,
)
from apps.imaging.segmentations.colour import hex_from_dicom_lab

MAX_IMAGES = 500
MAX_GRAPHICS = 1_000
MAX_POINTS = 5_000
MAX_ANNOTATION_TEXT = 1_000
GRAYSCALE, COLOUR = "1.2.840.10008.5.1.4.1.1.11.1", "1.2.840.10008.5.1.4.1.1.11.2"
IMAGES = "00081140"
SHAPES = frozenset({"POINT", "POLYLINE", "INTERPOLATED", "CIRCLE", "ELLIPSE"})
EXACT_POINTS = {"POINT": 1, "CIRCLE": 2, "ELLIPSE": 4}
TURNS = (0, 90, 180, 270)


@dataclass(frozen=True, slots=True)
class Graphic:
    shape: str
    points_image: tuple[Point, ...]
    is_filled: bool
    layer: str
    colour: str | None


@dataclass(frozen=True, slots=True)
class Annotation:
    """Text with its box (two corners), and the point it speaks of."""

    text: str
    box: tuple[Point, Point] | None
    anchor: Point | None
    layer: str
    colour: str | None


@dataclass(frozen=True, slots=True)
class Window:
    """In values after the presentation state's own modality transformation."""

    center: float
    width: float
    function: str


@dataclass(frozen=True, slots=True)
class Area:
    """Two corners of what is shown, outer edges of pixels; after turning top left, bottom right."""

    top_left: Point
    bottom_right: Point


@dataclass(frozen=True, slots=True)
class Shutter:
    """What stays visible: a circle (centre, point on it), or a polygon."""

    shape: str
    points_image: tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class PresentedImage:
    reference: ImageReference
    window: Window | None
    area: Area | None
    graphics: tuple[Graphic, ...]
    annotations: tuple[Annotation, ...]


@dataclass(frozen=True, slots=True)
class Presentation:
    """``slope``, ``intercept``: its own modality transformation; ``None`` where it has none."""

    label: str
    description: str
    creator: str
    turn: int  # clockwise degrees, before the flip (C.10.6)
    is_flipped: bool
    lut: str  # IDENTITY, INVERSE, or empty
    slope: float | None
    intercept: float | None
    shutters: tuple[Shutter, ...]
    images: tuple[PresentedImage, ...]
    problems: tuple[Problem, ...]


@dataclass(slots=True)
class _Left:
    """What could not be read, counted, and how much more is read at most."""

    unreadable: int = 0
    compound: int = 0
    graphics: int = MAX_GRAPHICS
    modes: set[str] = field(default_factory=set)


def read_presentation(document: Document) -> Presentation:
    """What one object says; parts that are not supported are named, never an exception."""
    if text_of(document, "00080016", limit=64) not in (GRAYSCALE, COLOUR):
        name = text_of(document, "00080016", limit=64)
        return Presentation(
            text_of(document, "00700080"), "", "", 0, False, "", None, None, (), (),
            (Problem.of("kind_not_shown", name=name),),
        )  # fmt: skip
    left = _Left()
    turn = int(number_of(document, "00700042") or 0)
    references = [
        reference
        for series in items_of(document, "00081115")
        for reference in references_of(series, IMAGES)
    ]
    layers = _layer_colours(document)
    images = tuple(
        _present(document, reference, turn=turn, layers=layers, left=left)
        for reference in references[:MAX_IMAGES]
    )
    return Presentation(
        label=text_of(document, "00700080"),
        description=text_of(document, "00700081"),
        creator=text_of(document, "00700084"),
        turn=turn if turn in TURNS else 0,
        is_flipped=text_of(document, "00700041", limit=2).upper() == "Y",
        lut=text_of(document, "20500020", limit=16).upper(),
        slope=number_of(document, "00281053"),
        intercept=number_of(document, "00281052"),
        shutters=tuple(_shutters(document)),
        images=images,
        problems=tuple(_problems(document, images, left)),
    )


def _problems(
    document: Document, images: tuple[PresentedImage, ...], left: _Left
) -> Iterator[Problem]:
    if items_of(document, "00283000"):
        yield Problem.of("modality_lut_not_applied")
    if any(items_of(item, "00283010") for item in items_of(document, "00283110")):
        yield Problem.of("voi_lut_not_applied")
    for name in sorted({one.window.function for one in images if one.window} - LINEAR):
        yield Problem.of("voi_function_not_applied", name=name)
    if items_of(document, "20500010"):
        yield Problem.of("presentation_lut_not_applied")
    for name in sorted(left.modes - {"SCALE TO FIT", ""}):
        yield Problem.of("size_mode_not_applied", name=name)
    if "BITMAP" in _shutter_names(document):
        yield Problem.of("bitmap_shutter_not_applied")
    if any(tag.startswith("60") for tag in document):
        yield Problem.of("overlay_not_shown")
    if items_of(document, "00286100"):
        yield Problem.of("mask_not_applied")
    if left.compound:
        yield Problem.of("compound_not_shown", count=left.compound)
    if left.unreadable:
        yield Problem.of("graphics_left_out", count=left.unreadable)
    if not images:
        yield Problem.of("no_images_named")


LINEAR = frozenset({"LINEAR", "LINEAR_EXACT"})


def _applies(item: Document, reference: ImageReference) -> bool:
    """Items without images of their own speak of all (C.10.4, C.10.5, C.11.8)."""
    named = list(references_of(item, IMAGES))
    return not named or any(
        one.sop_instance_uid == reference.sop_instance_uid
        and (not one.frames or not reference.frames or set(one.frames) & set(reference.frames))
        for one in named
    )


def _first(items: Iterable[Document], reference: ImageReference) -> Document | None:
    return next((item for item in items if _applies(item, reference)), None)


def _present(
    document: Document,
    reference: ImageReference,
    *,
    turn: int,
    layers: dict[str, str | None],
    left: _Left,
) -> PresentedImage:
    shown = _first(items_of(document, "0070005A"), reference)
    area = _area(shown, left) if shown else None
    voi = _first(items_of(document, "00283110"), reference)
    graphics: list[Graphic] = []
    annotations: list[Annotation] = []
    for item in items_of(document, "00700001"):
        if not _applies(item, reference):
            continue
        layer = text_of(item, "00700002", limit=16)
        place = _Place(area=area, turn=turn)
        left.compound += len(items_of(item, "00700209"))
        for drawn in items_of(item, "00700009"):
            graphic = _graphic(drawn, place, layer, layers.get(layer)) if left.graphics else None
            left.graphics = max(0, left.graphics - 1)
            graphics.extend([graphic] if graphic else [])
            left.unreadable += graphic is None
        for words in items_of(item, "00700008"):
            note = _annotation(words, place, layer, layers.get(layer)) if left.graphics else None
            left.graphics = max(0, left.graphics - 1)
            annotations.extend([note] if note else [])
            left.unreadable += note is None
    return PresentedImage(
        reference, _window(voi) if voi else None, area, tuple(graphics), tuple(annotations)
    )


def _window(item: Document) -> Window | None:
    center, width = number_of(item, "00281050"), number_of(item, "00281051")
    if center is None or width is None or width <= 0:
        return None
    return Window(center, width, text_of(item, "00281056", limit=16).upper() or "LINEAR")


def _area(item: Document, left: _Left) -> Area | None:
    """Pixel numbers from 1 (C.10.4); after turning, the first corner may be the larger one."""
    left.modes.add(text_of(item, "00700100", limit=16).upper())
    first, last = numbers_of(item, "00700052", most=2), numbers_of(item, "00700053", most=2)
    if not first or not last or len(first) != 2 or len(last) != 2:
        return None
    edges = [_edges(a, b) for a, b in zip(first, last, strict=True)]
    return Area((edges[0][0], edges[1][0]), (edges[0][1], edges[1][1]))


def _edges(first: float, last: float) -> tuple[float, float]:
    """Outer edges of two pixels, in units whose whole numbers are pixel centres."""
    return (first - 1.5, last - 0.5) if first <= last else (first - 0.5, last - 1.5)


@dataclass(frozen=True, slots=True)
class _Place:
    area: Area | None
    turn: int

    def image_point(self, point: Point, units: str) -> Point | None:
        """PIXEL counts from the corner of the first pixel (C.10.5); DISPLAY is a part of the area.

        The corners of the area are named as they lie after turning, so a quarter turn swaps which
        part runs along columns.
        """
        if units == "PIXEL":
            return point[0] - 0.5, point[1] - 0.5
        if units != "DISPLAY" or self.area is None:
            return None
        across, down = point if self.turn in (0, 180) else (point[1], point[0])
        (left, top), (right, bottom) = self.area.top_left, self.area.bottom_right
        return left + across * (right - left), top + down * (bottom - top)

    def image_points(self, points: Iterable[Point], units: str) -> tuple[Point, ...]:
        placed = [self.image_point(point, units) for point in points]
        return () if None in placed else tuple(one for one in placed if one is not None)


def _graphic(item: Document, place: _Place, layer: str, colour: str | None) -> Graphic | None:
    shape = text_of(item, "00700023", limit=16).upper()
    units = text_of(item, "00700005", limit=16).upper()
    flat = numbers_of(item, "00700022", most=2 * MAX_POINTS)
    points = place.image_points(points_of(flat, per_point=2) if flat else (), units)
    if shape not in SHAPES or not points or len(points) != EXACT_POINTS.get(shape, len(points)):
        return None
    if shape in ("POLYLINE", "INTERPOLATED") and len(points) < 2:
        return None
    is_filled = text_of(item, "00700024", limit=2).upper() == "Y"
    return Graphic(shape, points, is_filled, layer, colour)


def _annotation(item: Document, place: _Place, layer: str, colour: str | None) -> Annotation | None:
    text = text_of(item, "00700006", limit=MAX_ANNOTATION_TEXT)
    units = text_of(item, "00700003", limit=16).upper()
    corners = [numbers_of(item, tag, most=2) or () for tag in ("00700010", "00700011")]
    box = place.image_points([c for c in corners if len(c) == 2], units)
    anchor_units = text_of(item, "00700004", limit=16).upper()
    anchor = numbers_of(item, "00700014", most=2) or ()
    at = place.image_points([anchor], anchor_units) if len(anchor) == 2 else ()
    if not text or not (len(box) == 2 or at):
        return None
    return Annotation(
        text, (box[0], box[1]) if len(box) == 2 else None, at[0] if at else None, layer, colour
    )


def _layer_colours(document: Document) -> dict[str, str | None]:
    return {
        text_of(layer, "00700002", limit=16): hex_from_dicom_lab(values_of(layer, "00700401"))
        for layer in items_of(document, "00700060")[:256]
    }


def _shutter_names(document: Document) -> set[str]:
    return {str(name).strip().upper() for name in values_of(document, "00181600")}


def _shutters(document: Document) -> Iterator[Shutter]:
    """Display shutters (C.7.6.11): what is outside of any of them is hidden."""
    names = _shutter_names(document)
    if "RECTANGULAR" in names:
        sides = [number_of(document, tag) for tag in RECTANGLE]
        if None not in sides:
            left, right, top, bottom = (float(side or 0) for side in sides)
            (x0, x1), (y0, y1) = _edges(left, right), _edges(top, bottom)
            yield Shutter("POLYGON", ((x0, y0), (x1, y0), (x1, y1), (x0, y1)))
    if "CIRCULAR" in names:
        centre = numbers_of(document, "00181610", most=2)
        radius = number_of(document, "00181612")
        if centre and len(centre) == 2 and radius:
            row, column = centre[0] - 1, centre[1] - 1
            yield Shutter("CIRCLE", ((column, row), (column + radius, row)))
    if "POLYGONAL" in names:
        flat = numbers_of(document, "00181620", most=2 * MAX_POINTS)
        corners = points_of(flat, per_point=2) if flat else ()
        if len(corners) >= 3:
            yield Shutter("POLYGON", tuple((column - 1, row - 1) for row, column in corners))


RECTANGLE = ("00181602", "00181604", "00181606", "00181608")


def window_on_image(
    presentation: Presentation, window: Window | None, image: Document
) -> dict[str, Any] | None:
    """The shown range in the values of the image itself, with the direction it runs in.

    The state's own linear transformation is undone and the image's applied: exact. Without a
    window the whole range of stored values is shown (C.11.8: identity).
    """
    slope, intercept = _rescale(image)
    own_slope = slope if presentation.slope is None else presentation.slope
    own_intercept = intercept if presentation.intercept is None else presentation.intercept
    if own_slope == 0:
        return None
    if window is None:
        bits, signed = number_of(image, "00280101") or 16, number_of(image, "00280103") == 1
        span = 2.0 ** min(bits, 32)
        black, white = (-span / 2, span / 2 - 1) if signed else (0.0, span - 1)
    else:
        half, centre = (window.width - 1) / 2, window.center - 0.5
        if window.function == "LINEAR_EXACT":
            half, centre = window.width / 2, window.center
        black, white = (
            (value - own_intercept) / own_slope for value in (centre - half, centre + half)
        )
    first, last = slope * black + intercept, slope * white + intercept
    if window is None and own_slope < 0:
        first, last = last, first
    if first == last:
        return None
    return {
        "lower": min(first, last),
        "upper": max(first, last),
        "is_reversed": first > last,
    }


def _rescale(image: Document) -> tuple[float, float]:
    slope, intercept = number_of(image, "00281053"), number_of(image, "00281052")
    return slope or 1.0, intercept or 0.0
