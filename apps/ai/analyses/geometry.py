"""Geometry an analysis needs before it may give volumes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from pydicom.dataset import Dataset

from apps.ai.analyses.refusals import AnalysisRefused
from apps.ai.analyses.results import ImageVolume

#: Slices further off the regular grid than this are missing or irregular, not rounded.
_SPACING_TOLERANCE_MM = 0.1


def voxel_volume_ml(*, volume: ImageVolume, headers: Sequence[Dataset]) -> float:
    """Volume of one voxel in millilitres.

    Raises
    ------
    AnalysisRefused
        The headers do not belong to the voxels, or the slices are not evenly spaced.
    """
    slices = volume.voxels.shape[0]
    if len(headers) != slices:
        raise AnalysisRefused(
            code="slice_count_mismatch",
            reason=f"The volume has {slices} slices, the series {len(headers)} images.",
        )
    _check_even_spacing(headers, slice_step_lps=volume.affine_lps[:3, 2])
    determinant = abs(float(np.linalg.det(np.asarray(volume.affine_lps, dtype=float)[:3, :3])))
    if not np.isfinite(determinant) or determinant <= 0:
        raise AnalysisRefused(code="no_geometry", reason="The volume has no voxel size.")
    return determinant / 1000.0


def _check_even_spacing(headers: Sequence[Dataset], *, slice_step_lps: np.ndarray) -> None:
    positions = []
    for header in headers:
        position = header.get("ImagePositionPatient")
        if position is None or len(position) != 3:
            raise AnalysisRefused(
                code="no_geometry", reason="An image lacks Image Position (Patient)."
            )
        positions.append([float(value) for value in position])
    if len(positions) < 2:
        raise AnalysisRefused(code="too_few_slices", reason="A volume needs at least two slices.")
    steps = np.diff(np.array(positions), axis=0)
    deviation = np.linalg.norm(steps - np.asarray(slice_step_lps, dtype=float), axis=1)
    if float(deviation.max()) > _SPACING_TOLERANCE_MM:
        raise AnalysisRefused(
            code="slices_not_evenly_spaced",
            reason="Slices are missing or unevenly spaced "
            f"(off by up to {float(deviation.max()):.2f} mm): volumes would be wrong.",
        )
