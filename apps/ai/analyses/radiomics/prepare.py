"""Image processing before any feature: interpolation, re-segmentation, discretisation.

Source: IBSI reference manual, sections 2.4 (interpolation), 2.5 (re-segmentation) and 2.7
(discretisation). Arrays are (slice, row, column).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from apps.ai.analyses.radiomics.settings import MAX_LEVELS, RadiomicsSettings
from apps.ai.analyses.refusals import AnalysisRefused

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]
Spacing = tuple[float, float, float]
Box = tuple[slice, slice, slice]

#: Fewer than 3 × 3 × 3 voxels hold not one whole neighbourhood: textures would be all edge.
MIN_VOXELS = 27
#: What one answer may cost in memory and time.
MAX_VOXELS = 1_000_000
MAX_BOX_VOXELS = 8_000_000
#: Radius of a sphere of 1 cm³ (VJGA); that much of the image around the segment is kept.
PEAK_RADIUS_MM = 10 * (3 / (4 * math.pi)) ** (1 / 3)


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a cut-out lies in its image: the grid measured on is aligned at the image's centre.

    Attributes
    ----------
    start:
        Index (slice, row, column) of the cut-out's first voxel.
    shape:
        Of the whole image.
    """

    start: tuple[int, int, int]
    shape: tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class PreparedSegment:
    """A segment ready to be measured, cut out of its image with a rim for the local peak.

    Attributes
    ----------
    image:
        Intensities of the cut-out.
    morphology, intensity:
        The mask as drawn (G5KJ), and what re-segmentation left of it (SEFI).
    levels:
        Grey levels 1 to ``level_count`` inside the intensity mask, 0 elsewhere; None where the
        whole segment is of one grey level.
    level_count:
        Number of grey levels, absent ones included.
    spacing_mm:
        Of the grid measured on, (slice, row, column).
    """

    image: FloatArray
    morphology: BoolArray
    intensity: BoolArray
    levels: NDArray[np.int32] | None
    level_count: int
    spacing_mm: Spacing
    settings: RadiomicsSettings

    @property
    def intensities(self) -> FloatArray:
        """Of the intensity mask, in array order."""
        return self.image[self.intensity]

    @property
    def slice_count(self) -> int:
        return int(np.count_nonzero(self.morphology.any(axis=(1, 2))))

    def as_dict(self) -> dict[str, Any]:
        return {
            "spacing_mm": list(self.spacing_mm),
            "voxels": int(np.count_nonzero(self.morphology)),
            "voxels_counted": int(np.count_nonzero(self.intensity)),
            "slices": self.slice_count,
            "grey_levels": self.level_count,
        }


def prepare_segment(
    *,
    voxels: NDArray[Any],
    mask: NDArray[Any],
    spacing_mm: Spacing,
    settings: RadiomicsSettings,
    placement: Placement | None = None,
) -> PreparedSegment:
    """Interpolate, re-segment and discretise.

    Parameters
    ----------
    placement:
        Of a cut-out; it keeps ``margin_voxels`` around the segment, less at the image's edges.

    Raises
    ------
    AnalysisRefused
        ``empty_segment``, ``too_few_voxels``, ``segment_too_large``, ``voxels_not_finite``,
        ``intensities_not_whole``, ``too_many_levels``, ``no_geometry``, ``shape_mismatch``.
    """
    _check_input(voxels, mask, spacing_mm)
    target = _target_spacing(spacing_mm, settings)
    present = np.asarray(mask, dtype=bool)
    box = _box_of(present)
    _check_size(present, box, spacing_mm, target)
    image, morphology = _interpolated(
        voxels,
        present,
        box=box,
        spacing_mm=spacing_mm,
        target=target,
        settings=settings,
        placement=placement or Placement((0, 0, 0), voxels.shape),
    )
    if not morphology.any():
        raise AnalysisRefused(
            code="empty_segment", reason="Nothing of the segment is left after interpolation."
        )
    if not np.isfinite(image[morphology]).all():
        raise AnalysisRefused(code="voxels_not_finite", reason="The voxels hold NaN values.")
    intensity = morphology & _in_range(image, settings)
    count = int(np.count_nonzero(intensity))
    if count < MIN_VOXELS:
        raise AnalysisRefused(
            code="too_few_voxels",
            reason=f"{count} voxels are left to measure, fewer than {MIN_VOXELS}.",
        )
    values = image[intensity]
    if settings.intensity == "discrete" and not np.array_equal(values, np.rint(values)):
        raise AnalysisRefused(
            code="intensities_not_whole",
            reason="The intensities are not whole numbers: they are not discrete.",
        )
    found = _discretised(values, settings)
    levels, level_count = None, 1
    if found is not None:
        level_count = int(found.max())
        levels = np.zeros(image.shape, dtype=np.int32)
        levels[intensity] = found
    return PreparedSegment(image, morphology, intensity, levels, level_count, target, settings)


