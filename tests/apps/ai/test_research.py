"""Research data out and back over REST: voxel-exact, or refused by name; nothing unreviewed."""

from __future__ import annotations

import gzip
import io
import json
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydicom.dataset import FileDataset
from pydicom.uid import generate_uid

from apps.ai import services, storage
from apps.ai.api import research_views
from apps.ai.models import Finding, Job
from apps.ai.research.sidecar import Sidecar
from apps.annotations.models import Segmentation
from apps.annotations.segmentations.services import Origin, SegmentDraft
from apps.audit.models import AuditEntry
from apps.cases.embargo import ai_embargoes
from apps.imaging.masks import pack_mask
from apps.imaging.models import Instance, Series
from apps.imaging.services import import_files
from apps.imaging.volumes import open_volume
from tests.apps.ai import world
from tests.apps.imaging.dicom import make_slice, to_bytes, write_files
from tests.apps.imaging.nifti_files import FIRST, GEOMETRIES, as_ijk, load, nifti, random_labels
from tests.apps.imaging.segs import blob, describe_segment, make_seg
from tests.apps.imaging.test_importing import patient_fields
from tests.painting import begin, paint, voxels
from tests.people import SYSTEM, CaseTeam, make_case_team
from tests.scans import Scan

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.filterwarnings("ignore:StreamingHttpResponse must consume asynchronous"),
]

SHAPE = (5, 16, 24)
BACKEND = "django.contrib.auth.backends.ModelBackend"


@pytest.fixture(autouse=True)
def _house(tmp_path: Path, settings: Any) -> None:
    settings.VAR_DIR = tmp_path / "var"
    settings.ARCHIVE_ROOT = tmp_path / "var" / "archive"
    settings.SCRATCH_ROOT = tmp_path / "var" / "scratch"
    research_views.ResearchPerPerson.cache.clear()


@pytest.fixture()
def team(db: None) -> CaseTeam:
    return make_case_team()


class Brought:
    """A series of the case in one geometry, its slices in slice order."""

    def __init__(
        self,
        team: CaseTeam,
        folder: Path,
        geometry: str,
        *,
        places: tuple[float, ...] = (0, 1, 2, 3, 4),
        **fields: Any,
    ) -> None:
        orientation, step = GEOMETRIES[geometry]
        study, series, self.space_uid = generate_uid(), generate_uid(), generate_uid()
        self.slices: list[FileDataset] = []
        for number, place in enumerate(places):
            one = make_slice(
                study_uid=study,
                series_uid=series,
                index=number,
                ImageOrientationPatient=list(orientation),
                ImagePositionPatient=[round(float(v), 8) for v in FIRST + np.array(step) * place],
                RescaleSlope=1,
                StudyID="1",
                PositionReferenceIndicator="",
                FrameOfReferenceUID=self.space_uid,
                **patient_fields(team) | fields,
            )
            self.slices.append(one)
        write_files(folder / series, [to_bytes(one) for one in self.slices[::-1]])
        import_files(actor=SYSTEM, case_id=team.case_id, paths=[folder / series])
        self.team, self.study_uid, self.series_uid = team, study, series
        self.url = f"/api/cases/{team.case_id}/studies/{study}/series/{series}"
        normal = np.cross(orientation[:3], orientation[3:])
        if np.dot(normal, step) < 0:
            self.slices.reverse()

    @property
    def row(self) -> Series:
        return Series.objects.get(series_instance_uid=self.series_uid)

    @property
    def scan(self) -> Scan:
        uids = tuple(str(one.SOPInstanceUID) for one in self.slices)
        return Scan(self.study_uid, self.series_uid, self.space_uid, uids)

    def expected(self) -> Any:
        """HU from the files themselves."""
        return np.stack([one.pixel_array.astype(np.float64) - 1024 for one in self.slices])


@pytest.fixture()
def axial(team: CaseTeam, tmp_path: Path) -> Brought:
    return Brought(team, tmp_path, "axial")


