"""A CT volume turned to the patient's axes, after what makes its numbers Hounsfield units is
checked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset

from apps.ai.analyses.geometry import voxel_volume_ml
from apps.ai.analyses.refusals import AnalysisRefused
from apps.ai.analyses.results import ImageVolume, MaskRegion

#: How far slices may be turned out of the axial plane: a positioning of the head, not a
#: coronal reconstruction.
_AXIAL_WITHIN_DEG = 20.0
#: A sheared grid (gantry tilt) bends every distance between slices.
_ORTHOGONAL_WITHIN_DEG = 0.5


@dataclass(frozen=True, slots=True)
class AxialCt:
    """A CT seen along the patient's axes; a view, nothing is copied.

    Attributes
    ----------
    hu:
        Hounsfield units, (foot to head, front to back, right to left).
    spacing_mm:
        In the same order.
    order, flips:
        How the volume's own axes (slice, row, column) were turned: transposed, then mirrored.
    first_z_mm:
        LPS z of the lowest slice, at the middle of the image.
    """

    hu: NDArray[np.float32]
    spacing_mm: tuple[float, float, float]
    order: tuple[int, int, int]
    flips: tuple[bool, bool, bool]
    voxel_ml: float
    first_z_mm: float

    def restore(self, region: MaskRegion) -> MaskRegion:
        """A region on the turned axes, back on the volume's own (slice, row, column)."""
        start = [
            size - first - length if flip else first
            for first, length, size, flip in zip(
                region.start, region.values.shape, region.shape, self.flips, strict=True
            )
        ]
        inverse = [self.order.index(axis) for axis in range(3)]
        values = _mirror(region.values, self.flips).transpose(inverse)
        return MaskRegion(
            values=np.ascontiguousarray(values),
            start=(start[inverse[0]], start[inverse[1]], start[inverse[2]]),
            shape=(
                region.shape[inverse[0]],
                region.shape[inverse[1]],
                region.shape[inverse[2]],
            ),
        )


def read_axial_ct(*, volume: ImageVolume, headers: Sequence[Dataset]) -> AxialCt:
    """Check geometry and units, and turn the volume to the patient's axes.

    Raises
    ------
    AnalysisRefused
        The slices are uneven, sheared or not axial; the header does not say that the values
        are Hounsfield units; or voxels have no value.
    """
    voxel_ml = voxel_volume_ml(volume=volume, headers=headers)
    _check_rescale(headers)
    order, flips, spacing_mm = _patient_axes(np.asarray(volume.affine_lps, dtype=float))
    hu = _mirror(np.asarray(volume.voxels).transpose(order), flips)
    return AxialCt(
        hu=hu,
        spacing_mm=spacing_mm,
        order=order,
        flips=flips,
        voxel_ml=voxel_ml,
        first_z_mm=_lowest_z_mm(volume),
    )


def _lowest_z_mm(volume: ImageVolume) -> float:
    slices, rows, columns = volume.voxels.shape
    ends = [
        float((volume.affine_lps @ [(columns - 1) / 2, (rows - 1) / 2, index, 1])[2])
        for index in (0, slices - 1)
    ]
    return min(ends)


def _check_rescale(headers: Sequence[Dataset]) -> None:
    """Rescale Slope and Intercept are Type 1 in a CT image; without them the unit is unknown
    (PS3.3 C.8.2.1)."""
    for header in headers:
        if any(header.get(name) is None for name in ("RescaleSlope", "RescaleIntercept")):
            raise AnalysisRefused(
                code="no_rescale",
                reason="An image lacks Rescale Slope or Intercept: its values may not be "
                "Hounsfield units.",
            )
        if str(header.get("RescaleType") or "HU") != "HU":
            raise AnalysisRefused(
                code="not_hounsfield",
                reason=f"The values are {header.RescaleType}, not Hounsfield units.",
            )


def _patient_axes(
    affine_lps: NDArray[np.float64],
) -> tuple[tuple[int, int, int], tuple[bool, bool, bool], tuple[float, float, float]]:
    """Which of (slice, row, column) runs along z, y and x, which must be mirrored, and steps."""
    steps = affine_lps[:3, [2, 1, 0]]
    lengths = np.linalg.norm(steps, axis=0)
    if not np.isfinite(lengths).all() or not lengths.all():
        raise AnalysisRefused(code="no_geometry", reason="The volume has no voxel size.")
    directions = steps / lengths
    cosines = np.abs(directions.T @ directions - np.eye(3))
    if cosines.max() > np.sin(np.deg2rad(_ORTHOGONAL_WITHIN_DEG)):
        raise AnalysisRefused(
            code="tilted_slices",
            reason="The slices are sheared against each other, as with a tilted gantry.",
        )
    if abs(directions[2, 0]) < np.cos(np.deg2rad(_AXIAL_WITHIN_DEG)):
        raise AnalysisRefused(
            code="not_axial",
            reason=f"The slices are more than {_AXIAL_WITHIN_DEG:g} degrees out of the axial "
            "plane.",
        )
    row_is_y = abs(directions[1, 1]) >= abs(directions[1, 2])
    order = (0, 1, 2) if row_is_y else (0, 2, 1)
    # z rises to the head, y to the back, x to the left (LPS).
    signs = [directions[axis, own] for axis, own in zip((2, 1, 0), order, strict=True)]
    flips = (signs[0] < 0, signs[1] < 0, signs[2] < 0)
    spacing = (float(lengths[order[0]]), float(lengths[order[1]]), float(lengths[order[2]]))
    return order, flips, spacing


def _mirror(values: NDArray[Any], flips: tuple[bool, bool, bool]) -> NDArray[Any]:
    return values[tuple(slice(None, None, -1 if flip else None) for flip in flips)]
