"""Straight lines: length, long and short axis, arrow."""

import math

from apps.annotations.exceptions import BadGeometry
from apps.annotations.measures.kind import Kind
from apps.annotations.measures.values import MeasuredValue, Point, Shape
from apps.annotations.measures.vectors import angle_between, difference

PERPENDICULAR_TOLERANCE_DEG = 5.0


def _length(shape: Shape) -> list[MeasuredValue]:
    """|b - a|."""
    a, b = shape.points
    return [MeasuredValue(quantity="length", value=math.dist(a, b), unit=shape.unit)]


def _axes(shape: Shape) -> list[MeasuredValue]:
    """|b - a| and |d - c|: longest diameter, and the longest perpendicular to it.

    Eisenhauer 2009 (RECIST 1.1).
    """
    a, b, c, d = shape.points
    return [
        MeasuredValue(quantity="long_axis", value=math.dist(a, b), unit=shape.unit),
        MeasuredValue(quantity="short_axis", value=math.dist(c, d), unit=shape.unit),
    ]


def _longer_first(points: list[Point], shape: Shape) -> list[Point]:
    """The longer pair is the long axis: viewers number handles in the order of drawing."""
    a, b, c, d = shape.angular
    away = abs(angle_between(difference(b, a), difference(d, c)) - 90.0)
    if away > PERPENDICULAR_TOLERANCE_DEG:
        raise BadGeometry("The two axes are not perpendicular.", code="not_perpendicular")
    a, b, c, d = shape.points
    return points if math.dist(a, b) >= math.dist(c, d) else [*points[2:], *points[:2]]


LENGTH = Kind("length", 2, segments=((0, 1),), values=_length)
BIDIRECTIONAL = Kind(
    "bidirectional", 4, segments=((0, 1), (2, 3)), arrange=_longer_first, values=_axes
)
#: From the tail to what it points at; its words are the label.
ARROW = Kind("arrow", 2, segments=((0, 1),))
