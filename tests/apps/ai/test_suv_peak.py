"""SUVpeak: the mean in a sphere of 1 cm³, against phantoms whose answer is known by hand."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from apps.ai.analyses import pet_lesions
from apps.ai.analyses.pet_card import MEASURED
from apps.ai.analyses.radiomics.prepare import PEAK_RADIUS_MM
from apps.ai.analyses.remeasure import Uptake, measure_again
from apps.ai.analyses.results import MaskRegion
from apps.ai.analyses.suv_peak import find_suv_peak, sphere_means, sphere_shares
from tests.apps.ai.real_data import load_series, rasterise_contours, read_nifti, shared_data
from tests.apps.ai.synthetic_pet import suv_volume

TURN = np.array([[0.8, -0.6, 0.0], [0.6, 0.8, 0.0], [0.0, 0.0, 1.0]])


def grid(slice_mm: float, row_mm: float, column_mm: float) -> NDArray[np.float64]:
    return np.diag([column_mm, row_mm, slice_mm, 1.0])


def oblique() -> NDArray[np.float64]:
    affine = grid(3.0, 4.0, 4.0)
    affine[:3, :3] = TURN @ affine[:3, :3]
    return affine


def sheared() -> NDArray[np.float64]:
    affine = grid(3.0, 2.0, 2.0)
    affine[1, 2] = 0.8
    return affine


GRIDS = {
    "4 mm": grid(4, 4, 4),
    "scanner": grid(3.27, 5.47, 5.47),
    "1 mm": grid(1, 1, 1),
    "thick": grid(8, 2, 2),
    "oblique": oblique(),
    "sheared": sheared(),
}


def voxel_ml(affine: NDArray[np.float64]) -> float:
    return abs(float(np.linalg.det(affine[:3, :3]))) / 1000


def whole(shape: tuple[int, int, int], *, rim: int = 0) -> MaskRegion:
    mask = np.zeros(shape, dtype=bool)
    mask[tuple(slice(rim, size - rim) for size in shape)] = True
    return MaskRegion.from_mask(mask)


def peak_of(suv: NDArray[Any], region: MaskRegion, affine: NDArray[np.float64]) -> Any:
    return find_suv_peak(suv.astype(np.float32), region=region, shares=sphere_shares(affine))


@pytest.mark.parametrize("name", GRIDS)
def test_the_shares_add_up_to_one_cubic_centimetre_on_every_grid(name: str) -> None:
    affine = GRIDS[name]
    shares = sphere_shares(affine)
    assert shares.sum() * voxel_ml(affine) == pytest.approx(1.0, abs=MEASURED["sphere_ml_within"])
    assert shares.min() >= 0 and shares.max() <= 1 + 1e-12
    assert np.allclose(shares, shares[::-1, ::-1, ::-1], atol=1e-12)


@pytest.mark.parametrize("name", GRIDS)
def test_each_share_is_what_random_points_of_the_voxel_say(name: str) -> None:
    affine = GRIDS[name]
    shares = sphere_shares(affine)
    steps = affine[:3, [2, 1, 0]]
    rng = np.random.default_rng(1)
    middle = np.array(shares.shape) // 2
    for index in rng.permutation(np.argwhere((shares > 0.02) & (shares < 0.98)))[:12]:
        points = index - middle + rng.uniform(-0.5, 0.5, (40_000, 3))
        inside = np.linalg.norm(points @ steps.T, axis=1) <= PEAK_RADIUS_MM
        assert shares[tuple(index)] == pytest.approx(inside.mean(), abs=0.012)


def test_counting_voxels_by_their_centre_makes_another_volume_on_every_grid() -> None:
    """Why partial voxels matter: IBSI's ball of whole voxels is not of 1 cm³."""
    volumes = []
    for affine in (GRIDS["4 mm"], GRIDS["scanner"]):
        reach = np.arange(-4, 5)
        z, y, x = np.meshgrid(reach, reach, reach, indexing="ij")
        points = np.stack([z, y, x], axis=-1) @ affine[:3, [2, 1, 0]].T
        inside = np.linalg.norm(points, axis=-1) <= PEAK_RADIUS_MM
        volumes.append(float(inside.sum()) * voxel_ml(affine))
    assert volumes == pytest.approx(MEASURED["ball_of_whole_voxels_ml"], abs=0.001)


@pytest.mark.parametrize("name", GRIDS)
def test_uniform_uptake_has_its_own_value_as_peak(name: str) -> None:
    suv = np.full((25, 25, 25), 5.0)
    found = peak_of(suv, whole(suv.shape, rim=10), GRIDS[name])
    assert found.value == pytest.approx(5.0, abs=1e-9)


@pytest.mark.parametrize("name", GRIDS)
def test_on_a_linear_gradient_the_mean_is_the_value_at_the_centre(name: str) -> None:
    slices, rows, columns = np.indices((25, 25, 25)).astype(float)
    suv = 2.0 + 0.3 * slices + 0.2 * rows - 0.1 * columns
    region = whole(suv.shape, rim=10)
    found = peak_of(suv, region, GRIDS[name])
    assert found.centre == (14, 14, 10)
    assert found.value == pytest.approx(suv[14, 14, 10], abs=1e-5)


