"""Outlines of masks, slice by slice, as closed planar contours."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

# Marching squares at 0.5. Corner bits: 1 top left, 2 top right, 4 bottom right, 8 bottom left;
# each case lists the edges its line runs between (T, R, B, L), the inside on the left hand.
_TOP, _RIGHT, _BOTTOM, _LEFT = (0.0, 0.5), (0.5, 1.0), (1.0, 0.5), (0.5, 0.0)
_SEGMENTS: dict[int, tuple[tuple[tuple[float, float], tuple[float, float]], ...]] = {
    1: ((_LEFT, _TOP),),
    2: ((_TOP, _RIGHT),),
    3: ((_LEFT, _RIGHT),),
    4: ((_RIGHT, _BOTTOM),),
    5: ((_LEFT, _TOP), (_RIGHT, _BOTTOM)),
    6: ((_TOP, _BOTTOM),),
    7: ((_LEFT, _BOTTOM),),
    8: ((_BOTTOM, _LEFT),),
    9: ((_BOTTOM, _TOP),),
    10: ((_TOP, _RIGHT), (_BOTTOM, _LEFT)),
    11: ((_BOTTOM, _RIGHT),),
    12: ((_RIGHT, _LEFT),),
    13: ((_RIGHT, _TOP),),
    14: ((_TOP, _LEFT),),
}

Polygon = NDArray[np.float64]


def outline_mask(mask: NDArray[np.bool_], *, smallest_px: int = 6) -> list[Polygon]:
    """Closed outlines of one slice as (row, column) points, holes filled, largest first."""
    filled = np.pad(ndimage.binary_fill_holes(mask), 1)
    corner = filled.astype(np.int8)
    cases = corner[:-1, :-1] + 2 * corner[:-1, 1:] + 4 * corner[1:, 1:] + 8 * corner[1:, :-1]
    following: dict[tuple[float, float], tuple[float, float]] = {}
    for row, column in zip(*np.nonzero((cases > 0) & (cases < 15)), strict=True):
        for start, end in _SEGMENTS[int(cases[row, column])]:
            following[row + start[0], column + start[1]] = (row + end[0], column + end[1])
    outlines = []
    while following:
        first, point = following.popitem()
        line = [first]
        while point != first:
            line.append(point)
            point = following.pop(point)
        outlines.append(np.asarray(line) - 1.0)
    outlines = [_drop_collinear(one) for one in outlines]
    kept = [one for one in outlines if polygon_area(one) >= smallest_px]
    return sorted(kept, key=polygon_area, reverse=True)


def polygon_area(points: Polygon) -> float:
    """Area of a closed polygon in square pixels."""
    y, x = points[:, 0], points[:, 1]
    return float(0.5 * abs(np.dot(x, np.roll(y, 1)) - np.dot(y, np.roll(x, 1))))


def _drop_collinear(points: Polygon) -> Polygon:
    before, after = points - np.roll(points, 1, axis=0), np.roll(points, -1, axis=0) - points
    turn = before[:, 0] * after[:, 1] - before[:, 1] * after[:, 0]
    keep = np.abs(turn) > 1e-9
    return points[keep] if keep.sum() >= 3 else points