def margin_voxels(*, spacing_mm: Spacing, settings: RadiomicsSettings) -> tuple[int, int, int]:
    """Voxels (slice, row, column) a cut-out keeps around its segment: what is measured sees."""
    target = _target_spacing(spacing_mm, settings)
    slices, rows, columns = (
        math.ceil((PEAK_RADIUS_MM + 3 * new) / own) + 2
        for own, new in zip(spacing_mm, target, strict=True)
    )
    return slices, rows, columns


def spacing_of_affine(affine_lps: NDArray[Any]) -> Spacing:
    """Spacing (slice, row, column) in mm of a matrix from (column, row, slice, 1) to LPS.

    Raises
    ------
    AnalysisRefused
        ``no_geometry``: the axes are not at right angles, or have no length.
    """
    axes = np.asarray(affine_lps, dtype=np.float64)[:3, :3]
    lengths = np.linalg.norm(axes, axis=0)
    if not np.isfinite(lengths).all() or lengths.min() <= 0:
        raise AnalysisRefused(code="no_geometry", reason="The volume has no voxel size.")
    unit = axes / lengths
    if np.abs(unit.T @ unit - np.eye(3)).max() > 1e-3:
        raise AnalysisRefused(
            code="no_geometry", reason="The axes of the volume are not at right angles."
        )
    return float(lengths[2]), float(lengths[1]), float(lengths[0])


def _check_input(voxels: NDArray[Any], mask: NDArray[Any], spacing_mm: Spacing) -> None:
    if voxels.ndim != 3 or voxels.shape != mask.shape:
        raise AnalysisRefused(
            code="shape_mismatch",
            reason=f"The image is {voxels.shape}, the mask {mask.shape}: not one grid of voxels.",
        )
    if len(spacing_mm) != 3 or not all(math.isfinite(one) and one > 0 for one in spacing_mm):
        raise AnalysisRefused(code="no_geometry", reason="The volume has no voxel size.")


def _target_spacing(spacing_mm: Spacing, settings: RadiomicsSettings) -> Spacing:
    wanted = settings.resampled_spacing_mm or (None, None, None)
    slices, rows, columns = (
        own if asked is None else float(asked)
        for own, asked in zip(spacing_mm, wanted, strict=True)
    )
    return slices, rows, columns


def _box_of(present: BoolArray) -> Box:
    starts = []
    for axis in range(3):
        others = tuple(other for other in range(3) if other != axis)
        filled = np.flatnonzero(present.any(axis=others))
        if filled.size == 0:
            raise AnalysisRefused(code="empty_segment", reason="The segment holds no voxel.")
        starts.append(slice(int(filled[0]), int(filled[-1]) + 1))
    first, second, third = starts
    return first, second, third


def _check_size(present: BoolArray, box: Box, spacing_mm: Spacing, target: Spacing) -> None:
    growth = math.prod(spacing_mm) / math.prod(target)
    rims = [2 * math.ceil(PEAK_RADIUS_MM / one) + 4 for one in target]
    extent = math.prod(
        (side.stop - side.start) * own / new + rim
        for side, own, new, rim in zip(box, spacing_mm, target, rims, strict=True)
    )
    if np.count_nonzero(present[box]) * growth > MAX_VOXELS or extent > MAX_BOX_VOXELS:
        raise AnalysisRefused(
            code="segment_too_large",
            reason=f"The segment has more than {MAX_VOXELS} voxels, or spreads too far, on the "
            "grid asked for.",
        )


def _interpolated(
    voxels: NDArray[Any],
    present: BoolArray,
    *,
    box: Box,
    spacing_mm: Spacing,
    target: Spacing,
    settings: RadiomicsSettings,
    placement: Placement,
) -> tuple[FloatArray, BoolArray]:
    """The cut-out on the grid measured on; untouched where no axis is interpolated."""
    rims = [math.ceil(PEAK_RADIUS_MM / one) + 1 for one in target]
    positions = [
        _inside(grid_positions(count=whole, spacing=own, target=new) - start, count, start, whole)
        for count, start, whole, own, new in zip(
            voxels.shape, placement.start, placement.shape, spacing_mm, target, strict=True
        )
    ]
    kept = [
        _near(places, side, rim) for places, side, rim in zip(positions, box, rims, strict=True)
    ]
    if target == spacing_mm:
        cut = tuple(slice(int(places[0]), int(places[-1]) + 1) for places in kept)
        return voxels[cut].astype(np.float64), present[cut]
    image = sample(voxels, kept, settings.interpolation)
    if settings.intensity == "discrete":
        image = np.floor(image + 0.5)
    share = sample(present, kept, settings.mask_interpolation)
    # A share that is the threshold but for the last bit counts.
    return image, share >= settings.partial_volume_threshold - 1e-9


