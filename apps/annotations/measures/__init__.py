"""What a measurement's points say, kind by kind. Pure geometry; LPS millimetres or pixels."""

from apps.annotations.measures.kind import MAX_POINTS, Kind
from apps.annotations.measures.points import (
    arrange_points,
    check_in_image,
    check_in_plane,
    check_points,
    compute_values,
    in_pixels,
    scale_point,
    shape_of,
)
from apps.annotations.measures.regions import is_flat
from apps.annotations.measures.registry import KINDS, kind_of
from apps.annotations.measures.values import (
    BASES,
    NO_PIXELS,
    NO_SCALE,
    QUANTITIES,
    UNITS,
    ImagePlane,
    MeasuredValue,
    Point,
    Shape,
)

__all__ = [
    "BASES",
    "KINDS",
    "MAX_POINTS",
    "NO_PIXELS",
    "NO_SCALE",
    "QUANTITIES",
    "UNITS",
    "ImagePlane",
    "Kind",
    "MeasuredValue",
    "Point",
    "Shape",
    "arrange_points",
    "check_in_image",
    "check_in_plane",
    "check_points",
    "compute_values",
    "in_pixels",
    "is_flat",
    "kind_of",
    "scale_point",
    "shape_of",
]
