"""Real series out as NIfTI and masks back: by an independent reader, and IBSI's own masks."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from apps.ai.research.sidecar import Sidecar
from apps.annotations.models import Segmentation
from apps.imaging.models import Series
from apps.imaging.services import import_files
from tests.apps.ai.real_data import load_series, read_nifti, shared_data
from tests.apps.ai.research_scene import _house, team
from tests.apps.imaging.nifti_files import as_ijk, load, nifti
from tests.painting import voxels
from tests.people import SYSTEM, CaseTeam

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.filterwarnings("ignore:StreamingHttpResponse must consume asynchronous"),
    pytest.mark.slow,
]
STS = "03-petctmr-sarcoma-STS_001"


__all__ = ["_house", "team"]


def bring(team: CaseTeam, folder: Path) -> str:
    """The address of the one series of a folder."""
    before = set(Series.objects.values_list("pk", flat=True))
    import_files(
        actor=SYSTEM,
        case_id=team.case_id,
        paths=[folder],
        mismatch_reason="Public research data in a test case.",
    )
    series = Series.objects.exclude(pk__in=before).select_related("study").get()
    study_uid, series_uid = series.study.study_instance_uid, series.series_instance_uid
    return f"/api/cases/{team.case_id}/studies/{study_uid}/series/{series_uid}"


def client_of(team: CaseTeam) -> Client:
    client = Client()
    client.force_login(team.people["surgeon"], backend="django.contrib.auth.backends.ModelBackend")
    return client


def export(team: CaseTeam, url: str) -> tuple[Any, Sidecar, bytes]:
    answer = client_of(team).get(f"{url}/nifti")
    assert answer.status_code == 200, answer.content
    bundle = zipfile.ZipFile(io.BytesIO(b"".join(answer)))
    raw = bundle.read("sidecar.json")
    return load(bundle.read("image.nii.gz")), Sidecar.model_validate_json(raw), raw


def send(team: CaseTeam, url: str, mask: bytes, **more: Any) -> Any:
    data = {"mask": SimpleUploadedFile("m.nii.gz", mask), "made_by": "MANUAL", **more}
    return client_of(team).post(f"{url}/nifti-mask", data)


def drawn(answer: Any) -> Any:
    assert answer.status_code == 201, answer.content
    return voxels(Segmentation.objects.get(pk=answer.json()["id"]))


@pytest.mark.parametrize(
    "parts",
    [
        ("01-ct-chest-adenocarcinoma-A0001",),
        (STS, "CT", "image"),
        (STS, "PET", "image"),
        (STS, "MR_T1", "image"),
        ("07-mr-breast-SEG-UCSF-BR-06", "SER"),
        ("16-odd-geometry", "failing", "gantrytilting", "001"),
    ],
    ids=["chest CT", "STS CT", "STS PET", "STS MR", "sagittal MR", "tilted CT"],
)
def test_real_series_leave_exactly_and_a_mask_comes_back(
    team: CaseTeam, parts: tuple[str, ...]
) -> None:
    folder = shared_data(*parts)
    files = next(one.parent for one in sorted(folder.rglob("*.dcm")))
    expected = load_series(files)
    url = bring(team, files)
    image, sidecar, raw = export(team, url)
    assert tuple(one.sop_instance_uid for one in sidecar.slices) == expected.sop_instance_uids
    found = np.asarray(image.dataobj)
    np.testing.assert_array_equal(found.astype(np.float32), as_ijk(expected.voxels))
    ras = np.diag([-1, -1, 1, 1]) @ expected.affine_lps
    np.testing.assert_allclose(sidecar.geometry.affine_ras, ras, rtol=0, atol=1e-9)
    np.testing.assert_allclose(image.affine, ras, rtol=0, atol=1e-4)
    mask = np.random.default_rng(4).random(expected.voxels.shape) < 0.05
    body = nifti(as_ijk(mask.astype(np.uint8)), image.affine)
    np.testing.assert_array_equal(drawn(send(team, url, body)), mask)
    beside = {"sidecar": SimpleUploadedFile("sidecar.json", raw)}
    np.testing.assert_array_equal(drawn(send(team, url, body, **beside)), mask)


@pytest.mark.parametrize("modality", ["CT", "MR_T1", "PET"])
def test_the_reference_masks_of_ibsi_lie_on_their_series(team: CaseTeam, modality: str) -> None:
    """Masks that others made of the same DICOM are laid on it by geometry alone, voxel-exact."""
    reference = shared_data(STS, "reference-nifti", f"{modality}_mask.nii.gz")
    url = bring(team, shared_data(STS, modality, "image"))
    image, _, _ = export(team, url)
    theirs = load(reference.read_bytes())
    np.testing.assert_allclose(image.affine, theirs.affine, rtol=0, atol=1e-6)
    assert image.shape == theirs.shape
    stored = read_nifti(reference) > 0  # their slices run as ours
    np.testing.assert_array_equal(drawn(send(team, url, reference.read_bytes())), stored)


def test_another_converter_finds_the_same_voxels_at_the_same_place(team: CaseTeam) -> None:
    """dicom2nifti's own reference of two sagittal slices, stored the other way round."""
    folder = shared_data("16-odd-geometry", "failing", "slicecount")
    image, _, _ = export(team, bring(team, folder / "001"))
    for name in ("001_ground_truth.nii.gz", "001_ground_truth_reoriented.nii.gz"):
        ours = nibabel.as_closest_canonical(image)
        theirs = nibabel.as_closest_canonical(nibabel.load(folder / name))
        np.testing.assert_allclose(ours.affine, theirs.affine, rtol=0, atol=1e-4)
        np.testing.assert_array_equal(np.asarray(ours.dataobj), np.asarray(theirs.dataobj))


def test_two_studies_of_one_patient_take_only_their_own_masks(team: CaseTeam) -> None:
    folder = shared_data("05-longitudinal-mr-CMB-CRC-06489")
    files = sorted({one.parent for one in folder.rglob("*.dcm")})
    assert len(files) == 2
    first, second = (bring(team, one) for one in files)
    image, _, raw = export(team, first)
    body = nifti(np.ones(image.shape, np.uint8), image.affine)
    wrong = send(team, second, body)
    assert (wrong.status_code, wrong.json()["code"]) == (400, "different_shape")
    beside = {"sidecar": SimpleUploadedFile("sidecar.json", raw)}
    assert send(team, second, body, **beside).json()["code"] == "sidecar_other_series"
    assert send(team, first, body).status_code == 201


def test_a_real_series_with_a_gap_is_refused_by_name(team: CaseTeam) -> None:
    url = bring(team, shared_data("16-odd-geometry", "failing", "sliceincrement-001"))
    answer = client_of(team).get(f"{url}/nifti")
    assert (answer.status_code, answer.json()["code"]) == (409, "missing_slices")
    answer = send(team, url, nifti(np.ones((2, 2, 4), np.uint8), np.eye(4)))
    assert (answer.status_code, answer.json()["code"]) == (409, "missing_slices")
