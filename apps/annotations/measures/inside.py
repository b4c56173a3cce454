"""Which pixels belong to a region: those whose centre lies in it. Pure; (column, row) pixels.

Rectangles and ellipses keep their meaning under the change from millimetres to pixels, as it
is affine: corners and conjugate diameters are enough, and pixels need not be square.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from apps.annotations.measures.kind import Region
from apps.annotations.measures.values import Point

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

ON_EDGE = 1e-9
"""A centre on the edge of a rectangle or ellipse counts, whatever the last bit says."""


def pixels_inside(
    *, region: Region, points: Sequence[Point], rows: int, columns: int
) -> tuple[tuple[slice, slice], BoolArray]:
    """A box of the matrix, (rows, columns), and which of its pixels are inside.

    Parameters
    ----------
    points : of the arranged measurement, in sub-pixel (column, row).
    """
    vertices = np.asarray(points, dtype=np.float64)
    if region == "pixel":
        low = high = np.floor(vertices[0] + 0.5)
    else:
        low, high = _extent(region, vertices)
    size = np.array([columns, rows])
    first = np.clip(low, 0, size).astype(int)
    last = np.clip(high, -1, size - 1).astype(int)
    box = (slice(first[1], max(last[1] + 1, first[1])), slice(first[0], max(last[0] + 1, first[0])))
    across = np.arange(box[1].start, box[1].stop, dtype=np.float64)
    down = np.arange(box[0].start, box[0].stop, dtype=np.float64)
    if region == "pixel":
        return box, np.ones((down.size, across.size), dtype=np.bool_)
    if region == "polygon":
        return box, _in_polygon(vertices, across=across, down=down)
    return box, _in_figure(region, vertices, across=across, down=down)


def _extent(region: Region, vertices: FloatArray) -> tuple[FloatArray, FloatArray]:
    if region == "ellipse":
        a, b, c, d = vertices
        centre, reach = (a + b) / 2, np.hypot((b - a) / 2, (d - c) / 2)
        return np.ceil(centre - reach - ON_EDGE), np.floor(centre + reach + ON_EDGE)
    return np.ceil(vertices.min(axis=0) - ON_EDGE), np.floor(vertices.max(axis=0) + ON_EDGE)


def _in_figure(
    region: Region, vertices: FloatArray, *, across: FloatArray, down: FloatArray
) -> BoolArray:
    """p = o + s·u + t·v: a rectangle has 0 ≤ s, t ≤ 1, an ellipse s² + t² ≤ 1."""
    a, b, c, d = vertices
    origin, u, v = (
        ((a + b) / 2, (b - a) / 2, (d - c) / 2)
        if region == "ellipse"
        else (
            a,
            b - a,
            d - a,
        )
    )
    determinant = u[0] * v[1] - u[1] * v[0]
    if determinant == 0.0:
        return np.zeros((down.size, across.size), dtype=np.bool_)
    x, y = across[None] - origin[0], down[:, None] - origin[1]
    s = (x * v[1] - y * v[0]) / determinant
    t = (y * u[0] - x * u[1]) / determinant
    inside: BoolArray
    if region == "ellipse":
        inside = s * s + t * t <= 1 + ON_EDGE
    else:
        inside = (np.minimum(s, t) >= -ON_EDGE) & (np.maximum(s, t) <= 1 + ON_EDGE)
    return inside


def _in_polygon(vertices: FloatArray, *, across: FloatArray, down: FloatArray) -> BoolArray:
    """Even-odd rule row by row (Foley & van Dam, "Computer Graphics", 3.6).

    An edge counts for rows from its upper end up to, not including, its lower one, so that two
    outlines that share an edge share no row of pixels. Along a row both ends count.
    """
    inside = np.zeros((down.size, across.size), dtype=np.bool_)
    start, end = vertices, np.roll(vertices, -1, axis=0)
    low, high = np.minimum(start[:, 1], end[:, 1]), np.maximum(start[:, 1], end[:, 1])
    for index, row in enumerate(down):
        met = (low <= row) & (row < high)
        if not met.any():
            continue
        a, b = start[met], end[met]
        crossings = np.sort(a[:, 0] + (row - a[:, 1]) / (b[:, 1] - a[:, 1]) * (b[:, 0] - a[:, 0]))
        for left, right in zip(crossings[::2], crossings[1::2], strict=True):
            inside[index] |= (across >= left - ON_EDGE) & (across <= right + ON_EDGE)
    return inside
