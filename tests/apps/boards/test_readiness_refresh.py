"""Readiness follows what arrives, by itself (MDT-5, MDT-6)."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection, transaction
from django.utils import timezone

from apps.ai.events import FindingReviewed, FindingStamp, JobChanged
from apps.boards import services
from apps.boards.models import CaseReadiness
from apps.boards.readiness_items import RecordState
from apps.cases import services as case_services
from apps.cases.choices import CaseStatus
from apps.cases.models import Case
from apps.core.events import record
from apps.imaging.events import StudyIngested, StudyReady
from tests.apps.boards.readiness_scene import (
    client,
    fill,
    link_study,
    version_of,
)
from tests.people import CaseTeam, make_case_team

pytestmark = pytest.mark.django_db


@pytest.fixture()
def team() -> CaseTeam:
    return make_case_team()


def test_MDT_5_readiness_turns_green_by_itself_as_things_arrive(
    team: CaseTeam, django_capture_on_commit_callbacks: Any
) -> None:
    coordinator = team.actor("coordinator")
    with django_capture_on_commit_callbacks(execute=True):
        services.triage_case(
            actor=coordinator,
            case_id=team.case_id,
            version=version_of(team.case_id),
            wish=services.TriageWish(
                to="needs_info", missing=(services.Owed("ecog"), services.Owed("stage"))
            ),
        )
        fill(team)
        Case.objects.filter(pk=team.case_id).update(ecog=None)
    assert Case.objects.get(pk=team.case_id).status == CaseStatus.NEEDS_INFO
    with django_capture_on_commit_callbacks(execute=True):
        case_services.edit_case(
            actor=coordinator,
            case_id=team.case_id,
            version=version_of(team.case_id),
            changes={"ecog": 1},
        )
    shown = client(team, "surgeon").get("/api/cases").json()["results"][0]
    assert shown["readiness"]["is_ready"] and shown["readiness"]["met"] > 8
    assert shown["status"] == "submitted", "back to triage by itself; ready is said by a person"
    moves = client(team, "surgeon").get(f"/api/cases/{team.case_id}/moves").json()["results"]
    assert [(one["to_status"], one["reason_code"], one["by"]) for one in moves] == [
        ("submitted", "info_arrived", "readiness"),
        ("needs_info", "", "Cora Coordinator"),
    ]


def test_what_no_event_told_is_found_every_day_and_before_a_meeting_every_hour(
    team: CaseTeam,
) -> None:
    services.refresh_readiness(case_id=team.case_id)
    fill(team)
    before = CaseReadiness.objects.get(case=team.case_id).facts
    assert services.refresh_waiting() == 0, "it was looked at just now"
    Case.objects.filter(pk=team.case_id).update(needed_by=timezone.now() + timedelta(days=1))
    assert services.refresh_waiting() == 1
    after = CaseReadiness.objects.get(case=team.case_id).facts
    assert before != after
    assert RecordState.NOT_NEEDED in {one["said"] for one in after}
    Case.objects.filter(pk=team.case_id).update(needed_by=None)
    old = timezone.now() - timedelta(days=2)
    CaseReadiness.objects.filter(case=team.case_id).update(computed_at=old)
    assert services.refresh_waiting() == 1
    Case.objects.filter(pk=team.case_id).update(status=CaseStatus.CLOSED)
    CaseReadiness.objects.filter(case=team.case_id).update(computed_at=old)
    assert services.refresh_waiting() == 0, "nobody waits for it"


@pytest.mark.parametrize(
    "told",
    [
        lambda case_id: StudyReady(
            case_id=case_id, entity="study", entity_id="1", study_id=uuid4()
        ),
        lambda case_id: StudyIngested(study_id=uuid4(), case_ids=(case_id,), series_ids=()),
        lambda case_id: JobChanged(
            case_id=case_id, entity="job", entity_id="1", state="failed", series_instance_uid="1.2"
        ),
        lambda case_id: FindingReviewed(
            case_id=case_id,
            entity="finding",
            entity_id="1",
            finding=FindingStamp(id=uuid4(), version=1, state="accepted"),
        ),
    ],
    ids=["study ready", "study ingested", "job", "review"],
)
def test_MDT_6_what_arrives_is_seen_without_being_asked_for(
    team: CaseTeam, told: Any, django_capture_on_commit_callbacks: Any
) -> None:
    services.refresh_readiness(case_id=team.case_id)
    link_study(team)
    with django_capture_on_commit_callbacks(execute=True), transaction.atomic():
        record(told(team.case_id))
    row = CaseReadiness.objects.get(case=team.case_id)
    assert {one["key"] for one in row.facts if one["evidence"]["is_there"]} >= {
        "ct_chest",
        "images_complete",
    }


def test_a_new_case_has_its_readiness_at_once_and_consultants_do_not_see_it(
    team: CaseTeam, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        case = case_services.create_case(
            actor=team.actor("coordinator"),
            patient_id=team.case.patient_id,
            title="New",
            tumour_type="brain",
        )
    assert CaseReadiness.objects.get(case=case).template.template.tumour_type == "brain"
    services.refresh_readiness(case_id=team.case_id)
    (shown,) = client(team, "consultant").get("/api/cases").json()["results"]
    assert shown["guise"] == "deidentified" and shown["readiness"] is None


@pytest.mark.django_db(transaction=True)
def test_the_first_look_of_several_at_once_makes_one_row() -> None:
    team = make_case_team()
    CaseReadiness.objects.all().delete()
    begin = threading.Barrier(4)

    def look() -> None:
        begin.wait()
        try:
            services.refresh_readiness(case_id=team.case_id)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        for one in [pool.submit(look) for _ in range(4)]:
            one.result()
    assert CaseReadiness.objects.filter(case=team.case_id).count() == 1