def client_of(team: CaseTeam, who: str = "surgeon") -> Client:
    client = Client()
    client.force_login(team.people[who], backend=BACKEND)
    return client


class Bundle:
    def __init__(self, answer: Any) -> None:
        assert answer.status_code == 200, answer.content
        assert answer["Content-Type"] == "application/zip"
        body = b"".join(answer)
        assert int(answer["Content-Length"]) == len(body)
        self.zip = zipfile.ZipFile(io.BytesIO(body))
        assert self.zip.testzip() is None
        self.raw = self.zip.read("sidecar.json")
        self.sidecar = Sidecar.model_validate_json(self.raw)

    def file(self, name: str) -> bytes:
        return self.zip.read(name)


def export(brought: Brought, who: str = "surgeon") -> Bundle:
    return Bundle(client_of(brought.team, who).get(f"{brought.url}/nifti"))


def send(
    brought: Brought,
    mask: bytes,
    *,
    who: str = "surgeon",
    file_name: str = "mask.nii.gz",
    sidecar: bytes | None = None,
    **form: Any,
) -> Any:
    data = {"mask": SimpleUploadedFile(file_name, mask), "made_by": "MANUAL", **form}
    if sidecar is not None:
        data["sidecar"] = SimpleUploadedFile("sidecar.json", sidecar)
    return client_of(brought.team, who).post(f"{brought.url}/nifti-mask", data)


def labels_of(segmentation_id: str, *, value_of: dict[int, int] | None = None) -> Any:
    """The label map of a drawn segmentation, read through the product's own store."""
    segmentation = Segmentation.objects.get(pk=segmentation_id)
    out = np.zeros(SHAPE, np.uint16)
    for one in segmentation.segments:
        number = one["number"]
        out[voxels(segmentation, segment=number)] = (value_of or {}).get(number, number)
    return out


def draft_of(label: str, kind: str) -> SegmentDraft:
    return SegmentDraft(label=label, type=kind, colour="#59c2ff")


def draw(
    brought: Brought, masks: dict[int, Any], *, who: str = "surgeon", **changes: Any
) -> Segmentation:
    drafts = [
        draft_of(f"Lesion S{number}", "108369006" if number % 2 else "59441001") for number in masks
    ]
    made = begin(brought.team, brought.scan, who, **{"segments": drafts, **changes})
    return paint(brought.team.actor(who), made, masks, parent=0)


def find(brought: Brought, tmp_path: Path, mask: Any, *, accept: bool = True) -> Finding:
    """A finding of a job on these very images, through the services."""
    version = world.builtin_version(tmp_path, slug=f"m{uuid4().hex[:6]}")
    world.request(team=brought.team, version=version, series=brought.row)
    job = services.claim_next_job(worker="test")
    assert job is not None
    packed = storage.put_bytes(content=pack_mask(mask.astype(np.uint8).tobytes()))
    draft = replace(world.draft(label="Nodule 1"), mask_sha256=packed)
    uids = [str(one.SOPInstanceUID) for one in brought.slices]
    grid = {"shape": list(mask.shape), "sop_instance_uids": uids}
    job = services.complete_job(
        job_id=job.pk, fence=job.fence, drafts=[draft], grid=grid, parameters={}
    )
    found = Job.objects.get(pk=job.pk).findings.get()
    if accept:
        services.accept_finding(
            actor=brought.team.actor("radiologist"),
            finding_id=found.pk,
            case_id=brought.team.case_id,
            version=1,
        )
    return found


# --- the image ---------------------------------------------------------------------------


