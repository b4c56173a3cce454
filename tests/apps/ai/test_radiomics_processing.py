"""What happens to a segment before it is measured, and what is refused by name."""

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
    Placement,
    RadiomicsSettings,
    margin_voxels,
    measure_radiomics,
    spacing_of_affine,
)
from apps.ai.analyses.radiomics.catalogue import FEATURES
from apps.ai.analyses.radiomics.prepare import grid_positions, prepare_segment, sample
from apps.ai.analyses.refusals import AnalysisRefused
from tests.apps.ai.radiomics_phantoms import (
    AS_LEVELS,
    PLAIN,
    ball,
    measure,
    random_segment,
    reasons_of,
    values_of,
)
from tests.apps.ai.real_data import load_series, rasterise_contours, shared_data

CONTINUOUS = {"intensity": "continuous", "intensity_unit": "g/mL"}


def prepared(voxels: np.ndarray, mask: np.ndarray | None = None, **how: Any) -> Any:
    spacing = how.pop("spacing_mm", (1.0, 1.0, 1.0))
    return prepare_segment(
        voxels=voxels,
        mask=np.ones(voxels.shape, dtype=bool) if mask is None else mask,
        spacing_mm=spacing,
        settings=RadiomicsSettings(**how),
    )


def test_grids_are_aligned_at_their_centres_as_in_the_manual() -> None:
    """Section 2.4.4: four points 3 mm apart become six 2 mm apart, from 1/6 of a voxel before."""
    places = grid_positions(count=4, spacing=3.0, target=2.0)
    assert places == pytest.approx([-1 / 6 + k * 2 / 3 for k in range(6)])
    assert grid_positions(count=7, spacing=1.5, target=1.5).tolist() == list(range(7))
    assert len(grid_positions(count=10, spacing=0.3, target=1.5)) == 2


def test_trilinear_interpolation_is_exact_on_a_ramp_and_continues_the_edge() -> None:
    z, y, x = np.indices((5, 6, 7))
    ramp = 2.0 * z - 3.0 * y + 0.5 * x
    places = [np.array([0.25, 3.5]), np.array([1.0, 2.75, 4.9]), np.array([5.25])]
    wanted = (
        2.0 * places[0][:, None, None]
        - 3.0 * places[1][None, :, None]
        + 0.5 * places[2][None, None]
    )
    assert sample(ramp, places, "trilinear") == pytest.approx(wanted)
    outside = [np.array([-0.4, 4.3]), np.array([-0.1]), np.array([6.2])]
    assert sample(ramp, outside, "trilinear").ravel() == pytest.approx([3.0, 11.0])


def test_trilinear_interpolation_is_that_of_scipy() -> None:
    voxels = np.random.default_rng(3).normal(size=(6, 7, 8))
    places = [grid_positions(count=n, spacing=1.3, target=0.9) for n in voxels.shape]
    grid = np.stack(np.meshgrid(*places, indexing="ij"))
    wanted = ndimage.map_coordinates(voxels, grid, order=1, mode="nearest")
    assert sample(voxels, places, "trilinear") == pytest.approx(wanted)


def test_nearest_interpolation_invents_no_intensity() -> None:
    voxels = random_segment(2) * 100
    segment = prepared(
        voxels,
        interpolation="nearest",
        mask_interpolation="nearest",
        resampled_spacing_mm=(0.5, 0.5, 0.5),
    )
    assert segment.morphology.shape == tuple(2 * one for one in voxels.shape)
    assert np.array_equal(segment.image, voxels.repeat(2, 0).repeat(2, 1).repeat(2, 2))


def test_interpolated_hounsfield_units_are_whole_and_suv_are_not() -> None:
    voxels = np.arange(5 * 6 * 7).reshape(5, 6, 7) * 3
    finer: dict[str, Any] = {"resampled_spacing_mm": (0.7, 0.7, 0.7)}
    whole = prepared(voxels, **finer).image
    assert np.array_equal(whole, np.rint(whole))
    real = prepared(voxels, **finer, **CONTINUOUS).image
    assert not np.array_equal(real, np.rint(real))
    assert np.abs(whole - real).max() <= 0.5