def grid_positions(*, count: int, spacing: float, target: float) -> FloatArray:
    """Places of the new grid along one axis, in indices of the old; centres aligned (3WE3)."""
    if spacing == target:
        return np.arange(count, dtype=np.float64)
    # 10 × 0.3 / 1.5 is 2 and a bit in binary: not one voxel more.
    new_count = math.ceil(round(count * spacing / target, 9))
    step = target / spacing
    first = 0.5 * (count - 1 - step * (new_count - 1))
    return first + step * np.arange(new_count, dtype=np.float64)


def _inside(places: FloatArray, count: int, start: int, whole: int) -> FloatArray:
    """Those the cut-out can tell; beyond its edges only where they are the image's own."""
    first = -np.inf if start == 0 else 0
    last = np.inf if start + count == whole else count - 1
    return places[(places >= first) & (places <= last)]


def _near(positions: FloatArray, side: slice, rim: int) -> FloatArray:
    """Those that may hold a part of the box, and a rim around them."""
    inside = np.flatnonzero((positions > side.start - 1) & (positions < side.stop))
    first = inside[0] if inside.size else int(np.argmin(np.abs(positions - side.start)))
    last = inside[-1] if inside.size else first
    return positions[max(first - rim, 0) : last + rim + 1]


def sample(values: NDArray[Any], positions: list[FloatArray], how: str) -> FloatArray:
    """Values at a grid of places in indices, one axis after the other; edges are continued."""
    if how == "nearest":
        nearest = [
            np.clip(np.floor(places + 0.5).astype(int), 0, count - 1)
            for places, count in zip(positions, values.shape, strict=True)
        ]
        return values[np.ix_(*nearest)].astype(np.float64)
    lows = [
        np.clip(np.floor(places).astype(int), 0, max(count - 2, 0))
        for places, count in zip(positions, values.shape, strict=True)
    ]
    firsts = [int(low.min()) for low in lows]
    cut = tuple(slice(first, int(low.max()) + 2) for first, low in zip(firsts, lows, strict=True))
    result = values[cut].astype(np.float64)
    for axis, (places, low, first) in enumerate(zip(positions, lows, firsts, strict=True)):
        if result.shape[axis] == 1:
            result = np.take(result, np.zeros(places.size, dtype=int), axis=axis)
            continue
        shape = [1, 1, 1]
        shape[axis] = places.size
        weight = np.clip(places - low, 0.0, 1.0).reshape(shape)
        below = np.take(result, low - first, axis=axis)
        above = np.take(result, low - first + 1, axis=axis)
        result = below * (1 - weight) + above * weight
    return result


def _in_range(image: FloatArray, settings: RadiomicsSettings) -> BoolArray:
    limits = settings.resegmentation_range
    if limits is None:
        return np.ones(image.shape, dtype=bool)
    lower, upper = limits
    with np.errstate(invalid="ignore"):
        inside: BoolArray = image >= lower
        return inside if upper is None else inside & (image <= upper)


def _discretised(values: FloatArray, settings: RadiomicsSettings) -> NDArray[np.int32] | None:
    """Grey levels from 1; None where all voxels share one: nothing is left to tell apart."""
    lowest, highest = float(values.min()), float(values.max())
    if lowest == highest:
        return None
    if settings.discretisation == "fixed_bin_number":
        number = settings.bin_number
        share = (values - lowest) / (highest - lowest)
        found = np.minimum(np.floor(number * share) + 1, number)
    else:
        assert settings.bin_size is not None and settings.resegmentation_range is not None
        start = settings.resegmentation_range[0]
        if (highest - start) / settings.bin_size >= MAX_LEVELS:
            raise AnalysisRefused(
                code="too_many_levels",
                reason=f"The segment would have more than {MAX_LEVELS} grey levels of this size.",
            )
        found = np.floor((values - start) / settings.bin_size) + 1
    levels = found.astype(np.int32)
    return None if levels.min() == levels.max() else levels