@pytest.mark.parametrize("name", GEOMETRIES)
def test_voxels_leave_bit_exact_with_all_that_leads_back(
    team: CaseTeam, tmp_path: Path, name: str
) -> None:
    brought = Brought(team, tmp_path, name)
    found = export(brought)
    image = load(found.file("image.nii.gz"))
    voxels_out = np.asarray(image.dataobj)
    assert voxels_out.dtype == np.int16
    np.testing.assert_array_equal(voxels_out, as_ijk(brought.expected()))
    said = found.sidecar
    assert [one.sop_instance_uid for one in said.slices] == list(brought.scan.slices)
    for one, source in zip(said.slices, brought.slices, strict=True):
        np.testing.assert_allclose(
            one.position_lps, [float(v) for v in source.ImagePositionPatient]
        )
        assert (one.rescale_slope, one.rescale_intercept) == (1.0, -1024.0)
    lps = np.array(said.geometry.affine_lps)
    np.testing.assert_allclose(np.diag([-1, -1, 1, 1]) @ lps, said.geometry.affine_ras)
    np.testing.assert_allclose(image.affine, said.geometry.affine_ras, atol=1e-5)
    for index, source in enumerate(brought.slices):
        np.testing.assert_allclose(
            (lps @ [0, 0, index, 1])[:3], [float(v) for v in source.ImagePositionPatient], atol=1e-6
        )
    assert (said.study_instance_uid, said.series_instance_uid) == (
        brought.study_uid,
        brought.series_uid,
    )
    assert said.frame_of_reference_uid == brought.space_uid
    assert said.geometry.is_sheared == name.startswith("tilted")
    assert said.image.value_unit == "HU" and said.image.shape == SHAPE[::-1]
    assert said.is_deidentified is False and "Not de-identified" in said.identity_note
    assert "research" in said.research_note.lower()
    if not name.startswith("tilted"):
        ours = open_volume(series_id=brought.row.pk).voxels
        np.testing.assert_array_equal(voxels_out, as_ijk(ours))


def test_values_with_their_own_rescale_in_each_slice_leave_as_they_are(
    team: CaseTeam, tmp_path: Path
) -> None:
    brought = Brought(team, tmp_path, "axial", modality="PT", Units="BQML")
    study, series = generate_uid(), generate_uid()
    slices = [
        make_slice(
            study_uid=study,
            series_uid=series,
            index=n,
            modality="PT",
            RescaleSlope=f"{0.1 * (n + 1):.3f}",
            RescaleIntercept=0,
            **patient_fields(team),
        )
        for n in range(3)
    ]
    write_files(tmp_path / "own", [to_bytes(one) for one in slices])
    import_files(actor=SYSTEM, case_id=team.case_id, paths=[tmp_path / "own"])
    url = f"/api/cases/{team.case_id}/studies/{study}/series/{series}/nifti"
    found = Bundle(client_of(team).get(url))
    image = np.asarray(load(found.file("image.nii.gz")).dataobj)
    ours = open_volume(series_id=Series.objects.get(series_instance_uid=series).pk).voxels
    assert image.dtype == np.float32 and image.tobytes() == as_ijk(ours).tobytes()
    assert [one.rescale_slope for one in found.sidecar.slices] == [0.1, 0.2, 0.3]
    assert export(brought).sidecar.image.value_unit == "BQML"


def test_no_name_number_or_birth_date_of_the_patient_leaves(team: CaseTeam, tmp_path: Path) -> None:
    brought = Brought(
        team,
        tmp_path,
        "axial",
        name="Secretname^Patient",
        SeriesDescription="for Mrs Secretname",
        OtherPatientIDs="OTHER-4711",
        InstitutionName="Secretname Clinic",
    )
    draw(brought, {1: random_labels() > 0})
    answer = client_of(team).get(f"{brought.url}/nifti")
    assert "Secretname" not in str(answer.headers)
    found = Bundle(answer)
    everything = [name.encode() for name in found.zip.namelist()]
    everything += [
        gzip.decompress(found.file(one)) if one.endswith("gz") else found.file(one)
        for one in found.zip.namelist()
    ]
    patient = brought.team.case.patient
    born = patient.birth_date
    assert born is not None
    for secret in (b"Secretname", patient.patient_id.encode(), b"OTHER-4711", b"ACC-7731",
                   born.strftime("%Y%m%d").encode(), born.isoformat().encode()):  # fmt: skip
        assert not any(secret in one for one in everything), secret


