"""The statistics of the live benches. Pure."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass


def percentile(values: Sequence[float], share: float) -> float:
    """The nearest-rank percentile: a value that was measured, never one between two.

    The smallest value such that at least ``share`` of all are no greater (rank ``ceil(share · n)``;
    of 15, 20, 35, 40, 50 the 30th percentile is 20, the 40th 20, the 50th 35).
    """
    if not values:
        raise ValueError("no values")
    rank = max(1, math.ceil(share * len(values)))
    return sorted(values)[rank - 1]


@dataclass(frozen=True)
class Spread:
    """Several rounds of one figure: the median, and the least and greatest."""

    median: float
    least: float
    greatest: float

    def __str__(self) -> str:
        return f"{self.least:.3g} to {self.greatest:.3g}"


def spread(values: Sequence[float]) -> Spread:
    return Spread(statistics.median(values), min(values), max(values))


def slope(points: Sequence[tuple[float, float]]) -> float:
    """Of the least-squares line through ``(x, y)``: ``Σ(x-x̄)(y-ȳ) / Σ(x-x̄)²``."""
    if len(points) < 2:
        raise ValueError("a line needs two points")
    mean_x = statistics.fmean(x for x, _ in points)
    mean_y = statistics.fmean(y for _, y in points)
    across = sum((x - mean_x) ** 2 for x, _ in points)
    if across == 0:
        raise ValueError("all at one place")
    return sum((x - mean_x) * (y - mean_y) for x, y in points) / across


def drift(points: Sequence[tuple[float, float]]) -> float:
    """How much the line through the points rises from its first x to its last, as a share.

    Of the line's value at the first x; one slow minute does not decide it.
    """
    rise = slope(points)
    mean_x = statistics.fmean(x for x, _ in points)
    mean_y = statistics.fmean(y for _, y in points)
    first, last = min(x for x, _ in points), max(x for x, _ in points)
    start = mean_y + rise * (first - mean_x)
    return rise * (last - first) / start
