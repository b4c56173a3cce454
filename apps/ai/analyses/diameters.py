"""Long and short axis of a mask in the acquired plane."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import ConvexHull, QhullError

from apps.ai.analyses.results import MaskRegion


def measure_axes_mm(*, region: MaskRegion, affine_lps: NDArray[np.float64]) -> tuple[float, float]:
    """Longest in-plane diameter and the extent perpendicular to it in the same slice, in mm.

    Measured on the half-way contour between inside and outside, in the acquired plane
    (Eisenhauer 2009, section 3: measured in the plane of acquisition).
    """
    steps = np.linalg.norm(np.asarray(affine_lps, dtype=float)[:3, :3], axis=0)
    spacing_mm = np.array([steps[1], steps[0]])
    best = (0.0, 0.0)
    for plane in region.values:
        if not plane.any():
            continue
        points_mm = _edge_points(plane) * spacing_mm
        long_mm, short_mm = _calipers(points_mm)
        if long_mm > best[0]:
            best = (long_mm, short_mm)
    return best


def _edge_points(plane: NDArray[np.bool_]) -> NDArray[np.float64]:
    """(row, column) half-way between each inside voxel and its outside neighbours in plane."""
    padded = np.pad(plane, 1)
    points = []
    for row_step, column_step in ((-1, 0), (1, 0), (0, -1), (0, 1)):
        outside = ~np.roll(padded, (-row_step, -column_step), axis=(0, 1))
        edges = np.argwhere(padded & outside).astype(float)
        points.append(edges + np.array([0.5 * row_step, 0.5 * column_step]))
    return np.concatenate(points)


def _calipers(points_mm: NDArray[np.float64]) -> tuple[float, float]:
    try:
        hull = points_mm[ConvexHull(points_mm).vertices]
    except QhullError:
        hull = points_mm
    differences = hull[:, None, :] - hull[None, :, :]
    lengths = np.hypot(differences[..., 0], differences[..., 1])
    first, second = np.unravel_index(int(lengths.argmax()), lengths.shape)
    long_mm = float(lengths[first, second])
    if long_mm == 0.0:
        return 0.0, 0.0
    direction = differences[first, second] / long_mm
    across = hull @ np.array([-direction[1], direction[0]])
    return long_mm, float(across.max() - across.min())
