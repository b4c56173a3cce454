"""Boxes along the patient's axes: the voxels they hold, and how much two of them share."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from apps.ai.analyses.results import MaskRegion

_SMALLEST_HALF_MM = 1e-6


def draw_box(
    *,
    low: NDArray[np.float64],
    high: NDArray[np.float64],
    shape: Sequence[int],
    affine_lps: NDArray[np.float64],
    ellipsoid: bool,
) -> MaskRegion | None:
    """Voxels whose centres lie in the box, or in the ellipsoid that touches its faces.

    ``low`` and ``high`` are LPS millimetres, ``shape`` is (slice, row, column). A box that holds
    no voxel centre is its middle's voxel; None when that lies outside the volume.
    """
    to_index = np.linalg.inv(affine_lps)
    corners = np.array([[*np.where([bits >> axis & 1 for axis in range(3)], high, low), 1.0]
                        for bits in range(8)])  # fmt: skip
    reached = (to_index @ corners.T)[:3][::-1]
    start = np.clip(np.floor(reached.min(axis=1)), 0, shape).astype(int)
    stop = np.clip(np.ceil(reached.max(axis=1)) + 1, 0, shape).astype(int)
    middle, half = (low + high) / 2, np.maximum((high - low) / 2, _SMALLEST_HALF_MM)
    if (stop > start).all():
        inside = _is_inside(start, stop, affine_lps, middle, half, ellipsoid=ellipsoid)
        if inside.any():
            return _region(inside, start, shape)
    nearest = np.rint((to_index @ [*middle, 1.0])[:3][::-1]).astype(int)
    if (nearest < 0).any() or (nearest >= np.asarray(shape)).any():
        return None
    return _region(np.ones((1, 1, 1), dtype=bool), nearest, shape)


def box_iou(first: ArrayLike, second: ArrayLike) -> float:
    """Volume shared over volume of both together (Jaccard), of boxes [lowest, highest] in mm."""
    one, other = np.asarray(first, dtype=float), np.asarray(second, dtype=float)
    shared = np.prod(np.clip(np.minimum(one[1], other[1]) - np.maximum(one[0], other[0]), 0, None))
    total = np.prod(one[1] - one[0]) + np.prod(other[1] - other[0]) - shared
    return float(shared / total) if total > 0 else 0.0


def _is_inside(
    start: NDArray[np.int_],
    stop: NDArray[np.int_],
    affine_lps: NDArray[np.float64],
    middle: NDArray[np.float64],
    half: NDArray[np.float64],
    *,
    ellipsoid: bool,
) -> NDArray[np.bool_]:
    slices, rows, columns = np.meshgrid(
        *(np.arange(a, b) for a, b in zip(start, stop, strict=True)), indexing="ij"
    )
    index = np.stack([columns, rows, slices, np.ones_like(slices)]).astype(float)
    place = np.tensordot(affine_lps, index, axes=1)[:3]
    away = (place - middle[:, None, None, None]) / half[:, None, None, None]
    inside = (away**2).sum(axis=0) <= 1 if ellipsoid else (np.abs(away) <= 1).all(axis=0)
    return np.asarray(inside, dtype=bool)


def _region(inside: NDArray[np.bool_], start: NDArray[np.int_], shape: Sequence[int]) -> MaskRegion:
    slices, rows, columns = (int(extent) for extent in shape)
    cropped = MaskRegion.from_mask(inside)
    first, second, third = (int(a) + b for a, b in zip(start, cropped.start, strict=True))
    return MaskRegion(
        values=cropped.values, start=(first, second, third), shape=(slices, rows, columns)
    )
