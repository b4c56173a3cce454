"""Millimetres within an image: the same table as the viewer's, and real files of others."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pydicom
import pytest
from pydicom.dataset import Dataset

from apps.imaging.calibration import read_calibration
from tests.apps.imaging.dicom import data_folder

CASES = json.loads((Path(__file__).parent / "calibration_cases.json").read_text())


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_each_case_has_the_scale_that_the_standard_allows(case: dict[str, Any]) -> None:
    dataset = Dataset.from_json(case["dataset"])
    scale = read_calibration(dataset).scale_at(case["points"])
    if case["expected"] is None:
        assert scale is None
        return
    assert scale is not None
    assert scale.basis == case["expected"]["basis"]
    assert scale.row_mm == pytest.approx(case["expected"]["row_mm"])
    assert scale.column_mm == pytest.approx(case["expected"]["column_mm"])


#: What the sets of others say, by set and modality, where there is no position in the patient.
REAL = {
    ("10-", "MG"): {"calibrated"},  # 0.25 mm by a fiducial, 0.5 mm at the detector
    ("10-", "DX"): {"calibrated"},
    ("10-", "OT"): {None},
    ("16-", "CT"): {"patient"},  # a position, but no frame of reference
    ("16-", "MR"): {"patient"},
    ("17-", "MG"): {"detector"},
}


def test_real_files_are_measured_in_what_they_say_and_nothing_else() -> None:
    found: dict[tuple[str, str], set[str | None]] = {}
    for prefix in sorted({prefix for prefix, _ in REAL}):
        for path in sorted(data_folder(prefix).rglob("*")):
            if not path.is_file():
                continue
            try:
                dataset = pydicom.dcmread(path, stop_before_pixels=True)
            except pydicom.errors.InvalidDicomError:
                continue
            key = (prefix, str(dataset.get("Modality", "")))
            if "Rows" in dataset and key in REAL:
                scale = read_calibration(dataset).scale_at([(0, 0), (1, 1)])
                found.setdefault(key, set()).add(scale and scale.basis)
    assert found == REAL