def test_a_point_source_is_spread_over_the_sphere() -> None:
    """One voxel of 64 mm³ lies whole in the sphere: 6.4 % of its value is left."""
    suv = np.zeros((11, 11, 11))
    suv[5, 5, 5] = 100.0
    found = peak_of(suv, MaskRegion.from_mask(suv > 0), grid(4, 4, 4))
    assert found.value == pytest.approx(
        100 * MEASURED["point_source_share"], abs=100 * MEASURED["sphere_ml_within"]
    )
    assert MEASURED["point_source_share"] == pytest.approx(0.064)


@pytest.mark.parametrize("radius_mm", [2.0, 3.0, 4.5])
def test_a_small_sphere_gives_the_ratio_of_the_volumes(radius_mm: float) -> None:
    """(a / r)³ for a hot ball of radius a inside the sphere of radius r; the ball is drawn with
    the shares of its voxels, which all lie whole in the sphere."""
    affine = grid(1, 1, 1)
    ball = sphere_shares(affine, radius_mm=radius_mm)
    suv = np.zeros((31, 31, 31))
    half = ball.shape[0] // 2
    box = (slice(15 - half, 16 + half),) * 3
    suv[box] = 8.0 * ball
    found = peak_of(suv, MaskRegion.from_mask(suv > 0), affine)
    assert found.value == pytest.approx(8 * (radius_mm / PEAK_RADIUS_MM) ** 3, rel=2e-3)


def test_a_large_uniform_ball_keeps_its_value_although_its_rim_is_cold() -> None:
    affine = grid(2, 2, 2)
    ball = sphere_shares(affine, radius_mm=12.0)
    suv = np.zeros((25, 25, 25))
    half = ball.shape[0] // 2
    suv[(slice(12 - half, 13 + half),) * 3] = 6.0 * ball
    assert peak_of(suv, MaskRegion.from_mask(suv > 3), affine).value == pytest.approx(6.0)


def test_the_centre_stays_in_the_region_and_the_sphere_may_leave_it() -> None:
    suv = np.full((15, 15, 15), 1.0)
    suv[7, 7, 9:] = 10.0
    mask = np.zeros(suv.shape, dtype=bool)
    mask[7, 7, 5:8] = True
    found = peak_of(suv, MaskRegion.from_mask(mask), grid(4, 4, 4))
    assert found.centre == (7, 7, 7)
    assert found.value > 1.0, "the hot voxel two steps away lies partly in the sphere"


def test_a_sphere_that_leaves_the_image_gives_no_peak_unless_the_highest_one_is_whole() -> None:
    suv = np.full((9, 9, 9), 5.0)
    suv[4, 4, 4] = 9.0
    affine = grid(4, 4, 4)
    everywhere = whole(suv.shape)
    assert peak_of(suv, everywhere, affine).centre[0] in range(3, 6)
    suv[0, 4, 4] = 90.0
    assert peak_of(suv, everywhere, affine) is None


def small_volumes() -> st.SearchStrategy[NDArray[np.float32]]:
    return st.integers(0, 2**32 - 1).map(
        lambda seed: np.random.default_rng(seed).gamma(1.2, 3.0, (9, 11, 10)).astype(np.float32)
    )


