"""Angles: between two arms, and between two lines (Cobb)."""

from apps.annotations.measures.kind import Kind
from apps.annotations.measures.values import MeasuredValue, Shape
from apps.annotations.measures.vectors import angle_between, difference


def _at_vertex(shape: Shape) -> list[MeasuredValue]:
    """The angle at the second point, 0 to 180 degrees."""
    a, vertex, c = shape.angular
    angle = angle_between(difference(a, vertex), difference(c, vertex))
    return [MeasuredValue(quantity="angle", value=angle, unit="deg")]


def _between_lines(shape: Shape) -> list[MeasuredValue]:
    """The angle between two lines that have no direction, 0 to 90 degrees (Cobb 1948).

    Nobody has to draw both end plates the same way round. A curve beyond 90 degrees is
    measured with three points.
    """
    a, b, c, d = shape.angular
    angle = angle_between(difference(b, a), difference(d, c))
    return [MeasuredValue(quantity="angle", value=min(angle, 180.0 - angle), unit="deg")]


ANGLE = Kind("angle", 3, segments=((0, 1), (1, 2)), values=_at_vertex)
COBB = Kind("cobb", 4, segments=((0, 1), (2, 3)), values=_between_lines)
