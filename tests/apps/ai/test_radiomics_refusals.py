"""What is refused by name, and what holds for every segment that is measured."""

from __future__ import annotations

import json
import math
import time
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom.sr._concepts_dict import concepts
from scipy import ndimage

from apps.ai.analyses import pet_card
from apps.ai.analyses.radiomics import (
    CARD,
    RadiomicsSettings,
    spacing_of_affine,
)
from apps.ai.analyses.radiomics.catalogue import FEATURES
from apps.ai.analyses.refusals import AnalysisRefused
from tests.apps.ai.radiomics_phantoms import (
    AS_LEVELS,
    PLAIN,
    ball,
    measure,
    prepared,
    random_segment,
    reasons_of,
    values_of,
)
from tests.apps.ai.real_data import load_series, rasterise_contours, shared_data

CONTINUOUS = {"intensity": "continuous", "intensity_unit": "g/mL"}


@pytest.mark.parametrize(
    ("how", "code"),
    [
        ({"discretisation": "fixed_bin_size"}, "invalid_settings"),
        ({"bin_size": 25.0}, "invalid_settings"),
        ({"discretisation": "fixed_bin_size", "bin_size": 25.0}, "bin_size_without_start"),
        (
            {"discretisation": "fixed_bin_size", "bin_size": 25.0, "intensity": "arbitrary"},
            "bin_size_without_unit",
        ),
        ({"intensity": "arbitrary", "resegmentation_range": (0.0, 9.0)}, "range_without_unit"),
        ({"bin_number": 1}, "invalid_settings"),
        ({"bin_number": 257}, "invalid_settings"),
        ({"bin_number": True}, "invalid_settings"),
        ({"bin_number": 32.0}, "invalid_settings"),
        ({"resegmentation_range": (3.0, 3.0)}, "invalid_settings"),
        ({"resegmentation_range": (math.nan, 3.0)}, "invalid_settings"),
        ({"resegmentation_range": (None, 3.0)}, "invalid_settings"),
        ({"resampled_spacing_mm": (1.0, 0.0, 1.0)}, "invalid_settings"),
        ({"resampled_spacing_mm": (1.0, 1.0)}, "invalid_settings"),
        ({"interpolation": "cubic"}, "invalid_settings"),
        ({"intensity": "guess"}, "invalid_settings"),
        ({"discretisation": "equalised"}, "invalid_settings"),
        ({"partial_volume_threshold": 0.0}, "invalid_settings"),
        ({"volume_histogram_bin_size": math.inf}, "invalid_settings"),
    ],
)
def test_settings_that_mean_nothing_are_refused_by_name(how: dict[str, Any], code: str) -> None:
    with pytest.raises(AnalysisRefused) as refused:
        RadiomicsSettings(**how)
    assert refused.value.code == code


def _holey(voxels: np.ndarray) -> np.ndarray:
    voxels = voxels.astype(float)
    voxels[1, 1, 1] = np.nan
    return voxels


BLOCK = np.arange(4 * 5 * 6).reshape(4, 5, 6)


@pytest.mark.parametrize(
    ("voxels", "mask", "how", "code"),
    [
        (BLOCK, np.zeros(BLOCK.shape, dtype=bool), {}, "empty_segment"),
        (BLOCK, BLOCK < 26, {}, "too_few_voxels"),
        (BLOCK, BLOCK < 27, {"resegmentation_range": (1.0, None)}, "too_few_voxels"),
        (BLOCK, np.ones((4, 5, 7), dtype=bool), {}, "shape_mismatch"),
        (BLOCK + 0.5, None, {}, "intensities_not_whole"),
        (_holey(BLOCK), None, {}, "voxels_not_finite"),
        (BLOCK, None, {"spacing_mm": (1.0, 0.0, 1.0)}, "no_geometry"),
        (BLOCK, None, {"resampled_spacing_mm": (0.05, 0.05, 0.05)}, "segment_too_large"),
        (
            BLOCK * 10,
            None,
            {
                "discretisation": "fixed_bin_size",
                "bin_size": 1.0,
                "resegmentation_range": (0.0, None),
            },
            "too_many_levels",
        ),
    ],
)
def test_a_segment_that_cannot_be_measured_is_refused_by_name(
    voxels: np.ndarray, mask: np.ndarray | None, how: dict[str, Any], code: str
) -> None:
    with pytest.raises(AnalysisRefused) as refused:
        prepared(voxels, mask, **how)
    assert refused.value.code == code


def test_twenty_seven_voxels_are_enough() -> None:
    values = values_of(measure(BLOCK, BLOCK < 27))
    assert values["stat_mean"] == 13


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    bins=st.sampled_from([2, 6, 32]),
    kept=st.floats(0.1, 1.0),
    offset=st.integers(-50, 50),
)
def test_every_feature_is_a_number_or_a_reason(
    seed: int, bins: int, kept: float, offset: int
) -> None:
    rng = np.random.default_rng(seed)
    voxels = rng.integers(0, 12, (5, 8, 9)) + offset
    mask = rng.random(voxels.shape) < kept
    how = RadiomicsSettings(bin_number=bins)
    if np.count_nonzero(mask) < 27:
        with pytest.raises(AnalysisRefused):
            measure(voxels, mask, how)
        return
    result = measure(voxels, mask, how)
    told, refused = values_of(result), reasons_of(result)
    assert sorted([*told, *refused]) == sorted(one.code for one in FEATURES)
    assert all(math.isfinite(one) for one in told.values())
    assert all(one.settings is how for one in result.values)
    assert all(one.reason and one.reason_code for one in result.refusals)
    json.dumps([one.as_dict() for one in result.values] + [how.as_dict(), result.processing])