@settings(max_examples=25, deadline=None)
@given(suv=small_volumes(), seed=st.integers(0, 1000))
def test_it_is_the_mean_written_out_voxel_by_voxel(suv: NDArray[np.float32], seed: int) -> None:
    shares = sphere_shares(grid(5.0, 4.0, 4.0))
    reach = [size // 2 for size in shares.shape]
    mask = np.zeros(suv.shape, dtype=bool)
    inner = tuple(slice(r, size - r) for r, size in zip(reach, suv.shape, strict=True))
    mask[inner] = np.random.default_rng(seed).random(mask[inner].shape) > 0.4
    if not mask.any():
        return
    by_hand = max(
        float(
            (
                suv[tuple(slice(i - r, i + r + 1) for i, r in zip(index, reach, strict=True))]
                * shares
            ).sum()
            / shares.sum()
        )
        for index in np.argwhere(mask)
    )
    found = find_suv_peak(suv, region=MaskRegion.from_mask(mask), shares=shares)
    assert found is not None
    assert found.value == pytest.approx(by_hand, rel=1e-6)
    assert found.value <= suv.max() * (1 + 1e-6)


def test_with_whole_voxels_it_is_the_local_and_global_peak_of_ibsi() -> None:
    """The same means with IBSI's rule for voxels: 2.6 and 3.1 on the digital phantom."""
    folder = "24-ibsi-digital-phantom"
    voxels = read_nifti(shared_data(folder, "phantom.nii.gz")).astype(np.float32)
    region = MaskRegion.from_mask(read_nifti(shared_data(folder, "mask.nii.gz")) > 0)
    reach = np.arange(-3, 4) * 2.0
    z, y, x = np.meshgrid(reach, reach, reach, indexing="ij")
    ball = (z**2 + y**2 + x**2 <= PEAK_RADIUS_MM**2).astype(float)
    means, _ = sphere_means(voxels, region=region, shares=ball)
    inside = voxels[region.box][region.values]
    peaks = means[region.values]
    local = float(peaks[inside == inside.max()].max())
    assert (round(local, 1), round(float(peaks.max()), 1)) == MEASURED["ibsi_peaks"]


def test_a_run_measures_it_with_its_code_and_says_how() -> None:
    suv = np.full((14, 20, 20), 0.8, dtype=np.float32)
    suv[4:10, 6:14, 6:14] = 5.0
    volume = suv_volume(suv)
    outcome = pet_lesions.run(
        volume=volume, headers=volume.headers, parameters={}, progress=lambda _f, _s: None
    )
    (segment,) = outcome.segments
    (peak,) = [one for one in segment.measurements if one.quantity == "suv_peak"]
    assert peak.value == pytest.approx(5.0, abs=1e-5)
    assert (peak.concept.value, peak.derivation.value if peak.derivation else "") == (
        "126401", "126031",
    )  # fmt: skip
    assert "1 cm3" in outcome.parameters["suv_peak"]
    assert outcome.parameters["regions_without_suv_peak"] == []


def test_a_region_on_the_edge_of_the_image_is_measured_without_it_and_named() -> None:
    suv = np.full((14, 20, 20), 0.8, dtype=np.float32)
    suv[0:3, 6:9, 6:9] = 5.0
    suv[6:9, 6:9, 6:9] = 5.0
    suv[0, 7, 7] = 50.0
    volume = suv_volume(suv)
    outcome = pet_lesions.run(
        volume=volume, headers=volume.headers, parameters={}, progress=lambda _f, _s: None
    )
    assert outcome.parameters["regions_without_suv_peak"] == [1]
    quantities = [{one.quantity for one in segment.measurements} for segment in outcome.segments]
    assert ["suv_peak" in known for known in quantities] == [False, True]


def test_after_an_amendment_it_is_measured_anew_or_left_out() -> None:
    region = whole((4, 4, 4), rim=1)
    kept = [{"quantity": name, "value": 1.0} for name in ("suv_peak", "suv_max")]
    inside = np.array([3.0, 5.0], dtype=np.float32)

    def again(uptake: Uptake | None) -> Any:
        return measure_again(
            measurements=kept,
            region=region,
            affine_lps=grid(4, 4, 4),
            uptake=uptake,
            box_lps=[[0, 0, 0], [8, 8, 8]],
        )

    measured, left = again(Uptake(inside=inside, peak=2.5))
    assert ([one["value"] for one in measured], left) == ([2.5, 5.0], [])
    measured, left = again(Uptake(inside=inside, peak=None))
    assert ([one["quantity"] for one in measured], left) == (["suv_max"], ["suv_peak"])
    assert again(None) == ([], ["suv_peak", "suv_max"])


def test_the_sarcoma_has_the_peak_of_the_card() -> None:
    series = load_series(shared_data("04-pet-raw-BQML-STS_001", "image"))
    contours = next(shared_data("04-pet-raw-BQML-STS_001", "mask").glob("*.dcm"))
    mass = rasterise_contours(contours, "GTV_Mass", series)
    outcome = pet_lesions.run(
        volume=series, headers=series.headers, parameters={}, progress=lambda _f, _s: None
    )
    tumour = max(outcome.segments, key=lambda one: int((one.mask & mass).sum()))
    expected = MEASURED["sarcoma"]
    assert tumour.value_of("suv_max") == pytest.approx(expected["suv_max"], abs=0.005)
    assert tumour.value_of("suv_peak") == pytest.approx(expected["suv_peak"], abs=0.005)
    assert tumour.value_of("suv_mean") < tumour.value_of("suv_peak") < expected["suv_max"]
    # Written out with points instead of shares.
    shares = sphere_shares(series.affine_lps)
    factors = pet_lesions.compute_suv_scaling(headers=series.headers)
    suv = factors.apply(series.voxels)
    found = find_suv_peak(suv, region=tumour.region, shares=shares)
    assert found is not None
    rng = np.random.default_rng(3)
    points = rng.normal(size=(400_000, 3))
    points *= (
        PEAK_RADIUS_MM * rng.random(len(points)) ** (1 / 3) / np.linalg.norm(points, axis=1)
    )[:, None]
    index = np.rint(np.linalg.solve(series.affine_lps[:3, :3], points.T).T[:, ::-1]).astype(int)
    at = index + np.array(found.centre)
    assert float(suv[tuple(at.T)].mean()) == pytest.approx(found.value, rel=3e-3)
    assert math.isfinite(found.value)
