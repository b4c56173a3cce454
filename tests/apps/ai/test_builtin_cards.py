"""Every built-in card: nothing left out, and every check value in it computed anew.

The walk takes the cards from the package, so that a new analysis is asked without anybody thinking
of it. A check value without a function here fails, and a function without a check value too.
"""

from __future__ import annotations

import csv
import importlib
import pkgutil
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np
import pytest

from apps.ai import analyses
from apps.ai.analyses import chest_ct_nodules, pet_lesions
from apps.ai.analyses.check_values import CheckValue
from apps.ai.analyses.liver_reference import LiverReference
from apps.ai.analyses.radiomics.catalogue import FEATURES
from apps.ai.analyses.radiomics.prepare import PEAK_RADIUS_MM
from apps.ai.analyses.results import MaskRegion, SegmentResult
from apps.ai.analyses.suv_peak import find_suv_peak, sphere_means, sphere_shares
from apps.ai.model_card import SOURCE_ATTRIBUTES, read_text, state_group
from apps.imaging.suv import compute_suv_scaling
from tests.apps.ai import test_radiomics_reference as ibsi
from tests.apps.ai.nodule_phantoms import ScanScore, analyse, first_measured
from tests.apps.ai.radiomics_phantoms import values_of
from tests.apps.ai.real_data import (
    load_series,
    rasterise_contours,
    read_nifti,
    read_nifti_mask,
    shared_data,
)
from tests.apps.ai.synthetic_pet import suv_volume
from tests.apps.ai.test_suv_peak import GRIDS, grid, peak_of, voxel_ml, whole

CARDS = {
    name: importlib.import_module(f"apps.ai.analyses.{name}")
    for _, name, _ in pkgutil.iter_modules(analyses.__path__)
    if name.endswith("_card")
}
#: Stated by the house and not by whoever wrote the analysis.
OF_THE_HOUSE = {"maintenance.local_fairness"}


def run(module: Any, volume: Any, **parameters: Any) -> Any:
    return module.run(
        volume=volume,
        headers=volume.headers,
        parameters=parameters,
        progress=lambda fraction, stage: None,
    )


def test_every_built_in_analysis_has_its_card_among_those_walked() -> None:
    ours = {id(card.CARD) for card in CARDS.values()}
    for module in analyses.BUILTINS.values():
        assert id(importlib.import_module(module).CARD) in ours
    assert len(CARDS) >= 3


@pytest.mark.parametrize("name", CARDS)
def test_a_card_states_use_sources_limits_and_check_values(name: str) -> None:
    card = dict(CARDS[name].CARD)
    said = [
        one
        for group in SOURCE_ATTRIBUTES
        for one in state_group(group=group, card=card, entries=[])
    ]
    assert len(said) == 31
    assert {one.key for one in said if not one.text} <= OF_THE_HOUSE
    assert card["purpose"]["intended_use"] and card["out_of_scope"]["cautioned_use"]
    assert len(card["failure_modes"]) >= 3
    assert card["sources"] and all(any(ch.isdigit() for ch in one) for one in card["sources"])
    assert "Research use only" in card["regulatory_status"]
    values: tuple[CheckValue, ...] = CARDS[name].CHECK_VALUES
    assert len(values) >= 3
    assert card["check_values"] == [one.line() for one in values]
    shown = read_text(card["check_values"])
    assert len(shown.splitlines()) == len(values), "the page shows every line"
    for one in values:
        assert one.says and one.source and f"{one.value:.10g}" in shown


def hundred_voxels() -> SegmentResult:
    suv = np.full((14, 20, 20), 0.8, dtype=np.float32)
    suv[2:7, 4:9, 4:8] = 5.0
    (segment,) = run(pet_lesions, suv_volume(suv)).segments
    return segment


def worst_sphere() -> float:
    volumes = [float(sphere_shares(one).sum()) * voxel_ml(one) for one in GRIDS.values()]
    return max(volumes, key=lambda one: abs(one - 1))


def point_source() -> float:
    suv = np.zeros((11, 11, 11))
    suv[5, 5, 5] = 1.0
    return float(peak_of(suv, MaskRegion.from_mask(suv > 0), grid(4, 4, 4)).value)


def gradient_error() -> float:
    slices, rows, columns = np.indices((25, 25, 25)).astype(float)
    suv = 2.0 + 0.3 * slices + 0.2 * rows - 0.1 * columns
    found = peak_of(suv, whole(suv.shape, rim=10), GRIDS["scanner"])
    return float(found.value - suv[found.centre])


@lru_cache(maxsize=1)
def ibsi_peaks() -> tuple[float, float]:
    folder = "24-ibsi-digital-phantom"
    voxels = read_nifti(shared_data(folder, "phantom.nii.gz")).astype(np.float32)
    region = MaskRegion.from_mask(read_nifti(shared_data(folder, "mask.nii.gz")) > 0)
    reach = np.arange(-3, 4) * 2.0
    z, y, x = np.meshgrid(reach, reach, reach, indexing="ij")
    ball = (z**2 + y**2 + x**2 <= PEAK_RADIUS_MM**2).astype(float)
    means, _ = sphere_means(voxels, region=region, shares=ball)
    inside, peaks = voxels[region.box][region.values], means[region.values]
    return float(peaks[inside == inside.max()].max()), float(peaks.max())


