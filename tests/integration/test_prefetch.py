"""Images are there before they are asked for: agenda cut-off, case open, priors, re-checks."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pydicom.uid import generate_uid

from apps.boards import services as boards
from apps.boards.models import Meeting
from apps.core.models import OutboxMessage
from apps.imaging import keeper, services
from apps.imaging.archive.layout import archive_root
from apps.imaging.models import CaseStudy, PriorStudy, Series, Study
from apps.imaging.services import checking, prefetching
from tests.apps.imaging.dicom import make_series
from tests.integration.pacs_scene import Scene
from tests.integration.test_orthanc_ingest import run_queued
from tests.people import SYSTEM

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.orthanc,
    pytest.mark.filterwarnings("ignore:No directory at"),
]


def schedule(scene: Scene, *, hours: float) -> Meeting:
    coordinator = scene.team.actor("coordinator")
    board = boards.create_board(actor=coordinator, name=f"Board in {hours} h")
    start = timezone.now() + timedelta(hours=hours)
    meeting = boards.schedule_meeting(
        actor=coordinator, board_id=board.pk, starts_at=start, ends_at=start + timedelta(hours=1)
    )
    boards.add_agenda_item(actor=coordinator, meeting_id=meeting.pk, case_id=scene.team.case_id)
    return meeting


def owed(task: str) -> list[dict[str, Any]]:
    return [row.kwargs for row in OutboxMessage.objects.filter(task=task).order_by("id")]


def sign_in(scene: Scene, who: str) -> Client:
    client = Client()
    client.force_login(scene.team.people[who], backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture(autouse=True)
def nothing_planned(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeper, "_last", {"plan": 0.0, "keep": 0.0})


@pytest.mark.parametrize(("hours", "times"), [(23, 1), (30, 0)])
def test_a_case_is_prefetched_once_when_its_meeting_comes_near(
    scene: Scene, hours: float, times: int
) -> None:
    schedule(scene, hours=hours)
    for _ in range(3):
        prefetching.plan_prefetch()
    assert len(owed(prefetching.PREFETCH_TASK)) == times


def test_prefetch_builds_what_is_derived_and_is_idempotent(scene: Scene) -> None:
    schedule(scene, hours=2)
    for _ in range(2):
        services.prefetch_case(case_id=scene.team.case_id)
        run_queued()
    assert len(list((archive_root() / "volumes").glob("*.f32"))) == 2
    assert scene.study.ingest_jobs.count() == 1
    assert CaseStudy.objects.count() == 1


def test_opening_a_case_asks_once_in_five_minutes(scene: Scene) -> None:
    client = sign_in(scene, "surgeon")
    for _ in range(4):
        assert client.get(f"/api/cases/{scene.team.case_id}/studies").status_code == 200
    assert len(owed(prefetching.PREFETCH_TASK)) == 1


def test_opening_a_case_fetches_back_what_was_evicted(scene: Scene) -> None:
    scene.forget()
    for series in Series.objects.all():
        services.evict_series(series_id=series.pk)
    sign_in(scene, "surgeon").get(f"/api/cases/{scene.team.case_id}/studies")
    (asked,) = owed(prefetching.PREFETCH_TASK)
    services.prefetch_case(case_id=asked["case_id"])
    assert keeper.recall_wanted() == 1
    run_queued()
    assert scene.counts() == ("complete", 6, 6)


def test_near_a_meeting_studies_are_checked_soon_and_far_from_one_seldom(scene: Scene) -> None:
    now = timezone.now()
    assert checking.next_check(scene.study) is None
    schedule(scene, hours=48)
    assert checking.next_check(scene.study) > now + timedelta(seconds=1700)  # type: ignore[operator]
    schedule(scene, hours=3)
    assert checking.next_check(scene.study) < now + timedelta(seconds=130)  # type: ignore[operator]


def test_checks_are_handed_out_a_few_at_a_time_per_pacs(scene: Scene) -> None:
    for number in range(7):
        Study.objects.create(
            study_instance_uid=generate_uid(), pacs=scene.pacs, description=str(number)
        )
    Study.objects.update(check_due_at=timezone.now())
    assert [keeper.hand_out_checks() for _ in range(3)] == [2, 0, 0]
    for asked in owed(keeper.CHECK_TASK):
        Study.objects.filter(pk=asked["study_id"]).update(checking_until=None, check_due_at=None)
    assert keeper.hand_out_checks() == 2


def test_the_ticker_finds_a_late_image_before_the_meeting(scene: Scene) -> None:
    schedule(scene, hours=1)
    for raw in make_series(count=2, **scene.fields(generate_uid(), seed=5)):
        scene.orthanc.store(raw)
    Study.objects.update(source_checked_at=timezone.now() - timedelta(hours=1))
    keeper.keep()
    keeper.keep()
    for asked in owed(keeper.CHECK_TASK):
        services.check_study(study_id=asked["study_id"])
    run_queued()
    assert scene.counts() == ("complete", 8, 8)
    assert Study.objects.get(pk=scene.study_id).check_due_at is not None


PRIORS: dict[str, tuple[dict[str, Any], bool]] = {
    "the same patient": ({}, True),
    "another birth date": ({"birth_date": "19010101"}, False),
    "another sex": ({"sex": "M"}, False),
    "another issuer": ({"IssuerOfPatientID": "ELSEWHERE"}, False),
}


@pytest.mark.parametrize("what", PRIORS)
def test_priors_are_offered_by_identity_never_linked(scene: Scene, what: str) -> None:
    different, is_offered = PRIORS[what]
    prior_uid = generate_uid()
    fields = scene.fields(generate_uid(), study_uid=prior_uid, seed=9) | different
    for raw in make_series(count=2, **fields):
        scene.orthanc.store(raw)
    schedule(scene, hours=2)
    services.prefetch_case(case_id=scene.team.case_id)
    run_queued()
    client = sign_in(scene, "radiologist")
    offered = client.get(f"/api/cases/{scene.team.case_id}/priors").json()["results"]
    assert [one["study_instance_uid"] for one in offered] == ([prior_uid] if is_offered else [])
    assert CaseStudy.objects.count() == 1
    pulled = Study.objects.filter(study_instance_uid=prior_uid).first()
    if not is_offered:
        # Orthanc names no issuer in its answers: there the objects told it, after the pull.
        assert (pulled is not None) == (what == "another issuer")
        return
    assert pulled is not None
    assert (pulled.state, offered[0]["is_here"]) == ("ready", True)
    answer = client.post(
        f"/api/cases/{scene.team.case_id}/studies",
        {"pacs": offered[0]["pacs"], "study_instance_uid": prior_uid},
        content_type="application/json",
    )
    assert (answer.status_code, answer.json()["state"]) == (202, "ready")
    assert client.get(f"/api/cases/{scene.team.case_id}/priors").json()["results"] == []


def test_a_prior_without_a_birth_date_is_offered_but_not_pulled(scene: Scene) -> None:
    fields = scene.fields(generate_uid(), study_uid=generate_uid()) | {"birth_date": ""}
    services.update_connection(
        actor=SYSTEM,
        pacs_id=scene.pacs.pk,
        changes={"default_issuer": scene.team.case.patient.issuer},
    )
    for raw in make_series(count=2, **fields):
        scene.orthanc.store(raw)
    schedule(scene, hours=2)
    services.prefetch_case(case_id=scene.team.case_id)
    assert PriorStudy.objects.count() == 1
    assert Study.objects.count() == 1


def test_priors_are_for_those_who_may_link_and_see_the_patient(scene: Scene) -> None:
    answers = {
        who: sign_in(scene, who).get(f"/api/cases/{scene.team.case_id}/priors").status_code
        for who in ("radiologist", "coordinator", "surgeon", "trainee", "consultant", "outsider")
    }
    assert answers == {
        "radiologist": 200,
        "coordinator": 200,
        "surgeon": 403,
        "trainee": 403,
        "consultant": 403,
        "outsider": 404,
    }


def test_a_pacs_that_is_away_spoils_nothing(scene: Scene) -> None:
    schedule(scene, hours=2)
    scene.orthanc.stop()
    services.prefetch_case(case_id=scene.team.case_id)
    scene.check()
    assert scene.counts() == ("unreachable", 6, 6)
    assert len(list((archive_root() / "volumes").glob("*.f32"))) == 2
    shown = sign_in(scene, "surgeon").get(f"/api/cases/{scene.team.case_id}").json()["images"]
    assert shown["state"] == "unreachable"
    assert shown["unreachable_since"]
