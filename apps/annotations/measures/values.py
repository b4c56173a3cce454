"""Words of a measured value, and the image it was measured on."""

from dataclasses import dataclass
from typing import Literal, NotRequired, TypedDict

Point = tuple[float, ...]
Unit = Literal["mm", "px"]
NO_SCALE = (1.0, 1.0)
BASES = ("patient", "detector", "calibrated", "stated", "film", "region")
"""What millimetres within an image are of (``apps.imaging.calibration``)."""
QUANTITIES = (
    "length",
    "long_axis",
    "short_axis",
    "angle",
    "area",
    "value",
    "mean",
    "standard_deviation",
    "minimum",
    "maximum",
    "count",
)
UNITS = (
    "mm",
    "px",
    "mm2",
    "px2",
    "deg",
    "HU",
    "SUVbw",
    "Bq/mL",
    "Gy",
    "stored",
    "mapped",
    "pixels",
)
"""``stored``: values after the Modality LUT whose unit the file does not say; ``mapped``: those of
a parametric map, in the unit that its file names."""
NO_PIXELS = (
    "colour_image",
    "no_pixel_inside",
    "not_mapped",
    "outside_image",
    "pixels_unavailable",
    "reformatted_plane",
    "suv_refused",
)
"""Why pixel values are absent, or (``suv_refused``) not in SUV."""


class MeasuredValue(TypedDict):
    quantity: str
    value: float
    unit: str
    ucum: NotRequired[str]  # the unit of a mapped value; empty where it has none
    basis: NotRequired[str]  # what millimetres are of, where the image has no patient space


@dataclass(frozen=True, slots=True)
class ImagePlane:
    """Where an image lies in the patient (PS3.3 C.7.6.2).

    Attributes
    ----------
    origin_lps : centre of the first pixel, mm.
    row_direction, column_direction : unit vectors along increasing column and row index.
    spacing_mm : distance between rows, distance between columns.
    rows, columns : size of the matrix.
    frame_of_reference_uid : str
    """

    origin_lps: Point
    row_direction: Point
    column_direction: Point
    spacing_mm: tuple[float, float]
    rows: int
    columns: int
    frame_of_reference_uid: str


@dataclass(frozen=True, slots=True)
class Shape:
    """Points of one measurement, ready to be measured.

    Attributes
    ----------
    points : where lengths are lengths, in ``unit``.
    angular : where angles are angles: as ``points``, but with the pixels' aspect at least.
    """

    points: list[Point]
    angular: list[Point]
    unit: Unit
