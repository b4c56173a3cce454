"""Voxels that a region of a structure set encloses, on the grid of the images it was drawn on."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from apps.imaging.radiotherapy.structures import AREAS, FLAT_MM, Contour

FloatArray = npt.NDArray[np.float64]


class BetweenSlices(Exception):
    """A contour lies in no plane of the images, or across them: its voxels would be a guess."""


class OpenContours(Exception):
    """The region has contours that enclose nothing."""


def fill_contours(
    contours: Sequence[Contour], *, affine_lps: FloatArray, shape: tuple[int, int, int]
) -> npt.NDArray[np.bool_]:
    """Voxels (slice, row, column) whose middle lies inside, by even-odd: holes stay holes.

    Parameters
    ----------
    affine_lps : (column, row, slice, 1) to LPS millimetres.

    Raises
    ------
    BetweenSlices, OpenContours
        Nothing is filled by a guess.
    """
    mask = np.zeros(shape, dtype=bool)
    to_index = np.linalg.inv(affine_lps)
    slice_mm = float(np.linalg.norm(affine_lps[:3, 2]))
    for contour in contours:
        if contour.kind not in AREAS:
            raise OpenContours(contour.kind)
        index = np.c_[contour.points_lps, np.ones(len(contour.points_lps))] @ to_index.T
        plane = round(float(index[:, 2].mean()))
        away_mm = float(np.abs(index[:, 2] - plane).max()) * slice_mm
        if away_mm > FLAT_MM or not 0 <= plane < shape[0]:
            raise BetweenSlices
        mask[plane] ^= _fill(index[:, :2], shape[1:])
    return mask


def _fill(polygon: FloatArray, shape: tuple[int, int]) -> npt.NDArray[np.bool_]:
    """Pixels (row, column) of a polygon whose corners are (column, row)."""
    filled = np.zeros(shape, dtype=bool)
    following = np.roll(polygon, -1, axis=0)
    first = max(0, int(np.ceil(polygon[:, 1].min())))
    last = min(shape[0] - 1, int(np.floor(polygon[:, 1].max())))
    columns = np.arange(shape[1])
    for row in range(first, last + 1):
        crosses = (polygon[:, 1] <= row) != (following[:, 1] <= row)
        a, b = polygon[crosses], following[crosses]
        at = np.sort(a[:, 0] + (row - a[:, 1]) / (b[:, 1] - a[:, 1]) * (b[:, 0] - a[:, 0]))
        filled[row] = np.searchsorted(at, columns) % 2 == 1
    return filled
