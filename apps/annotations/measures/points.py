"""Points of a measurement: how many, where, in which order. Pure geometry.

Clients never send values: whoever moves a point moves the number with it, and a number
that nobody can derive from its points would be worth nothing.
"""

import math
from collections.abc import Sequence

from apps.annotations.exceptions import BadGeometry, PointsOffPlane, PointsOutsideImage
from apps.annotations.measures.registry import kind_of
from apps.annotations.measures.values import NO_SCALE, ImagePlane, MeasuredValue, Point, Shape, Unit
from apps.annotations.measures.vectors import cross, difference, dot

OFF_PLANE_TOLERANCE_MM = 0.1
"""Headers round positions to hundredths; the thinnest slices in use are 0.3 mm apart."""
OUTSIDE_TOLERANCE_PX = 1.0
SMALLEST_LENGTH = {"mm": 0.01, "px": 0.05}
LARGEST_COORDINATE = {"mm": 100_000.0, "px": 1_000_000.0}


def shape_of(
    *,
    points: Sequence[Point],
    unit: Unit,
    scale: tuple[float, float] = NO_SCALE,
    aspect: float = 1.0,
) -> Shape:
    """Points as they are measured.

    Parameters
    ----------
    scale : millimetres per column and per row of image points; ``unit`` says whether any.
    aspect : height of a pixel over its width; counts for angles where there is no scale.
    """
    measured = [scale_point(point=point, scale=scale) for point in points]
    if unit == "mm" or aspect == 1.0:
        return Shape(measured, measured, unit)
    return Shape(measured, [scale_point(point=one, scale=(1.0, aspect)) for one in points], unit)


def arrange_points(
    *,
    kind: str,
    points: Sequence[Sequence[float]],
    unit: Unit,
    scale: tuple[float, float] = NO_SCALE,
    aspect: float = 1.0,
) -> list[Point]:
    """Check the points of one measurement and bring them into canonical order.

    ``unit`` is that of the points as given. Angles and lengths are those of the points times
    ``scale`` (per coordinate), so that pixels need not be square.

    Raises
    ------
    BadGeometry
        Wrong number of points, a coordinate that is no finite number or out of this world,
        a side without length, or points that make no such figure.
    """
    arranged = check_points(kind=kind, points=points, unit=unit)
    rules = kind_of(kind)
    if any(math.dist(arranged[a], arranged[b]) < SMALLEST_LENGTH[unit] for a, b in rules.segments):
        raise BadGeometry("The measurement has no length.", code="zero_length")
    has_scale = unit == "mm" or scale != NO_SCALE
    shape = shape_of(points=arranged, unit="mm" if has_scale else "px", scale=scale, aspect=aspect)
    return rules.arrange(arranged, shape)


def check_points(*, kind: str, points: Sequence[Sequence[float]], unit: Unit) -> list[Point]:
    """As many points as the kind has, of finite coordinates.

    Raises
    ------
    BadGeometry
    """
    if not kind_of(kind).accepts(len(points)):
        expected = kind_of(kind).point_count
        raise BadGeometry(f"A {kind} measurement has {expected} points.", code="wrong_point_count")
    size = 3 if unit == "mm" else 2
    return [_check_point(point=point, size=size, unit=unit) for point in points]


def compute_values(*, kind: str, shape: Shape) -> list[MeasuredValue]:
    """What the geometry of arranged points says, not rounded."""
    return kind_of(kind).values(shape)


def scale_point(*, point: Point, scale: tuple[float, float]) -> Point:
    """A point of an image in millimetres; one of the patient stays as it is."""
    return point if len(point) != len(scale) else (point[0] * scale[0], point[1] * scale[1])


def check_in_plane(*, points: Sequence[Point], plane: ImagePlane) -> None:
    """Every point lies in the image's plane and within its matrix.

    With origin o, unit normal n = row × column and point p: |n · (p - o)| must not exceed
    ``OFF_PLANE_TOLERANCE_MM``; column = row_direction · (p - o) / column spacing and row
    alike must lie in [-0.5, size - 0.5] (PS3.3 C.7.6.2.1.1), one pixel of grace.
    """
    normal = cross(plane.row_direction, plane.column_direction)
    for point in points:
        distance_mm = abs(dot(normal, difference(point, plane.origin_lps)))
        if distance_mm > OFF_PLANE_TOLERANCE_MM:
            raise PointsOffPlane(
                "A point does not lie in the plane of the image.",
                details={"distance_mm": distance_mm},
            )
        column, row = in_pixels(point=point, plane=plane)
        _refuse_outside(column=column, row=row, rows=plane.rows, columns=plane.columns)


def check_in_image(*, points: Sequence[Point], rows: int, columns: int) -> None:
    """Image-space points (column, row; pixel centres are whole numbers) lie in the matrix."""
    for column, row in points:
        _refuse_outside(column=column, row=row, rows=rows, columns=columns)


def in_pixels(*, point: Point, plane: ImagePlane) -> Point:
    """Sub-pixel column and row of a point of the plane (PS3.3 C.7.6.2.1.1)."""
    offset = difference(point, plane.origin_lps)
    between_rows, between_columns = plane.spacing_mm
    return (
        dot(plane.row_direction, offset) / between_columns,
        dot(plane.column_direction, offset) / between_rows,
    )


def _check_point(*, point: Sequence[float], size: int, unit: Unit) -> Point:
    if len(point) != size:
        raise BadGeometry(f"A point has {size} coordinates.", code="wrong_dimension")
    for value in point:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise BadGeometry("A coordinate is a number.", code="not_a_number")
        if not math.isfinite(value) or abs(value) > LARGEST_COORDINATE[unit]:
            raise BadGeometry("A coordinate is out of this world.", code="out_of_range")
    return tuple(float(value) for value in point)


def _refuse_outside(*, column: float, row: float, rows: int, columns: int) -> None:
    low = -0.5 - OUTSIDE_TOLERANCE_PX
    inside = low <= column <= columns - 0.5 + OUTSIDE_TOLERANCE_PX
    if not (inside and low <= row <= rows - 0.5 + OUTSIDE_TOLERANCE_PX):
        raise PointsOutsideImage(
            "A point lies outside the image.", details={"column": column, "row": row}
        )
