"""Nodule candidates on chest CT: solid round pieces in the lungs, none of them called a nodule.

Classical: thresholds, closing and shape. What it finds and misses is measured in ``nodule_card``.
A scan with too little lung, or lungs that look wrong, is refused and never "no findings".
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
from apps.ai.analyses.ct_plausibility import describe_ct
from apps.ai.analyses.ct_volume import AxialCt, read_axial_ct
from apps.ai.analyses.diameters import measure_axes_mm
from apps.ai.analyses.lungs import LUNG_BELOW_HU, RIGHT, Lungs, find_lungs
from apps.ai.analyses.nodule_candidates import SEARCHES, Candidate, find_candidates
from apps.ai.analyses.nodule_card import CARD
from apps.ai.analyses.refusals import AnalysisRefused
from apps.ai.analyses.results import (
    AnalysisOutcome,
    ImageVolume,
    MaskRegion,
    MeasuredValue,
    ProgressReporter,
    SegmentResult,
)

__all__ = ["CARD", "DEFAULT_PARAMETERS", "NAME", "SCOPE", "VERSION", "run"]

NAME = "Nodule candidates on chest CT"
VERSION = "1.1.0"
DEFAULT_PARAMETERS: Mapping[str, Any] = {"minimum_diameter_mm": 4.0}
CT_IMAGE_STORAGE = "1.2.840.10008.5.1.4.1.1.2"

#: Rules asked before anything is computed; see ``apps.ai.scope``. What only the voxels can tell
#: (units, tilt, enough lung) is refused by ``run`` itself.
SCOPE: Mapping[str, Any] = {
    "rules": [
        {
            "attribute": "Modality",
            "any_of": ["CT"],
            "code": "modality",
            "message": "This analysis reads CT only.",
        },
        {
            "attribute": "SOPClassUID",
            "any_of": [CT_IMAGE_STORAGE],
            "code": "sop_class",
            "message": "This analysis reads single-frame CT images only.",
        },
        {
            "geometry": "slice_spacing_mm",
            "min": 0.3,
            "max": 5.01,
            "code": "slice_spacing",
            "message": "Slices must be 0.3 to 5 mm apart: between thicker ones nodules are lost.",
        },
        {
            "attribute": "SliceThickness",
            "min": 0.3,
            "max": 5.01,
            "code": "slice_thickness",
            "message": "Slices must be at most 5 mm thick: in thicker ones nodules fade.",
        },
        {
            "geometry": "column_spacing_mm",
            "min": 0.3,
            "max": 1.2,
            "code": "pixel_spacing",
            "message": "Pixels must be 0.3 to 1.2 mm wide.",
        },
        {
            "geometry": "slice_count",
            "min": 24,
            "code": "too_few_slices",
            "message": "A chest needs at least 24 slices.",
        },
    ]
}

#: Less than this is no chest: the bases on an abdominal CT hold up to a litre of lung.
MINIMUM_LUNG_ML = 1000.0
MINIMUM_LUNG_HEIGHT_MM = 120.0
_LUNG_IN_SLICE_MM2 = 1000.0
#: Total lung capacity of large men ends near 10 litres; more is air that is no lung.
MAXIMUM_LUNG_ML = 12000.0
#: The smaller lung; below it one is missing, collapsed, drowned or was not found.
MINIMUM_SHARE = 0.2
#: From emphysema to dense expiration.
PLAUSIBLE_MEAN_HU = (-960.0, -550.0)
#: More candidates than this are a disease of the whole lung or noise; a list helps nobody.
MAX_CANDIDATES = 60
_THICK_SLICES_MM = 2.5


def run(
    *,
    volume: ImageVolume,
    headers: Sequence[Dataset],
    parameters: Mapping[str, Any],
    progress: ProgressReporter,
) -> AnalysisOutcome:
    """Find both lungs, and solid round pieces in them or on their surface.

    Parameters
    ----------
    volume:
        Hounsfield units, (slice, row, column).
    headers:
        One CT header per slice, in the same order.
    parameters:
        ``minimum_diameter_mm``: candidates whose mean of long and short axis in the axial plane is
        smaller are counted, not listed.
    progress:
        Told the fraction done and the stage; what it raises passes through.
    """
    try:
        minimum_mm = _read_minimum(parameters)
    except ValueError as error:
        return AnalysisOutcome.failed(
            reason_code="invalid_parameters", reason=str(error), parameters=dict(parameters)
        )
    printed = _printed_rules(minimum_mm)
    try:
        ct = read_axial_ct(volume=volume, headers=headers)
        if not all(np.isfinite(plane).all() for plane in ct.hu):
            raise AnalysisRefused(code="voxels_not_finite", reason="The voxels hold NaN values.")
        progress(0.05, "lungs")
        lungs = find_lungs(ct.hu, spacing_mm=ct.spacing_mm)
        printed |= _describe_lungs(lungs, ct)
        printed["ct_check"] = describe_ct(ct, lungs=lungs).as_dict()
        _check_lungs(lungs)
        progress(0.25, "candidates")
        candidates = find_candidates(
            ct.hu,
            spacing_mm=ct.spacing_mm,
            lungs=lungs,
            on_progress=lambda fraction: progress(0.25 + 0.65 * fraction, "candidates"),
        )
    except AnalysisRefused as refused:
        return AnalysisOutcome.out_of_scope(
            reason_code=refused.code, reason=refused.reason, parameters=printed
        )
    progress(0.9, "measurements")
    measured = _measure_all(candidates, ct, np.asarray(volume.affine_lps, dtype=float))
    listed = [item for item in measured if item.mean_mm >= minimum_mm]
    printed |= {
        "candidates_listed": len(listed),
        "candidates_below_minimum_diameter": len(measured) - len(listed),
    }
    if len(listed) > MAX_CANDIDATES:
        return AnalysisOutcome.out_of_scope(
            reason_code="too_many_candidates",
            reason=f"{len(listed)} candidates, more than {MAX_CANDIDATES}: a disease of the whole "
            "lung, or noise. A list of them would help nobody.",
            parameters=printed,
        )
    progress(1.0, "done")
    return AnalysisOutcome.from_segments(
        segments=[_segment(number, item) for number, item in enumerate(listed, start=1)],
        parameters=printed,
        warnings=_warnings(lungs, ct),
    )


def _read_minimum(parameters: Mapping[str, Any]) -> float:
    unknown = sorted(set(parameters) - set(DEFAULT_PARAMETERS))
    if unknown:
        raise ValueError(f"Unknown parameter: {', '.join(unknown)}.")
    value = {**DEFAULT_PARAMETERS, **parameters}["minimum_diameter_mm"]
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError("minimum_diameter_mm is a finite number.")
    if not 0 <= value <= 30:
        raise ValueError("minimum_diameter_mm lies between 0 and 30 mm.")
    return float(value)


def _printed_rules(minimum_mm: float) -> dict[str, Any]:
    return {
        "minimum_diameter_mm": minimum_mm,
        "diameter": "mean of long and short axis in the axial slice of the longest axis",
        "solid_above_hu": LUNG_BELOW_HU,
        "closed_with_mm": [search.closed_with_mm for search in SEARCHES],
        "lobes": "not determined",
    }


def _lung_height_mm(lungs: Lungs) -> float:
    area_mm2 = np.count_nonzero(lungs.sides, axis=(1, 2)) * lungs.spacing_mm[1]
    return (
        float(np.count_nonzero(area_mm2 * lungs.spacing_mm[2] >= _LUNG_IN_SLICE_MM2))
        * (lungs.spacing_mm[0])
    )


def _describe_lungs(lungs: Lungs, ct: AxialCt) -> dict[str, Any]:
    def shown(value: float) -> float | None:
        return round(value, 1) if math.isfinite(value) else None

    return {
        "lung_volume_right_ml": shown(lungs.volume_ml[0]),
        "lung_volume_left_ml": shown(lungs.volume_ml[1]),
        "lung_mean_right_hu": shown(lungs.mean_hu[0]),
        "lung_mean_left_hu": shown(lungs.mean_hu[1]),
        "lung_height_in_view_mm": shown(_lung_height_mm(lungs)),
        "lung_cut_off_at_top": lungs.cut_at_top,
        "lung_cut_off_at_bottom": lungs.cut_at_bottom,
        "slice_spacing_mm": round(ct.spacing_mm[0], 3),
    }


def _check_lungs(lungs: Lungs) -> None:
    """Refuse where "no findings" would be a statement about lungs that were not seen."""
    total = sum(lungs.volume_ml)
    height_mm = _lung_height_mm(lungs)
    if total < MINIMUM_LUNG_ML or height_mm < MINIMUM_LUNG_HEIGHT_MM:
        raise AnalysisRefused(
            code="too_little_lung",
            reason=f"{total:.0f} ml of lung over {height_mm:.0f} mm are in view; "
            f"{MINIMUM_LUNG_ML:.0f} ml and {MINIMUM_LUNG_HEIGHT_MM:.0f} mm are needed.",
        )
    if total > MAXIMUM_LUNG_ML:
        raise AnalysisRefused(
            code="implausible_lung_volume",
            reason=f"{total:.0f} ml were taken for lung, more than {MAXIMUM_LUNG_ML:.0f} ml: "
            "other air is among it.",
        )
    smaller = min(lungs.volume_ml)
    if smaller < MINIMUM_SHARE * total:
        raise AnalysisRefused(
            code="one_lung_missing",
            reason=f"One side has {smaller:.0f} of {total:.0f} ml: a lung is missing, collapsed, "
            "surrounded by fluid, or was not found.",
        )
    lowest, highest = PLAUSIBLE_MEAN_HU
    if not all(lowest <= mean <= highest for mean in lungs.mean_hu):
        right, left = lungs.mean_hu
        raise AnalysisRefused(
            code="implausible_lung_density",
            reason=f"The lungs have {right:.0f} and {left:.0f} HU on average, outside of "
            f"{lowest:.0f} to {highest:.0f}: the values are not Hounsfield units, or it is no "
            "aerated lung.",
        )


@dataclass(frozen=True, slots=True, eq=False)
class _Measured:
    region: MaskRegion
    side: int
    long_mm: float
    short_mm: float
    volume_ml: float

    @property
    def mean_mm(self) -> float:
        return (self.long_mm + self.short_mm) / 2


def _measure_all(
    candidates: Sequence[Candidate], ct: AxialCt, affine_lps: NDArray[np.float64]
) -> list[_Measured]:
    """Measured on the volume's own axes, the largest mean diameter first."""
    measured = []
    for candidate in candidates:
        region = ct.restore(candidate.region)
        long_mm, short_mm = measure_axes_mm(region=region, affine_lps=affine_lps)
        volume_ml = region.voxel_count * ct.voxel_ml
        measured.append(_Measured(region, candidate.side, long_mm, short_mm, volume_ml))
    measured.sort(key=lambda item: (-item.mean_mm, item.region.start))
    return measured


