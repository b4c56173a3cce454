"""From a real Orthanc into a case: QIDO, link, WADO-RS, archive; and results back by STOW."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import numpy as np
import pydicom
import pytest
from django.test import Client
from pydicom.uid import generate_uid

from apps.core.models import OutboxMessage
from apps.imaging import archive, selectors, services
from apps.imaging.choices import AuthKind, JobState, StudyState
from apps.imaging.exceptions import PatientMismatch
from apps.imaging.models import CaseStudy, IngestJob, Instance, PacsConnection, Series, Study
from apps.imaging.services import fetching, ingesting
from apps.imaging.volumes import open_volume
from tests.apps.imaging.dicom import data_folder, make_series, make_slice, to_bytes
from tests.apps.imaging.segs import OBLIQUE, blob, make_seg, make_stack, shuffled
from tests.apps.imaging.test_segmentations import Door, assert_drawn
from tests.orthanc import OrthancUnderTest
from tests.people import SYSTEM, CaseTeam, make_case_team, make_patient

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.orthanc]


@pytest.fixture(autouse=True)
def archive_root(tmp_path: Path, settings: object) -> None:
    settings.ARCHIVE_ROOT = tmp_path / "archive"  # type: ignore[attr-defined]


@pytest.fixture()
def team(db: None) -> CaseTeam:
    return make_case_team()


def connect(orthanc: OrthancUnderTest, **fields: object) -> PacsConnection:
    return services.create_connection(
        actor=SYSTEM,
        name="Orthanc",
        base_url=orthanc.base_url,
        auth_kind=AuthKind.BASIC,
        username=orthanc.username,
        secret=orthanc.password,
        **fields,
    )


def own(team: CaseTeam, **fields: object) -> dict[str, object]:
    patient = team.case.patient
    return {
        "patient_id": patient.patient_id,
        "birth_date": patient.birth_date.strftime("%Y%m%d"),
        "sex": patient.sex,
    } | fields


def run_queued() -> None:
    """What the worker does with what the outbox owes."""
    for message in OutboxMessage.objects.filter(task=ingesting.INGEST_TASK).order_by("id"):
        services.run_ingest(job_id=message.kwargs["job_id"])


def link(team: CaseTeam, pacs: PacsConnection, study_uid: str, **options: str) -> CaseStudy:
    return services.link_study(
        actor=team.actor("coordinator"),
        case_id=team.case_id,
        pacs_id=pacs.pk,
        study_instance_uid=study_uid,
        **options,
    )


def test_the_connection_test_says_yes_and_how_fast(orthanc: OrthancUnderTest, db: None) -> None:
    pacs = connect(orthanc)
    result = services.test_connection(actor=SYSTEM, pacs_id=pacs.pk)
    assert result["ok"] is True
    assert result["latency_ms"] > 0
    services.update_connection(actor=SYSTEM, pacs_id=pacs.pk, changes={"secret": "wrong"})
    result = services.test_connection(actor=SYSTEM, pacs_id=pacs.pk)
    assert result["error"]["code"] == "pacs_unauthorised"


def test_a_study_is_found_by_patient_linked_and_archived(
    orthanc: OrthancUnderTest, team: CaseTeam
) -> None:
    study_uid = generate_uid()
    thin = make_series(count=7, **own(team, study_uid=study_uid))
    thick = make_series(count=3, **own(team, study_uid=study_uid, spacing_mm=5.0, seed=3))
    for raw in [*thin, *thick]:
        orthanc.store(raw)
    pacs = connect(orthanc)
    client = Client()
    client.force_login(
        team.people["coordinator"], backend="django.contrib.auth.backends.ModelBackend"
    )
    patient_id = team.case.patient.patient_id
    (hit,) = client.get(f"/api/pacs/{pacs.pk}/studies", {"PatientID": patient_id}).json()["results"]
    assert hit["study_instance_uid"] == study_uid
    assert (hit["series_count"], hit["instance_count"]) == (2, 10)
    assert hit["birth_date"] == team.case.patient.birth_date.isoformat()
    answer = client.post(
        f"/api/cases/{team.case_id}/studies",
        {"pacs": str(pacs.pk), "study_instance_uid": study_uid},
        content_type="application/json",
    )
    assert answer.status_code == 202, answer.content
    assert answer.json()["state"] == "queued"
    run_queued()
    (shown,) = client.get(f"/api/cases/{team.case_id}/studies").json()["results"]
    assert shown["state"] == "ready"
    assert shown["progress"] == {"done": 10, "total": 10}
    assert sorted(one["instance_count"] for one in shown["series"]) == [3, 7]
    for raw in [*thin, *thick]:
        dataset = pydicom.dcmread(BytesIO(raw))
        row = Instance.objects.get(sop_instance_uid=dataset.SOPInstanceUID)
        published = archive.open_series(row.series.archive_key)
        assert np.array_equal(published.decode(row.sop_instance_uid), dataset.pixel_array)
    assert IngestJob.objects.get().state == JobState.DONE


def test_a_second_run_fetches_only_what_is_new(
    orthanc: OrthancUnderTest, team: CaseTeam, monkeypatch: pytest.MonkeyPatch
) -> None:
    study_uid, series_uid = generate_uid(), generate_uid()
    fields = own(team, study_uid=study_uid, series_uid=series_uid)
    for raw in make_series(count=4, **fields):
        orthanc.store(raw)
    pacs = connect(orthanc)
    study = link(team, pacs, study_uid).study
    run_queued()
    orthanc.store(to_bytes(make_slice(index=4, **fields)))
    services.retry_ingest(actor=team.actor("coordinator"), case_id=team.case_id, study_id=study.pk)
    run_queued()
    study.refresh_from_db()
    assert (study.state, study.done_instances) == (StudyState.READY, 5)
    fetched: list[str] = []
    monkeypatch.setattr(
        fetching.PacsClient,
        "retrieve_series",
        lambda *a, **k: fetched.append("series") or iter(()),
    )
    services.retry_ingest(actor=team.actor("coordinator"), case_id=team.case_id, study_id=study.pk)
    run_queued()
    assert fetched == []
    assert IngestJob.objects.filter(state=JobState.DONE).count() == 3


def test_another_patients_study_is_a_409_with_both_identities(
    orthanc: OrthancUnderTest, team: CaseTeam
) -> None:
    study_uid = generate_uid()
    for raw in make_series(count=1, **own(team, study_uid=study_uid, patient_id="ANOTHER")):
        orthanc.store(raw)
    pacs = connect(orthanc)
    with pytest.raises(PatientMismatch) as refused:
        link(team, pacs, study_uid)
    assert refused.value.details["fields"] == ["patient_id"]
    assert refused.value.details["study_patient"]["patient_id"] == "ANOTHER"
    assert not Study.objects.exists()
    link(team, pacs, study_uid, mismatch_reason="Earlier number of the same person")
    run_queued()
    assert Study.objects.get().state == StudyState.READY


def test_own_objects_go_home_once_and_are_proven(orthanc: OrthancUnderTest, team: CaseTeam) -> None:
    study_uid = generate_uid()
    for raw in make_series(count=2, **own(team, study_uid=study_uid)):
        orthanc.store(raw)
    study = link(team, connect(orthanc), study_uid).study
    run_queued()
    made = to_bytes(
        make_slice(index=0, seed=9, **own(team, study_uid=study_uid, series_uid=generate_uid()))
    )
    outcome = services.store_objects(actor=SYSTEM, study_id=study.pk, objects=[made])
    uid = pydicom.dcmread(BytesIO(made)).SOPInstanceUID
    assert (outcome.stored, outcome.failed, outcome.destination) == ((uid,), {}, "pacs")
    assert orthanc.find(level="Instance", query={"SOPInstanceUID": uid})
    assert Instance.objects.filter(sop_instance_uid=uid).exists()
    again = services.store_objects(actor=SYSTEM, study_id=study.pk, objects=[made])
    assert again.stored == (uid,)
    assert len(orthanc.find(level="Instance", query={"SOPInstanceUID": uid})) == 1


def test_a_segmentation_from_the_pacs_lies_on_its_images(
    orthanc: OrthancUnderTest, team: CaseTeam
) -> None:
    """Oblique, non-square pixels, frames in any order, through a real archive."""
    fields = own(team, study_uid=generate_uid(), series_uid=generate_uid())
    images = make_stack(orientation=OBLIQUE, **fields)
    for dataset in [*images, shuffled(make_seg(images, blob()))]:
        orthanc.store(to_bytes(dataset))
    link(team, connect(orthanc), str(images[0].StudyInstanceUID))
    run_queued()
    door = Door(team)
    (shown,) = door.list()
    assert shown["problems"] == []
    (mask,) = shown["segments"][0]["masks"]
    assert_drawn(door.mask(mask["mask_url"]), images, blob())


def test_a_dead_pacs_is_told_and_can_be_retried(orthanc: OrthancUnderTest, team: CaseTeam) -> None:
    study_uid = generate_uid()
    for raw in make_series(count=2, **own(team, study_uid=study_uid)):
        orthanc.store(raw)
    pacs = connect(orthanc)
    study = link(team, pacs, study_uid).study
    orthanc.stop()
    try:
        run_queued()
        study.refresh_from_db()
        assert (study.state, study.error_code) == (StudyState.FAILED, "pacs_unreachable")
        assert not Series.objects.exists()
    finally:
        orthanc.start()
    services.retry_ingest(actor=team.actor("coordinator"), case_id=team.case_id, study_id=study.pk)
    run_queued()
    study.refresh_from_db()
    assert (study.state, study.error_code) == (StudyState.READY, "")


@pytest.mark.parametrize(
    ("prefix", "patient_id", "series", "images"),
    [
        ("01-", "Lung_Dx-A0001", 1, 40),
        ("02-", "CRLM-CT-1004", 1, 37),
        ("03-", "STS_001", 6, 177),
        ("04-", "STS_001", 2, 100),
    ],
)
def test_real_studies_come_through_orthanc_exactly(
    orthanc: OrthancUnderTest, db: None, prefix: str, patient_id: str, series: int, images: int
) -> None:
    folder = data_folder(prefix)
    assert orthanc.store_folder(folder)
    team = make_case_team(patient=make_patient(patient_id=patient_id, issuer=""))
    pacs = connect(orthanc)
    found = services.search_studies(
        actor=team.actor("coordinator"), pacs_id=pacs.pk, filters={"PatientID": patient_id}
    )
    for one in found.studies:
        link(
            team,
            pacs,
            one.study.study_instance_uid,
            mismatch_reason="Public data set of this test case",
        )
    run_queued()
    assert set(Study.objects.values_list("state", flat=True)) == {StudyState.READY}
    assert Series.objects.count() == series
    assert sum(Series.objects.values_list("frame_count", flat=True)) == images
    for path in folder.rglob("*"):
        try:
            dataset = pydicom.dcmread(path)
        except (pydicom.errors.InvalidDicomError, IsADirectoryError):
            continue
        row = Instance.objects.get(sop_instance_uid=dataset.SOPInstanceUID)
        if "PixelData" in dataset:
            published = archive.open_series(row.series.archive_key)
            assert np.array_equal(published.decode(row.sop_instance_uid), dataset.pixel_array)
    for image in Series.objects.filter(kind="image"):
        volume = open_volume(series_id=image.pk)
        assert volume.voxels.shape[0] == image.frame_count
        assert volume.warnings == ()
        assert selectors.open_published(image).thumbnail()
