"""Body region and contrast phase from the voxels: right where it speaks, unsure where it cannot."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from apps.ai.analyses.ct_plausibility import CtDescription, _name_phase, describe_ct
from apps.ai.analyses.ct_volume import read_axial_ct
from apps.demo.phantoms import generate_ct
from tests.apps.ai.drawn_chest import SHAPE, coordinates, ct_series, drawn_chest
from tests.apps.ai.real_data import load_series, shared_data


def describe(series: Any) -> CtDescription:
    return describe_ct(read_axial_ct(volume=series, headers=series.headers))


def regions_of(description: CtDescription) -> list[str]:
    return [seen.region for seen in description.regions]


def test_the_unenhanced_chest_is_a_chest_without_contrast() -> None:
    found = describe(load_series(shared_data("01-ct-chest-adenocarcinoma-A0001", "CT")))
    assert regions_of(found) == ["chest"]
    assert found.phase == "none"
    assert found.figures["blood_hu"] == pytest.approx(43.6, abs=0.5)
    # The shoulders above the lungs are left unsure and not called a neck.
    assert found.unsure_mm >= 40


def test_the_portal_venous_scan_shows_lung_bases_and_abdomen() -> None:
    found = describe(load_series(shared_data("02-ct-liver-mets-CRLM-1004", "CT")))
    assert regions_of(found) == ["abdomen", "chest"]
    assert found.phase == "portal-venous-ish"
    assert found.figures["liver_hu"] == pytest.approx(119.2, abs=0.5)
    abdomen, chest = found.regions
    assert abdomen.to_mm <= chest.from_mm


def test_a_thigh_is_none_of_the_regions_and_its_phase_is_unsure() -> None:
    found = describe(load_series(shared_data("03-petctmr-sarcoma-STS_001", "CT", "image")))
    assert regions_of(found) == []
    assert found.phase == "unsure"
    assert found.unsure_mm == pytest.approx(193, abs=2)


def test_the_breast_planning_scan_is_an_unenhanced_chest() -> None:
    found = describe(load_series(shared_data("09-rt-breast-boost", "CT")))
    assert regions_of(found) == ["chest"]
    assert found.phase == "none"


@pytest.fixture(scope="module")
def phantom() -> tuple[NDArray[np.float32], dict[str, NDArray[np.bool_]]]:
    drawn = generate_ct(seed=70_200, shape=(92, 96, 96), spacing_mm=(4.0, 4.0, 4.0))
    return drawn.hu.astype(np.float32), drawn.truth


def series_of(hu: NDArray[np.float32]) -> Any:
    series = ct_series(hu)
    for index, header in enumerate(series.headers):
        header.ImagePositionPatient = [0.0, 0.0, 4.0 * index]
    return type(series)(voxels=hu, headers=series.headers, spacing_mm=(4.0, 4.0, 4.0))


def test_a_phantom_shows_abdomen_and_chest_in_the_portal_venous_phase(
    phantom: tuple[NDArray[np.float32], dict[str, NDArray[np.bool_]]],
) -> None:
    hu, truth = phantom
    found = describe(series_of(hu))
    assert regions_of(found) == ["abdomen", "chest"]
    assert found.phase == "portal-venous-ish"
    assert found.figures["liver_hu"] == pytest.approx(np.median(hu[truth["liver"]]), abs=8)


@pytest.mark.parametrize(
    ("blood_hu", "liver_hu", "phase"),
    [
        (310.0, 60.0, "arterial-ish"),
        (42.0, 55.0, "none"),
        (80.0, 60.0, "unsure"),
        (260.0, 105.0, "enhanced, phase unsure"),
    ],
)
def test_other_phases_painted_into_the_phantom(
    phantom: tuple[NDArray[np.float32], dict[str, NDArray[np.bool_]]],
    blood_hu: float,
    liver_hu: float,
    phase: str,
) -> None:
    hu, truth = phantom
    painted = hu.copy()
    painted[truth["heart"] | truth["aorta"]] = blood_hu
    painted[truth["liver"]] = liver_hu
    assert describe(series_of(painted)).phase == phase


@pytest.mark.parametrize(
    ("blood_hu", "liver_hu", "phase"),
    [
        (70.0, None, "none"),
        (71.0, None, "unsure"),
        (40.0, 90.0, "unsure"),
        (94.9, 100.0, "unsure"),
        (95.0, 85.0, "portal-venous-ish"),
        (150.0, 80.0, "enhanced, phase unsure"),
        (219.0, 85.0, "portal-venous-ish"),
        (220.0, 74.0, "arterial-ish"),
        (220.0, 85.0, "enhanced, phase unsure"),
        (400.0, None, "enhanced, phase unsure"),
        (10.0, None, "unsure"),
    ],
)
def test_a_phase_is_named_only_inside_its_limits(
    blood_hu: float, liver_hu: float | None, phase: str
) -> None:
    named, reason = _name_phase(blood_hu, liver_hu)
    assert named == phase
    assert f"{blood_hu:.0f} HU" in reason


def drawn_column(name: str) -> NDArray[np.float32]:
    """A skull with a neck under it, or a pelvis; drawn, no anatomy."""
    z, y, x = coordinates()
    hu = np.full(SHAPE, -1000.0, dtype=np.float32)
    if name == "head":
        outer = (y / 95) ** 2 + (x / 75) ** 2 + 0 * z < 1
        inner = (y / 85) ** 2 + (x / 65) ** 2 + 0 * z < 1
        hu[outer] = 1000
        hu[inner] = 35
        return hu
    body = (y / 110) ** 2 + (x / 150) ** 2 + 0 * z < 1
    hu[body] = 40
    for side in (-1, 1):
        hu[(np.abs(x - side * 90) < 10) & (np.abs(y) < 40) & (z < 200)] = 500
    return hu


def test_a_ring_of_bone_around_the_section_is_a_head() -> None:
    found = describe(ct_series(drawn_column("head")))
    assert regions_of(found) == ["head"]
    assert found.phase == "unsure"


def test_broad_bone_without_lungs_above_is_left_unsure() -> None:
    # Shoulders have broad bone at the sides, too: without the order nothing tells them apart.
    assert regions_of(describe(ct_series(drawn_column("pelvis")))) == []


def test_broad_bone_below_the_lungs_is_a_pelvis_and_the_abdomen_lies_between() -> None:
    hu = np.concatenate([drawn_column("pelvis")[:40], drawn_column("pelvis")[:40], drawn_chest()])
    _z, y, x = coordinates()
    belly = np.where((y / 110) ** 2 + (x / 150) ** 2 < 1, 40.0, -1000.0)
    hu[40:80] = belly
    found = describe(ct_series(hu.astype(np.float32)))
    assert regions_of(found) == ["pelvis", "abdomen", "chest"]


def test_every_answer_says_why_and_can_be_stored(
    phantom: tuple[NDArray[np.float32], dict[str, NDArray[np.bool_]]],
) -> None:
    stored = describe(series_of(phantom[0])).as_dict()
    assert all(seen["reason"] for seen in stored["regions"])
    assert stored["contrast_reason"].endswith(".")
    assert set(stored) == {
        "regions", "unsure_mm", "contrast_phase", "contrast_reason", "figures",
    }  # fmt: skip
