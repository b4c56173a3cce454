"""The little vector algebra that measurements need; two or three coordinates alike."""

import math
from collections.abc import Sequence
from itertools import pairwise

from apps.annotations.measures.values import Point


def difference(a: Sequence[float], b: Sequence[float]) -> Point:
    """``a - b``."""
    return tuple(x - y for x, y in zip(a, b, strict=True))


def dot(a: Sequence[float], b: Sequence[float]) -> float:
    return sum(x * y for x, y in zip(a, b, strict=True))


def cross(a: Sequence[float], b: Sequence[float]) -> Point:
    return (
        a[1] * b[2] - a[2] * b[1],
        a[2] * b[0] - a[0] * b[2],
        a[0] * b[1] - a[1] * b[0],
    )


def in_space(point: Sequence[float]) -> Point:
    """A point of an image lies in the plane z = 0."""
    return (point[0], point[1], 0.0) if len(point) == 2 else tuple(point)


def middle(a: Sequence[float], b: Sequence[float]) -> Point:
    return tuple((x + y) / 2 for x, y in zip(a, b, strict=True))


def angle_between(a: Sequence[float], b: Sequence[float]) -> float:
    """Degrees from 0 to 180 between two vectors: atan2(|a × b|, a · b).

    The arc cosine loses half of its digits near 0 and 180 degrees; this does not
    (Kahan, "How Futile are Mindless Assessments of Roundoff", 2006, §12).
    """
    first, second = in_space(a), in_space(b)
    return math.degrees(math.atan2(math.hypot(*cross(first, second)), dot(first, second)))


def vector_area(points: Sequence[Sequence[float]]) -> Point:
    """Area vector of a plane polygon: ½ Σ (pᵢ - p₀) × (pᵢ₊₁ - p₀); its length is the area.

    The shoelace formula in space; it holds on any plane, however oblique
    (Goldman 1991, "Area of planar polygons", Graphics Gems II, I.1).
    """
    spatial = [in_space(point) for point in points]
    arms = [difference(point, spatial[0]) for point in spatial]
    parts = [cross(a, b) for a, b in pairwise(arms)]
    return tuple(sum(part[axis] for part in parts) / 2 for axis in range(3))
