"""A NIfTI mask back over REST: voxel-exact as a person's segmentation, or refused by name."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any
from uuid import uuid4

import highdicom as hd
import numpy as np
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.ai.api import research_views
from apps.annotations.models import Segmentation
from apps.audit.models import AuditEntry
from apps.imaging.archive import read_headers
from apps.imaging.models import Series
from apps.imaging.services import import_files
from apps.imaging.volumes import open_volume
from tests import phantom_enhanced
from tests.apps.ai.encoded import encode, finding
from tests.apps.ai.research_scene import (
    SHAPE,
    Brought,
    Bundle,
    _house,
    axial,
    client_of,
    draw,
    export,
    find,
    labels_of,
    mask_of,
    send,
    team,
    tilted,
)
from tests.apps.imaging.dicom import to_bytes, write_files
from tests.apps.imaging.nifti_files import GEOMETRIES, as_ijk, load, nifti, random_labels
from tests.painting import paint, voxels
from tests.people import SYSTEM, CaseTeam

__all__ = ["_house", "axial", "team", "tilted"]

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.filterwarnings("ignore:StreamingHttpResponse must consume asynchronous"),
]


# --- masks back --------------------------------------------------------------------------


@pytest.mark.parametrize("name", GEOMETRIES)
def test_a_mask_goes_out_and_comes_back_voxel_for_voxel(
    team: CaseTeam, tmp_path: Path, name: str
) -> None:
    brought = Brought(team, tmp_path, name)
    labels = random_labels(most=2)
    drawn = draw(brought, {1: labels == 1, 2: labels == 2}, name="Target")
    found = export(brought)
    (record,) = found.sidecar.masks
    answer = send(
        brought,
        found.file(record.file),
        file_name="segmentation-1.nii.gz",
        sidecar=found.raw,
        who="radiologist",
    )
    assert answer.status_code == 201, answer.content
    body = answer.json()
    np.testing.assert_array_equal(labels_of(body["id"]), labels)
    assert body["author"]["display_name"] == "Radiologist Person"
    assert (body["name"], body["revision"], body["origin"]["kind"]) == ("Target", 1, "nifti")
    was = {one["label"]: one for one in client_of(team).get(
        f"/api/segmentations/{drawn.pk}").json()["segments"]}  # fmt: skip
    for one in body["segments"]:
        for what in ("type", "category", "colour", "voxels", "volume_ml", "box", "algorithm_type"):
            assert one[what] == was[one["label"]][what], what
    again = export(brought).sidecar.masks[1]
    assert again.sha256 == record.sha256, "the same voxels are the same file"


@pytest.mark.parametrize("name", GEOMETRIES)
def test_what_came_back_is_the_same_mask_as_a_dicom_seg(
    team: CaseTeam, tmp_path: Path, name: str
) -> None:
    """Written by our encoder on the archived headers, read by highdicom's own reader."""
    brought = Brought(team, tmp_path, name)
    mask = random_labels(most=1).astype(bool)
    answer = send(brought, mask_of(brought, mask.astype(np.uint8)))
    kept = voxels(Segmentation.objects.get(pk=answer.json()["id"]))
    headers = read_headers(series_id=brought.row.pk)
    seg = hd.seg.segread(io.BytesIO(encode(headers, finding(kept))["seg"]))
    read = seg.get_pixels_by_source_instance(
        source_sop_instance_uids=list(brought.scan.slices),
        assert_missing_frames_are_empty=True,
    )
    np.testing.assert_array_equal(read[..., 0].astype(bool), mask)


@settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(seed=st.integers(0, 99_999), most=st.integers(1, 12), density=st.floats(0.001, 1))
def test_random_masks_come_back_by_geometry_alone(
    tilted: Brought, seed: int, most: int, density: float
) -> None:
    research_views.ResearchPerPerson.cache.clear()
    rng = np.random.default_rng(seed)
    labels = rng.integers(1, most + 1, SHAPE) * (rng.random(SHAPE) < density)
    labels[0, 0, 0] = most
    values = [int(one) for one in np.unique(labels) if one]
    answer = send(tilted, mask_of(tilted, labels.astype(np.int16)), made_by="SEMIAUTOMATIC")
    assert answer.status_code == 201, answer.content
    numbers = dict(enumerate(values, start=1))
    np.testing.assert_array_equal(labels_of(answer.json()["id"], value_of=numbers), labels)
    said = answer.json()["segments"]
    assert [one["label"] for one in said] == [f"Label {value}" for value in values]
    assert {one["type"]["display"] for one in said} == {"Tissue"}, "no more is said than is known"
    assert {one["algorithm_type"] for one in said} == {"SEMIAUTOMATIC"}


def test_labels_that_are_described_are_what_they_are_said_to_be(axial: Brought) -> None:
    told = [{"value": 1, "label": "GTV", "type": "108369006"}, {"value": 3, "label": "Rest"}]
    labels = random_labels(most=3)
    labels[labels == 2] = 3
    answer = send(axial, mask_of(axial, labels), labels=json.dumps(told), name="Plan")
    assert answer.status_code == 201, answer.content
    first, second = answer.json()["segments"]
    assert (first["label"], first["type"]["display"]) == ("GTV", "Tumor")
    assert (second["label"], second["type"]["display"]) == ("Rest", "Tissue")
    assert first["colour"] != second["colour"]
    np.testing.assert_array_equal(labels_of(answer.json()["id"], value_of={2: 3}), labels)


def test_a_finding_that_comes_back_stays_a_copy_of_it(axial: Brought, tmp_path: Path) -> None:
    mask = random_labels(most=1).astype(bool)
    finding = find(axial, tmp_path, mask)
    found = export(axial)
    sent = send(axial, found.file("masks/finding-1.nii.gz"), file_name="finding-1.nii.gz",
                sidecar=found.raw)  # fmt: skip
    assert sent.status_code == 201, sent.content
    body = sent.json()
    assert (body["origin"]["kind"], body["origin"]["id"]) == ("finding", str(finding.pk))
    assert body["segments"][0]["algorithm_type"] == "SEMIAUTOMATIC", "whatever was said of it"


REFUSED_FILES = {
    "nan": ({"voxels": "nan"}, "non_finite_labels"),
    "half": ({"voxels": "half"}, "non_integer_labels"),
    "four axes": ({"voxels": "4d"}, "not_3d"),
    "another shape": ({"voxels": "short"}, "different_shape"),
    "magic": ({"magic": b"xyz"}, "not_nifti"),
    "offset": ({"vox_offset": -1}, "bad_vox_offset"),
    "overflow": ({"dim": [3, -5, 16, 5, 1, 1, 1, 1]}, "bad_dimensions"),
    "moved": ({"srow_x": [-0.75, 0, 0, 14]}, "different_place"),
}


def test_a_file_that_is_refused_leaves_nothing(axial: Brought) -> None:
    affine = np.array(export(axial).sidecar.geometry.affine_ras)
    kinds: dict[str, Any] = {
        "": as_ijk(random_labels()),
        "nan": as_ijk(np.where(random_labels() == 1, np.nan, 1).astype("f4")),
        "half": as_ijk(random_labels() / 2),
        "short": as_ijk(random_labels((4, 16, 24))),
        "4d": np.stack([as_ijk(random_labels())] * 2, axis=-1),
    }
    for change, code in REFUSED_FILES.values():
        fields = dict(change)
        answer = send(axial, nifti(kinds[fields.pop("voxels", "")], affine, **fields))
        assert (answer.status_code, answer.json()["code"]) == (400, code)
        assert answer["Content-Type"] == "application/problem+json"
    assert Segmentation.objects.count() == 0
    assert not AuditEntry.objects.filter(action__startswith="import.nifti").exists()


