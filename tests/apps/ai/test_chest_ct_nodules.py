"""Nodule candidates on chest CT: what is found, what is missed, what is refused."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import ndimage

from apps.ai.analyses import chest_ct_nodules
from apps.ai.analyses.blobs import RoundnessRules, find_blobs
from apps.ai.analyses.lungs import find_lungs
from apps.ai.analyses.nodule_card import CARD, MEASURED
from apps.ai.analyses.results import AnalysisOutcome
from apps.ai.analyses.rib_cage import depth_below_ribs_mm
from apps.ai.scope import check_scope, describe_geometry
from tests.apps.ai.drawn_chest import (
    LUNG_HALF_AXES_MM,
    LUNG_ML,
    LUNG_OFFSET_MM,
    SPACING_MM,
    ct_series,
    drawn_chest,
    put_ball,
    put_tube,
)
from tests.apps.ai.nodule_phantoms import NodulePhantom, as_series, first_measured
from tests.apps.ai.real_data import load_series, shared_data


def run(volume: Any, **parameters: Any) -> AnalysisOutcome:
    return chest_ct_nodules.run(
        volume=volume,
        headers=volume.headers,
        parameters=parameters,
        progress=lambda fraction, stage: None,
    )


@pytest.fixture(scope="module")
def chest() -> NDArray[np.float32]:
    return drawn_chest()


@pytest.mark.parametrize("diameter_mm", [6.0, 10.0, 18.0])
def test_a_ball_in_the_right_lung_is_one_candidate_with_its_diameters(
    chest: NDArray[np.float32], diameter_mm: float
) -> None:
    hu = chest.copy()
    put_ball(hu, (10.0, 0.0, -72.0), diameter_mm)
    (segment,) = run(ct_series(hu)).segments
    assert segment.label == "Nodule candidate 1, right lung"
    assert segment.laterality is not None
    assert segment.laterality.display == "Right"
    assert segment.value_of("mean_diameter") == pytest.approx(diameter_mm, abs=1.2)
    assert segment.value_of("short_axis") <= segment.value_of("long_axis")
    ball_ml = np.pi / 6 * diameter_mm**3 / 1000
    assert segment.value_of("volume") == pytest.approx(ball_ml, rel=0.25)
    assert segment.probability is None
    assert segment.urgency == "routine"


def test_a_ball_on_the_pleura_is_found_although_the_lung_does_not_surround_it(
    chest: NDArray[np.float32],
) -> None:
    hu = chest.copy()
    ball = put_ball(hu, (0.0, 0.0, 72.0 + 50.0), 16.0)
    (segment,) = run(ct_series(hu)).segments
    assert "left lung" in segment.label
    assert (segment.mask & ball).sum() > 0.5 * ball.sum()


def test_a_ball_cut_flat_by_the_ribs_is_found_and_beside_the_heart_it_is_not(
    chest: NDArray[np.float32],
) -> None:
    """Without the rule for the ribs neither is: the ball's middle lies 3 mm inside the lung."""
    reach = LUNG_HALF_AXES_MM[2] - 3.0
    hu = chest.copy()
    ball = put_ball(hu, (0.0, 0.0, LUNG_OFFSET_MM + reach), 20.0)
    (segment,) = run(ct_series(hu)).segments
    assert (segment.mask & ball).sum() > 0.5 * segment.region.voxel_count
    hu = chest.copy()
    put_ball(hu, (0.0, 0.0, LUNG_OFFSET_MM - reach), 20.0)
    assert run(ct_series(hu)).kind == "no_findings"


