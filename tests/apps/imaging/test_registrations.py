"""Registrations of a case: the matrix goes from source to registered, and only rigid ones count."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.test import Client
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom.dataset import Dataset
from pydicom.uid import (
    DeformableSpatialRegistrationStorage,
    SpatialRegistrationStorage,
    generate_uid,
)

from apps.audit.models import AuditEntry
from apps.imaging.registrations.header import check_rigid, read_registration
from apps.imaging.services import import_files
from tests.apps.imaging.dicom import make_slice, to_bytes, write_files
from tests.apps.imaging.test_geometry import rotation
from tests.apps.imaging.test_importing import patient_fields
from tests.people import SYSTEM, CaseTeam

SOURCE, TARGET = "1.2.3.4", "1.2.3.5"
PIXELS = ("PixelData", "Rows", "Columns", "SamplesPerPixel", "PhotometricInterpretation")


def rigid(shift: tuple[float, float, float] = (10, 20, 30), turn_z: float = 0.5) -> np.ndarray:
    matrix = np.eye(4)
    matrix[:3, :3] = rotation((0.0, 0.0, turn_z))
    matrix[:3, 3] = shift
    return matrix


def make_reg(
    *matrices: np.ndarray,
    kind: str = "RIGID",
    source: str = SOURCE,
    date: str = "20260301",
    **fields: Any,
) -> Dataset:
    """A Spatial Registration (PS3.3 A.39) of ``source`` to ``TARGET``, with the identity of it."""
    reg = make_slice(index=0, modality="REG", seed=int(date), **fields)
    for keyword in PIXELS:
        delattr(reg, keyword)
    reg.SOPClassUID = reg.file_meta.MediaStorageSOPClassUID = SpatialRegistrationStorage
    reg.FrameOfReferenceUID, reg.ContentDate, reg.ContentTime = TARGET, date, "101500"
    reg.ContentLabel, reg.ContentDescription, reg.Manufacturer = "FUSION", "MR to CT", "Somebody"
    items = []
    for uid, own, name in ((TARGET, (np.eye(4),), "RIGID"), (source, matrices, kind)):
        item, registration = Dataset(), Dataset()
        registration.MatrixSequence = []
        for matrix in own:
            one = Dataset()
            one.FrameOfReferenceTransformationMatrixType = name
            one.FrameOfReferenceTransformationMatrix = [f"{v:.8g}" for v in matrix.ravel()]
            registration.MatrixSequence.append(one)
        item.FrameOfReferenceUID, item.MatrixRegistrationSequence = uid, [registration]
        items.append(item)
    reg.RegistrationSequence = items
    return reg


def read(reg: Dataset) -> list[tuple[str, tuple[float, ...] | None]]:
    document = reg.to_json_dict()
    return [(link.refusal, link.matrix) for link in read_registration(document).links]


FIELDS: dict[str, Any] = {"study_uid": "1.2", "series_uid": "1.3"}


def test_a_rigid_matrix_takes_source_points_to_the_registered_frame_of_reference() -> None:
    """Worked out by hand: a quarter turn about z and a shift take (1, 2, 3) to (8, 21, 33)."""
    quarter = rigid(turn_z=np.pi / 2)
    header = read_registration(make_reg(quarter, **FIELDS).to_json_dict())
    (link,) = header.links  # the registered one's own identity is no link
    assert (link.source_frame_of_reference_uid, link.target_frame_of_reference_uid) == (
        SOURCE,
        TARGET,
    )
    moved = np.asarray(link.matrix).reshape(4, 4) @ [1, 2, 3, 1]
    assert moved[:3] == pytest.approx((8, 21, 33), abs=1e-6)
    assert (header.description, header.manufacturer) == ("MR to CT", "Somebody")


SHEARED = np.eye(4) + np.outer([1, 0, 0, 0], [0, 0.1, 0, 0])
MIRRORED = np.diag([-1.0, 1, 1, 1])
SCALED = np.diag([1.01, 1.01, 1.01, 1])
PROJECTIVE = np.eye(4) + np.outer([0, 0, 0, 1], [0.1, 0, 0, 0])


@pytest.mark.parametrize(
    ("matrices", "kind", "refusal"),
    [
        ([SHEARED], "RIGID", "not_orthonormal"),
        ([MIRRORED], "RIGID", "not_orthonormal"),
        ([SCALED], "RIGID", "not_orthonormal"),
        ([PROJECTIVE], "RIGID", "not_orthonormal"),
        ([SCALED], "RIGID_SCALE", "not_rigid"),
        ([SHEARED], "AFFINE", "not_rigid"),
        ([rigid(shift=(1e5, 0, 0))], "RIGID", "malformed"),
        ([rigid()[:3]], "RIGID", "malformed"),
        ([], "RIGID", "malformed"),
        ([rigid(), rigid()], "RIGID", "several_matrices"),
    ],
)
def test_what_is_not_one_rigid_matrix_is_refused_by_name(
    matrices: list[np.ndarray], kind: str, refusal: str
) -> None:
    assert read(make_reg(*matrices, kind=kind, **FIELDS)) == [(refusal, None)]


def test_images_without_a_frame_of_reference_cannot_be_registered() -> None:
    reg = make_reg(rigid(), **FIELDS)
    del reg.RegistrationSequence[1].FrameOfReferenceUID
    assert read(reg) == [("no_frame_of_reference", None)]


def test_a_deformable_registration_is_told_and_not_applied() -> None:
    reg = make_reg(**FIELDS)
    reg.SOPClassUID = DeformableSpatialRegistrationStorage
    item = Dataset()
    item.SourceFrameOfReferenceUID = SOURCE
    reg.DeformableRegistrationSequence = [item]
    assert read(reg) == [("deformable", None)]


@pytest.mark.parametrize("junk", [None, [], ["x"], [{"Value": 3}], "text"])
def test_nonsense_is_no_exception(junk: Any) -> None:
    document: dict[str, Any] = {
        "00200052": {"vr": "UI", "Value": [TARGET]},
        "00700308": {"vr": "SQ", "Value": junk},
    }
    assert all(link.matrix is None for link in read_registration(document).links)


angle = st.floats(-3.1, 3.1)


@given(angles=st.tuples(angle, angle, angle), noise=st.floats(0.02, 0.5))
@settings(max_examples=60, deadline=None)
def test_every_rotation_passes_and_no_stretched_one(
    angles: tuple[float, float, float], noise: float
) -> None:
    matrix = np.eye(4)
    matrix[:3, :3] = np.round(rotation(angles), 6)
    assert check_rigid(matrix) == ""
    stretched = matrix.copy()
    stretched[:3, 0] *= 1 + noise
    assert check_rigid(stretched) == "not_orthonormal"


# --- in a case -------------------------------------------------------------------------------


def sign_in(team: CaseTeam, who: str) -> Client:
    client = Client()
    client.force_login(team.people[who], backend="django.contrib.auth.backends.ModelBackend")
    return client


def bring(team: CaseTeam, folder: Path, *regs: Dataset) -> None:
    write_files(folder, [to_bytes(reg) for reg in regs])
    import_files(actor=SYSTEM, case_id=team.case_id, paths=[folder])


@pytest.mark.django_db(transaction=True)
def test_of_two_registrations_the_newest_is_in_force_and_says_that_they_differ(
    team: CaseTeam, tmp_path: Path
) -> None:
    fields = patient_fields(team) | {"study_uid": generate_uid(), "series_uid": generate_uid()}
    old = make_reg(rigid(shift=(1, 2, 3)), date="20260101", **fields)
    new = make_reg(rigid(shift=(4, 5, 6)), date="20260401", **fields)
    bring(team, tmp_path / "in", old, new)
    url = f"/api/cases/{team.case_id}/registrations"
    found = sign_in(team, "surgeon").get(url).json()["results"]
    assert [one["date"] for one in found] == ["20260401", "20260101"]
    first, second = (one["links"][0] for one in found)
    assert (first["state"], first["contradicted"]) == ("applied", True)
    assert [first["matrix"][place] for place in (3, 7, 11)] == pytest.approx([4, 5, 6])
    assert (second["state"], second["matrix"]) == ("superseded", None)
    entry = AuditEntry.objects.get(action="registrations.viewed")
    assert entry.actor_id == team.people["surgeon"].pk


@pytest.mark.django_db(transaction=True)
def test_a_refused_registration_is_listed_with_its_reason(team: CaseTeam, tmp_path: Path) -> None:
    fields = patient_fields(team) | {"study_uid": generate_uid(), "series_uid": generate_uid()}
    bring(team, tmp_path / "in", make_reg(SHEARED, kind="AFFINE", **fields))
    answer = sign_in(team, "surgeon").get(f"/api/cases/{team.case_id}/registrations").json()
    (link,) = answer["results"][0]["links"]
    assert (link["state"], link["refusal"], link["matrix"]) == ("refused", "not_rigid", None)
    assert "rigid" in link["reason"]


@pytest.mark.django_db(transaction=True)
def test_only_who_sees_the_case_identified_knows_of_registrations(
    team: CaseTeam, tmp_path: Path
) -> None:
    fields = patient_fields(team) | {"study_uid": generate_uid(), "series_uid": generate_uid()}
    bring(team, tmp_path / "in", make_reg(rigid(), **fields))
    url = f"/api/cases/{team.case_id}/registrations"
    assert len(sign_in(team, "surgeon").get(url).json()["results"]) == 1
    assert sign_in(team, "consultant").get(url).json()["results"] == []
    assert sign_in(team, "outsider").get(url).status_code == 404
    assert Client().get(url).status_code == 401
