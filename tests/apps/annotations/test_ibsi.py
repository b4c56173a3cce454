"""First-order statistics of the IBSI digital phantom, held to the initiative's consensus values.

Regions are drawn on one image each, so the phantom's mask is covered by rectangles, a run of pixels
each, and what the server says of them is put together (law of total variance).
"""

import csv
import math
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from pydicom.uid import generate_uid

from apps.annotations import services
from apps.annotations.services import Drawing
from apps.imaging.services.importing import import_files
from tests.apps.ai.real_data import read_nifti, shared_data
from tests.apps.imaging.dicom import make_slice
from tests.people import SYSTEM, CaseTeam, make_case_team, make_patient

pytestmark = pytest.mark.django_db
SET = "24-ibsi-digital-phantom"
EDGE_MM = 2.0


@pytest.fixture()
def team() -> CaseTeam:
    return make_case_team(patient=make_patient())


def _reference() -> dict[str, float]:
    with shared_data(SET, "reference_values.csv").open(encoding="utf-8") as rows:
        told = list(csv.DictReader(rows))
    return {row["feature"]: float(row["value"]) for row in told if row["value"]}


def _import(team: CaseTeam, folder: Path, voxels: NDArray[np.float64]) -> list[dict[str, str]]:
    study, series, space = generate_uid(), generate_uid(), generate_uid()
    patient = team.case.patient
    images = []
    for index, values in enumerate(voxels):
        image = make_slice(
            study_uid=study,
            series_uid=series,
            index=index,
            patient_id=patient.patient_id,
            name=patient.name,
            birth_date=patient.birth_date.strftime("%Y%m%d") if patient.birth_date else "",
            sex=patient.sex,
            shape=values.shape,
            IssuerOfPatientID=patient.issuer,
            FrameOfReferenceUID=space,
            ImagePositionPatient=[0.0, 0.0, EDGE_MM * index],
            PixelSpacing=[EDGE_MM, EDGE_MM],
            SliceThickness=EDGE_MM,
            RescaleSlope=1,
            RescaleIntercept=0,
            PixelData=values.astype("<i2").tobytes(),
        )
        image.save_as(folder / f"{index}.dcm", enforce_file_format=True)
        images.append(
            {
                "study_instance_uid": study,
                "series_instance_uid": series,
                "sop_instance_uid": str(image.SOPInstanceUID),
                "frame_of_reference_uid": space,
            }
        )
    import_files(actor=SYSTEM, case_id=team.case.pk, paths=[folder])
    return images


def _runs(row: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """First and last column of what is inside, run by run."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], row, [False]]).astype(int)))
    return [(int(a), int(b) - 1) for a, b in edges.reshape(-1, 2)]


def test_statistics_are_those_of_the_initiative(team: CaseTeam, tmp_path: Path) -> None:
    voxels = read_nifti(shared_data(SET, "phantom.nii.gz"))
    mask = read_nifti(shared_data(SET, "mask.nii.gz")) > 0
    wanted = _reference()
    images = _import(team, tmp_path, voxels)
    parts = []
    for z, image in enumerate(images):
        for y in range(mask.shape[1]):
            for first, last in _runs(mask[z, y]):
                corners = [
                    (first - 0.4, y - 0.4),
                    (last + 0.4, y - 0.4),
                    (last + 0.4, y + 0.4),
                    (first - 0.4, y + 0.4),
                ]
                drawing = Drawing(
                    kind="rectangle",
                    points_lps=[[EDGE_MM * a, EDGE_MM * b, EDGE_MM * z] for a, b in corners],
                    **image,
                )
                made = services.put_measurement(
                    actor=team.actor("surgeon"), case_id=team.case_id, drawing=drawing
                )
                parts.append({one["quantity"]: one["value"] for one in made.values})
    count = np.array([part["count"] for part in parts])
    means = np.array([part["mean"] for part in parts])
    assert count.sum() == mask.sum() == 74
    mean = float((count * means).sum() / count.sum())
    spread = [part["standard_deviation"] ** 2 for part in parts]
    variance = float((count * (spread + (means - mean) ** 2)).sum() / count.sum())
    lowest = min(part["minimum"] for part in parts)
    highest = max(part["maximum"] for part in parts)
    # The consensus is told in three digits.
    assert float(f"{mean:.3g}") == wanted["stat_mean"]
    assert float(f"{variance:.3g}") == wanted["stat_var"]
    assert (lowest, highest) == (wanted["stat_min"], wanted["stat_max"])
    assert float(f"{highest - lowest:.3g}") == wanted["stat_range"]
    assert float(f"{math.sqrt(variance) / mean:.3g}") == wanted["stat_cov"]