# --- masks out ---------------------------------------------------------------------------


def test_what_people_drew_leaves_with_what_it_is(axial: Brought) -> None:
    labels = random_labels(most=2)
    made = draw(axial, {1: labels == 1, 2: labels == 2})
    found = export(axial)
    (record,) = found.sidecar.masks
    mask = load(found.file(record.file))
    np.testing.assert_array_equal(np.asarray(mask.dataobj), as_ijk(labels))
    assert mask.get_data_dtype() == np.uint8
    np.testing.assert_array_equal(mask.affine, load(found.file("image.nii.gz")).affine)
    assert (record.source, record.id, record.revision) == ("segmentation", made.pk, 1)
    assert record.author is not None and record.author.display_name == "Surgeon Person"
    first, second = record.labels
    assert (first.value, first.label, first.type.code) == (1, "Lesion S1", "108369006")
    assert (second.type.display, second.category.display) == ("Lymph Node", "Anatomical Structure")
    assert first.algorithm_type == "MANUAL" and first.voxels == int((labels == 1).sum())
    assert first.tracking_uid == made.segments[0]["tracking_uid"]
    assert record.accepted is None and found.sidecar.left_out == []


def test_segments_that_overlap_leave_in_several_files_and_lose_no_voxel(axial: Brought) -> None:
    noise = [random_labels(seed=seed, most=1).astype(bool) for seed in (1, 2)]
    apart = np.zeros(SHAPE, bool)
    apart[4, 15] = True
    first = noise[0] & ~apart
    draw(axial, {1: first, 2: noise[1], 3: apart & ~noise[1]})
    found = export(axial)
    read: dict[int, Any] = {}
    for record in found.sidecar.masks:
        values = np.asarray(load(found.file(record.file)).dataobj)
        read |= {one.value: values == one.value for one in record.labels}
    assert [[one.value for one in record.labels] for record in found.sidecar.masks] == [[1, 3], [2]]
    for number, mask in ((1, first), (2, noise[1]), (3, apart & ~noise[1])):
        np.testing.assert_array_equal(read[number], as_ijk(mask), err_msg=str(number))


def test_an_accepted_finding_leaves_and_one_nobody_answers_for_stays(
    axial: Brought, tmp_path: Path
) -> None:
    mask = random_labels(most=1).astype(bool)
    accepted = find(axial, tmp_path, mask)
    waiting = find(axial, tmp_path, ~mask, accept=False)
    dismissed = find(axial, tmp_path, ~mask, accept=False)
    services.dismiss_finding(
        actor=axial.team.actor("radiologist"),
        finding_id=dismissed.pk,
        case_id=axial.team.case_id,
        version=1,
        reason_code="false-positive-artefact",
    )
    found = export(axial)
    (record,) = found.sidecar.masks
    np.testing.assert_array_equal(np.asarray(load(found.file(record.file)).dataobj), as_ijk(mask))
    assert (record.source, record.id) == ("finding", accepted.pk)
    assert record.accepted is not None
    assert record.accepted.by.display_name == "Radiologist Person"
    assert record.labels[0].algorithm_type == "AUTOMATIC"
    assert record.labels[0].tracking_uid == accepted.tracking_uid
    assert record.model is not None and record.model.version == "1.0"
    for one in (waiting, dismissed):
        assert str(one.pk).encode() not in found.raw


