"""What happens to a segment before it is measured."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from scipy import ndimage

from apps.ai.analyses.radiomics import (
    Placement,
    RadiomicsSettings,
    margin_voxels,
    measure_radiomics,
)
from apps.ai.analyses.radiomics.prepare import grid_positions, sample
from tests.apps.ai.radiomics_phantoms import (
    ball,
    measure,
    prepared,
    random_segment,
    values_of,
)

CONTINUOUS = {"intensity": "continuous", "intensity_unit": "g/mL"}


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
