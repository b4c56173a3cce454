"""What an RT Structure Set says (PS3.3 A.19, C.8.8.5, C.8.8.6) in DICOM JSON. Pure."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from apps.imaging.dicom_json import Document, first_of, items_of
from apps.imaging.radiotherapy.reading import numbers_of, text_of, uid_of, whole_of

FloatArray = npt.NDArray[np.float64]

CLOSED = "CLOSED_PLANAR"
KINDS = (CLOSED, "OPEN_PLANAR", "POINT", "CLOSEDPLANAR_XOR", "OPEN_NONPLANAR")
AREAS = (CLOSED, "CLOSEDPLANAR_XOR")
MAX_ROIS = 1_000
MAX_CONTOURS = 50_000
MAX_POINTS = 4_000_000
FLAT_MM = 0.05
"""Points of a planar contour may leave their plane by so much: headers round to hundredths."""


@dataclass(frozen=True, slots=True, eq=False)
class Contour:
    """One contour in patient space; ``points_lps`` is (point, 3) in millimetres."""

    kind: str
    points_lps: FloatArray
    sop_instance_uid: str  # of the image it was drawn on, or empty


@dataclass(frozen=True, slots=True, eq=False)
class Region:
    """One region of interest: Structure Set ROI, ROI Contour and ROI Observation joined."""

    number: int
    name: str
    colour: str | None  # "#rrggbb"
    interpreted_type: str
    algorithm: str
    frame_of_reference_uid: str
    contours: tuple[Contour, ...]

    @property
    def areas(self) -> list[Contour]:
        return [one for one in self.contours if one.kind in AREAS]


@dataclass(frozen=True, slots=True, eq=False)
class StructureSet:
    sop_instance_uid: str
    label: str
    description: str
    date: str
    approval: str
    regions: tuple[Region, ...]
    referenced_series: frozenset[str]
    referenced_instances: frozenset[str]
    unreadable: int = 0  # contours that could not be read
    is_cut: bool = False  # more than the limits; the rest was not read

    def region(self, number: int) -> Region | None:
        return next((one for one in self.regions if one.number == number), None)


def read_structure_set(document: Document) -> StructureSet:
    """All of it; a contour that cannot be read is counted, never an exception."""
    drawn = {whole_of(item, "30060084"): item for item in items_of(document, "30060039")[:MAX_ROIS]}
    observed = {
        whole_of(item, "30060084"): item for item in items_of(document, "30060080")[:MAX_ROIS]
    }
    listed = items_of(document, "30060020")
    budget = _Budget(contours=MAX_CONTOURS, points=MAX_POINTS)
    regions: dict[int, Region] = {}
    for item in listed[:MAX_ROIS]:
        number = whole_of(item, "30060022")
        if number is None or number < 0 or number in regions:
            continue
        own = drawn.get(number, {})
        regions[number] = Region(
            number=number,
            name=text_of(item, "30060026") or f"#{number}",
            colour=_colour(own),
            interpreted_type=text_of(observed.get(number, {}), "300600A4")[:32],
            algorithm=text_of(item, "30060036")[:32],
            frame_of_reference_uid=uid_of(item, "30060024"),
            contours=_read_contours(own, budget),
        )
    series, images = _references(document)
    images |= {one.sop_instance_uid for region in regions.values() for one in region.contours} - {
        ""
    }
    return StructureSet(
        sop_instance_uid=uid_of(document, "00080018"),
        label=text_of(document, "30060002"),
        description=text_of(document, "0008103E") or text_of(document, "30060006"),
        date=text_of(document, "30060008")[:8],
        approval=text_of(document, "300E0002")[:16],
        regions=tuple(regions[number] for number in sorted(regions)),
        referenced_series=frozenset(series),
        referenced_instances=frozenset(images),
        unreadable=budget.unreadable,
        is_cut=budget.spent or len(listed) > MAX_ROIS,
    )


@dataclass(slots=True)
class _Budget:
    contours: int
    points: int
    unreadable: int = 0
    spent: bool = False

    def takes(self, points: int) -> bool:
        self.contours -= 1
        self.points -= points
        self.spent = self.spent or self.contours < 0 or self.points < 0
        return not self.spent


def _read_contours(item: Document, budget: _Budget) -> tuple[Contour, ...]:
    found = []
    for one in items_of(item, "30060040"):
        data = numbers_of(one, "30060050")
        kind = text_of(one, "30060042").upper()
        if not data or len(data) % 3 or kind not in KINDS:
            budget.unreadable += 1
            continue
        if not budget.takes(len(data) // 3):
            break
        points = np.asarray(data, dtype=np.float64).reshape(-1, 3)
        image = first_of(one, "30060016")
        found.append(Contour(kind, points, uid_of(image, "00081155")))
    return tuple(found)


def _colour(item: Document) -> str | None:
    parts = numbers_of(item, "3006002A") or []
    if len(parts) != 3 or not all(0 <= part <= 255 for part in parts):
        return None
    return "#" + "".join(f"{int(part):02x}" for part in parts)


def _references(document: Document) -> tuple[set[str], set[str]]:
    series: set[str] = set()
    images: set[str] = set()
    for frame in items_of(document, "30060010"):
        for study in items_of(frame, "30060012"):
            for one in items_of(study, "30060014"):
                series.add(uid_of(one, "0020000E"))
                images.update(uid_of(image, "00081155") for image in items_of(one, "30060016"))
    return series - {""}, images - {""}
