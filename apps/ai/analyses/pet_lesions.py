"""PET uptake above a threshold: every region listed, none of them called a tumour.

Brain, heart, kidneys and bladder take up FDG too; which region matters is the reader's call.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset

from apps.ai.analyses import codes
from apps.ai.analyses.geometry import voxel_volume_ml
from apps.ai.analyses.liver_reference import (
    LiverReference,
    check_space,
    check_tracer,
    measure_liver,
)
from apps.ai.analyses.pet_card import CARD
from apps.ai.analyses.pet_parameters import (
    DEFAULT_PARAMETERS,
    PetParameters,
    printed_parameters,
    read_parameters,
)
from apps.ai.analyses.refusals import AnalysisRefused
from apps.ai.analyses.results import (
    AnalysisOutcome,
    ImageVolume,
    MeasuredValue,
    ProgressReporter,
    SegmentResult,
)
from apps.ai.analyses.suv_peak import find_suv_peak, sphere_shares
from apps.ai.analyses.uptake_regions import (
    UptakeRegion,
    regions_at_fixed_threshold,
    regions_at_own_maximum,
)
from apps.imaging.suv import PET_IMAGE_STORAGE, SuvRefused, SuvScaling, compute_suv_scaling

__all__ = ["CARD", "DEFAULT_PARAMETERS", "NAME", "SCOPE", "VERSION", "run"]

NAME = "PET uptake by threshold"
VERSION = "1.1.0"
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
        ``method``: ``fixed`` (SUVbw at or above ``threshold_suv``), ``relative``
        (``fraction_of_maximum`` of each region's own maximum, for every region that reaches
        ``threshold_suv``) or ``liver`` (SUVbw at or above 1.5 × mean + 2 SD of the liver);
        ``minimum_volume_ml``: smaller regions are counted, not listed; ``liver_point_lps``: where
        a person says the liver is, in the frame of reference ``liver_frame_of_reference_uid``.
        With it, regions measurable at baseline are named for every method; without it ``liver``
        is refused.
    progress:
        Told the fraction done and the stage; what it raises passes through.
    """
    try:
        chosen = read_parameters(parameters)
    except ValueError as error:
        return AnalysisOutcome.failed(
            reason_code="invalid_parameters", reason=str(error), parameters=dict(parameters)
        )
    printed = printed_parameters(chosen)
    liver: LiverReference | None = None
    warnings: list[tuple[str, str]] = []
    try:
        voxel_ml = voxel_volume_ml(volume=volume, headers=headers)
        progress(0.05, "suv")
        scaling = compute_suv_scaling(headers=headers)
        suv = scaling.apply(np.asarray(volume.voxels, dtype=np.float32))
        if not np.isfinite(suv).all():
            raise AnalysisRefused(code="voxels_not_finite", reason="The voxels hold NaN values.")
        if chosen.liver_point_lps is not None:
            warnings = check_tracer(headers)
            check_space(headers, chosen.liver_frame_of_reference_uid)
            liver = measure_liver(
                suv, affine_lps=volume.affine_lps, point_lps=chosen.liver_point_lps
            )
            printed["liver_reference"] = liver.as_dict()
        chosen = _with_liver_threshold(chosen, liver)
        printed |= printed_parameters(chosen)
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
    shares = sphere_shares(np.asarray(volume.affine_lps, dtype=float))
    segments = _measure_all(suv, listed, voxel_ml, chosen, shares)
    printed |= _name_regions(segments, liver)
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
        segments=segments, parameters=printed, warnings=[*scaling.warnings, *warnings]
    )


def _with_liver_threshold(chosen: PetParameters, liver: LiverReference | None) -> PetParameters:
    if chosen.method != "liver":
        return chosen
    if liver is None:
        raise AnalysisRefused(
            code="liver_reference_missing",
            reason="The liver threshold needs a point in the right lobe of the liver; nobody gave "
            "one, and it is not guessed.",
        )
    return replace(chosen, threshold_suv=liver.threshold_suv)


def _find_regions(
    suv: NDArray[np.float32], chosen: PetParameters, progress: ProgressReporter
) -> list[UptakeRegion]:
    if chosen.method != "relative":
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
    chosen: PetParameters,
    shares: NDArray[np.float64],
) -> list[SegmentResult]:
    """Measure and number the regions, the largest total uptake first."""
    measured = [(_measure(suv, item, voxel_ml, shares), item) for item in regions]
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


def _tracking_identifier(number: int, item: UptakeRegion, chosen: PetParameters) -> str:
    text = f"Uptake above threshold {number}"
    if chosen.method != "relative":
        return text
    ending = ", cut where it joins hotter uptake" if item.boundary == "saddle" else ""
    return f"{text} (SUVbw >= {item.threshold_suv:.2f} g/mL{ending})"


def _measure(
    suv: NDArray[np.float32],
    item: UptakeRegion,
    voxel_ml: float,
    shares: NDArray[np.float64],
) -> tuple[MeasuredValue, ...]:
    inside = suv[item.region.box][item.region.values].astype(np.float64)
    suv_mean = float(inside.mean())
    volume_ml = inside.size * voxel_ml
    peak = find_suv_peak(suv, region=item.region, shares=shares)
    measured = [
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
    ]
    if peak is not None:
        measured.insert(
            2,
            MeasuredValue(
                "suv_peak",
                peak.value,
                "g/mL",
                codes.SUV_BODY_WEIGHT,
                codes.UNIT_SUV_BODY_WEIGHT,
                codes.PEAK,
            ),
        )
    return tuple(measured)


def _name_regions(
    segments: Sequence[SegmentResult], liver: LiverReference | None
) -> dict[str, Any]:
    """Regions by number: without SUVpeak (its sphere leaves the image), and, where the liver is
    known, measurable at baseline. A region without SUVpeak is neither measurable nor not."""
    peaks = {
        number: _peak_of(segment.measurements) for number, segment in enumerate(segments, start=1)
    }
    named: dict[str, Any] = {
        "regions_without_suv_peak": [number for number, peak in peaks.items() if peak is None]
    }
    if liver is not None:
        named["regions_measurable_at_baseline"] = [
            number
            for number, peak in peaks.items()
            if peak is not None and peak >= liver.threshold_suv
        ]
    return named


def _peak_of(values: Sequence[MeasuredValue]) -> float | None:
    return next((item.value for item in values if item.quantity == "suv_peak"), None)


def _value(values: Sequence[MeasuredValue], quantity: str) -> float:
    return next(item.value for item in values if item.quantity == quantity)


def _summary(
    *,
    suv: NDArray[np.float32],
    listed: Sequence[UptakeRegion],
    dropped_ml: Sequence[float],
    voxel_ml: float,
    chosen: PetParameters,
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
