"""The liver threshold: from a person's point, by PERCIST's rule, and refused without one."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from pydicom.dataset import Dataset

from apps.ai.analyses import pet_lesions
from apps.ai.analyses.liver_reference import measure_liver, point_in_right_lobe
from apps.ai.analyses.pet_card import MEASURED
from apps.ai.analyses.refusals import AnalysisRefused
from apps.ai.analyses.results import AnalysisOutcome
from tests.apps.ai.real_data import load_series, shared_data
from tests.apps.ai.synthetic_pet import SyntheticVolume, suv_volume

POINT = [40.0, 40.0, 40.0]
AFFINE = np.diag([4.0, 4.0, 4.0, 1.0])


def checkered(shape: tuple[int, int, int] = (21, 21, 21)) -> NDArray[np.float32]:
    """A liver of 2.0 ± 0.2 everywhere: neighbours take turns."""
    parity = np.indices(shape).sum(axis=0) % 2
    return np.where(parity == 0, 2.2, 1.8).astype(np.float32)


def scan(**changes: Any) -> SyntheticVolume:
    suv = checkered()
    suv[16:20, 14:18, 14:18] = 5.0
    suv[2:4, 2, 2] = 4.2
    return suv_volume(suv) if not changes else with_tracer(suv, **changes)


def with_tracer(
    suv: NDArray[np.float32],
    *,
    text: str | None = None,
    code: str | None = None,
    meaning: str | None = None,
) -> SyntheticVolume:
    injection: dict[str, Any] = {"Radiopharmaceutical": text}
    if code is not None:
        item = Dataset()
        item.CodeValue = code
        item.CodingSchemeDesignator = "SCT"
        if meaning is not None:
            item.CodeMeaning = meaning
        injection["RadiopharmaceuticalCodeSequence"] = [item]
    return suv_volume(suv, injection=injection)


def run(volume: Any, **parameters: Any) -> AnalysisOutcome:
    return pet_lesions.run(
        volume=volume,
        headers=volume.headers,
        parameters=parameters,
        progress=lambda fraction, stage: None,
    )


def test_mean_sd_and_threshold_are_those_of_the_voxels_in_the_sphere() -> None:
    suv = checkered()
    found = measure_liver(suv, affine_lps=AFFINE, point_lps=(40.0, 40.0, 40.0))
    z, y, x = np.indices(suv.shape) * 4.0
    inside = (z - 40) ** 2 + (y - 40) ** 2 + (x - 40) ** 2 <= 15**2
    assert found.voxels == inside.sum()
    assert found.voxels * 0.064 == pytest.approx(4 / 3 * np.pi * 1.5**3, rel=0.15)
    assert found.mean == pytest.approx(suv[inside].mean(dtype=float))
    assert found.sd == pytest.approx(suv[inside].std(dtype=float, ddof=1))
    assert found.threshold_suv == pytest.approx(1.5 * found.mean + 2 * found.sd)
    assert found.threshold_suv == pytest.approx(MEASURED["liver_threshold_of_2_and_0_2"], abs=0.05)


def test_the_point_is_in_patient_coordinates_whatever_the_grid() -> None:
    suv = np.full((30, 40, 50), 1.0, dtype=np.float32)
    suv[10:22, 15:30, 20:35] = 2.5
    turned = np.array(
        [[0.0, -3.0, 0.0, 90.0], [2.0, 0.0, 0.0, -40.0], [0.0, 0.0, 4.0, 5.0], [0, 0, 0, 1.0]]
    )
    point = turned @ np.array([27.0, 22.0, 15.5, 1.0])
    found = measure_liver(suv, affine_lps=turned, point_lps=tuple(point[:3]))
    assert (found.mean, found.sd) == (pytest.approx(2.5), pytest.approx(0.0))


def test_regions_are_cut_at_the_liver_threshold_and_the_reference_is_printed() -> None:
    outcome = run(scan(), method="liver", liver_point_lps=POINT)
    reference = outcome.parameters["liver_reference"]
    assert reference["suv_mean"] == pytest.approx(2.0, abs=0.02)
    assert outcome.parameters["threshold_suv"] == pytest.approx(reference["threshold_suv"])
    assert outcome.parameters["threshold"].startswith("SUVbw >= 1.5 x mean + 2 SD of the liver = ")
    assert len(outcome.segments) == 2
    # The small region's two voxels reach the threshold; its mean over 1 cm³ does not.
    assert outcome.parameters["regions_measurable_at_baseline"] == [1]
    assert {code for code, _ in outcome.warnings} >= {"tracer_not_named"}


def test_measurable_is_named_for_the_other_thresholds_too_and_only_with_a_liver() -> None:
    with_liver = run(scan(), liver_point_lps=POINT)
    assert with_liver.parameters["threshold"] == "SUVbw >= 4 g/mL"
    assert with_liver.parameters["regions_measurable_at_baseline"] == [1]
    assert "regions_measurable_at_baseline" not in run(scan()).parameters


def test_what_is_measurable_does_not_depend_on_sul_or_suv() -> None:
    """Lean mass multiplies lesion and liver by the same number."""
    suv = scan().voxels
    named = [
        run(suv_volume(suv * factor), method="liver", liver_point_lps=POINT).parameters[
            "regions_measurable_at_baseline"
        ]
        for factor in (1.0, 0.75)
    ]
    assert named[0] == named[1] == [1]


def refused(volume: Any, **parameters: Any) -> str:
    outcome = run(volume, **parameters)
    assert (outcome.kind, outcome.segments) == ("out_of_scope", ())
    assert outcome.reason
    return outcome.reason_code


def test_without_a_point_the_liver_is_not_guessed() -> None:
    assert refused(scan(), method="liver") == "liver_reference_missing"
    outcome = run(scan(), method="liver")
    assert outcome.parameters["threshold_suv"] is None


def test_a_reference_that_means_nothing_is_refused_by_name() -> None:
    missing = {"method": "liver"}
    outside = "liver_reference_outside"
    assert refused(scan(), **missing, liver_point_lps=[40.0, 40.0, 10.0]) == outside
    assert refused(scan(), **missing, liver_point_lps=[400.0, 40.0, 40.0]) == outside
    cold = suv_volume(np.full((21, 21, 21), 0.1, dtype=np.float32))
    assert refused(cold, **missing, liver_point_lps=POINT) == "liver_reference_implausible"
    bladder = suv_volume(np.full((21, 21, 21), 30.0, dtype=np.float32))
    assert refused(bladder, **missing, liver_point_lps=POINT) == "liver_reference_implausible"
    with pytest.raises(AnalysisRefused) as caught:
        measure_liver(
            np.full((9, 9, 9), 2.0, dtype=np.float32),
            affine_lps=np.diag([10.0, 10.0, 10.0, 1.0]),
            point_lps=(40.0, 40.0, 40.0),
        )
    assert caught.value.code == "liver_reference_too_coarse"


@pytest.mark.parametrize(
    "tracer",
    [
        {"text": "FDG -- fluorodeoxyglucose"},
        {"code": "35321007"},
        {"code": "C-B1031", "text": "x"},
        {"code": "Y-X1743", "meaning": "FDG -- fluorodeoxyglucose"},
    ],
)
def test_fdg_is_known_by_code_or_name(tracer: dict[str, str]) -> None:
    outcome = run(scan(**tracer), method="liver", liver_point_lps=POINT)
    assert outcome.kind == "findings"
    assert "tracer_not_named" not in {code for code, _ in outcome.warnings}


@pytest.mark.parametrize(
    "tracer", [{"text": "PSMA-1007"}, {"code": "447553002"}, {"code": "447553002", "text": "FDG"}]
)
def test_another_tracer_has_no_liver_threshold(tracer: dict[str, str]) -> None:
    assert refused(scan(**tracer), method="liver", liver_point_lps=POINT) == "tracer_not_fdg"
    assert run(scan(**tracer)).kind == "findings", "the fixed threshold claims nothing about FDG"


@pytest.mark.parametrize("point", ["40,40,40", [1, 2], [1, 2, float("nan")], [1, 2, True], 7])
def test_a_point_that_is_none_fails_by_name(point: Any) -> None:
    outcome = run(scan(), method="liver", liver_point_lps=point)
    assert (outcome.kind, outcome.reason_code) == ("failed", "invalid_parameters")


def test_a_point_of_other_images_is_refused() -> None:
    volume = scan()
    for header in volume.headers:
        header.FrameOfReferenceUID = "1.2.3"
    asked = {"method": "liver", "liver_point_lps": POINT}
    elsewhere = refused(volume, **asked, liver_frame_of_reference_uid="1.2.4")
    assert elsewhere == "liver_reference_elsewhere"
    assert run(volume, **asked, liver_frame_of_reference_uid="1.2.3").kind == "findings"


def liver_mask() -> NDArray[np.bool_]:
    """A thick right lobe at low columns, a thin left one."""
    mask = np.zeros((20, 20, 40), dtype=bool)
    mask[4:16, 4:16, 4:16] = True
    mask[7:11, 8:12, 16:36] = True
    return mask


def test_the_point_of_a_drawn_liver_is_deepest_in_the_right_lobe() -> None:
    point, depth = point_in_right_lobe(liver_mask(), affine_lps=AFFINE)
    assert depth == pytest.approx(24.0)
    assert all(36 - 4 <= one <= 36 + 8 for one in point)
    # Mirrored images: the patient's right is now at high columns.
    mirrored = AFFINE.copy()
    mirrored[0, 0], mirrored[0, 3] = -4.0, 39 * 4.0
    again, _ = point_in_right_lobe(liver_mask()[:, :, ::-1], affine_lps=mirrored)
    assert again == pytest.approx(point, abs=4.01)


def test_a_segment_the_sphere_does_not_fit_into_is_refused() -> None:
    with pytest.raises(AnalysisRefused) as caught:
        point_in_right_lobe(liver_mask()[:, :, 16:], affine_lps=AFFINE)
    assert caught.value.code == "liver_segment_too_thin"


def test_a_thick_left_part_is_not_taken_for_the_right_lobe() -> None:
    with pytest.raises(AnalysisRefused) as caught:
        point_in_right_lobe(liver_mask()[:, :, ::-1], affine_lps=AFFINE)
    assert caught.value.code == "liver_segment_too_thin"


def test_the_sarcoma_scan_holds_no_liver_and_what_lies_there_is_refused() -> None:
    """STS_001's series at hand shows pelvis and thighs: muscle is no liver, the bladder neither."""
    series = load_series(shared_data("04-pet-raw-BQML-STS_001", "image"))
    slices, rows, columns = (size // 2 for size in series.voxels.shape)
    corner = series.affine_lps @ np.array([columns, 2, slices, 1.0])
    asked = {"method": "liver", "liver_point_lps": [float(one) for one in corner[:3]]}
    assert refused(series, **asked) == "liver_reference_outside"
    air = series.affine_lps @ np.array([8.0, rows, slices, 1.0])
    asked["liver_point_lps"] = [float(one) for one in air[:3]]
    assert refused(series, **asked) == "liver_reference_implausible"
