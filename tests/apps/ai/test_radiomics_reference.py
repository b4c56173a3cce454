"""Every row of the IBSI reference table for the digital phantom, within its tolerance."""

from __future__ import annotations

import csv
import math
from functools import lru_cache

import pytest

from apps.ai.analyses.radiomics import RadiomicsResult, RadiomicsSettings, measure_radiomics
from apps.ai.analyses.radiomics.catalogue import FEATURES
from tests.apps.ai.radiomics_phantoms import values_of
from tests.apps.ai.real_data import SHARED_DATA, read_nifti, shared_data

SET = "24-ibsi-digital-phantom"
TABLE = SHARED_DATA / SET / "reference_values.csv"
#: The phantom holds whole numbers from 1 to 6: either way leaves them as they are.
WAYS = {
    "fixed bin number": RadiomicsSettings(intensity_unit="1", bin_number=6),
    "fixed bin size": RadiomicsSettings(
        intensity_unit="1",
        discretisation="fixed_bin_size",
        bin_size=1.0,
        resegmentation_range=(1.0, 6.0),
    ),
}
#: Rows of the table without a value: no consensus was reached, so none is offered.
WITHOUT_CONSENSUS = {
    "morph_vol_dens_ombb",
    "morph_area_dens_ombb",
    "morph_vol_dens_mvee",
    "morph_area_dens_mvee",
    "ivh_auc",
}


def _rows() -> list[dict[str, str]]:
    if not TABLE.exists():
        return []
    with TABLE.open(encoding="utf-8") as lines:
        return list(csv.DictReader(lines))


ROWS = {row["feature"]: row for row in _rows()}


@lru_cache(maxsize=2)
def _measured(way: str) -> RadiomicsResult:
    return measure_radiomics(
        voxels=read_nifti(shared_data(SET, "phantom.nii.gz")),
        mask=read_nifti(shared_data(SET, "mask.nii.gz")) > 0,
        spacing_mm=(2.0, 2.0, 2.0),
        settings=WAYS[way],
    )


def _allowed(reference: float, tolerance: float) -> float:
    """The tolerance of the table; where it is 0, half of the third digit, as values are told."""
    if tolerance:
        return tolerance
    if reference == 0:
        return 0.0005
    return 0.5 * 10.0 ** (math.floor(math.log10(abs(reference))) - 2)


@pytest.mark.parametrize("feature", [one.code for one in FEATURES])
@pytest.mark.parametrize("way", WAYS)
def test_a_feature_has_the_value_of_the_table(way: str, feature: str) -> None:
    shared_data(SET, "reference_values.csv")
    row = ROWS[feature]
    reference, tolerance = float(row["value"]), float(row["tolerance"])
    measured = values_of(_measured(way))[feature]
    assert abs(measured - reference) <= _allowed(reference, tolerance) * (1 + 1e-9)


def test_every_row_of_the_table_is_offered_or_has_no_value_there() -> None:
    shared_data(SET, "reference_values.csv")
    offered = {one.code for one in FEATURES}
    assert len(offered) == len(FEATURES) == 482
    assert {name for name, row in ROWS.items() if not row["value"]} == WITHOUT_CONSENSUS
    assert set(ROWS) == offered | WITHOUT_CONSENSUS
    assert not offered & WITHOUT_CONSENSUS


@pytest.mark.parametrize("way", WAYS)
def test_the_phantom_refuses_nothing(way: str) -> None:
    result = _measured(way)
    assert result.refusals == ()
    assert result.processing["voxels"] == result.processing["voxels_counted"] == 74


@pytest.mark.parametrize(
    ("code", "value", "tolerance"),
    [("morph_volume", 556.333, 5e-4), ("morph_area_mesh", 388.0706, 5e-5)],
)
def test_the_mesh_is_the_one_of_the_consensus(code: str, value: float, tolerance: float) -> None:
    """Tighter than the table: another filling of the loops gives 549 to 553 mm³."""
    assert values_of(_measured("fixed bin number"))[code] == pytest.approx(value, abs=tolerance)
