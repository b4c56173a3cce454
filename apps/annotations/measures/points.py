"""What a measurement's points say. Pure geometry; LPS millimetres or image pixels.

Clients never send values: whoever moves a point moves the number with it, and a number
that nobody can derive from its points would be worth nothing.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NotRequired, TypedDict

from apps.annotations.choices import MeasurementKind
from apps.annotations.exceptions import BadGeometry, PointsOffPlane, PointsOutsideImage

Point = tuple[float, ...]
Unit = Literal["mm", "px"]
NO_SCALE = (1.0, 1.0)
BASES = ("patient", "detector", "calibrated", "stated", "film", "region")
"""What millimetres within an image are of (``apps.imaging.calibration``)."""

OFF_PLANE_TOLERANCE_MM = 0.1
"""Headers round positions to hundredths; the thinnest slices in use are 0.3 mm apart."""
OUTSIDE_TOLERANCE_PX = 1.0
PERPENDICULAR_TOLERANCE_DEG = 5.0
SMALLEST_LENGTH = {"mm": 0.01, "px": 0.05}
LARGEST_COORDINATE = {"mm": 100_000.0, "px": 1_000_000.0}
POINT_COUNT = {MeasurementKind.LENGTH: 2, MeasurementKind.BIDIRECTIONAL: 4}


class MeasuredValue(TypedDict):
    quantity: str
    value: float
    unit: Unit
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


def arrange_points(
    *,
    kind: str,
    points: Sequence[Sequence[float]],
    unit: Unit,
    scale: tuple[float, float] = NO_SCALE,
) -> list[Point]:
    """Check the points of one measurement and bring them into canonical order.

    A bidirectional comes as two pairs; the longer becomes the first (long axis), as
    viewers number the handles by drawing order and not by length. Angles and lengths are those
    of the points times ``scale`` (per coordinate), so that pixels need not be square.

    Raises
    ------
    BadGeometry
        Wrong number of points, a coordinate that is no finite number or out of this world,
        an axis without length, axes that are not perpendicular.
    """
    arranged = check_points(kind=kind, points=points, unit=unit)
    for first, second in zip(arranged[::2], arranged[1::2], strict=True):
        if math.dist(first, second) < SMALLEST_LENGTH[unit]:
            raise BadGeometry("The measurement has no length.", code="zero_length")
    if kind == MeasurementKind.BIDIRECTIONAL:
        scaled = [scale_point(point=point, scale=scale) for point in arranged]
        _check_perpendicular(scaled)
        if math.dist(*scaled[:2]) < math.dist(*scaled[2:]):
            arranged = [*arranged[2:], *arranged[:2]]
    return arranged


def check_points(*, kind: str, points: Sequence[Sequence[float]], unit: Unit) -> list[Point]:
    """As many points as the kind has, of finite coordinates.

    Raises
    ------
    BadGeometry
    """
    expected = POINT_COUNT[MeasurementKind(kind)]
    if len(points) != expected:
        raise BadGeometry(f"A {kind} measurement has {expected} points.", code="wrong_point_count")
    size = 3 if unit == "mm" else 2
    return [_check_point(point=point, size=size, unit=unit) for point in points]


def compute_values(*, kind: str, points: Sequence[Point], unit: Unit) -> list[MeasuredValue]:
    """Values of arranged points: Euclidean distances, not rounded.

    length = |b - a|; long_axis = |b - a| and short_axis = |d - c| for points a, b, c, d
    (Eisenhauer 2009: longest diameter, and the longest diameter perpendicular to it).
    """
    lengths = [math.dist(a, b) for a, b in zip(points[::2], points[1::2], strict=True)]
    names = ["length"] if kind == MeasurementKind.LENGTH else ["long_axis", "short_axis"]
    return [
        MeasuredValue(quantity=name, value=value, unit=unit)
        for name, value in zip(names, lengths, strict=True)
    ]


def scale_point(*, point: Point, scale: tuple[float, float]) -> Point:
    """A point of an image in millimetres; one of the patient stays as it is."""
    return point if len(point) != len(scale) else (point[0] * scale[0], point[1] * scale[1])


def check_in_plane(*, points: Sequence[Point], plane: ImagePlane) -> None:
    """Every point lies in the image's plane and within its matrix.

    With origin o, unit normal n = row × column and point p: |n · (p - o)| must not exceed
    ``OFF_PLANE_TOLERANCE_MM``; column = row_direction · (p - o) / column spacing and row
    alike must lie in [-0.5, size - 0.5] (PS3.3 C.7.6.2.1.1), one pixel of grace.
    """
    normal = _cross(plane.row_direction, plane.column_direction)
    between_rows, between_columns = plane.spacing_mm
    for point in points:
        offset = tuple(a - b for a, b in zip(point, plane.origin_lps, strict=True))
        distance_mm = abs(_dot(normal, offset))
        if distance_mm > OFF_PLANE_TOLERANCE_MM:
            raise PointsOffPlane(
                "A point does not lie in the plane of the image.",
                details={"distance_mm": distance_mm},
            )
        column = _dot(plane.row_direction, offset) / between_columns
        row = _dot(plane.column_direction, offset) / between_rows
        _check_inside(column=column, row=row, plane=plane)


def check_in_image(*, points: Sequence[Point], rows: int, columns: int) -> None:
    """Image-space points (column, row; pixel centres are whole numbers) lie in the matrix."""
    for column, row in points:
        _refuse_outside(column=column, row=row, rows=rows, columns=columns)


def _check_point(*, point: Sequence[float], size: int, unit: Unit) -> Point:
    if len(point) != size:
        raise BadGeometry(f"A point has {size} coordinates.", code="wrong_dimension")
    for value in point:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise BadGeometry("A coordinate is a number.", code="not_a_number")
        if not math.isfinite(value) or abs(value) > LARGEST_COORDINATE[unit]:
            raise BadGeometry("A coordinate is out of this world.", code="out_of_range")
    return tuple(float(value) for value in point)


def _check_perpendicular(points: Sequence[Point]) -> None:
    a, b, c, d = points
    long_axis = tuple(q - p for p, q in zip(a, b, strict=True))
    short_axis = tuple(q - p for p, q in zip(c, d, strict=True))
    cosine = abs(_dot(long_axis, short_axis)) / (math.dist(a, b) * math.dist(c, d))
    if cosine > math.sin(math.radians(PERPENDICULAR_TOLERANCE_DEG)):
        raise BadGeometry("The two axes are not perpendicular.", code="not_perpendicular")


def _check_inside(*, column: float, row: float, plane: ImagePlane) -> None:
    _refuse_outside(column=column, row=row, rows=plane.rows, columns=plane.columns)


def _refuse_outside(*, column: float, row: float, rows: int, columns: int) -> None:
    low = -0.5 - OUTSIDE_TOLERANCE_PX
    inside = low <= column <= columns - 0.5 + OUTSIDE_TOLERANCE_PX
    if not (inside and low <= row <= rows - 0.5 + OUTSIDE_TOLERANCE_PX):
        raise PointsOutsideImage(
            "A point lies outside the image.", details={"column": column, "row": row}
        )


def _dot(a: Sequence[float], b: Sequence[float]) -> float:
    return sum(x * y for x, y in zip(a, b, strict=True))


def _cross(a: Sequence[float], b: Sequence[float]) -> Point:
    return (
        a[1] * b[2] - a[2] * b[1],
        a[2] * b[0] - a[0] * b[2],
        a[0] * b[1] - a[1] * b[0],
    )