@pytest.mark.parametrize("how", [PLAIN, AS_LEVELS])
def test_nothing_depends_on_where_in_the_image_the_segment_lies(how: RadiomicsSettings) -> None:
    levels = random_segment(4)
    here = values_of(measure(np.pad(levels, 8), np.pad(levels > 0, 8), how))
    there = values_of(
        measure(
            np.pad(levels, ((9, 12), (8, 30), (11, 8))),
            np.pad(levels > 0, ((9, 12), (8, 30), (11, 8))),
            how,
        )
    )
    assert there == pytest.approx(here, rel=1e-9, abs=1e-9)


def test_units_follow_the_intensity_and_identifiers_are_dicoms() -> None:
    units = {one.code: one.unit_of("HU") for one in FEATURES}
    assert units["stat_mean"] == "HU"
    assert units["stat_var"] == "(HU)2"
    assert units["morph_integ_int"] == "HU.mm3"
    assert units["morph_volume"] == "mm3"
    assert {one.unit_of("1") for one in FEATURES if one.code.startswith("stat_")} == {"1"}
    known = {code for names in concepts["IBSI"].values() for code in names}
    own = {one.ibsi_id for one in FEATURES}
    # DICOM has no IBSI code for statistics, local peak, volume histogram and a few more.
    assert len(own & known) >= 140
    missing = {one.code.split("_")[0] for one in FEATURES if one.ibsi_id not in known}
    assert missing <= {"stat", "loc", "ivh", "szm", "dzm", "rlm"}


def test_the_card_has_the_parts_of_the_other_cards_and_the_true_number_of_features() -> None:
    assert set(CARD) == set(pet_card.CARD)
    for part, attributes in pet_card.CARD.items():
        if isinstance(attributes, dict):
            assert set(CARD[part]) == set(attributes), part
    assert CARD["output"]["output_value"].startswith(f"{len(FEATURES)} features")


@pytest.mark.parametrize("turned", [False, True])
def test_spacing_is_read_from_the_geometry_turned_or_not(turned: bool) -> None:
    axes = np.diag([0.7, 0.8, 3.0])
    if turned:
        angle = 0.4
        axes = (
            np.array(
                [
                    [math.cos(angle), -math.sin(angle), 0],
                    [math.sin(angle), math.cos(angle), 0],
                    [0, 0, 1],
                ]
            )
            @ axes
        )
    affine = np.eye(4)
    affine[:3, :3] = axes
    assert spacing_of_affine(affine) == pytest.approx((3.0, 0.8, 0.7))


def test_a_sheared_volume_has_no_spacing() -> None:
    affine = np.diag([1.0, 1.0, 3.0, 1.0])
    affine[1, 2] = 0.5
    with pytest.raises(AnalysisRefused) as refused:
        spacing_of_affine(affine)
    assert refused.value.code == "no_geometry"


def test_a_hundred_thousand_voxels_at_32_levels_take_no_two_seconds_of_one_core() -> None:
    mask = ball(28.8)
    assert mask.sum() > 100_000
    noise = np.random.default_rng(1).normal(0, 400, mask.shape)
    voxels = np.rint(ndimage.gaussian_filter(noise, 1.0))
    started = time.process_time()
    result = measure(voxels, mask, RadiomicsSettings(bin_number=32))
    assert time.process_time() - started < 2.0
    assert result.refusals == ()
    assert result.processing["grey_levels"] == 32


def test_the_sarcoma_of_a_real_pet_is_measured_whole() -> None:
    series = load_series(shared_data("04-pet-raw-BQML-STS_001", "image"))
    contours = next(shared_data("04-pet-raw-BQML-STS_001", "mask").glob("*.dcm"))
    mass = rasterise_contours(contours, "GTV_Mass", series)
    spacing = spacing_of_affine(series.affine_lps)
    how = RadiomicsSettings(
        intensity="continuous",
        intensity_unit="Bq/mL",
        volume_histogram_bin_size=50.0,
        resampled_spacing_mm=(3.0, 3.0, 3.0),
    )
    result = measure(series.voxels, mass, how, spacing)
    values = values_of(result)
    volume = float(mass.sum()) * math.prod(spacing)
    assert values["morph_vol_approx"] == pytest.approx(volume, rel=0.02)
    assert values["morph_volume"] == pytest.approx(volume, rel=0.02)
    assert values["stat_max"] <= float(series.voxels[mass].max())
    assert values["stat_mean"] == pytest.approx(float(series.voxels[mass].mean()), rel=0.05)
    assert len(values) > 470
    assert set(reasons_of(result).values()) <= {"undefined_in_a_matrix"}