def test_the_ribs_are_where_both_lungs_are_convex(chest: NDArray[np.float32]) -> None:
    lungs = find_lungs(chest, spacing_mm=SPACING_MM)
    depth_mm = depth_below_ribs_mm(lungs)
    middle = len(depth_mm) // 2
    row = depth_mm[middle, depth_mm.shape[1] // 2]
    held = np.flatnonzero(lungs.sides[middle, depth_mm.shape[1] // 2])
    assert row[held[0]] < 3 and row[held[-1]] < 3
    gap = np.flatnonzero(np.diff(held) > 1)
    inner = (held[gap[0]], held[gap[0] + 1])
    assert all(row[one] > 50 for one in inner), "the mediastinal surface lies deep inside"
    assert depth_mm[middle, 0].max() == 0
    assert depth_below_ribs_mm(replace(lungs, sides=np.zeros_like(lungs.sides))).max() == 0


def test_a_vessel_is_no_candidate_and_a_ball_on_a_thin_one_is(chest: NDArray[np.float32]) -> None:
    hu = chest.copy()
    put_tube(hu, y_mm=20, z_mm=-20, from_x_mm=-110, to_x_mm=-30, diameter_mm=6)
    assert run(ct_series(hu)).kind == "no_findings"
    put_tube(hu, y_mm=-20, z_mm=10, from_x_mm=-80, to_x_mm=-30, diameter_mm=3)
    ball = put_ball(hu, (10.0, -20.0, -80.0), 12.0)
    (segment,) = run(ct_series(hu)).segments
    assert (segment.mask & ball).sum() > 0.9 * ball.sum()


def test_no_candidate_is_called_a_nodule_or_a_tumour(chest: NDArray[np.float32]) -> None:
    hu = chest.copy()
    put_ball(hu, (10.0, 0.0, -72.0), 12.0)
    (segment,) = run(ct_series(hu)).segments
    assert segment.label.startswith("Nodule candidate")
    assert segment.code.display == "Imaging Region of Interest"


def test_empty_lungs_are_no_findings_with_their_volumes(chest: NDArray[np.float32]) -> None:
    outcome = run(ct_series(chest))
    assert outcome.kind == "no_findings"
    assert outcome.parameters["lung_volume_right_ml"] == pytest.approx(LUNG_ML, rel=0.03)
    assert outcome.parameters["lung_volume_left_ml"] == pytest.approx(LUNG_ML, rel=0.03)
    assert outcome.warnings == ()
    assert outcome.parameters["lobes"] == "not determined"


def test_small_candidates_are_counted_when_not_listed(chest: NDArray[np.float32]) -> None:
    hu = chest.copy()
    put_ball(hu, (10.0, 0.0, -72.0), 8.0)
    outcome = run(ct_series(hu), minimum_diameter_mm=12)
    assert outcome.kind == "no_findings"
    assert outcome.parameters["candidates_below_minimum_diameter"] == 1


@dataclass(frozen=True)
class Turned:
    """A series whose voxels run the other way, with the affine that says so."""

    voxels: NDArray[np.float32]
    affine_lps: NDArray[np.float64]
    headers: list[Any]
    sop_instance_uids: tuple[str, ...] = ()


def test_a_volume_from_head_to_foot_and_mirrored_gives_the_same_voxels(
    chest: NDArray[np.float32],
) -> None:
    hu = chest.copy()
    ball = put_ball(hu, (24.0, 10.0, -80.0), 14.0)
    straight = ct_series(hu)
    (expected,) = run(straight).segments
    affine = straight.affine_lps.copy()
    last = np.array([hu.shape[2] - 1, 0, hu.shape[0] - 1, 1])
    origin = affine @ last
    affine[:3, 0] *= -1
    affine[:3, 2] *= -1
    affine[:3, 3] = origin[:3]
    turned = Turned(hu[::-1, :, ::-1], affine, straight.headers[::-1])
    (segment,) = run(turned).segments
    assert segment.label == expected.label
    assert np.array_equal(segment.mask[::-1, :, ::-1], expected.mask)
    assert (expected.mask & ball).sum() > 0.8 * ball.sum()


def test_thick_slices_and_lungs_that_are_cut_off_are_said(chest: NDArray[np.float32]) -> None:
    low = chest[20:]
    assert [code for code, _ in run(ct_series(low)).warnings] == ["lung_not_whole"]


def reason_of(hu: NDArray[np.float32], **changes: Any) -> tuple[str, str]:
    outcome = run(ct_series(hu, **changes))
    assert outcome.segments == ()
    assert outcome.reason
    return outcome.kind, outcome.reason_code


def test_what_cannot_be_answered_is_refused_by_name(chest: NDArray[np.float32]) -> None:
    refused = "out_of_scope"
    assert reason_of(chest, RescaleSlope=None) == (refused, "no_rescale")
    assert reason_of(chest, RescaleType="OD") == (refused, "not_hounsfield")
    hole = chest.copy()
    hole[5, 5, 5] = np.nan
    assert reason_of(hole) == (refused, "voxels_not_finite")
    assert reason_of(chest[75:]) == (refused, "too_little_lung")
    drowned = chest.copy()
    drowned[:, :, chest.shape[2] // 2 :] = 20
    assert reason_of(drowned) == (refused, "one_lung_missing")
    assert reason_of(drawn_chest(lung_hu=-500)) == (refused, "implausible_lung_density")
    assert reason_of(np.full_like(chest, 40)) == (refused, "too_little_lung")


def test_slices_that_are_not_axial_or_sheared_are_refused(chest: NDArray[np.float32]) -> None:
    series = ct_series(chest)
    coronal = series.affine_lps[:, [0, 2, 1, 3]].copy()
    for header, row in zip(series.headers, range(len(chest)), strict=True):
        header.ImagePositionPatient = [float(v) for v in coronal[:3, 2] * row]
    outcome = run(Turned(chest, coronal, series.headers))
    assert (outcome.kind, outcome.reason_code) == ("out_of_scope", "not_axial")
    sheared = ct_series(chest).affine_lps.copy()
    sheared[1, 2] = 0.3
    for header, row in zip(series.headers, range(len(chest)), strict=True):
        header.ImagePositionPatient = [float(v) for v in sheared[:3, 2] * row]
    outcome = run(Turned(chest, sheared, series.headers))
    assert (outcome.kind, outcome.reason_code) == ("out_of_scope", "tilted_slices")


@pytest.mark.parametrize(
    "parameters", [{"minimum_diameter_mm": -1}, {"minimum_diameter_mm": "4"}, {"minimum": 4}]
)
def test_parameters_it_does_not_understand_fail_by_name(
    chest: NDArray[np.float32], parameters: dict[str, Any]
) -> None:
    outcome = run(ct_series(chest), **parameters)
    assert (outcome.kind, outcome.reason_code) == ("failed", "invalid_parameters")


@pytest.mark.parametrize(
    ("changes", "slice_mm", "code"),
    [
        ({"Modality": "MR"}, 2.0, "modality"),
        ({"SliceThickness": 7.0}, 2.0, "slice_thickness"),
        ({"SliceThickness": None}, 2.0, "slice_thickness"),
        ({}, 6.0, "slice_spacing"),
    ],
)
def test_the_scope_refuses_before_anything_is_computed(
    chest: NDArray[np.float32], changes: dict[str, Any], slice_mm: float, code: str
) -> None:
    series = ct_series(chest, **changes)
    affine = np.diag([1.0, 1.0, slice_mm, 1.0])
    verdict = check_scope(
        scope=chest_ct_nodules.SCOPE,
        headers=series.headers,
        geometry=describe_geometry(shape=chest.shape, affine_lps=affine),
    )
    assert (verdict.in_scope, verdict.code) == (False, code)


def test_balls_are_blobs_and_tubes_are_not() -> None:
    z, y, x = np.indices((40, 60, 60))
    ball = (z - 20) ** 2 + (y - 40) ** 2 + (x - 30) ** 2 < 36
    tube = (z - 20) ** 2 + (y - 15) ** 2 < 25
    stalk = (z - 20) ** 2 + (x - 30) ** 2 < 4
    mask = ball | tube | (stalk & (y > 15) & (y < 40))
    depth = ndimage.distance_transform_edt(mask).astype(np.float32) - 0.5
    (blob,) = find_blobs(mask, depth, spacing_mm=1.0, radii_mm=(1.5, 14.0), rules=RoundnessRules())
    found = np.zeros_like(mask)
    found[blob.box] = blob.mask
    assert (found & ball).sum() > 0.95 * ball.sum()
    assert (found & tube).sum() == 0


def test_progress_never_goes_back_and_ends_at_one(chest: NDArray[np.float32]) -> None:
    seen: list[float] = []
    series = ct_series(chest)
    chest_ct_nodules.run(
        volume=series,
        headers=series.headers,
        parameters={},
        progress=lambda fraction, stage: seen.append(fraction),
    )
    assert seen == sorted(seen)
    assert seen[-1] == 1.0


@pytest.fixture(scope="module")
def phantom() -> NodulePhantom:
    """Its figures are checked with the card: ``test_builtin_cards``."""
    return first_measured()


def test_a_phantom_with_a_lung_blown_full_of_air_is_refused(phantom: NodulePhantom) -> None:
    hollow = replace(phantom, hu=np.where(phantom.lungs > 0, -990.0, phantom.hu).astype(np.float32))
    series = as_series(hollow)
    assert run(series).reason_code == "implausible_lung_density"


def test_the_annotated_adenocarcinoma_is_among_the_candidates() -> None:
    folder = shared_data("01-ct-chest-adenocarcinoma-A0001")
    series = load_series(folder / "CT")
    outcome = run(series)
    boxes = {}
    for index, uid in enumerate(series.sop_instance_uids):
        path = folder / "annotation" / f"{uid}.xml"
        if path.exists():
            box = ElementTree.parse(path).find(".//bndbox")
            assert box is not None
            boxes[index] = [int(box.findtext(k) or 0) for k in ("xmin", "ymin", "xmax", "ymax")]
    assert len(boxes) == 9
    annotated = np.zeros(series.voxels.shape, dtype=bool)
    for index, (x0, y0, x1, y1) in boxes.items():
        annotated[index, y0:y1, x0:x1] = True
    holding = [s for s in outcome.segments if (s.mask & annotated).any()]
    tumour = max(holding, key=lambda s: (s.mask & annotated).sum())
    assert all((tumour.mask & annotated)[index].any() for index in boxes)
    assert (tumour.mask & annotated).sum() > 0.5 * annotated.sum()
    assert tumour.label.endswith("left lung")
    assert len(outcome.segments) == MEASURED["adenocarcinoma"]["candidates"]
    assert tumour.value_of("mean_diameter") == pytest.approx(
        MEASURED["adenocarcinoma"]["mean_diameter_mm"], abs=0.5
    )
    assert {code for code, _ in outcome.warnings} == {"lung_not_whole", "thick_slices"}


def test_the_lung_bases_of_an_abdominal_scan_are_too_little_lung() -> None:
    outcome = run(load_series(shared_data("02-ct-liver-mets-CRLM-1004", "CT")))
    assert (outcome.kind, outcome.reason_code) == ("out_of_scope", "too_little_lung")
    assert outcome.parameters["lung_height_in_view_mm"] < 120


def test_a_breast_planning_scan_has_no_candidates_and_says_what_it_did_not_see() -> None:
    outcome = run(load_series(shared_data("09-rt-breast-boost", "CT")))
    assert outcome.kind == "no_findings"
    assert {code for code, _ in outcome.warnings} == {"lung_not_whole", "thick_slices"}


def test_the_card_says_research_only_and_what_it_misses() -> None:
    assert "Research use only" in CARD["regulatory_status"]
    assert any("ground-glass" in mode.lower() for mode in CARD["failure_modes"])
