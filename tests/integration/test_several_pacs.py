"""Two real Orthancs of one house: one search, and the second serves while the first is away."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from pydicom.uid import generate_uid

from apps.imaging import services
from apps.imaging.choices import AuthKind, SourceState, StudyState
from apps.imaging.models import Instance, PacsConnection, Series, Study
from tests.apps.imaging.dicom import make_series, make_slice, read_bytes, to_bytes
from tests.integration.pacs_scene import Scene
from tests.integration.test_orthanc_ingest import link, run_queued
from tests.orthanc import OrthancUnderTest
from tests.people import SYSTEM

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.orthanc]


@pytest.fixture()
def second(scene: Scene, second_orthanc: OrthancUnderTest) -> OrthancUnderTest:
    services.create_connection(
        actor=SYSTEM,
        name="Second",
        base_url=second_orthanc.base_url,
        auth_kind=AuthKind.BASIC,
        username=second_orthanc.username,
        secret=second_orthanc.password,
        priority=200,
    )
    return second_orthanc


def sign_in(scene: Scene, who: str) -> Client:
    client = Client()
    client.force_login(scene.team.people[who], backend="django.contrib.auth.backends.ModelBackend")
    return client


def shown(scene: Scene, study_id: Any, who: str = "coordinator") -> dict[str, Any]:
    answer = sign_in(scene, who).get(f"/api/cases/{scene.team.case_id}/studies").json()
    (study,) = [one for one in answer["results"] if one["id"] == str(study_id)]
    return dict(study)


def new_study(scene: Scene, *servers: OrthancUnderTest) -> str:
    uid = generate_uid()
    for raw in make_series(count=3, **scene.fields(generate_uid(), study_uid=uid, seed=4)):
        for server in servers:
            server.store(raw)
    return uid


def test_one_search_finds_what_either_holds(scene: Scene, second: OrthancUnderTest) -> None:
    both, only_second = new_study(scene, scene.orthanc, second), new_study(scene, second)
    client = sign_in(scene, "coordinator")
    question = {"PatientID": scene.team.case.patient.patient_id}
    told = client.get("/api/pacs/studies", question).json()
    held = {
        one["study_instance_uid"]: [by["name"] for by in one["held_by"]] for one in told["results"]
    }
    assert held == {
        scene.study_uid: ["Orthanc"],
        both: ["Orthanc", "Second"],
        only_second: ["Second"],
    }
    scene.orthanc.stop()
    told = client.get("/api/pacs/studies", question).json()
    assert {one["study_instance_uid"] for one in told["results"]} == {both, only_second}
    first, other = told["answers"]
    assert (first["name"], first["found"], first["error"]["code"]) == (
        "Orthanc",
        None,
        "pacs_unreachable",
    )
    assert (other["found"], other["error"]) == (2, None)


def test_the_second_serves_what_was_linked_through_the_first(
    scene: Scene, second: OrthancUnderTest
) -> None:
    uid = new_study(scene, scene.orthanc, second)
    study_id = link(scene.team, scene.pacs, uid).study_id
    scene.orthanc.stop()
    run_queued()
    told = shown(scene, study_id)
    assert (told["state"], told["pacs_name"]) == ("ready", "Orthanc")
    assert told["at_source"]["state"] == "unreachable"
    (series,) = told["series"]
    assert series["fetched_from"] == [{"name": "Second", "objects": 3}]
    assert [one["code"] for one in series["warnings"]] == ["fetched_elsewhere"]
    guest = sign_in(scene, "consultant")
    seen = guest.get(f"/api/cases/{scene.team.case_id}/studies").json()["results"]
    assert {one["pacs_name"] for one in seen} == {None}
    assert not any(one["fetched_from"] for study in seen for one in study["series"])

    scene.orthanc.start()
    services.check_study(study_id=study_id)
    (series,) = shown(scene, study_id)["series"]
    assert series["warnings"] == []
    assert series["fetched_from"] == [{"name": "Second", "objects": 3}]
    states = Instance.objects.filter(study_id=study_id).values_list("source_state", flat=True)
    assert set(states) == {SourceState.HELD}
    assert shown(scene, study_id)["at_source"]["state"] == "complete"


def test_what_the_second_holds_differently_is_told_when_the_first_is_back(
    scene: Scene, second: OrthancUnderTest
) -> None:
    uid = new_study(scene, scene.orthanc)
    series_uid = ""
    for resource in scene.orthanc.find(level="Instance", query={"StudyInstanceUID": uid}):
        held = read_bytes(scene.orthanc.request("GET", f"/instances/{resource['ID']}/file").content)
        held.RescaleIntercept = -1000
        series_uid = str(held.SeriesInstanceUID)
        second.store(to_bytes(held))
    study_id = link(scene.team, scene.pacs, uid).study_id
    scene.orthanc.stop()
    run_queued()
    scene.orthanc.start()
    services.check_study(study_id=study_id)
    series = Series.objects.get(series_instance_uid=series_uid)
    assert [one["code"] for one in series.source_warnings] == ["changed_at_source"]


def test_results_go_to_the_pacs_the_study_is_linked_through(
    scene: Scene, second: OrthancUnderTest
) -> None:
    uid = new_study(scene, scene.orthanc, second)
    study_id = link(scene.team, scene.pacs, uid).study_id
    scene.orthanc.stop()
    run_queued()
    assert Study.objects.get(pk=study_id).state == StudyState.READY
    scene.orthanc.start()
    made = to_bytes(make_slice(**scene.fields(generate_uid(), study_uid=uid, seed=8)))
    outcome = services.store_objects(actor=SYSTEM, study_id=study_id, objects=[made])
    assert outcome.destination == "pacs"
    sop_uid = str(read_bytes(made).SOPInstanceUID)
    query = {"SOPInstanceUID": sop_uid}
    assert scene.orthanc.find(level="Instance", query=query)
    assert second.find(level="Instance", query=query) == []


def test_evicted_images_come_back_from_the_second(scene: Scene, second: OrthancUnderTest) -> None:
    for raw in scene.originals:
        second.store(raw)
    before = scene.archived_bytes()
    scene.forget()
    for series in Series.objects.all():
        assert services.evict_series(series_id=series.pk)
    scene.orthanc.stop()
    services.retry_ingest(
        actor=scene.team.actor("coordinator"), case_id=scene.team.case_id, study_id=scene.study_id
    )
    run_queued()
    assert scene.archived_bytes() == before
    names = {
        one["name"] for s in shown(scene, scene.study_id)["series"] for one in s["fetched_from"]
    }
    assert names == {"Second"}
    assert PacsConnection.objects.get(name="Orthanc").unreachable_since is not None
