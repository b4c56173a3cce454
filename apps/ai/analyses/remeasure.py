"""Measure a finding anew after a person changed its mask, quantity by quantity.

What a person changed is measured with the same functions as what the model found, so that the two
can be compared. What has no function here is named and left out, never carried over: it would
be a number about another mask.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from apps.ai.analyses.diameters import measure_axes_mm
from apps.ai.analyses.results import MaskRegion

ML_PER_MM3 = 1e-3
OF_UPTAKE = frozenset({"suv_max", "suv_mean", "suv_peak", "total_lesion_glycolysis"})
"""They need the values under the mask and around it, in SUVbw (g/mL)."""


@dataclass(frozen=True, slots=True)
class Uptake:
    """SUVbw (g/mL) of the voxels inside a mask, in any order, and its SUVpeak where it has one."""

    inside: NDArray[np.float32]
    peak: float | None


def volume_ml(*, region: MaskRegion, affine_lps: NDArray[np.float64]) -> float:
    """Voxels × the volume of one."""
    voxel_mm3 = abs(float(np.linalg.det(np.asarray(affine_lps, dtype=float)[:3, :3])))
    return region.voxel_count * voxel_mm3 * ML_PER_MM3


def dice(first: MaskRegion, second: MaskRegion) -> float:
    """2 |A ∩ B| / (|A| + |B|) (Dice 1945), of two masks on one grid, not both empty.

    Raises
    ------
    ValueError
        The grids differ, or both masks are empty: nothing can be said then.
    """
    if first.shape != second.shape:
        raise ValueError("The masks lie on different grids.")
    total = first.voxel_count + second.voxel_count
    if total == 0:
        raise ValueError("Two empty masks have no overlap to speak of.")
    low = [max(a, b) for a, b in zip(first.start, second.start, strict=True)]
    high = [
        min(a + m, b + n)
        for a, b, m, n in zip(
            first.start, second.start, first.values.shape, second.values.shape, strict=True
        )
    ]
    if any(stop <= start for start, stop in zip(low, high, strict=True)):
        return 0.0
    shared = np.count_nonzero(_part(first, low, high) & _part(second, low, high))
    return 2.0 * shared / total


def _part(region: MaskRegion, low: Sequence[int], high: Sequence[int]) -> NDArray[np.bool_]:
    box = tuple(
        slice(first - start, last - start)
        for first, last, start in zip(low, high, region.start, strict=True)
    )
    return region.values[box]


def measure_again(
    *,
    measurements: Sequence[dict[str, Any]],
    region: MaskRegion,
    affine_lps: NDArray[np.float64],
    uptake: Uptake | None,
    box_lps: Sequence[Sequence[float]],
) -> tuple[list[dict[str, Any]], list[str]]:
    """The finding's measurements for another mask, and the quantities that were left out.

    Parameters
    ----------
    measurements :
        As a finding keeps them: quantity, value, unit and codes.
    uptake :
        None where there is none or it is not known.
    box_lps :
        Lowest and highest corner of the mask, LPS mm.
    """
    values = _values(region, affine_lps, uptake, box_lps)
    known = [one for one in measurements if one["quantity"] in values]
    left = [one["quantity"] for one in measurements if one["quantity"] not in values]
    return [{**one, "value": values[one["quantity"]]} for one in known], left


def _values(
    region: MaskRegion,
    affine_lps: NDArray[np.float64],
    uptake: Uptake | None,
    box_lps: Sequence[Sequence[float]],
) -> dict[str, float]:
    volume = volume_ml(region=region, affine_lps=affine_lps)
    long_mm, short_mm = measure_axes_mm(region=region, affine_lps=affine_lps)
    right_left, front_back, head_foot = (
        float(high - low) for low, high in zip(*box_lps, strict=True)
    )
    values = {
        "volume": volume,
        "metabolic_tumour_volume": volume,
        "long_axis": long_mm,
        "short_axis": short_mm,
        "mean_diameter": (long_mm + short_mm) / 2,
        "box_left_right": right_left,
        "box_front_back": front_back,
        "box_head_foot": head_foot,
    }
    if uptake is not None and uptake.inside.size:
        mean = float(uptake.inside.mean(dtype=np.float64))
        values |= {
            "suv_max": float(uptake.inside.max()),
            "suv_mean": mean,
            "total_lesion_glycolysis": volume * mean,
        }
        if uptake.peak is not None:
            values["suv_peak"] = uptake.peak
    return values
