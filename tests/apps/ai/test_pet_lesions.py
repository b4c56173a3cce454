"""PET uptake by threshold: every region listed, each measured, none hidden."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from apps.ai.analyses import pet_lesions
from apps.ai.analyses.results import AnalysisOutcome, MaskRegion
from apps.ai.analyses.uptake_regions import regions_at_fixed_threshold, regions_at_own_maximum
from tests.apps.ai.real_data import load_series, rasterise_contours, shared_data
from tests.apps.ai.synthetic_pet import SyntheticVolume, pet_header, suv_volume

NEIGHBOURS_26 = np.ones((3, 3, 3))


def run(volume: Any, **parameters: Any) -> AnalysisOutcome:
    return pet_lesions.run(
        volume=volume,
        headers=volume.headers,
        parameters=parameters,
        progress=lambda fraction, stage: None,
    )


def background(shape: tuple[int, int, int] = (14, 20, 20)) -> np.ndarray:
    return np.full(shape, 0.8, dtype=np.float32)


def test_a_hundred_voxels_of_64_microlitres_at_suv_5_are_6_4_ml_and_32_g() -> None:
    suv = background()
    suv[2:7, 4:9, 4:8] = 5.0
    outcome = run(suv_volume(suv))
    assert outcome.kind == "findings"
    (segment,) = outcome.segments
    assert segment.region.voxel_count == 100
    assert segment.value_of("suv_max") == pytest.approx(5.0)
    assert segment.value_of("suv_mean") == pytest.approx(5.0)
    assert segment.value_of("metabolic_tumour_volume") == pytest.approx(6.4)
    assert segment.value_of("total_lesion_glycolysis") == pytest.approx(32.0)
    assert np.array_equal(segment.mask, suv == 5.0)


def test_the_threshold_itself_is_inside_and_just_below_is_not() -> None:
    suv = background()
    suv[3, 3, 3] = 4.0
    suv[3, 3, 4] = np.nextafter(np.float32(4.0), np.float32(0.0))
    (segment,) = run(suv_volume(suv)).segments
    assert segment.region.voxel_count == 1


def test_voxels_that_share_a_corner_are_one_region_and_a_gap_makes_two() -> None:
    suv = background()
    suv[3, 3, 3] = suv[4, 4, 4] = 6.0
    suv[8, 8, 8] = suv[10, 10, 10] = 6.0
    assert sorted(s.region.voxel_count for s in run(suv_volume(suv)).segments) == [1, 1, 2]


def test_nothing_above_the_threshold_is_no_findings_and_the_rule_is_printed() -> None:
    outcome = run(suv_volume(background()))
    assert (outcome.kind, outcome.segments) == ("no_findings", ())
    assert outcome.parameters["threshold"] == "SUVbw >= 4 g/mL"
    assert outcome.parameters["connectivity"] == 26


def test_small_regions_are_counted_when_not_listed() -> None:
    suv = background()
    suv[2:6, 2:6, 2:6] = 5.0
    suv[9, 9, 9] = 7.0
    outcome = run(suv_volume(suv), minimum_volume_ml=0.1)
    assert len(outcome.segments) == 1
    assert outcome.parameters["regions_below_minimum_volume"] == 1
    assert outcome.parameters["volume_below_minimum_ml"] == pytest.approx(0.064)
    assert outcome.parameters["minimum_volume_ml"] == 0.1
    outside = outcome.parameters["volume_above_threshold_outside_regions_ml"]
    assert outside == pytest.approx(0.064)


def test_no_region_is_called_a_tumour_or_a_lesion() -> None:
    suv = background()
    suv[2:6, 2:6, 2:6] = 5.0
    (segment,) = run(suv_volume(suv)).segments
    words = f"{segment.label} {segment.tracking_identifier} {segment.code.display}".lower()
    assert segment.label == "Uptake above threshold 1"
    assert not any(word in words for word in ("tumour", "tumor", "lesion", "neoplasm", "cancer"))
    assert segment.probability is None


def ball(suv: np.ndarray, centre: tuple[int, int, int], peak: float, slope: float) -> None:
    """Paint a cone of uptake that falls by ``slope`` per voxel of distance."""
    distance = np.linalg.norm(
        np.stack(np.indices(suv.shape)) - np.array(centre)[:, None, None, None], axis=0
    )
    np.maximum(suv, (peak - slope * distance).astype(np.float32), out=suv)


def test_relative_regions_are_cut_at_41_percent_of_their_own_maximum() -> None:
    suv = background((20, 40, 20))
    ball(suv, (10, 9, 10), 20.0, 3.0)
    ball(suv, (10, 30, 10), 5.0, 0.6)
    outcome = run(suv_volume(suv), method="relative")
    assert len(outcome.segments) == 2
    for segment in outcome.segments:
        maximum = segment.value_of("suv_max")
        inside = suv[segment.mask]
        assert inside.min() >= 0.41 * maximum
        rim = ndimage.binary_dilation(segment.mask, NEIGHBOURS_26) & ~segment.mask
        assert suv[rim].max() < 0.41 * maximum
    assert "41 % of each region's own maximum" in outcome.parameters["threshold"]


def test_a_faint_region_beside_a_hot_one_keeps_its_own_threshold() -> None:
    # Both touch above SUV 4: at the fixed threshold they are one region.
    suv = background((20, 44, 20))
    ball(suv, (10, 10, 10), 40.0, 4.0)
    ball(suv, (10, 24, 10), 12.0, 1.6)
    assert len(run(suv_volume(suv)).segments) == 1
    segments = run(suv_volume(suv), method="relative").segments
    assert [round(s.value_of("suv_max")) for s in segments] == [40, 12]


def test_a_region_that_runs_into_a_hotter_one_is_kept_and_cut_at_the_saddle() -> None:
    # The second reaches 5 and its 41 % (2.05) lies below the bridge of 3 to the first.
    suv = np.full((3, 3, 11), 0.5, dtype=np.float32)
    suv[1, 1, :] = [0.5, 6.0, 9.0, 6.0, 3.0, 3.0, 4.5, 5.0, 4.5, 2.2, 0.5]
    segments = run(suv_volume(suv), method="relative").segments
    assert [s.value_of("suv_max") for s in segments] == [9.0, 5.0]
    hot, faint = segments
    assert np.flatnonzero(hot.mask[1, 1]).tolist() == [1, 2, 3]
    assert {6, 7, 8} <= set(np.flatnonzero(faint.mask[1, 1]).tolist())
    assert not (hot.mask & faint.mask).any()
    assert "cut where it joins hotter uptake" in faint.tracking_identifier


def small_volumes() -> st.SearchStrategy[np.ndarray]:
    return st.integers(0, 2**32 - 1).map(
        lambda seed: ndimage.gaussian_filter(
            np.random.default_rng(seed).gamma(1.2, 3.0, (6, 9, 9)), 0.7
        ).astype(np.float32)
    )


@settings(max_examples=60, deadline=None)
@given(suv=small_volumes())
def test_fixed_regions_are_a_partition_of_what_reaches_the_threshold(suv: np.ndarray) -> None:
    covered = np.zeros(suv.shape, dtype=int)
    for item in regions_at_fixed_threshold(suv, threshold_suv=4.0):
        covered += item.region.to_mask()
    assert np.array_equal(covered == 1, suv >= 4.0)
    assert covered.max(initial=0) <= 1


@settings(max_examples=60, deadline=None)
@given(suv=small_volumes())
def test_relative_regions_are_connected_disjoint_and_every_component_is_met(
    suv: np.ndarray,
) -> None:
    regions = regions_at_own_maximum(suv, seed_threshold_suv=4.0, fraction=0.41)
    covered = np.zeros(suv.shape, dtype=int)
    for item in regions:
        mask = item.region.to_mask()
        assert ndimage.label(mask, NEIGHBOURS_26)[1] == 1
        assert suv[mask].max() >= 4.0
        assert suv[mask].min() >= np.float32(0.41 * suv[mask].max()) - 1e-5
        covered += mask
    assert covered.max(initial=0) <= 1
    components, count = ndimage.label(suv >= 4.0, NEIGHBOURS_26)
    for number in range(1, count + 1):
        assert covered[components == number].any(), "a component above the threshold was lost"


@settings(max_examples=30, deadline=None)
@given(suv=small_volumes())
def test_an_isolated_region_is_the_component_at_its_own_level(suv: np.ndarray) -> None:
    for item in regions_at_own_maximum(suv, seed_threshold_suv=4.0, fraction=0.41):
        if item.boundary != "threshold":
            continue
        mask = item.region.to_mask()
        labels, _ = ndimage.label(suv >= item.threshold_suv, NEIGHBOURS_26)
        assert np.array_equal(mask, labels == labels[mask][0])


@pytest.fixture(scope="module")
def sarcoma() -> tuple[Any, np.ndarray]:
    series = load_series(shared_data("04-pet-raw-BQML-STS_001", "image"))
    contours = next(shared_data("04-pet-raw-BQML-STS_001", "mask").glob("*.dcm"))
    return series, rasterise_contours(contours, "GTV_Mass", series)


@pytest.mark.parametrize("method", ["fixed", "relative"])
def test_the_sarcoma_is_listed_among_all_other_uptake(
    sarcoma: tuple[Any, np.ndarray], method: str
) -> None:
    series, mass = sarcoma
    outcome = run(series, method=method)
    hottest = np.unravel_index(np.argmax(np.where(mass, series.voxels, -1)), mass.shape)
    holding = [segment for segment in outcome.segments if segment.mask[hottest]]
    assert len(holding) == 1
    (tumour,) = holding
    assert tumour.value_of("suv_max") == pytest.approx(7.911, abs=0.005)
    assert (tumour.mask & mass).sum() > 0.8 * tumour.region.voxel_count
    assert len(outcome.segments) > 5
    # The bladder is hotter and is listed like everything else.
    assert max(segment.value_of("suv_max") for segment in outcome.segments) > 60
    assert outcome.parameters["suv"]["units"] == "BQML"


def test_every_component_of_the_sarcoma_scan_is_listed_at_the_fixed_threshold(
    sarcoma: tuple[Any, np.ndarray],
) -> None:
    series, _ = sarcoma
    outcome = run(series)
    total = sum(segment.value_of("metabolic_tumour_volume") for segment in outcome.segments)
    assert outcome.parameters["regions_listed"] == len(outcome.segments) == 20
    assert total == pytest.approx(outcome.parameters["volume_above_threshold_ml"])
    assert outcome.parameters["volume_above_threshold_outside_regions_ml"] == 0
    order = [segment.value_of("total_lesion_glycolysis") for segment in outcome.segments]
    assert order == sorted(order, reverse=True)


def test_a_header_without_a_suv_is_out_of_scope_with_the_reason() -> None:
    suv = background()
    headers = [pet_header(index=i, PatientWeight=None) for i in range(len(suv))]
    outcome = run(SyntheticVolume(voxels=suv, headers=headers))
    assert (outcome.kind, outcome.reason_code) == ("out_of_scope", "patient_weight_missing")


def test_a_missing_slice_is_out_of_scope() -> None:
    volume = suv_volume(background())
    broken = SyntheticVolume(
        voxels=np.delete(volume.voxels, 5, axis=0), headers=volume.headers[:5] + volume.headers[6:]
    )
    outcome = run(broken)
    assert (outcome.kind, outcome.reason_code) == ("out_of_scope", "slices_not_evenly_spaced")


def test_voxels_without_a_value_are_out_of_scope() -> None:
    suv = background()
    suv[3, 3, 3] = np.nan
    assert run(suv_volume(suv)).reason_code == "voxels_not_finite"


def test_headers_of_another_series_are_out_of_scope() -> None:
    volume = suv_volume(background())
    other = SyntheticVolume(voxels=volume.voxels, headers=volume.headers[:-1])
    assert run(other).reason_code == "slice_count_mismatch"


def test_noise_with_hundreds_of_regions_is_refused_and_never_cut_short() -> None:
    suv = background((20, 40, 40))
    suv[::2, ::2, ::2] = 5.0
    outcome = run(suv_volume(suv))
    assert (outcome.kind, outcome.reason_code) == ("out_of_scope", "too_many_regions")


@pytest.mark.parametrize(
    "parameters",
    [
        {"method": "guess"},
        {"threshold_suv": 0},
        {"threshold_suv": "4"},
        {"threshold_suv": True},
        {"threshold_suv": float("nan")},
        {"fraction_of_maximum": 1.0},
        {"minimum_volume_ml": -1},
        {"treshold_suv": 2.5},
    ],
)
def test_parameters_it_does_not_understand_fail_by_name(parameters: dict[str, Any]) -> None:
    outcome = run(suv_volume(background()), **parameters)
    assert (outcome.kind, outcome.reason_code) == ("failed", "invalid_parameters")


def test_what_progress_raises_passes_through_so_that_a_run_can_be_cancelled() -> None:
    class Cancelled(Exception):
        pass

    def progress(fraction: float, stage: str) -> None:
        raise Cancelled

    volume = suv_volume(background())
    with pytest.raises(Cancelled):
        pet_lesions.run(volume=volume, headers=volume.headers, parameters={}, progress=progress)


def test_progress_never_goes_back_and_ends_at_one() -> None:
    suv = background()
    ball(suv, (6, 9, 9), 12.0, 2.0)
    seen: list[float] = []
    volume = suv_volume(suv)
    pet_lesions.run(
        volume=volume,
        headers=volume.headers,
        parameters={"method": "relative"},
        progress=lambda fraction, stage: seen.append(fraction),
    )
    assert seen == sorted(seen)
    assert seen[-1] == 1.0


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_a_mask_survives_being_kept_as_its_bounding_box(seed: int) -> None:
    mask = np.random.default_rng(seed).random((4, 5, 6)) > 0.9
    if not mask.any():
        with pytest.raises(ValueError, match="empty"):
            MaskRegion.from_mask(mask)
        return
    region = MaskRegion.from_mask(mask)
    assert np.array_equal(region.to_mask(), mask)
    assert region.voxel_count == mask.sum()