@pytest.mark.parametrize(
    ("places", "code"),
    [((0, 1, 2, 3.4, 4.4), "irregular_spacing"), ((0, 1, 2, 4, 5), "missing_slices"),
     ((0,), "single_slice")],
)  # fmt: skip
def test_a_series_that_no_affine_holds_neither_leaves_nor_takes_a_mask(
    team: CaseTeam, tmp_path: Path, places: tuple[float, ...], code: str
) -> None:
    for name in ("axial", "tilted"):
        brought = Brought(team, tmp_path, name, places=places)
        answer = client_of(team).get(f"{brought.url}/nifti")
        assert (answer.status_code, answer.json()["code"]) == (409, code)
        labels = as_ijk(random_labels((len(places), 16, 24)))
        answer = send(brought, nifti(labels, np.diag([-0.75, -0.5, 2, 1])))
        assert (answer.status_code, answer.json()["code"]) == (409, code)
    assert not AuditEntry.objects.filter(action="export.nifti").exists()


def test_a_mask_that_an_algorithm_made_alone_is_no_persons_segmentation(axial: Brought) -> None:
    answer = send(axial, mask_of(axial), made_by="AUTOMATIC")
    assert (answer.status_code, answer.json()["code"]) == (400, "automatic_mask")
    unsaid = client_of(axial.team).post(
        f"{axial.url}/nifti-mask", {"mask": SimpleUploadedFile("m.nii.gz", mask_of(axial))}
    )
    assert unsaid.status_code == 400, "who made it is not guessed"
    assert Segmentation.objects.count() == 0


def test_a_side_car_of_something_else_is_refused_by_name(
    axial: Brought, team: CaseTeam, tmp_path: Path
) -> None:
    mask = mask_of(axial)
    said = json.loads(export(axial).raw)
    other = export(Brought(team, tmp_path, "axial")).raw

    def code(sidecar: Any, **form: Any) -> str:
        body = sidecar if isinstance(sidecar, bytes) else json.dumps(sidecar).encode()
        answer = send(axial, mask, sidecar=body, **form)
        return "" if answer.status_code == 201 else str(answer.json()["code"])

    assert code(other) == "sidecar_other_series"
    assert code(said | {"slices": said["slices"][::-1]}) == "sidecar_other_slices"
    assert code(said | {"frame_of_reference_uid": "1.2.3"}) == "frame_of_reference_mismatch"
    moved = json.loads(json.dumps(said))
    moved["geometry"]["affine_lps"][2][3] += 1
    assert code(moved) == "sidecar_other_place"
    assert code(said | {"format_version": 2}) == "sidecar_version"
    assert code(said | {"format": "other"}) == "bad_sidecar"
    assert code(b"{") == "bad_sidecar"
    assert code(b"[" * 100_000) == "bad_sidecar"
    label = {"value": 1, "label": "A", "category": {"system": "SCT", "code": "1", "display": "x"},
             "type": {"system": "SCT", "code": "52988006", "display": "x"},
             "algorithm_type": "MANUAL", "tracking_uid": "2.25.1", "voxels": 1}  # fmt: skip
    record = {"file": "masks/mask.nii.gz", "sha256": "", "source": "segmentation",
              "id": str(uuid4()), "revision": 1, "name": "", "labels": [label, label]}  # fmt: skip
    assert code(said | {"masks": [record]}) == "duplicate_labels"
    assert code(said | {"masks": [record | {"labels": [label]}]}) == "unknown_label"
    told = json.dumps([{"value": 1, "label": "A"}, {"value": 1, "label": "B"}])
    assert code(said, labels=told) == "duplicate_labels"
    assert code(said, labels=json.dumps([{"value": 1, "label": "A"}])) == "unknown_label"
    assert code(said, labels="[{]") == "invalid_input"
    assert Segmentation.objects.count() == 0
    assert code(said) == "", "and the true one is taken"


