"""A mask onto the voxels of a series: by whole-voxel turns and flips only, or not at all."""

import numpy as np
import numpy.typing as npt

from apps.imaging.research.exceptions import NiftiRefused
from apps.imaging.research.grid import ImageGrid
from apps.imaging.research.reading import LabelMap, Labels

TOLERANCE = 0.05  # of the shortest distance between two voxels
TOLERANCE_MM = 0.05
"""The larger of the two: NIfTI keeps places in 32 bits, and tools write them anew."""


def lay_on_grid(mask: LabelMap, grid: ImageGrid) -> Labels:
    """The labels of the series' own voxels, uint16 (slice, row, column).

    Tools store the same voxels in other orders (to RAS, to "closest canonical"). That is undone
    exactly; no voxel is interpolated.

    Raises
    ------
    NiftiRefused
        ``different_place`` with the largest distance in mm, ``different_shape``.
    """
    to_grid = np.linalg.inv(grid.affine_ras) @ mask.affine_ras
    turn = np.rint(to_grid[:3, :3])
    is_turn = np.isin(np.abs(turn), (0, 1)).all() and _is_permutation(np.abs(turn))
    if not is_turn:
        raise NiftiRefused("different_place")
    sizes = np.array(mask.labels.shape[::-1])  # i, j, k
    turned = (np.abs(turn) @ sizes).astype(int)  # column, row, slice
    if tuple(turned[::-1]) != grid.shape:
        raise NiftiRefused("different_shape", mask=sizes.tolist(), series=list(grid.shape[::-1]))
    flipped = turn.sum(axis=1) < 0
    start = np.where(flipped, turned - 1, 0)
    distance_mm = _largest_distance_mm(mask, grid, turn=turn, start=start)
    if distance_mm > max(TOLERANCE_MM, TOLERANCE * min(grid.spacing_mm)):
        raise NiftiRefused("different_place", distance_mm=round(distance_mm, 3))
    axes = [int(np.flatnonzero(turn[row])[0]) for row in range(3)]  # file axis of each of ours
    ours = mask.labels.T.transpose(axes)  # column, row, slice
    ours = ours[tuple(slice(None, None, -1 if one else 1) for one in flipped)]
    return np.ascontiguousarray(ours.transpose(2, 1, 0))


def _is_permutation(turn: npt.NDArray[np.float64]) -> bool:
    return bool((turn.sum(axis=0) == 1).all() and (turn.sum(axis=1) == 1).all())


def _largest_distance_mm(
    mask: LabelMap,
    grid: ImageGrid,
    *,
    turn: npt.NDArray[np.float64],
    start: npt.NDArray[np.float64],
) -> float:
    """Between where the mask and the series put the same voxel; a corner is always worst."""
    corners = np.array(list(np.ndindex(2, 2, 2))) * (np.array(mask.labels.shape[::-1]) - 1)
    said = np.c_[corners, np.ones(8)] @ mask.affine_ras.T
    meant = np.c_[corners @ turn.T + start, np.ones(8)] @ grid.affine_ras.T
    return float(np.linalg.norm(said - meant, axis=1).max())
