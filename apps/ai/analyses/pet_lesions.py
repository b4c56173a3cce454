"""PET uptake above a threshold: every region listed, none of them called a tumour.

Brain, heart, kidneys and bladder take up FDG too; which region matters is the reader's call.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset

from apps.ai.analyses import codes
from apps.ai.analyses.geometry import voxel_volume_ml
from apps.ai.analyses.pet_card import CARD
from apps.ai.analyses.refusals import AnalysisRefused
from apps.ai.analyses.results import (
    AnalysisOutcome,
    ImageVolume,
    MeasuredValue,
    ProgressReporter,
    SegmentResult,
)
from apps.ai.analyses.uptake_regions import (
    UptakeRegion,
    regions_at_fixed_threshold,
    regions_at_own_maximum,
)
from apps.imaging.suv import PET_IMAGE_STORAGE, SuvRefused, SuvScaling, compute_suv_scaling

__all__ = ["CARD", "DEFAULT_PARAMETERS", "NAME", "SCOPE", "VERSION", "run"]

NAME = "PET uptake by threshold"
VERSION = "1.0.0"
METHODS = ("fixed", "relative")
DEFAULT_PARAMETERS: Mapping[str, Any] = {
    "method": "fixed",
    "threshold_suv": 4.0,
    "fraction_of_maximum": 0.41,
    "minimum_volume_ml": 0.0,
}

#: Rules asked before anything is computed; see ``apps.ai.scope``. What only the full header can
#: tell (dose, weight, decay correction) is refused by ``run`` itself.
SCOPE: Mapping[str, Any] = {
    "rules": [
        {
            "attribute": "Modality",
            "any_of": ["PT"],
            "code": "modality",
            "message": "This analysis reads PET only.",
        },
        {
            "attribute": "SOPClassUID",
            "any_of": [PET_IMAGE_STORAGE],
            "code": "sop_class",
            "message": "This analysis reads single-frame PET images only.",
        },
        {
            "geometry": "slice_count",
            "min": 2,
            "code": "too_few_slices",
            "message": "A volume needs at least two slices.",
        },
    ]
}

#: More separate regions than this are noise or wrong units; listing them would help nobody.
MAX_REGIONS = 500


@dataclass(frozen=True, slots=True)
class _Parameters:
    method: str
    threshold_suv: float
    fraction_of_maximum: float
    minimum_volume_ml: float


def run(
    *,
    volume: ImageVolume,
    headers: Sequence[Dataset],
    parameters: Mapping[str, Any],
    progress: ProgressReporter,
) -> AnalysisOutcome:
    """List the regions of a PET series whose SUVbw reaches a threshold.

    Parameters
    ----------
    volume:
        Voxels after the Modality LUT, (slice, row, column).
    headers:
        One PET header per slice, in the same order.
    parameters:
        ``method``: ``fixed`` (SUVbw at or above ``threshold_suv``) or ``relative``
        (``fraction_of_maximum`` of each region's own maximum, for every region that reaches
        ``threshold_suv``); ``minimum_volume_ml``: smaller regions are counted, not listed.
    progress:
        Told the fraction done and the stage; what it raises passes through.
    """
    try:
        chosen = _read_parameters(parameters)
    except ValueError as error:
        return AnalysisOutcome.failed(
            reason_code="invalid_parameters", reason=str(error), parameters=dict(parameters)
        )
    printed = _printed_parameters(chosen)
    try:
        voxel_ml = voxel_volume_ml(volume=volume, headers=headers)
        progress(0.05, "suv")
        scaling = compute_suv_scaling(headers=headers)
        suv = scaling.apply(np.asarray(volume.voxels, dtype=np.float32))
        if not np.isfinite(suv).all():
            raise AnalysisRefused(code="voxels_not_finite", reason="The voxels hold NaN values.")
        progress(0.2, "regions")
        regions = _find_regions(suv, chosen, progress)
    except (AnalysisRefused, SuvRefused) as refused:
        return AnalysisOutcome.out_of_scope(
            reason_code=refused.code, reason=refused.reason, parameters=printed
        )
    progress(0.8, "measurements")
    listed, dropped_ml = _split_by_size(regions, voxel_ml, chosen.minimum_volume_ml)
    if len(listed) > MAX_REGIONS:
        return AnalysisOutcome.out_of_scope(
            reason_code="too_many_regions",
            reason=f"{len(listed)} separate regions reach the threshold, more than {MAX_REGIONS}: "
            "the image is too noisy, or its units are wrong.",
            parameters=printed,
        )
    segments = _measure_all(suv, listed, voxel_ml, chosen)
    printed |= _summary(
        suv=suv,
        listed=listed,
        dropped_ml=dropped_ml,
        voxel_ml=voxel_ml,
        chosen=chosen,
        scaling=scaling,
    )
    progress(1.0, "done")
    return AnalysisOutcome.from_segments(
        segments=segments, parameters=printed, warnings=scaling.warnings
    )


def _read_parameters(parameters: Mapping[str, Any]) -> _Parameters:
    unknown = sorted(set(parameters) - set(DEFAULT_PARAMETERS))
    if unknown:
        raise ValueError(f"Unknown parameter: {', '.join(unknown)}.")
    values = {**DEFAULT_PARAMETERS, **parameters}
    if values["method"] not in METHODS:
        raise ValueError("method is 'fixed' or 'relative'.")
    for name in ("threshold_suv", "fraction_of_maximum", "minimum_volume_ml"):
        value = values[name]
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise ValueError(f"{name} is a number.")
        if not math.isfinite(value):
            raise ValueError(f"{name} is a finite number.")
    if not 0 < values["threshold_suv"] <= 100:
        raise ValueError("threshold_suv lies between 0 and 100 g/mL.")
    if not 0 < values["fraction_of_maximum"] < 1:
        raise ValueError("fraction_of_maximum lies between 0 and 1.")
    if values["minimum_volume_ml"] < 0:
        raise ValueError("minimum_volume_ml is not negative.")
    return _Parameters(
        method=str(values["method"]),
        threshold_suv=float(values["threshold_suv"]),
        fraction_of_maximum=float(values["fraction_of_maximum"]),
        minimum_volume_ml=float(values["minimum_volume_ml"]),
    )


def _printed_parameters(chosen: _Parameters) -> dict[str, Any]:
    """What is printed beside every number: without its threshold an MTV means nothing."""
    if chosen.method == "fixed":
        rule = f"SUVbw >= {chosen.threshold_suv:g} g/mL"
    else:
        rule = (
            f"SUVbw >= {chosen.fraction_of_maximum * 100:g} % of each region's own maximum, "
            f"for regions that reach {chosen.threshold_suv:g} g/mL"
        )
    return {
        "method": chosen.method,
        "threshold_suv": chosen.threshold_suv,
        "fraction_of_maximum": (
            chosen.fraction_of_maximum if chosen.method == "relative" else None
        ),
        "threshold": rule,
        "connectivity": 26,
        "minimum_volume_ml": chosen.minimum_volume_ml,
    }


def _find_regions(
    suv: NDArray[np.float32], chosen: _Parameters, progress: ProgressReporter
) -> list[UptakeRegion]:
    if chosen.method == "fixed":
        return regions_at_fixed_threshold(suv, threshold_suv=chosen.threshold_suv)
    return regions_at_own_maximum(
        suv,
        seed_threshold_suv=chosen.threshold_suv,
        fraction=chosen.fraction_of_maximum,
        on_progress=lambda fraction: progress(0.2 + 0.6 * fraction, "regions"),
    )


def _split_by_size(
    regions: Sequence[UptakeRegion], voxel_ml: float, minimum_volume_ml: float
) -> tuple[list[UptakeRegion], list[float]]:
    """Regions to list, and the volumes of those too small."""
    listed: list[UptakeRegion] = []
    dropped_ml: list[float] = []
    for item in regions:
        volume_ml = item.region.voxel_count * voxel_ml
        if volume_ml < minimum_volume_ml:
            dropped_ml.append(volume_ml)
        else:
            listed.append(item)
    return listed, dropped_ml


def _measure_all(
    suv: NDArray[np.float32],
    regions: Sequence[UptakeRegion],
    voxel_ml: float,
    chosen: _Parameters,
) -> list[SegmentResult]:
    """Measure and number the regions, the largest total uptake first."""
    measured = [(_measure(suv, item, voxel_ml), item) for item in regions]
    measured.sort(
        key=lambda pair: (-_value(pair[0], "total_lesion_glycolysis"), pair[1].region.start)
    )
    return [
        SegmentResult(
            label=f"Uptake above threshold {number}",
            code=codes.REGION_OF_INTEREST,
            category=codes.SPATIAL_CONCEPT,
            region=item.region,
            measurements=values,
            tracking_identifier=_tracking_identifier(number, item, chosen),
        )
        for number, (values, item) in enumerate(measured, start=1)
    ]


def _tracking_identifier(number: int, item: UptakeRegion, chosen: _Parameters) -> str:
    text = f"Uptake above threshold {number}"
    if chosen.method == "fixed":
        return text
    ending = ", cut where it joins hotter uptake" if item.boundary == "saddle" else ""
    return f"{text} (SUVbw >= {item.threshold_suv:.2f} g/mL{ending})"


def _measure(
    suv: NDArray[np.float32], item: UptakeRegion, voxel_ml: float
) -> tuple[MeasuredValue, ...]:
    inside = suv[item.region.box][item.region.values].astype(np.float64)
    suv_mean = float(inside.mean())
    volume_ml = inside.size * voxel_ml
    return (
        MeasuredValue(
            "suv_max",
            float(inside.max()),
            "g/mL",
            codes.SUV_BODY_WEIGHT,
            codes.UNIT_SUV_BODY_WEIGHT,
            codes.MAXIMUM,
        ),
        MeasuredValue(
            "suv_mean",
            suv_mean,
            "g/mL",
            codes.SUV_BODY_WEIGHT,
            codes.UNIT_SUV_BODY_WEIGHT,
            codes.MEAN,
        ),
        MeasuredValue(
            "metabolic_tumour_volume",
            volume_ml,
            "mL",
            codes.METABOLIC_VOLUME,
            codes.UNIT_MILLILITRE,
        ),
        MeasuredValue(
            "total_lesion_glycolysis",
            volume_ml * suv_mean,
            "g",
            codes.TOTAL_LESION_GLYCOLYSIS,
            codes.UNIT_GRAM,
        ),
    )


def _value(values: Sequence[MeasuredValue], quantity: str) -> float:
    return next(item.value for item in values if item.quantity == quantity)


def _summary(
    *,
    suv: NDArray[np.float32],
    listed: Sequence[UptakeRegion],
    dropped_ml: Sequence[float],
    voxel_ml: float,
    chosen: _Parameters,
    scaling: SuvScaling,
) -> dict[str, Any]:
    """How the run came out as a whole: nothing above the threshold goes unmentioned."""
    above = int(np.count_nonzero(suv >= chosen.threshold_suv))
    covered = sum(
        int(np.count_nonzero(suv[item.region.box][item.region.values] >= chosen.threshold_suv))
        for item in listed
    )
    return {
        "suv": scaling.provenance,
        "voxel_volume_ml": voxel_ml,
        "regions_listed": len(listed),
        "regions_below_minimum_volume": len(dropped_ml),
        "volume_below_minimum_ml": float(sum(dropped_ml)),
        "volume_above_threshold_ml": above * voxel_ml,
        "volume_above_threshold_outside_regions_ml": (above - covered) * voxel_ml,
    }
