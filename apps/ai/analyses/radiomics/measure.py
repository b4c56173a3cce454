"""Radiomics of one segment: every feature of the IBSI reference table that has a value there.

Source: Zwanenburg et al., Image biomarker standardisation initiative, arXiv:1612.07003; consensus
values in Radiology 2020;295:328. Pure: numpy and scipy, no Django, no clock, no network.
"""

from __future__ import annotations

import math
from typing import Any

from numpy.typing import NDArray

from apps.ai.analyses.radiomics.catalogue import FEATURES, Feature
from apps.ai.analyses.radiomics.cooccurrence import measure_cooccurrence
from apps.ai.analyses.radiomics.features import (
    ONE_GREY_LEVEL,
    FeatureRefusal,
    FeatureValue,
    Measured,
    RadiomicsResult,
    Undefined,
)
from apps.ai.analyses.radiomics.grid import LevelGrid
from apps.ai.analyses.radiomics.intensity import (
    measure_histogram,
    measure_local_peak,
    measure_statistics,
    measure_volume_histogram,
)
from apps.ai.analyses.radiomics.morphology import measure_morphology
from apps.ai.analyses.radiomics.neighbourhood import measure_neighbourhoods
from apps.ai.analyses.radiomics.prepare import Placement, PreparedSegment, Spacing, prepare_segment
from apps.ai.analyses.radiomics.runs import measure_runs
from apps.ai.analyses.radiomics.settings import RadiomicsSettings
from apps.ai.analyses.radiomics.zones import measure_zones

_NOT_FINITE = Undefined("not_finite", "It cannot be told in numbers of this size.")


def measure_radiomics(
    *,
    voxels: NDArray[Any],
    mask: NDArray[Any],
    spacing_mm: Spacing,
    settings: RadiomicsSettings,
    placement: Placement | None = None,
) -> RadiomicsResult:
    """All features of a segment.

    Parameters
    ----------
    voxels:
        Intensities (slice, row, column) in the unit the settings name: HU, SUV, or arbitrary. The
        whole image: the local peak looks around the segment, and grids are aligned by its centre.
    mask:
        The segment on the same grid.
    spacing_mm:
        Distance of voxel centres (slice, row, column); ``prepare.spacing_of_affine`` tells it.
    placement:
        Given, ``voxels`` and ``mask`` are a cut-out of the image, ``prepare.margin_voxels`` wider
        than the segment.

    Returns
    -------
    Each feature once, as a value or as a refusal with the reason; never NaN.

    Raises
    ------
    AnalysisRefused
        Nothing can be measured; codes as in ``prepare.prepare_segment``.
    """
    segment = prepare_segment(
        voxels=voxels, mask=mask, spacing_mm=spacing_mm, settings=settings, placement=placement
    )
    measured = _measure_all(segment)
    values: list[FeatureValue] = []
    refusals: list[FeatureRefusal] = []
    for feature in FEATURES:
        found = measured[feature.code]
        if not isinstance(found, Undefined) and not math.isfinite(found):
            found = _NOT_FINITE
        if isinstance(found, Undefined):
            refusals.append(_refusal(feature, found))
        else:
            values.append(_value(feature, float(found), settings))
    return RadiomicsResult(tuple(values), tuple(refusals), settings, segment.as_dict())


def _measure_all(segment: PreparedSegment) -> Measured:
    measured = (
        measure_morphology(segment)
        | measure_local_peak(segment)
        | measure_statistics(segment)
        | measure_histogram(segment)
        | measure_volume_histogram(segment)
    )
    if segment.levels is None:
        return measured | {one.code: ONE_GREY_LEVEL for one in FEATURES if one.aggregation}
    grid = LevelGrid.of(segment.levels, segment.morphology, segment.level_count)
    return (
        measured
        | measure_cooccurrence(grid)
        | measure_runs(grid)
        | measure_zones(grid)
        | measure_neighbourhoods(grid)
    )


def _value(feature: Feature, value: float, settings: RadiomicsSettings) -> FeatureValue:
    return FeatureValue(
        code=feature.code,
        ibsi_id=feature.ibsi_id,
        name=feature.name,
        aggregation_id=feature.aggregation_id,
        value=value,
        unit=feature.unit_of(settings.intensity_unit),
        settings=settings,
    )


def _refusal(feature: Feature, found: Undefined) -> FeatureRefusal:
    return FeatureRefusal(feature.code, feature.ibsi_id, feature.name, found.code, found.reason)
