"""Research data out over REST: exact, by whom it may, and nothing that nobody answers for."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
import pytest
from django.test import Client
from pydicom.uid import generate_uid

from apps.ai import services
from apps.ai.api import research_views
from apps.ai.models import Finding
from apps.annotations.models import Segmentation
from apps.annotations.segmentations.services import Origin
from apps.audit.models import AuditEntry
from apps.cases.embargo import ai_embargoes
from apps.imaging.models import Instance, Series
from apps.imaging.services import import_files
from apps.imaging.volumes import open_volume
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
    mask_of,
    send,
    team,
    tilted,
)
from tests.apps.imaging.dicom import make_slice, to_bytes, write_files
from tests.apps.imaging.nifti_files import GEOMETRIES, as_ijk, load, random_labels
from tests.apps.imaging.segs import blob, describe_segment, make_seg
from tests.apps.imaging.test_importing import patient_fields
from tests.painting import begin
from tests.people import SYSTEM, CaseTeam, make_case_team

__all__ = ["_house", "axial", "team", "tilted"]

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.filterwarnings("ignore:StreamingHttpResponse must consume asynchronous"),
]


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


def test_what_is_said_of_a_whole_series_has_no_mask_to_leave(
    axial: Brought, tmp_path: Path
) -> None:
    finding = find(axial, tmp_path, random_labels() > 0)
    Finding.objects.filter(pk=finding.pk).update(mask_sha256="", centroid_lps=[], bbox_lps=[])
    said = export(axial).sidecar
    assert said.masks == []
    assert [(one.kind, one.id, one.code) for one in said.left_out] == [
        ("finding", finding.pk, "no_place")
    ]


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