def suv_objects() -> float:
    """Beyond the step an object is stored in."""
    worst = 0.0
    with shared_data("22-suv-dro", "expected.csv").open(encoding="utf-8") as rows:
        for row in csv.DictReader(rows):
            series = load_series(shared_data("22-suv-dro", row["ID"], "PT"))
            mask = read_nifti_mask(shared_data("22-suv-dro", row["ID"], "mask", "DRO_mask.nii.gz"))
            suv = compute_suv_scaling(headers=series.headers).apply(series.voxels)[mask]
            for name, found in (("min", suv.min()), ("med", np.median(suv)), ("max", suv.max())):
                worst = max(worst, abs(float(found) - float(row[f"SUV{name}_expected"])))
    return worst


@lru_cache(maxsize=1)
def sarcoma() -> tuple[float, float]:
    """SUVmax and SUVpeak of the listed region that holds most of the contoured mass."""
    series = load_series(shared_data("04-pet-raw-BQML-STS_001", "image"))
    contours = next(shared_data("04-pet-raw-BQML-STS_001", "mask").glob("*.dcm"))
    mass = rasterise_contours(contours, "GTV_Mass", series)
    segments = run(pet_lesions, series).segments
    tumour = max(segments, key=lambda one: int((one.mask & mass).sum()))
    suv = compute_suv_scaling(headers=series.headers).apply(series.voxels)
    found = find_suv_peak(suv, region=tumour.region, shares=sphere_shares(series.affine_lps))
    assert found is not None
    assert tumour.value_of("suv_peak") == found.value
    return tumour.value_of("suv_max"), found.value


def features_within(way: str) -> int:
    shared_data(ibsi.SET, "reference_values.csv")
    measured = values_of(ibsi._measured(way))
    count = 0
    for one in FEATURES:
        row = ibsi.ROWS[one.code]
        reference, tolerance = float(row["value"]), float(row["tolerance"])
        allowed = ibsi._allowed(reference, tolerance) * (1 + 1e-9)
        count += abs(measured[one.code] - reference) <= allowed
    return count


def of_the_mesh(code: str) -> float:
    shared_data(ibsi.SET, "reference_values.csv")
    return values_of(ibsi._measured("fixed bin number"))[code]


@lru_cache(maxsize=1)
def first_phantom() -> tuple[ScanScore, float]:
    """Its score, and the worse lung volume as a share of the true one."""
    phantom = first_measured()
    outcome, scored = analyse(phantom)
    worst = 0.0
    for name, side in (("right", 1), ("left", 2)):
        true_ml = np.count_nonzero(phantom.lungs == side) * np.prod(phantom.spacing_mm) / 1000
        measured = outcome.parameters[f"lung_volume_{name}_ml"]
        worst = max(worst, abs(measured / float(true_ml) - 1))
    return scored, worst


@lru_cache(maxsize=2)
def candidates_of(folder: str) -> tuple[Any, ...]:
    outcome = run(chest_ct_nodules, load_series(shared_data(folder, "CT")))
    return tuple(outcome.segments)


ADENOCARCINOMA, BREAST = "01-ct-chest-adenocarcinoma-A0001", "09-rt-breast-boost"

COMPUTED: dict[tuple[str, str], Callable[[], float]] = {
    ("pet_card", "mtv"): lambda: hundred_voxels().value_of("metabolic_tumour_volume"),
    ("pet_card", "tlg"): lambda: hundred_voxels().value_of("total_lesion_glycolysis"),
    ("pet_card", "sphere"): worst_sphere,
    ("pet_card", "point_source"): point_source,
    ("pet_card", "gradient"): gradient_error,
    ("pet_card", "ibsi_local_peak"): lambda: ibsi_peaks()[0],
    ("pet_card", "ibsi_global_peak"): lambda: ibsi_peaks()[1],
    ("pet_card", "liver_threshold"): lambda: (
        LiverReference((0.0, 0.0, 0.0), 100, mean=2.0, sd=0.2).threshold_suv
    ),
    ("pet_card", "suv_objects"): suv_objects,
    ("pet_card", "sarcoma_suv_max"): lambda: sarcoma()[0],
    ("pet_card", "sarcoma_suv_peak"): lambda: sarcoma()[1],
    ("radiomics_card", "features_bin_number"): lambda: features_within("fixed bin number"),
    ("radiomics_card", "features_bin_size"): lambda: features_within("fixed bin size"),
    ("radiomics_card", "mesh_volume"): lambda: of_the_mesh("morph_volume"),
    ("radiomics_card", "mesh_area"): lambda: of_the_mesh("morph_area_mesh"),
    ("nodule_card", "first_phantom_found"): lambda: sum(first_phantom()[0].found),
    ("nodule_card", "first_phantom_false"): lambda: first_phantom()[0].false_positives,
    ("nodule_card", "lung_volume"): lambda: first_phantom()[1],
    ("nodule_card", "adenocarcinoma_candidates"): lambda: len(candidates_of(ADENOCARCINOMA)),
    ("nodule_card", "adenocarcinoma_diameter"): lambda: candidates_of(ADENOCARCINOMA)[0].value_of(
        "mean_diameter"
    ),
    ("nodule_card", "breast_candidates"): lambda: len(candidates_of(BREAST)),
}
LISTED = {(card, one.name): one for card in CARDS for one in CARDS[card].CHECK_VALUES}


def test_every_check_value_is_computed_here_and_nothing_else_is() -> None:
    assert set(LISTED) == set(COMPUTED)


@pytest.mark.parametrize("key", list(LISTED), ids=":".join)
def test_a_check_value_of_a_card_is_what_comes_out(key: tuple[str, str]) -> None:
    listed = LISTED[key]
    assert abs(COMPUTED[key]() - listed.value) <= listed.within * (1 + 1e-9)