def test_an_axis_may_stay_as_it_is() -> None:
    segment = prepared(
        np.arange(4 * 8 * 8).reshape(4, 8, 8),
        spacing_mm=(5.0, 1.0, 1.0),
        resampled_spacing_mm=(None, 2.0, 2.0),
    )
    assert segment.spacing_mm == (5.0, 2.0, 2.0)
    assert segment.morphology.shape == (4, 4, 4)


@pytest.mark.parametrize("new", [0.5, 0.8, 1.7, 2.0])
def test_a_resampled_ball_keeps_its_volume(new: float) -> None:
    mask = ball(12.0)
    voxels = np.indices(mask.shape).sum(axis=0)
    settings_ = RadiomicsSettings(resampled_spacing_mm=(new, new, new))
    values = values_of(measure(voxels, mask, settings_))
    assert values["morph_vol_approx"] == pytest.approx(float(mask.sum()), rel=0.04)
    assert values["morph_volume"] == pytest.approx(4 / 3 * math.pi * 12**3, rel=0.04)


def test_interpolating_looks_at_the_whole_image_not_at_the_cut_out() -> None:
    """The grid is aligned at the image's centre, wherever the segment lies in it."""
    rng = np.random.default_rng(5)
    voxels = rng.integers(0, 100, (40, 41, 42))
    mask = np.zeros(voxels.shape, dtype=bool)
    mask[12:20, 20:29, 5:16] = True
    how = RadiomicsSettings(resampled_spacing_mm=(1.3, 0.9, 1.6))
    places = [
        grid_positions(count=n, spacing=1.0, target=new)
        for n, new in zip(voxels.shape, (1.3, 0.9, 1.6), strict=True)
    ]
    share = sample(mask, places, "trilinear")
    image = np.floor(sample(voxels, places, "trilinear") + 0.5)
    values = values_of(measure(voxels, mask, how))
    assert values["stat_mean"] == pytest.approx(image[share >= 0.5].mean())
    assert values["stat_energy"] == pytest.approx((image[share >= 0.5] ** 2).sum())


@pytest.mark.parametrize("spacing", [None, (1.3, 0.9, 1.6), (None, 2.5, 2.5)])
@pytest.mark.parametrize("start", [(12, 20, 5), (0, 0, 0), (32, 32, 32)])
def test_a_cut_out_is_measured_like_its_whole_image(
    spacing: tuple[float | None, ...] | None, start: tuple[int, int, int]
) -> None:
    voxels = np.random.default_rng(6).integers(0, 100, (40, 41, 42))
    mask = np.zeros(voxels.shape, dtype=bool)
    mask[tuple(slice(one, one + 8) for one in start)] = True
    how = RadiomicsSettings(resampled_spacing_mm=spacing)  # type: ignore[arg-type]
    margin = margin_voxels(spacing_mm=(1.0, 1.0, 1.0), settings=how)
    box = tuple(
        slice(max(one - wide, 0), min(one + 8 + wide, size))
        for one, wide, size in zip(start, margin, voxels.shape, strict=True)
    )
    cut_out = measure_radiomics(
        voxels=voxels[box],
        mask=mask[box],
        spacing_mm=(1.0, 1.0, 1.0),
        settings=how,
        placement=Placement(tuple(one.start for one in box), voxels.shape),  # type: ignore[arg-type]
    )
    assert values_of(cut_out) == pytest.approx(values_of(measure(voxels, mask, how)), rel=1e-9)


