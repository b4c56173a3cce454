"""The outline of a mask as closed planar contours: along the edges of its pixels, exactly.

A pixel is a square whose centre is its index, so contours run on half indices: half a pixel
outside the centres they enclose. What is inside by the even-odd rule at pixel centres is the mask
itself, voxel for voxel, and the enclosed area is the area of the pixels.

Pixels that touch at a corner only are two contours. A hole is joined to its outline by a seam of
no width, there and back along a row (the keyhole technique, PS3.3 C.8.8.6.3), since a contour
cannot be subtracted.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

FloatArray = NDArray[np.float64]
Vertex = tuple[int, int]

#: Right, down, left, up as (column, row): walking, the mask lies to the right.
_STEPS: tuple[Vertex, ...] = ((1, 0), (0, 1), (-1, 0), (0, -1))
#: From a vertex, the pixel to the right of each step, as (column, row).
_INSIDE: tuple[Vertex, ...] = ((0, 0), (-1, 0), (-1, -1), (0, -1))


def trace_plane(mask: NDArray[Any]) -> list[FloatArray]:
    """Contours of one plane, each (point, 2) as (column, row) in pixel indices.

    Parameters
    ----------
    mask:
        (row, column); what is not zero is inside.

    Returns
    -------
    list of arrays
        One contour for each 4-connected component, its holes joined to it; from top to bottom.
    """
    inside = np.asarray(mask, dtype=bool)
    if not inside.any():
        return []
    rows, columns = np.flatnonzero(inside.any(axis=1)), np.flatnonzero(inside.any(axis=0))
    top, left = int(rows[0]), int(columns[0])
    cropped = inside[top : rows[-1] + 1, left : columns[-1] + 1]
    components, count = ndimage.label(cropped)
    outer: list[list[Vertex]] = [[] for _ in range(count + 1)]
    holes: list[list[list[Vertex]]] = [[] for _ in range(count + 1)]
    for component, loop in _loops(cropped, components):
        if _signed_area(loop) > 0:
            outer[component] = loop
        else:
            holes[component].append(loop)
    offset = np.array([left - 0.5, top - 0.5])
    return [
        _without_straight_points(_join_holes(outer[number], holes[number])) + offset
        for number in range(1, count + 1)
    ]


def _loops(
    inside: NDArray[np.bool_], components: NDArray[np.integer[Any]]
) -> list[tuple[int, list[Vertex]]]:
    """Every closed walk along pixel edges, with the component to its right."""
    padded = np.pad(inside, 1)
    core = padded[1:-1, 1:-1]
    starts = (
        (core & ~padded[:-2, 1:-1], 0, 0),
        (core & ~padded[1:-1, 2:], 1, 0),
        (core & ~padded[2:, 1:-1], 1, 1),
        (core & ~padded[1:-1, :-2], 0, 1),
    )
    leaving: dict[Vertex, list[int]] = {}
    for direction, (edges, right, down) in enumerate(starts):
        for row, column in np.argwhere(edges).tolist():
            leaving.setdefault((column + right, row + down), []).append(direction)
    found = []
    for first in sorted(leaving):
        while leaving[first]:
            direction = leaving[first].pop()
            column, row = _INSIDE[direction]
            component = int(components[first[1] + row, first[0] + column])
            found.append((component, _walk(leaving, first, direction)))
    return found


def _walk(leaving: dict[Vertex, list[int]], first: Vertex, direction: int) -> list[Vertex]:
    loop = [first]
    column, row = _STEPS[direction]
    at = (first[0] + column, first[1] + row)
    # Back at the start the walk is over, unless the loop passes there twice.
    while at != first or (direction + 1) % 4 in leaving[at]:
        loop.append(at)
        ways = leaving[at]
        # Where two pixels meet at a corner the turn to the right stays with the same pixel.
        turn = (direction + 1) % 4
        direction = turn if turn in ways else ways[0]
        ways.remove(direction)
        column, row = _STEPS[direction]
        at = (at[0] + column, at[1] + row)
    return loop


def _signed_area(loop: Sequence[Vertex]) -> int:
    points = np.asarray(loop, dtype=np.int64)
    x, y = points[:, 0], points[:, 1]
    return int((x * np.roll(y, -1) - np.roll(x, -1) * y).sum())


def _join_holes(outer: list[Vertex], holes: list[list[Vertex]]) -> list[Vertex]:
    """Each hole hangs on what lies to its left in its top row: the outline, or an earlier hole."""
    for hole in sorted(holes, key=min):
        places = {vertex: index for index, vertex in enumerate(outer)}
        corner = min(hole)
        start = hole.index(corner)
        column, row = corner
        while (column, row) not in places:
            column -= 1
        index = places[column, row]
        outer = [
            *outer[: index + 1],
            *hole[start:],
            *hole[:start],
            corner,
            *outer[index:],
        ]
    return outer


def _without_straight_points(loop: list[Vertex]) -> FloatArray:
    points = np.asarray(loop, dtype=np.int64)
    arriving = np.sign(points - np.roll(points, 1, axis=0))
    leaving = np.roll(arriving, -1, axis=0)
    kept: FloatArray = points[(arriving != leaving).any(axis=1)].astype(np.float64)
    return kept
