"""After ingest the PACS changes: late images come, the rest is told and never swapped in."""

from __future__ import annotations

from typing import Any

import pytest
from pydicom.uid import generate_uid

from apps.imaging import services
from apps.imaging.choices import SourceState, StudyState
from apps.imaging.pacs import client as pacs_client
from apps.imaging.services import retention
from tests.apps.imaging.dicom import make_series, make_slice, to_bytes
from tests.integration.pacs_scene import Scene
from tests.integration.test_orthanc_ingest import run_queued
from tests.people import SYSTEM

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.orthanc]


def test_nothing_changed_costs_two_queries_and_no_fetch(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    query = pacs_client.PacsClient._query

    def counted(self: Any, path: str, **options: Any) -> Any:
        asked.append(path)
        return query(self, path, **options)

    monkeypatch.setattr(pacs_client.PacsClient, "_query", counted)
    for _ in range(3):
        scene.check()
    assert len(asked) == 6
    assert scene.counts() == ("complete", 6, 6)
    assert scene.study.ingest_jobs.count() == 1
    print(f"3 checks of an unchanged study: {len(asked)} queries, 0 fetches")


def test_a_late_instance_is_noticed_shown_missing_and_fetched(scene: Scene) -> None:
    scene.orthanc.store(to_bytes(make_slice(index=3, **scene.fields(scene.series_uids[0]))))
    scene.check()
    assert scene.counts() == ("incomplete", 6, 7)
    run_queued()
    assert scene.counts() == ("complete", 7, 7)
    assert scene.series().instance_count == 4
    assert scene.codes() == scene.study_codes() == []


def test_a_late_series_is_fetched(scene: Scene) -> None:
    for raw in make_series(count=2, **scene.fields(generate_uid(), seed=7)):
        scene.orthanc.store(raw)
    scene.check()
    assert scene.counts() == ("incomplete", 6, 8)
    run_queued()
    assert scene.counts() == ("complete", 8, 8)
    assert scene.study.series.count() == 3


def test_a_deleted_series_stays_here_with_a_warning_and_is_never_evicted(scene: Scene) -> None:
    before = scene.archived_bytes()
    resource = scene.orthanc_id("Series", SeriesInstanceUID=scene.series_uids[0])
    scene.orthanc.request("DELETE", f"/series/{resource}").raise_for_status()
    scene.check()
    assert scene.codes(0) == ["series_deleted_at_source"]
    assert scene.codes(1) == []
    assert scene.archived_bytes() == before
    scene.forget()
    assert [one.pk for one in retention.evictable_series()] == [scene.series(1).pk]
    for raw in scene.originals:  # it was a mistake: the PACS has it again
        scene.orthanc.store(raw)
    scene.check()
    assert scene.codes(0) == []


def test_a_deleted_object_is_counted(scene: Scene) -> None:
    uid = scene.series().instances.first().sop_instance_uid  # type: ignore[union-attr]
    resource = scene.orthanc_id("Instance", SOPInstanceUID=uid)
    scene.orthanc.request("DELETE", f"/instances/{resource}").raise_for_status()
    scene.check()
    assert scene.codes() == ["deleted_at_source"]
    assert scene.series().source_warnings[0]["message"].startswith("1 object(s)")
    assert scene.counts() == ("complete", 6, 6)


def test_a_deleted_study_stays_here_with_a_warning(scene: Scene) -> None:
    before = scene.archived_bytes()
    resource = scene.orthanc_id("Study", StudyInstanceUID=scene.study_uid)
    scene.orthanc.request("DELETE", f"/studies/{resource}").raise_for_status()
    scene.check()
    assert scene.study_codes() == ["study_deleted_at_source"]
    assert scene.archived_bytes() == before
    assert scene.study.state == StudyState.READY
    assert not retention.evictable_series().exists()


def test_a_merge_is_told_from_a_deletion(scene: Scene) -> None:
    resource = scene.orthanc_id("Study", StudyInstanceUID=scene.study_uid)
    scene.modify(
        "studies",
        resource,
        Replace={"StudyInstanceUID": generate_uid()},
        Keep=["SeriesInstanceUID", "SOPInstanceUID"],
    )
    before = scene.archived_bytes()
    scene.check()
    assert scene.study_codes() == ["study_merged_at_source"]
    assert scene.archived_bytes() == before


def test_another_patient_in_the_pacs_is_told_and_no_name_is_said(scene: Scene) -> None:
    (resource,) = scene.orthanc.request("GET", "/patients").json()
    scene.modify(
        "patients",
        resource,
        Replace={"PatientID": "SOMEBODY-9", "PatientName": "Quill^Oda"},
        Keep=["StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID"],
    )
    before = scene.archived_bytes()
    scene.check()
    assert scene.study_codes() == ["patient_changed_at_source"]
    said = str(scene.study.source_warnings)
    names = ("Quill", "SOMEBODY-9", "Doe", scene.team.case.patient.patient_id)
    assert not any(name in said for name in names)
    assert scene.archived_bytes() == before
    assert scene.study.patient_id == scene.team.case.patient.patient_id


def test_a_corrected_header_is_told_and_not_swapped_in(scene: Scene) -> None:
    scene.correct(PixelSpacing=[0.6, 0.6])
    before, key = scene.archived_bytes(), scene.series().archive_key
    scene.check(fully=True)
    assert scene.codes(0) == ["changed_at_source"]
    assert scene.codes(1) == []
    assert (scene.archived_bytes(), scene.series().archive_key) == (before, key)
    scene.check(fully=True)
    assert scene.codes(0) == ["changed_at_source"]  # until a person has looked


def test_other_content_after_eviction_is_named(scene: Scene) -> None:
    """Pixels alone changed: no header tells; the content hash does when it comes back."""
    key = scene.series().archive_key
    scene.forget()
    assert services.evict_series(series_id=scene.series().pk) > 0
    scene.correct(PixelData=bytes(16 * 24 * 2))
    services.retry_ingest(actor=SYSTEM, case_id=scene.team.case_id, study_id=scene.study_id)
    run_queued()
    assert scene.codes(0) == ["replaced_at_source"]
    assert scene.series().archive_key != key
    states = set(scene.series().instances.values_list("source_state", flat=True))
    assert states == {SourceState.REPLACED}


def test_a_pacs_that_is_away_is_said_with_since_when_and_forgotten_when_back(
    scene: Scene,
) -> None:
    before = scene.archived_bytes()
    checked_at = scene.study.source_checked_at
    scene.orthanc.stop()
    scene.check()
    images = scene.images()
    assert images["state"] == "unreachable"
    assert images["unreachable_since"] is not None
    assert (images["objects_ready"], images["objects_total"]) == (6, 6)
    assert scene.study.source_checked_at == checked_at
    assert scene.codes() == scene.study_codes() == []
    scene.check()
    assert scene.images()["unreachable_since"] == images["unreachable_since"]
    assert scene.archived_bytes() == before
    scene.forget()
    assert not retention.evictable_series().exists()  # it could not be fetched again
    scene.orthanc.start()
    services.update_connection(
        actor=SYSTEM, pacs_id=scene.pacs.pk, changes={"base_url": scene.orthanc.base_url}
    )
    scene.check()
    assert scene.counts() == ("complete", 6, 6)


def test_late_images_that_could_not_be_fetched_are_tried_again(scene: Scene) -> None:
    scene.orthanc.store(to_bytes(make_slice(index=3, **scene.fields(scene.series_uids[0]))))
    scene.check()
    scene.orthanc.stop()
    run_queued()
    assert scene.counts() == ("unreachable", 6, 7)
    assert scene.study.state == StudyState.READY  # what is here stays open
    scene.orthanc.start()
    services.update_connection(
        actor=SYSTEM, pacs_id=scene.pacs.pk, changes={"base_url": scene.orthanc.base_url}
    )
    scene.check()
    run_queued()
    assert scene.counts() == ("complete", 7, 7)