def test_a_copy_of_ai_leaves_only_once_its_origin_is_accepted(
    axial: Brought, tmp_path: Path
) -> None:
    mask = random_labels(most=1).astype(bool)
    finding = find(axial, tmp_path, mask, accept=False)
    copy = draw(axial, {1: mask}, origin=Origin(kind="finding", id=finding.pk, label="Nodule"))
    nowhere = draw(axial, {1: mask}, origin=Origin(kind="segment", id=uuid4(), number=1))
    left = export(axial).sidecar
    assert left.masks == []
    assert {(one.id, one.code) for one in left.left_out} == {
        (copy.pk, "copy_of_unreviewed_ai"),
        (nowhere.pk, "copy_of_unreviewed_ai"),
    }
    services.accept_finding(
        actor=axial.team.actor("radiologist"),
        finding_id=finding.pk,
        case_id=axial.team.case_id,
        version=1,
    )
    after = export(axial).sidecar
    assert {one.id for one in after.masks} == {copy.pk, finding.pk}
    copied = next(one for one in after.masks if one.id == copy.pk)
    assert copied.origin is not None and copied.origin.id == finding.pk


@pytest.mark.parametrize(("algorithm", "leaves"), [("AUTOMATIC", False), ("MANUAL", True)])
def test_a_copy_of_somebody_elses_seg_leaves_where_a_person_made_that(
    axial: Brought, tmp_path: Path, algorithm: str, leaves: bool
) -> None:
    seg = make_seg(axial.slices, blob(), segments=[describe_segment(algorithm=algorithm)])
    write_files(tmp_path / "seg", [to_bytes(seg)])
    import_files(actor=SYSTEM, case_id=axial.team.case_id, paths=[tmp_path / "seg"])
    row = Instance.objects.get(sop_instance_uid=seg.SOPInstanceUID)
    draw(axial, {1: blob().astype(bool)}, origin=Origin(kind="segment", id=row.pk, number=1))
    assert bool(export(axial).sidecar.masks) is leaves


