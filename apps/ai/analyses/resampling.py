"""Volumes on coarser or even grids."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Spacing = tuple[float, float, float]


def average_blocks(
    values: NDArray[np.float32], *, spacing_mm: Spacing, wanted_mm: float
) -> tuple[NDArray[np.float32], tuple[int, int, int]]:
    """Means over whole blocks of voxels about ``wanted_mm`` wide, and the size of the blocks.

    What does not fill a block at the far end of an axis is left out; an axis that is coarser
    already stays as it is.
    """
    blocks = tuple(max(1, round(wanted_mm / step)) for step in spacing_mm)
    deep, high, wide = (n // b for n, b in zip(values.shape, blocks, strict=True))
    averaged = np.empty((deep, high, wide), dtype=np.float32)
    for index in range(deep):
        slab = values[index * blocks[0] : (index + 1) * blocks[0], : high * blocks[1]]
        plane = slab.mean(axis=0, dtype=np.float32)[:, : wide * blocks[2]]
        averaged[index] = plane.reshape(high, blocks[1], wide, blocks[2]).mean(axis=(1, 3))
    return averaged, (blocks[0], blocks[1], blocks[2])


def interpolate_at(
    values: NDArray[np.float32], positions: tuple[NDArray[np.float64], ...]
) -> NDArray[np.float32]:
    """Linear interpolation at a grid of positions (in voxels), one array per axis.

    Beyond the ends the value at the end is taken.
    """
    for axis, wanted in enumerate(positions):
        last = values.shape[axis] - 1
        at = np.clip(wanted, 0, last)
        low = np.minimum(at.astype(np.int64), max(last - 1, 0))
        weight = (at - low).astype(np.float32)
        shape = [1, 1, 1]
        shape[axis] = len(at)
        below = np.take(values, low, axis=axis)
        above = np.take(values, np.minimum(low + 1, last), axis=axis)
        above -= below
        above *= weight.reshape(shape)
        below += above
        values = below
    return values
