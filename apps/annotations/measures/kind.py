"""What a kind of measurement has to say of itself."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from apps.annotations.measures.values import MeasuredValue, Point, Shape

Region = Literal["pixel", "rectangle", "ellipse", "polygon"]
MAX_POINTS = 512
"""Of a freehand outline; as many fit into one message of the live session."""

Arrange = Callable[[list[Point], Shape], list[Point]]
Compute = Callable[[Shape], list[MeasuredValue]]


def as_drawn(points: list[Point], shape: Shape) -> list[Point]:
    return points


def nothing(shape: Shape) -> list[MeasuredValue]:
    return []


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of measurement; the registry is all that knows their names.

    Attributes
    ----------
    name : as in ``choices.MeasurementKind``.
    point_count, most_points : how many points; ``most_points`` where it is not fixed.
    segments : pairs of points between which there must be some length.
    arrange : refuses what is no such measurement, and brings points into canonical order.
    values : quantities of the geometry.
    region : which pixels belong to it; ``None`` where none do.
    """

    name: str
    point_count: int
    segments: tuple[tuple[int, int], ...] = ()
    arrange: Arrange = field(default=as_drawn)
    values: Compute = field(default=nothing)
    region: Region | None = None
    most_points: int | None = None

    def accepts(self, count: int) -> bool:
        return self.point_count <= count <= (self.most_points or self.point_count)
