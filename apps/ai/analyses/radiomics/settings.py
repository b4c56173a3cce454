"""What a value depends on besides the voxels: kept with every value, for without it none repeats.

Source: IBSI reference manual (Zwanenburg et al., arXiv:1612.07003), chapter 2; the codes in
parentheses are the manual's.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any, Literal

from apps.ai.analyses.refusals import AnalysisRefused

Intensity = Literal["discrete", "continuous", "arbitrary"]
Discretisation = Literal["fixed_bin_number", "fixed_bin_size"]
Interpolation = Literal["trilinear", "nearest"]

#: A co-occurrence matrix has the square of it; the manual's own examples stay far below.
MAX_LEVELS = 256


@dataclass(frozen=True, slots=True)
class RadiomicsSettings:
    """How a segment is processed before it is measured.

    Attributes
    ----------
    intensity:
        What the voxels are. ``discrete``: calibrated whole numbers (CT, HU); ``continuous``:
        calibrated (PET, SUV); ``arbitrary``: not calibrated (most MR).
    intensity_unit:
        Printed beside the values; "1" where there is none.
    discretisation:
        ``fixed_bin_number`` (K15C): ``bin_number`` bins from the segment's lowest intensity to its
        highest. ``fixed_bin_size`` (Q3RU): bins of ``bin_size`` from the lower bound of
        ``resegmentation_range``.
    resegmentation_range:
        Lowest and highest intensity counted (USB3), both included; None for an open upper bound.
        It changes the intensity mask only, the shape stays as it was drawn.
    resampled_spacing_mm:
        Spacing (slice, row, column) the image is interpolated to, grids aligned at their centres
        (3WE3); None for an axis leaves it as it is, None for all does not interpolate.
    interpolation, mask_interpolation:
        Of the image and of the mask; a trilinear mask holds what reaches
        ``partial_volume_threshold`` (E8H9).
    volume_histogram_bin_size:
        Width of the bins of the intensity-volume histogram where the intensity is continuous.

    Raises
    ------
    AnalysisRefused
        ``invalid_settings``, or the name of the reason why these settings mean nothing together.
    """

    intensity: Intensity = "discrete"
    intensity_unit: str = "HU"
    discretisation: Discretisation = "fixed_bin_number"
    bin_number: int = 32
    bin_size: float | None = None
    resegmentation_range: tuple[float, float | None] | None = None
    resampled_spacing_mm: tuple[float | None, float | None, float | None] | None = None
    interpolation: Interpolation = "trilinear"
    mask_interpolation: Interpolation = "trilinear"
    partial_volume_threshold: float = 0.5
    volume_histogram_bin_size: float = 0.1

    def __post_init__(self) -> None:
        _check_choices(self)
        _check_numbers(self)
        _check_range(self.resegmentation_range)
        _check_combination(self)

    def as_dict(self) -> dict[str, Any]:
        """JSON-able; what is printed and stored beside each value."""
        return asdict(self)


def _invalid(reason: str) -> AnalysisRefused:
    return AnalysisRefused(code="invalid_settings", reason=reason)


def _check_choices(settings: RadiomicsSettings) -> None:
    if settings.intensity not in ("discrete", "continuous", "arbitrary"):
        raise _invalid("intensity is 'discrete', 'continuous' or 'arbitrary'.")
    if settings.discretisation not in ("fixed_bin_number", "fixed_bin_size"):
        raise _invalid("discretisation is 'fixed_bin_number' or 'fixed_bin_size'.")
    for name in ("interpolation", "mask_interpolation"):
        if getattr(settings, name) not in ("trilinear", "nearest"):
            raise _invalid(f"{name} is 'trilinear' or 'nearest'.")


def _is_number(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return math.isfinite(value)


def _check_numbers(settings: RadiomicsSettings) -> None:
    number = settings.bin_number
    if isinstance(number, bool) or not isinstance(number, int) or not 2 <= number <= MAX_LEVELS:
        raise _invalid(f"bin_number is a whole number from 2 to {MAX_LEVELS}.")
    positive = {
        "bin_size": settings.bin_size,
        "volume_histogram_bin_size": settings.volume_histogram_bin_size,
    }
    for name, value in positive.items():
        if value is not None and not (_is_number(value) and value > 0):
            raise _invalid(f"{name} is a number above 0.")
    threshold = settings.partial_volume_threshold
    if not (_is_number(threshold) and 0 < threshold <= 1):
        raise _invalid("partial_volume_threshold lies above 0 and not above 1.")
    spacing = settings.resampled_spacing_mm
    if spacing is None:
        return
    if len(spacing) != 3 or not all(
        one is None or (_is_number(one) and 0.05 <= one <= 100) for one in spacing
    ):
        raise _invalid("resampled_spacing_mm is three spacings from 0.05 to 100 mm, or None each.")


def _check_range(limits: tuple[float, float | None] | None) -> None:
    if limits is None:
        return
    if len(limits) != 2 or not _is_number(limits[0]):
        raise _invalid("resegmentation_range is a lower bound, and an upper bound or None.")
    upper = limits[1]
    if upper is not None and not (_is_number(upper) and limits[0] < upper):
        raise _invalid("The upper bound of resegmentation_range lies above the lower one.")


def _check_combination(settings: RadiomicsSettings) -> None:
    """The manual's table of recommended combinations (section 2.7); the others are refused."""
    limits = settings.resegmentation_range
    if settings.intensity == "arbitrary" and limits is not None:
        raise AnalysisRefused(
            code="range_without_unit",
            reason="A range of intensities means nothing where they have no calibrated unit.",
        )
    if settings.discretisation == "fixed_bin_size":
        if settings.bin_size is None:
            raise _invalid("fixed_bin_size needs bin_size.")
        if settings.intensity == "arbitrary":
            raise AnalysisRefused(
                code="bin_size_without_unit",
                reason="A fixed bin size means nothing where intensities have no calibrated unit.",
            )
        if limits is None:
            raise AnalysisRefused(
                code="bin_size_without_start",
                reason="With a fixed bin size the bins start at the lower bound of the "
                "re-segmentation range; without one a level means something else in each segment.",
            )
    elif settings.bin_size is not None:
        raise _invalid("bin_size belongs to fixed_bin_size.")
