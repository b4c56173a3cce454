"""Millimetres within one image that has no position in the patient, where the file knows them.

What a spacing refers to is told with every length: the patient's plane, the detector (magnified),
a scanned film, a region of an ultrasound picture. Where nothing is known there are no millimetres.
The viewer has the same rules (``viewer/calibration.ts``); one table of cases holds both.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from pydicom.dataset import Dataset

from apps.imaging.parser.dimensions import macro
from apps.imaging.parser.reading import numbers, text, value_of, whole

Basis = Literal["patient", "detector", "calibrated", "stated", "film", "region"]

#: Modalities whose Pixel Spacing is a distance in the patient (PS3.3 10.7.1.1).
CROSS_SECTIONAL = frozenset({"CT", "MR", "PT", "NM"})
#: Modalities whose rays diverge: Pixel Spacing may be corrected or not (PS3.3 10.7.1.2).
PROJECTION = frozenset({"CR", "DX", "MG", "XA", "RF", "RG", "IO", "PX"})
SECONDARY_CAPTURE = "1.2.840.10008.5.1.4.1.1.7"
SAME_SPACING = 1e-4
CENTIMETRES = 3  # Physical Units X and Y Direction (PS3.3 C.8.5.5.1.15)
TWO_DIMENSIONAL = 1  # Region Spatial Format


@dataclass(frozen=True, slots=True)
class Region:
    """A rectangle of the picture with a scale of its own; corners in pixels, inclusive."""

    left: int
    top: int
    right: int
    bottom: int
    row_mm: float
    column_mm: float

    def holds(self, column: float, row: float) -> bool:
        inside = self.left - 0.5 <= column <= self.right + 0.5
        return inside and self.top - 0.5 <= row <= self.bottom + 0.5


@dataclass(frozen=True, slots=True)
class Scale:
    """Millimetres per row and per column, and what they are millimetres of."""

    row_mm: float
    column_mm: float
    basis: Basis


@dataclass(frozen=True, slots=True)
class Calibration:
    """What an image says of its own millimetres: one scale, or regions with one each."""

    scale: Scale | None = None
    regions: tuple[Region, ...] = ()

    def scale_at(self, points: Sequence[Sequence[float]]) -> Scale | None:
        """The scale that holds for all of these (column, row); ``None`` where none does."""
        if not self.regions:
            return self.scale
        fits = {
            (region.row_mm, region.column_mm)
            for region in self.regions
            if all(region.holds(point[0], point[1]) for point in points)
        }
        if len(fits) != 1:
            return None  # outside, across two regions, or where two disagree
        row_mm, column_mm = fits.pop()
        return Scale(row_mm, column_mm, "region")


def read_calibration(dataset: Dataset, *, frame: int = 1) -> Calibration:
    """The calibration of one frame, from its header."""
    if "SequenceOfUltrasoundRegions" in dataset:
        return Calibration(regions=_read_regions(dataset))
    spacing = _pair(dataset, "PixelSpacing") or _pair(_measures(dataset, frame), "PixelSpacing")
    imager = _pair(dataset, "ImagerPixelSpacing")
    if spacing is not None:
        return Calibration(Scale(*spacing, _basis_of(dataset, spacing, imager)))
    if imager is not None:
        return Calibration(Scale(*imager, "detector"))
    film = _pair(dataset, "NominalScannedPixelSpacing")
    return Calibration() if film is None else Calibration(Scale(*film, "film"))


def _basis_of(
    dataset: Dataset, spacing: tuple[float, float], imager: tuple[float, float] | None
) -> Basis:
    """What Pixel Spacing refers to (PS3.3 10.7.1)."""
    modality = text(dataset, "Modality")
    if text(dataset, "SOPClassUID").startswith(SECONDARY_CAPTURE):
        return "stated"
    if modality in CROSS_SECTIONAL:
        return "patient"
    if modality not in PROJECTION:
        return "stated"
    if imager is not None:
        pairs = zip(spacing, imager, strict=True)
        same = all(abs(a - b) <= SAME_SPACING * b for a, b in pairs)
        return "detector" if same else "calibrated"
    is_calibrated = text(dataset, "PixelSpacingCalibrationType") in ("GEOMETRY", "FIDUCIAL")
    return "calibrated" if is_calibrated else "stated"


def _measures(dataset: Dataset, frame: int) -> Dataset:
    per_frame = list(value_of(dataset, "PerFrameFunctionalGroupsSequence") or [])
    shared = list(value_of(dataset, "SharedFunctionalGroupsSequence") or [])
    own = per_frame[frame - 1] if 1 <= frame <= len(per_frame) else Dataset()
    return macro(own, shared[0] if shared else Dataset(), "PixelMeasuresSequence")


def _pair(dataset: Dataset, keyword: str) -> tuple[float, float] | None:
    """Between rows, between columns."""
    pair = numbers(dataset, keyword, 2)
    return (pair[0], pair[1]) if pair is not None and min(pair) > 0 else None


def _read_regions(dataset: Dataset) -> tuple[Region, ...]:
    """Two-dimensional regions in centimetres (PS3.3 C.8.5.5); others have no lengths."""
    found = []
    for item in value_of(dataset, "SequenceOfUltrasoundRegions") or []:
        units = {whole(item, f"PhysicalUnits{axis}Direction") for axis in "XY"}
        if whole(item, "RegionSpatialFormat") != TWO_DIMENSIONAL or units != {CENTIMETRES}:
            continue
        corners = [
            whole(item, keyword)
            for keyword in (
                "RegionLocationMinX0",
                "RegionLocationMinY0",
                "RegionLocationMaxX1",
                "RegionLocationMaxY1",
            )
        ]
        column_cm = numbers(item, "PhysicalDeltaX", 1)
        row_cm = numbers(item, "PhysicalDeltaY", 1)
        if None in corners or not column_cm or not row_cm or not column_cm[0] or not row_cm[0]:
            continue
        left, top, right, bottom = (corner or 0 for corner in corners)
        found.append(Region(left, top, right, bottom, abs(row_cm[0]) * 10, abs(column_cm[0]) * 10))
    return tuple(found)