def test_re_segmentation_counts_both_bounds_and_leaves_the_shape() -> None:
    voxels = np.arange(4 * 5 * 6).reshape(4, 5, 6)
    segment = prepared(voxels, resegmentation_range=(10.0, 99.0))
    assert segment.intensities.tolist() == list(range(10, 100))
    assert segment.morphology.all()
    open_above = prepared(voxels, resegmentation_range=(10.0, None))
    assert open_above.intensities.max() == 119
    whole, part = (
        values_of(measure(voxels, settings=RadiomicsSettings(resegmentation_range=one)))
        for one in (None, (10.0, 99.0))
    )
    assert whole["morph_volume"] == part["morph_volume"]
    assert (part["stat_min"], part["stat_max"]) == (10, 99)


def test_fixed_bin_number_splits_the_range_of_the_segment() -> None:
    voxels = np.linspace(-3, 7, 120).reshape(4, 5, 6)
    segment = prepared(voxels, bin_number=5, **CONTINUOUS)
    found = segment.levels[segment.intensity]
    # Bins of 2 from -3; the highest intensity belongs to the last.
    assert found.tolist() == [min(int((one + 3) // 2) + 1, 5) for one in voxels.ravel()]
    assert segment.level_count == 5


def test_fixed_bins_start_at_the_lower_bound_whatever_the_segment_holds() -> None:
    voxels = np.arange(120).reshape(4, 5, 6)
    how: dict[str, Any] = {
        "discretisation": "fixed_bin_size",
        "bin_size": 25.0,
        "resegmentation_range": (-100.0, None),
    }
    segment = prepared(voxels, **how)
    assert segment.levels[segment.intensity].tolist() == [
        (one + 100) // 25 + 1 for one in range(120)
    ]
    assert (segment.level_count, int(segment.levels[segment.intensity].min())) == (9, 5)


def test_the_volume_histogram_counts_from_the_bounds_of_the_range() -> None:
    voxels = np.arange(120).reshape(4, 5, 6)
    values = values_of(
        measure(voxels, settings=RadiomicsSettings(resegmentation_range=(0.0, 200.0)))
    )
    # 10 % of 200 is 20: 100 of 120 voxels reach it. 90 % is 180: none does.
    assert (values["ivh_v10"], values["ivh_v90"]) == (pytest.approx(100 / 120), 0)
    assert (values["ivh_i10"], values["ivh_i90"]) == (108, 12)


def test_the_volume_histogram_of_suv_has_bin_centres_and_of_mr_has_bins() -> None:
    voxels = np.linspace(0, 10, 120).reshape(4, 5, 6)
    suv = RadiomicsSettings(volume_histogram_bin_size=0.1, **CONTINUOUS)  # type: ignore[arg-type]
    values = values_of(measure(voxels, settings=suv))
    assert values["ivh_i10"] == pytest.approx(9.05, abs=0.11)
    assert (values["ivh_i10"] * 100) % 10 == pytest.approx(5)
    mr = RadiomicsSettings(intensity="arbitrary", intensity_unit="1")
    assert values_of(measure(voxels, settings=mr))["ivh_i10"] == pytest.approx(900, abs=10)


def test_the_local_peak_looks_out_of_the_segment_but_not_out_of_the_image() -> None:
    voxels = np.zeros((20, 20, 20))
    voxels[10, 10, 10] = 100.0
    mask = np.zeros(voxels.shape, dtype=bool)
    mask[10:13, 10:13, 10:13] = True
    values = values_of(measure(voxels, mask, RadiomicsSettings(**CONTINUOUS), (2.0, 2.0, 2.0)))
    sphere = int((ball(10 * (3 / (4 * math.pi)) ** (1 / 3), (2.0, 2.0, 2.0))).sum())
    assert values["loc_peak_loc"] == pytest.approx(100 / sphere)
    corner = np.zeros(voxels.shape, dtype=bool)
    corner[:3, :3, :3] = True
    constant = np.full(voxels.shape, 5.0)
    edge = values_of(measure(constant, corner, RadiomicsSettings(**CONTINUOUS), (2.0, 2.0, 2.0)))
    assert edge["loc_peak_glob"] == pytest.approx(5.0)


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