def test_while_results_are_hidden_none_leaves_and_that_is_said(
    axial: Brought, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mask = random_labels(most=1).astype(bool)
    finding = find(axial, tmp_path, mask)
    copy = draw(axial, {1: mask}, origin=Origin(kind="finding", id=finding.pk))
    own = draw(axial, {1: mask})

    def hide_all(*, case_ids: Any, user_ids: Any) -> set[Any]:
        return {(case, user) for case in case_ids for user in user_ids}

    with monkeypatch.context() as hiding:
        hiding.setitem(ai_embargoes._providers, "test", hide_all)
        found = export(axial)
    assert found.sidecar.ai_hidden is True
    assert [one.id for one in found.sidecar.masks] == [own.pk]
    assert {(one.id, one.code) for one in found.sidecar.left_out} == {
        (copy.pk, "ai_hidden"),
        (None, "ai_hidden"),
    }
    assert str(finding.pk).encode() not in found.raw
    after = export(axial).sidecar
    assert (after.ai_hidden, len(after.masks)) == (False, 3)


def test_what_lies_on_other_images_or_is_empty_stays_and_is_named(
    axial: Brought, tmp_path: Path
) -> None:
    empty = begin(axial.team, axial.scan)
    other = draw(axial, {1: random_labels() > 0})
    grid = dict(other.grid)
    grid["frames"] = [["1.2.3.999", 1], *grid["frames"][1:]]
    Segmentation.objects.filter(pk=other.pk).update(grid=grid)
    finding = find(axial, tmp_path, random_labels((4, 6, 8)) > 0)
    said = export(axial).sidecar
    assert said.masks == []
    assert {(one.kind, one.id, one.code) for one in said.left_out} == {
        ("segmentation", empty.pk, "empty"),
        ("segmentation", other.pk, "other_images"),
        ("finding", finding.pk, "other_images"),
    }


# --- who ---------------------------------------------------------------------------------


def test_only_people_who_see_the_case_identified_take_data_out(axial: Brought) -> None:
    expected = {
        "surgeon": (200, ""),
        "radiologist": (200, ""),
        "trainee": (200, ""),
        "coordinator": (200, ""),
        "consultant": (403, "deidentified_only"),
        "outsider": (404, "not_found"),
        "ai_admin": (404, "not_found"),
        "system_admin": (404, "not_found"),
    }
    for who, (status, code) in expected.items():
        answer = client_of(axial.team, who).get(f"{axial.url}/nifti")
        assert answer.status_code == status, who
        if code:
            assert answer.json()["code"] == code, who
    assert Client().get(f"{axial.url}/nifti").status_code == 401


def test_only_people_who_may_paint_bring_a_mask_in(axial: Brought) -> None:
    mask = mask_of(axial)
    expected = {
        "surgeon": (201, ""),
        "trainee": (201, ""),
        "coordinator": (403, "forbidden"),
        "consultant": (403, "deidentified_only"),
        "outsider": (404, "not_found"),
        "ai_admin": (404, "not_found"),
    }
    for who, (status, code) in expected.items():
        answer = send(axial, mask, who=who)
        assert answer.status_code == status, (who, answer.content)
        if code:
            assert answer.json()["code"] == code, who
    assert Segmentation.objects.count() == 2
    assert Segmentation.objects.get(author=axial.team.people["trainee"]).layer == "draft"


def test_a_series_of_another_case_is_not_there(axial: Brought) -> None:
    other = make_case_team()
    url = axial.url.replace(str(axial.team.case_id), str(other.case_id))
    assert client_of(other).get(f"{url}/nifti").status_code == 404


def test_every_way_out_and_in_is_in_the_trail(axial: Brought) -> None:
    made = draw(axial, {1: random_labels() > 0})
    found = export(axial)
    entry = AuditEntry.objects.get(action="export.nifti")
    assert (entry.case_id, entry.entity_id) == (axial.team.case_id, str(axial.row.pk))
    assert entry.actor_id == axial.team.people["surgeon"].pk
    assert entry.details["segmentations"] == [str(made.pk)]
    assert entry.details["image_sha256"] == found.sidecar.image.sha256
    refused = client_of(axial.team, "consultant").get(f"{axial.url}/nifti")
    assert refused.status_code == 403
    assert AuditEntry.objects.filter(action="export.nifti").count() == 1
    answer = send(axial, found.file("masks/segmentation-1.nii.gz"))
    entry = AuditEntry.objects.get(action="import.nifti_mask")
    assert entry.entity_id == answer.json()["id"]


def test_nothing_stays_on_disk_of_what_left(axial: Brought, settings: Any) -> None:
    export(axial)
    assert [one for one in Path(settings.SCRATCH_ROOT).rglob("*") if one.is_file()] == []


def test_the_number_of_questions_to_the_database_does_not_grow(
    axial: Brought, tmp_path: Path, django_assert_max_num_queries: Any
) -> None:
    mask = random_labels(most=1).astype(bool)
    client = client_of(axial.team)
    counts = []
    for total in (1, 6):
        while Segmentation.objects.count() < total:
            draw(axial, {1: mask})
            find(axial, tmp_path, mask)
        with django_assert_max_num_queries(60 + 2 * total) as captured:
            Bundle(client.get(f"{axial.url}/nifti"))
        counts.append(len(captured))
    assert counts[1] - counts[0] <= 5, "one question for each segmentation's revision, no more"


def test_an_hour_has_its_limit(axial: Brought, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(research_views.ResearchPerPerson, "rate", "2/hour")
    client = client_of(axial.team)
    codes = [client.get(f"{axial.url}/nifti").status_code for _ in range(3)]
    assert codes == [200, 200, 429]
    assert client_of(axial.team, "chair").get(f"{axial.url}/nifti").status_code == 200


# --- masks back --------------------------------------------------------------------------


def mask_of(brought: Brought, labels: Any = None, **fields: Any) -> bytes:
    """A mask as a tool makes it that read our image by nibabel."""
    affine = np.array(export(brought).sidecar.geometry.affine_ras)
    return nifti(as_ijk(random_labels() if labels is None else labels), affine, **fields)


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


@pytest.fixture()
def tilted(team: CaseTeam, tmp_path: Path) -> Brought:
    return Brought(team, tmp_path, "tilted")


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
