"""Implicit shapes: signed distances in millimetres, negative inside."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float32]
FAR_MM = np.float32(1000.0)


def floats(values: ArrayLike) -> Floats:
    """Single precision, without a copy where it is so already."""
    return np.asarray(values, dtype=np.float32)


def smooth_min(a: Floats, b: Floats, k_mm: float) -> Floats:
    """Union whose crease is rounded over ``k_mm``."""
    h = np.clip(0.5 + 0.5 * (b - a) / k_mm, 0, 1)
    return floats(b + (a - b) * h - k_mm * h * (1 - h))


def smooth_max(a: Floats, b: Floats, k_mm: float) -> Floats:
    """Intersection whose edge is rounded over ``k_mm``."""
    return -smooth_min(-a, -b, k_mm)


@dataclass(frozen=True)
class Coordinates:
    """Where the voxels of one box lie in the patient: three arrays that broadcast together.

    ``x`` grows to the left, ``y`` to the back, ``z`` to the head, in millimetres.
    """

    z: Floats
    y: Floats
    x: Floats

    @property
    def shape(self) -> tuple[int, ...]:
        return np.broadcast_shapes(self.z.shape, self.y.shape, self.x.shape)


def ellipsoid(
    c: Coordinates,
    centre: tuple[float, float, float],
    radii: tuple[float, float, float],
    axes: NDArray[np.float64] | None = None,
) -> Floats:
    """Approximate distance to an ellipsoid; centre and radii in x, y, z order.

    ``axes`` holds the three unit axes as rows; without it they are x, y, z.
    """
    dx, dy, dz = c.x - centre[0], c.y - centre[1], c.z - centre[2]
    if axes is None:
        u, v, w = dx, dy, dz
    else:
        a = axes.astype(np.float32)
        u = a[0, 0] * dx + a[0, 1] * dy + a[0, 2] * dz
        v = a[1, 0] * dx + a[1, 1] * dy + a[1, 2] * dz
        w = a[2, 0] * dx + a[2, 1] * dy + a[2, 2] * dz
    rx, ry, rz = (np.float32(r) for r in radii)
    k1 = np.sqrt((u / rx) ** 2 + (v / ry) ** 2 + (w / rz) ** 2)
    k2 = np.sqrt((u / rx**2) ** 2 + (v / ry**2) ** 2 + (w / rz**2) ** 2)
    return floats(k1 * (k1 - 1) / np.maximum(k2, 1e-4))


def oriented_axes(long_axis: tuple[float, float, float]) -> NDArray[np.float64]:
    """Three orthonormal axes of which the first points along ``long_axis``."""
    first = np.asarray(long_axis, dtype=float)
    first /= np.linalg.norm(first)
    helper = np.array([0.0, 0.0, 1.0]) if abs(first[2]) < 0.9 else np.array([1.0, 0, 0])
    second = np.cross(helper, first)
    second /= np.linalg.norm(second)
    return np.stack([first, second, np.cross(first, second)])


def superellipse(
    dx: Floats, dy: Floats, half_width: Floats, half_depth: Floats, power: float
) -> Floats:
    """Approximate distance to a rounded rectangle |x/a|^n + |y/b|^n = 1 in each slice."""
    g = (np.abs(dx / half_width) ** power + np.abs(dy / half_depth) ** power) ** (1 / power)
    radius = np.sqrt(dx * dx + dy * dy)
    return np.where(g > 1e-3, radius * (1 - 1 / np.maximum(g, 1e-3)), -half_depth).astype(
        np.float32
    )


def capsule(
    c: Coordinates,
    start: NDArray[np.float64],
    end: NDArray[np.float64],
    start_radius_mm: float,
    end_radius_mm: float,
    *,
    slab_mm: float = 0.0,
) -> Floats:
    """Distance to a rounded cone between two points given as x, y, z.

    ``slab_mm`` widens it along z by half of it on each side, as the thickness of a slice
    does to a thin vessel that it holds.
    """
    ax, ay, az = (np.float32(v) for v in end - start)
    dx, dy, dz = c.x - np.float32(start[0]), c.y - np.float32(start[1]), c.z - np.float32(start[2])
    length2 = np.maximum(ax * ax + ay * ay + az * az, np.float32(1e-6))
    t = np.clip((dx * ax + dy * ay + dz * az) / length2, 0, 1)
    ex, ey, ez = dx - t * ax, dy - t * ay, dz - t * az
    if slab_mm:
        ez = np.maximum(np.abs(ez) - np.float32(slab_mm / 2), 0)
    distance = np.sqrt(ex * ex + ey * ey + ez * ez)
    return floats(
        distance - (np.float32(start_radius_mm) * (1 - t) + np.float32(end_radius_mm) * t)
    )


def smooth_curve(
    points: list[tuple[float, float, float]], step_mm: float = 8.0
) -> NDArray[np.float64]:
    """A Catmull-Rom curve through the points, resampled about every ``step_mm``."""
    p = np.asarray(points, dtype=float)
    padded = np.vstack([2 * p[0] - p[1], p, 2 * p[-1] - p[-2]])
    pieces = []
    for i in range(1, len(padded) - 2):
        a, b, c, d = padded[i - 1 : i + 3]
        count = max(2, int(np.linalg.norm(c - b) / step_mm) + 1)
        t = np.linspace(0, 1, count, endpoint=False)[:, None]
        pieces.append(
            0.5
            * (
                2 * b
                + (c - a) * t
                + (2 * a - 5 * b + 4 * c - d) * t**2
                + (3 * b - a - 3 * c + d) * t**3
            )
        )
    return np.vstack([*pieces, p[-1:]])
