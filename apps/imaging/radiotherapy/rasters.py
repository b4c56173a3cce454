"""Contours of a structure on the grid of images: a pixel is inside where its centre is (0121).

By even-odd over all contours of a plane, so that a keyhole's seam cancels itself. Pure numpy.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from apps.imaging.radiotherapy.structures import FLAT_MM, Contour

FloatArray = npt.NDArray[np.float64]


class Plane:
    """One image: where it lies, and how many pixels it has.

    Parameters
    ----------
    position_lps : centre of the first pixel, millimetres.
    orientation : direction cosines of rows, then of columns (PS3.3 C.7.6.2.1.1).
    pixel_spacing_mm : between rows, between columns.
    """

    def __init__(
        self,
        *,
        position_lps: Sequence[float],
        orientation: Sequence[float],
        pixel_spacing_mm: Sequence[float],
        rows: int,
        columns: int,
    ) -> None:
        axes = np.asarray(orientation, dtype=np.float64).reshape(2, 3)
        between_rows, between_columns = pixel_spacing_mm
        self.origin = np.asarray(position_lps, dtype=np.float64)
        self.normal = np.cross(axes[0], axes[1])
        # Rows of the matrix give (column, row) of a point in the plane.
        self.to_index = np.stack([axes[0] / between_columns, axes[1] / between_rows])
        self.shape = (rows, columns)

    def holds(self, points_lps: FloatArray) -> bool:
        away = (points_lps - self.origin) @ self.normal
        return bool(np.abs(away).max() <= FLAT_MM)


def rasterise(contours: Sequence[Contour], planes: Sequence[Plane]) -> npt.NDArray[np.bool_]:
    """A mask (slice, row, column) of areas that lie in the planes; what lies in none is left out.

    Parameters
    ----------
    contours : closed planar ones of one region.
    planes : of one size, in slice order.
    """
    rows, columns = planes[0].shape
    mask = np.zeros((len(planes), rows, columns), dtype=bool)
    for place, plane in enumerate(planes):
        polygons = [
            (one.points_lps - plane.origin) @ plane.to_index.T
            for one in contours
            if len(one.points_lps) >= 3 and plane.holds(one.points_lps)
        ]
        if polygons:
            mask[place] = fill_even_odd(polygons, rows=rows, columns=columns)
    return mask


def fill_even_odd(
    polygons: Sequence[FloatArray], *, rows: int, columns: int
) -> npt.NDArray[np.bool_]:
    """Whether each pixel's centre is inside, for polygons as (column, row) in pixel indices."""
    starts = np.concatenate(polygons)
    ends = np.concatenate([np.roll(one, -1, axis=0) for one in polygons])
    mask = np.zeros((rows, columns), dtype=bool)
    first = max(0, int(np.floor(starts[:, 1].min())))
    last = min(rows - 1, int(np.ceil(starts[:, 1].max())))
    centres = np.arange(columns)
    for row in range(first, last + 1):
        crosses = (starts[:, 1] <= row) != (ends[:, 1] <= row)
        if not crosses.any():
            continue
        a, b = starts[crosses], ends[crosses]
        at = np.sort(a[:, 0] + (row - a[:, 1]) / (b[:, 1] - a[:, 1]) * (b[:, 0] - a[:, 0]))
        mask[row] = np.searchsorted(at, centres) % 2 == 1
    return mask