def _segment(number: int, item: _Measured) -> SegmentResult:
    right = item.side == RIGHT
    label = f"Nodule candidate {number}, {'right' if right else 'left'} lung"
    return SegmentResult(
        label=label,
        code=codes.REGION_OF_INTEREST,
        category=codes.SPATIAL_CONCEPT,
        region=item.region,
        site=codes.LUNG,
        laterality=codes.RIGHT if right else codes.LEFT,
        measurements=(
            MeasuredValue(
                "mean_diameter",
                item.mean_mm,
                "mm",
                codes.DIAMETER,
                codes.UNIT_MILLIMETRE,
                codes.MEAN,
            ),
            MeasuredValue("long_axis", item.long_mm, "mm", codes.LONG_AXIS, codes.UNIT_MILLIMETRE),
            MeasuredValue(
                "short_axis", item.short_mm, "mm", codes.SHORT_AXIS, codes.UNIT_MILLIMETRE
            ),
            MeasuredValue("volume", item.volume_ml, "mL", codes.VOLUME, codes.UNIT_MILLILITRE),
        ),
        tracking_identifier=label,
    )


def _warnings(lungs: Lungs, ct: AxialCt) -> list[tuple[str, str]]:
    found = []
    ends = [
        name for name, cut in (("top", lungs.cut_at_top), ("bottom", lungs.cut_at_bottom)) if cut
    ]
    if ends:
        found.append(
            (
                "lung_not_whole",
                f"The lungs reach the {' and the '.join(ends)} slice: what lies beyond was not "
                "looked at, and the lung volume is not the whole.",
            )
        )
    if ct.spacing_mm[0] > _THICK_SLICES_MM:
        found.append(
            (
                "thick_slices",
                f"Slices are {ct.spacing_mm[0]:g} mm apart: nodules smaller than that fade or "
                "fall between them.",
            )
        )
    return found
