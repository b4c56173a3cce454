"""Volumes of drawn segmentations: a ball of a known radius on every kind of grid.

What the server says is the number of voxels that numpy counts times the volume of one, exactly; and
the ball of that volume has the radius of the phantom within half a voxel.
"""

import math
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from pydicom.uid import generate_uid

from apps.annotations.segmentations.selectors import describe_segmentation, head_of
from apps.imaging.services.importing import import_files
from tests import phantom_enhanced
from tests.apps.imaging.dicom import make_slice
from tests.painting import begin, paint, voxels
from tests.people import SYSTEM, CaseTeam, make_case_team, make_patient
from tests.scans import Scan

pytestmark = pytest.mark.django_db
AXIAL = [1.0, 0.0, 0.0, 0.0, 1.0, 0.0]
OBLIQUE = [0.8, 0.6, 0.0, -0.36, 0.48, 0.8]
SHAPE = (48, 64)
SLICES = 21


@pytest.fixture()
def team() -> CaseTeam:
    return make_case_team(patient=make_patient())


def _import_stack(
    team: CaseTeam, folder: Path, *, orientation: list[float], spacing: tuple[float, float, float]
) -> tuple[Scan, NDArray[np.float64]]:
    """Slices along the normal, and the centre of each voxel: PS3.3 C.7.6.2.1-1 written out."""
    study, series, space = generate_uid(), generate_uid(), generate_uid()
    across, down = np.array(orientation[:3]), np.array(orientation[3:])
    normal = np.cross(across, down)
    slice_mm, row_mm, column_mm = spacing
    rows, columns = np.mgrid[: SHAPE[0], : SHAPE[1]]
    within = columns[..., None] * column_mm * across + rows[..., None] * row_mm * down
    uids, centres = [], []
    patient = team.case.patient
    for index in range(SLICES):
        position = np.round(np.array([-15.0, 22.0, 7.0]) + normal * slice_mm * index, 9)
        image = make_slice(
            study_uid=study,
            series_uid=series,
            index=index,
            patient_id=patient.patient_id,
            name=patient.name,
            birth_date=patient.birth_date.strftime("%Y%m%d") if patient.birth_date else "",
            sex=patient.sex,
            shape=SHAPE,
            IssuerOfPatientID=patient.issuer,
            FrameOfReferenceUID=space,
            ImagePositionPatient=[*map(float, position)],
            ImageOrientationPatient=orientation,
            PixelSpacing=[row_mm, column_mm],
            SliceThickness=slice_mm,
        )
        image.save_as(folder / f"{index}.dcm", enforce_file_format=True)
        uids.append(str(image.SOPInstanceUID))
        centres.append(within + position)
    import_files(actor=SYSTEM, case_id=team.case.pk, paths=[folder])
    return Scan(study, series, space, tuple(uids)), np.stack(centres)


def _import_enhanced(
    team: CaseTeam, folder: Path, modality: str
) -> tuple[Scan, NDArray[np.float64]]:
    patient = team.case.patient
    image = phantom_enhanced.build_enhanced(
        patient_id=patient.patient_id, name=patient.name, modality=modality
    )
    image.IssuerOfPatientID = patient.issuer
    image.PatientBirthDate = patient.birth_date.strftime("%Y%m%d") if patient.birth_date else ""
    image.PatientSex = patient.sex
    image.save_as(folder / "enhanced.dcm", enforce_file_format=True)
    import_files(actor=SYSTEM, case_id=team.case.pk, paths=[folder])
    scan = Scan(
        str(image.StudyInstanceUID),
        str(image.SeriesInstanceUID),
        str(image.FrameOfReferenceUID),
        (str(image.SOPInstanceUID),) * phantom_enhanced.FRAMES,
    )
    # The grid goes up the normal; the file goes down.
    return scan, phantom_enhanced.voxel_centres()[::-1]


def _check_ball(
    team: CaseTeam,
    scan: Scan,
    centres: NDArray[np.float64],
    *,
    spacing: tuple[float, float, float],
    radius: float,
) -> None:
    segmentation = begin(team, scan)
    assert segmentation.grid["spacing_mm"] == pytest.approx(list(spacing), abs=1e-6)
    middle = centres.reshape(-1, 3).mean(axis=0) + np.array([0.11, -0.23, 0.17])
    ball = np.linalg.norm(centres - middle, axis=-1) <= radius
    edges = (ball[0], ball[-1], ball[:, 0], ball[:, -1], ball[:, :, 0], ball[:, :, -1])
    assert not any(edge.any() for edge in edges)
    painted = paint(team.actor("surgeon"), segmentation, {1: ball}, parent=0)
    assert (voxels(painted) == ball).all()
    (segment,) = describe_segmentation(painted, head_of(painted))["segments"]
    assert segment["voxels"] == int(ball.sum())
    voxel_ml = math.prod(spacing) / 1000
    assert segment["volume_ml"] == pytest.approx(int(ball.sum()) * voxel_ml, rel=1e-6)
    measured = (3 * segment["volume_ml"] * 1000 / (4 * math.pi)) ** (1 / 3)
    assert measured == pytest.approx(radius, abs=min(spacing) / 2)


@pytest.mark.parametrize(
    ("orientation", "spacing"),
    [
        (AXIAL, (0.8, 0.8, 0.8)),
        (AXIAL, (1.25, 0.8, 0.5)),
        (OBLIQUE, (0.8, 0.8, 0.8)),
        (OBLIQUE, (1.25, 0.8, 0.5)),
    ],
    ids=["square", "not-square", "oblique", "oblique-not-square"],
)
def test_a_ball_has_its_volume_on_slices(
    team: CaseTeam, tmp_path: Path, orientation: list[float], spacing: tuple[float, float, float]
) -> None:
    scan, centres = _import_stack(team, tmp_path, orientation=orientation, spacing=spacing)
    _check_ball(team, scan, centres, spacing=spacing, radius=7.3)


@pytest.mark.parametrize("modality", ["CT", "MR"])
def test_a_ball_has_its_volume_on_the_frames_of_one_object(
    team: CaseTeam, tmp_path: Path, modality: str
) -> None:
    scan, centres = _import_enhanced(team, tmp_path, modality)
    spacing = (phantom_enhanced.STEP_MM, *phantom_enhanced.SPACING_MM)
    _check_ball(team, scan, centres, spacing=spacing, radius=4.2)
