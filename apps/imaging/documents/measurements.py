"""Measurement groups of an imaging measurement report (TID 1500, PS3.16), as they can be drawn."""

from dataclasses import dataclass, replace

from apps.imaging.dicom_json import Document, items_of
from apps.imaging.documents.reports import CONTENT, read_number, walk
from apps.imaging.documents.values import (
    Code,
    ImageReference,
    Point,
    code_of,
    numbers_of,
    points_of,
    references_of,
    text_of,
)

MAX_GROUPS = 500
MAX_REGIONS = 64
MAX_POINTS = 5_000
MAX_VALUES = 100

GROUP = "125007"
TRACKING_ID, TRACKING_UID = "112039", "112040"
FINDING, CATEGORY = "121071", "276214006"
SITE = frozenset({"363698007", "G-C0E3"})
METHOD = frozenset({"370129005", "G-C036"})
DERIVATION = "121401"
FLAT_TYPES = frozenset({"POINT", "MULTIPOINT", "POLYLINE", "CIRCLE", "ELLIPSE"})
SPACE_TYPES = frozenset({"POINT", "MULTIPOINT", "POLYLINE", "POLYGON", "ELLIPSE", "ELLIPSOID"})
EXACT_POINTS = {"POINT": 1, "CIRCLE": 2, "ELLIPSE": 4, "ELLIPSOID": 6}


@dataclass(frozen=True, slots=True)
class Region:
    """A drawing on an image, or in patient space.

    Attributes
    ----------
    points_image : ``[column, row]``, pixel centres at whole numbers; of a flat region.
    points_lps : millimetres; of one in patient space.
    """

    shape: str
    points_image: tuple[Point, ...] = ()
    points_lps: tuple[Point, ...] = ()
    frame_of_reference_uid: str = ""
    images: tuple[ImageReference, ...] = ()


@dataclass(frozen=True, slots=True)
class MeasuredValue:
    name: str
    value: str
    unit: str
    derivation: str
    method: str


@dataclass(frozen=True, slots=True)
class Group:
    tracking_id: str
    tracking_uid: str
    category: str
    finding: str
    site: str
    method: str
    values: tuple[MeasuredValue, ...]
    regions: tuple[Region, ...]
    images: tuple[ImageReference, ...]  # named, without a drawing on them
    unreadable: int  # drawings that make no sense


def read_groups(document: Document) -> tuple[Group, ...]:
    """Every measurement group, wherever it stands; none for reports of other kinds."""
    found = [item for item, _ in walk(document) if code_of(item, "0040A043").value == GROUP]
    return _join_drawings([_read_group(item) for item in found[:MAX_GROUPS]])


def _join_drawings(groups: list[Group]) -> tuple[Group, ...]:
    """A group that only draws what an earlier one of its tracking UID says belongs to that one."""
    kept: list[Group] = []
    at: dict[str, int] = {}
    for group in groups:
        first = at.setdefault(group.tracking_uid, len(kept)) if group.tracking_uid else len(kept)
        if first < len(kept) and group.regions and not group.values and not group.images:
            one = kept[first]
            kept[first] = replace(
                one,
                regions=(*one.regions, *group.regions)[:MAX_REGIONS],
                unreadable=one.unreadable + group.unreadable,
            )
        else:
            kept.append(group)
    return tuple(kept)


def _read_group(item: Document) -> Group:
    facts: dict[str, str] = {}
    values: list[MeasuredValue] = []
    regions: list[Region] = []
    images: list[ImageReference] = []
    unreadable = 0
    for child in items_of(item, CONTENT):
        concept, kind = code_of(child, "0040A043"), text_of(child, "0040A040", limit=16)
        if kind == "NUM" and len(values) < MAX_VALUES:
            values.append(_read_value(child, concept))
            # Older templates hang the drawing below the number it was measured from.
            regions_of_value, bad = _regions_below(child)
            regions.extend(regions_of_value)
            unreadable += bad
        elif kind in ("SCOORD", "SCOORD3D"):
            region = read_region(child)
            regions.extend([region] if region else [])
            unreadable += region is None
        elif kind == "IMAGE":
            images.extend(references_of(child))
        elif name := _fact_name(concept):
            facts.setdefault(name, _fact_value(child, kind))
    unreadable += max(0, len(regions) - MAX_REGIONS)
    return Group(
        **{name: facts.get(name, "") for name in FACTS},
        values=tuple(values),
        regions=tuple(regions[:MAX_REGIONS]),
        images=tuple(images[:MAX_REGIONS]),
        unreadable=unreadable,
    )


FACTS = ("tracking_id", "tracking_uid", "category", "finding", "site", "method")


def _fact_name(concept: Code) -> str:
    exact: dict[str, str] = {
        TRACKING_ID: "tracking_id",
        TRACKING_UID: "tracking_uid",
        FINDING: "finding",
        CATEGORY: "category",
    }
    if concept.value in SITE:
        return "site"
    if concept.value in METHOD:
        return "method"
    return exact.get(concept.value, "")


def _fact_value(child: Document, kind: str) -> str:
    tag = {"TEXT": "0040A160", "UIDREF": "0040A124"}.get(kind)
    return text_of(child, tag) if tag else code_of(child, "0040A168").words


def _read_value(child: Document, concept: Code) -> MeasuredValue:
    value, unit = read_number(child)
    derivation, method = "", ""
    for inner in items_of(child, CONTENT):
        asked = code_of(inner, "0040A043").value
        if asked == DERIVATION:
            derivation = code_of(inner, "0040A168").words
        elif asked in METHOD:
            method = code_of(inner, "0040A168").words
    return MeasuredValue(concept.words, value, unit, derivation, method)


def _regions_below(child: Document) -> tuple[list[Region], int]:
    drawn = [
        read_region(inner)
        for inner in items_of(child, CONTENT)
        if text_of(inner, "0040A040", limit=16) in ("SCOORD", "SCOORD3D")
    ]
    return [one for one in drawn if one is not None], drawn.count(None)


def read_region(item: Document) -> Region | None:
    """A drawing, or ``None`` where its coordinates make none (PS3.3 C.18.6, C.18.9)."""
    in_space = text_of(item, "0040A040", limit=16) == "SCOORD3D"
    shape = text_of(item, "00700023", limit=16).upper()
    size = 3 if in_space else 2
    flat = numbers_of(item, "00700022", most=size * MAX_POINTS)
    points = points_of(flat, per_point=size) if flat else ()
    if shape not in (SPACE_TYPES if in_space else FLAT_TYPES) or not points:
        return None
    if len(points) != EXACT_POINTS.get(shape, len(points)):
        return None
    if shape in ("POLYLINE", "POLYGON") and len(points) < 2:
        return None
    if in_space:
        return Region(
            shape=shape,
            points_lps=points,
            frame_of_reference_uid=text_of(item, "30060024", limit=64),
        )
    images: list[ImageReference] = []
    for inner in items_of(item, CONTENT):
        images.extend(references_of(inner))
    return Region(shape=shape, points_image=centred(points), images=tuple(images[:MAX_REGIONS]))


def centred(points: tuple[Point, ...]) -> tuple[Point, ...]:
    """From DICOM's corner of the first pixel (C.18.6.1.2) to its centre, as the viewer counts."""
    return tuple((column - 0.5, row - 0.5) for column, row in points)
