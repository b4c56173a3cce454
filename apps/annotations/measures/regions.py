"""Regions of interest and the probe: what they enclose. Pixel values come from ``pixels``."""

import math

import numpy as np
import numpy.typing as npt

from apps.annotations.exceptions import BadGeometry
from apps.annotations.measures.kind import MAX_POINTS, Kind
from apps.annotations.measures.values import MeasuredValue, Point, Shape
from apps.annotations.measures.vectors import (
    angle_between,
    cross,
    difference,
    dot,
    in_space,
    middle,
    vector_area,
)

FloatArray = npt.NDArray[np.float64]

RIGHT_ANGLE_TOLERANCE_DEG = 0.5
#: Of the longer side or axis: how far a figure may miss its closing point or centre.
CLOSING_TOLERANCE = 1e-3
FLATNESS_MM = 0.1


def _area(shape: Shape, area: float) -> list[MeasuredValue]:
    return [MeasuredValue(quantity="area", value=area, unit=f"{shape.unit}2")]


def _polygon_area(shape: Shape) -> list[MeasuredValue]:
    return _area(shape, math.hypot(*vector_area(shape.points)))


def _ellipse_area(shape: Shape) -> list[MeasuredValue]:
    """π/4 · |b - a| · |d - c| of the two axes a-b and c-d."""
    a, b, c, d = shape.points
    return _area(shape, math.pi / 4 * math.dist(a, b) * math.dist(c, d))


def _rectangle(points: list[Point], shape: Shape) -> list[Point]:
    """Four corners in order; right angles, and the fourth closes it."""
    a, b, c, d = shape.angular
    size = max(math.dist(a, b), math.dist(b, c))
    off = math.dist(middle(a, c), middle(b, d))
    corner = angle_between(difference(a, b), difference(c, b))
    if off > CLOSING_TOLERANCE * size or abs(corner - 90.0) > RIGHT_ANGLE_TOLERANCE_DEG:
        raise BadGeometry("The four corners make no rectangle.", code="not_a_rectangle")
    return points


def _ellipse(points: list[Point], shape: Shape) -> list[Point]:
    """Ends of two axes that bisect each other at a right angle; the longer axis first.

    As PS3.3 C.18.6.1.2 has an ELLIPSE.
    """
    a, b, c, d = shape.angular
    size = max(math.dist(a, b), math.dist(c, d))
    corner = angle_between(difference(b, a), difference(d, c))
    if math.dist(middle(a, b), middle(c, d)) > CLOSING_TOLERANCE * size:
        raise BadGeometry("The axes do not cross in the middle.", code="not_an_ellipse")
    if abs(corner - 90.0) > RIGHT_ANGLE_TOLERANCE_DEG:
        raise BadGeometry("The axes are not perpendicular.", code="not_perpendicular")
    a, b, c, d = shape.points
    return points if math.dist(a, b) >= math.dist(c, d) else [*points[2:], *points[:2]]


def _outline(points: list[Point], shape: Shape) -> list[Point]:
    """A closed line in one plane that does not cross itself; the last point joins the first."""
    spatial = np.array([in_space(point) for point in shape.points])
    normal = np.array(vector_area(shape.points))
    area = float(np.linalg.norm(normal))
    if area <= 0.0:
        raise BadGeometry("The outline encloses nothing.", code="no_area")
    off = np.abs((spatial - spatial[0]) @ (normal / area))
    if shape.unit == "mm" and float(off.max()) > FLATNESS_MM:
        raise BadGeometry("The outline does not lie in one plane.", code="not_flat")
    if _crosses_itself(_flattened(spatial, normal / area)):
        raise BadGeometry("The outline crosses itself.", code="crosses_itself")
    return points


def _flattened(points: FloatArray, normal: FloatArray) -> FloatArray:
    """The polygon in two coordinates: without the axis its plane faces most.

    Neither crossing nor touching is lost by such a projection.
    """
    kept = [axis for axis in range(3) if axis != int(np.argmax(np.abs(normal)))]
    flat: FloatArray = points[:, kept]
    return flat


def _crosses_itself(flat: FloatArray) -> bool:
    """Whether two edges that are no neighbours meet in their interior (signs of four turns)."""
    start, end = flat, np.roll(flat, -1, axis=0)

    def turn(p: FloatArray, q: FloatArray, r: FloatArray) -> FloatArray:
        first, second = q - p, r - p
        result: FloatArray = first[..., 0] * second[..., 1] - first[..., 1] * second[..., 0]
        return result

    a, b = start[:, None], end[:, None]
    c, d = start[None], end[None]
    apart = turn(a, b, c) * turn(a, b, d) < 0
    return bool(np.any(apart & (turn(c, d, a) * turn(c, d, b) < 0)))


def is_flat(points: list[Point]) -> bool:
    """Whether all points lie in one plane, within ``FLATNESS_MM``; three always do."""
    arms = [difference(point, points[0]) for point in points[1:]]
    normals = [cross(a, b) for a in arms[:1] for b in arms[1:]]
    normal = max(normals, key=lambda one: math.hypot(*one), default=(0.0, 0.0, 0.0))
    size = math.hypot(*normal)
    return size == 0.0 or all(abs(dot(normal, arm)) / size <= FLATNESS_MM for arm in arms)


PROBE = Kind("probe", 1, region="pixel")
RECTANGLE = Kind(
    "rectangle",
    4,
    segments=((0, 1), (1, 2)),
    arrange=_rectangle,
    values=_polygon_area,
    region="rectangle",
)
ELLIPSE = Kind(
    "ellipse",
    4,
    segments=((0, 1), (2, 3)),
    arrange=_ellipse,
    values=_ellipse_area,
    region="ellipse",
)
FREEHAND = Kind(
    "freehand",
    3,
    most_points=MAX_POINTS,
    arrange=_outline,
    values=_polygon_area,
    region="polygon",
)