def test_a_body_that_is_too_large_is_not_read(
    axial: Brought, monkeypatch: pytest.MonkeyPatch
) -> None:
    mask = mask_of(axial)
    monkeypatch.setattr(research_views, "MAX_BODY_BYTES", len(mask))
    answer = send(axial, mask)
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    monkeypatch.undo()
    monkeypatch.setattr("apps.ai.research.importing.MAX_MASK_BYTES", len(mask) - 1)
    answer = send(axial, mask)
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


def test_half_a_mask_is_never_kept(axial: Brought, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever fails after the segmentation is begun takes it back."""
    monkeypatch.setattr(
        "apps.annotations.segmentations.services.importing.MAX_IMPORTED_VOXELS", 100
    )
    answer = send(axial, mask_of(axial))
    assert (answer.status_code, answer.json()["code"]) == (413, "chunk_too_large")
    assert Segmentation.objects.count() == 0


def test_an_imported_mask_is_painted_on_and_taken_back_like_any_other(axial: Brought) -> None:
    answer = send(axial, mask_of(axial, random_labels(most=1)))
    made = Segmentation.objects.get(pk=answer.json()["id"])
    paint(axial.team.actor("surgeon"), made, {1: np.ones((1, 2, 2), bool)}, parent=1)
    assert voxels(made)[0, :2, :2].all()
    client = client_of(axial.team)
    undone = client.post(
        f"/api/segmentations/{made.pk}/revisions",
        {"parent": 2, "inverse_of": 1},
        content_type="application/json",
    )
    assert undone.status_code == 201


def test_a_multi_frame_object_leaves_frame_by_frame_and_takes_its_mask_back(
    team: CaseTeam, tmp_path: Path
) -> None:
    """Enhanced CT, stored against its normal, each frame with a rescale of its own."""
    patient = team.case.patient
    image = phantom_enhanced.build_enhanced(patient_id=patient.patient_id, name=patient.name)
    image.IssuerOfPatientID = patient.issuer
    image.PatientBirthDate, image.PatientSex = patient.birth_date.strftime("%Y%m%d"), patient.sex
    write_files(tmp_path / "enhanced", [to_bytes(image)])
    import_files(actor=SYSTEM, case_id=team.case_id, paths=[tmp_path / "enhanced"])
    study, series = image.StudyInstanceUID, image.SeriesInstanceUID
    url = f"/api/cases/{team.case_id}/studies/{study}/series/{series}"
    found = Bundle(client_of(team).get(f"{url}/nifti"))
    frames = [one.frame for one in found.sidecar.slices]
    assert frames == list(range(phantom_enhanced.FRAMES, 0, -1))
    assert {one.sop_instance_uid for one in found.sidecar.slices} == {image.SOPInstanceUID}
    nii = load(found.file("image.nii.gz"))
    out = np.asarray(nii.dataobj).transpose(2, 1, 0)
    row = Series.objects.get(series_instance_uid=series)
    np.testing.assert_array_equal(out, open_volume(series_id=row.pk).voxels)
    for place, one in enumerate(found.sidecar.slices):
        stored = image.pixel_array[one.frame - 1].astype(np.float64)
        assert one.rescale_slope is not None and one.rescale_intercept is not None
        values = stored * one.rescale_slope + one.rescale_intercept
        np.testing.assert_array_equal(out[place], values.astype(np.float32))
    centres = phantom_enhanced.voxel_centres()[::-1]
    x, y, z = centres[1, 2, 3]
    np.testing.assert_allclose((nii.affine @ [3, 2, 1, 1])[:3], (-x, -y, z), atol=1e-4)
    mask = np.random.default_rng(7).random(out.shape) < 0.3
    body = nifti(as_ijk(mask.astype(np.uint8)), nii.affine)
    data = {"mask": SimpleUploadedFile("m.nii.gz", body), "made_by": "MANUAL"}
    answer = client_of(team).post(f"{url}/nifti-mask", data)
    assert answer.status_code == 201, answer.content
    np.testing.assert_array_equal(voxels(Segmentation.objects.get(pk=answer.json()["id"])), mask)
