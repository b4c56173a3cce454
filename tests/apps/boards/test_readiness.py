"""Readiness: computed from its sources, told with age and origin, green by itself (MDT-5, -6)."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.accounts.selectors import actor_for
from apps.boards import services
from apps.boards.readiness_items import Evidence, Fact, ItemState, judge
from apps.boards.readiness_selectors import readiness_and_next_meetings
from apps.cases import services as case_services
from apps.cases.choices import CaseStatus
from apps.cases.models import Case
from apps.core.exceptions import Conflict, Forbidden, InvalidInput
from apps.imaging.choices import StudyState
from apps.imaging.models import PacsConnection
from tests.apps.boards.readiness_scene import (
    client,
    fill,
    link_study,
    make_board,
    make_meeting,
    say,
    states,
    version_of,
)
from tests.people import SYSTEM, CaseTeam, make_case_team, make_patient

pytestmark = pytest.mark.django_db

TODAY = date(2026, 11, 30)


@pytest.fixture()
def team() -> CaseTeam:
    return make_case_team()


def fact(
    *, need: str = "required", age: int | None = None, on: str | None = None, **more: Any
) -> Fact:
    return Fact(
        key="bloods",
        label="Bloods",
        need=need,
        max_age_days=age,
        is_recorded=True,
        evidence=Evidence(
            is_there=on is not None or (age is None and more.pop("there", False)), on=on
        ),
        **more,
    )


@pytest.mark.parametrize(
    ("one", "meets_on", "state", "is_open"),
    [
        (fact(), None, "missing", True),
        (fact(there=True), None, "met", False),
        (fact(age=14, on="2026-11-16"), None, "met", False),
        (fact(age=14, on="2026-11-15"), None, "too_old", True),
        (fact(age=14, on="2026-11-20"), date(2026, 12, 4), "met", False),
        (fact(age=14, on="2026-11-20"), date(2026, 12, 5), "too_old", True),
        (fact(age=14, on="2026-11-20"), date(2026, 11, 1), "met", False),
        (fact(said="expected", expected_by="2026-11-30"), None, "expected", True),
        (fact(need="expected", said="expected", expected_by="2026-11-30"), None, "expected", False),
        (fact(need="expected", said="expected", expected_by="2026-11-29"), None, "missing", True),
        (fact(need="optional"), None, "missing", False),
        (fact(said="not_needed", reason="Palliative"), None, "not_applicable", False),
    ],
)
def test_MDT_5_an_item_on_a_day(
    one: Fact, meets_on: date | None, state: str, is_open: bool
) -> None:
    judged = judge(one, today=TODAY, meets_on=meets_on)
    assert (judged.state, judged.is_open) == (state, is_open)


def test_MDT_5_a_date_that_has_passed_is_overdue_until_it_is_there() -> None:
    late = fact(need="expected", said="expected", expected_by="2026-11-29")
    assert judge(late, today=TODAY).is_overdue
    there = fact(need="expected", said="expected", expected_by="2026-11-29", there=True)
    assert not judge(there, today=TODAY).is_overdue


def test_MDT_5_ready_is_refused_while_something_required_is_missing(team: CaseTeam) -> None:
    with pytest.raises(Conflict) as caught:
        services.triage_case(
            actor=team.actor("coordinator"),
            case_id=team.case_id,
            version=version_of(team.case_id),
            wish=services.TriageWish(to="ready"),
        )
    assert caught.value.error_code == "not_ready"
    missing = {one["key"] for one in caught.value.details["items"]}
    assert missing == {
        "ct_chest", "images_complete", "radiology_report", "pathology_report", "lung_function",
        "ecog", "comorbidity", "patient_preference", "stage", "presenter",
    }  # fmt: skip
    assert Case.objects.get(pk=team.case_id).status == CaseStatus.SUBMITTED


def test_MDT_5_with_everything_there_or_dated_the_case_is_ready(team: CaseTeam) -> None:
    fill(team)
    move = services.triage_case(
        actor=team.actor("coordinator"),
        case_id=team.case_id,
        version=version_of(team.case_id),
        wish=services.TriageWish(to="ready"),
    )
    assert (move.from_status, move.to_status, move.reason_code) == ("submitted", "ready", "")


def test_MDT_5_an_override_takes_the_chair_and_a_reason(team: CaseTeam) -> None:
    def wish(reason: str) -> services.TriageWish:
        return services.TriageWish(to="ready", reason=reason, is_override=True)

    def move(who: str, reason: str) -> Any:
        return services.triage_case(
            actor=team.actor(who),
            case_id=team.case_id,
            version=version_of(team.case_id),
            wish=wish(reason),
        )

    with pytest.raises(Forbidden) as caught:
        move("coordinator", "Urgent")
    assert caught.value.error_code == "chair_signs"
    with pytest.raises(InvalidInput) as unreasoned:
        move("chair", "  ")
    assert unreasoned.value.error_code == "reason_needed"
    done = move("chair", "Cord compression, cannot wait")
    assert done.reason_code == "readiness_overridden"
    assert "ct_chest" in done.details["missing"]
    body = client(team, "chair").get(f"/api/cases/{team.case_id}/readiness").json()
    assert body["override"]["reason"] == "Cord compression, cannot wait"
    assert not body["is_ready"], "overridden is not the same as there"


def test_MDT_6_images_are_there_when_every_object_is(team: CaseTeam) -> None:
    assert states(team.case_id)["ct_chest"] == ItemState.MISSING
    study = link_study(team, done=99, total=100, state=StudyState.INGESTING)
    body = client(team, "surgeon").get(f"/api/cases/{team.case_id}/readiness").json()
    services.refresh_readiness(case_id=team.case_id)
    body = client(team, "surgeon").get(f"/api/cases/{team.case_id}/readiness").json()
    items = {one["key"]: one for one in body["items"]}
    for key in ("ct_chest", "images_complete"):
        one = items[key]
        assert (one["state"], one["ready"], one["total"]) == ("missing", 99, 100)
        assert one["problem"] == "images_incomplete"
    study.state, study.done_instances = StudyState.READY, 100
    study.save()
    assert states(team.case_id)["ct_chest"] == ItemState.MET
    assert states(team.case_id)["images_complete"] == ItemState.MET


def test_MDT_6_a_newer_study_on_its_way_is_not_hidden_by_an_older_one(team: CaseTeam) -> None:
    link_study(team, on=timezone.localdate() - timedelta(days=30))
    link_study(team, done=0, total=50, state=StudyState.INGESTING)
    assert states(team.case_id)["ct_chest"] == ItemState.MISSING


def test_MDT_6_an_old_ct_is_too_old_and_says_how_old(team: CaseTeam) -> None:
    study = link_study(team, on=timezone.localdate() - timedelta(days=57))
    services.refresh_readiness(case_id=team.case_id)
    body = client(team, "surgeon").get(f"/api/cases/{team.case_id}/readiness").json()
    one = {row["key"]: row for row in body["items"]}["ct_chest"]
    assert (one["state"], one["age_days"], one["max_age_days"]) == ("too_old", 57, 56)
    assert one["source"]["kind"] == "study" and one["source"]["ref"] == study.study_instance_uid


def test_MDT_6_a_pacs_that_is_away_or_was_not_asked_is_no_complete(team: CaseTeam) -> None:
    study = link_study(team)
    assert states(team.case_id)["images_complete"] == ItemState.MET
    pacs = PacsConnection.objects.create(name="North", base_url="https://pacs.example/dicom-web")
    study.pacs = pacs
    study.save()
    row = services.refresh_readiness(case_id=team.case_id)
    assert row is not None
    facts = {one["key"]: one["evidence"]["problem"] for one in row.facts}
    assert facts["images_complete"] == "pacs_not_asked"
    study.source_checked_at = timezone.now()
    study.save()
    pacs.unreachable_since = timezone.now()
    pacs.save()
    row = services.refresh_readiness(case_id=team.case_id)
    assert row is not None
    facts = {one["key"]: one["evidence"]["problem"] for one in row.facts}
    assert facts["images_complete"] == "pacs_unreachable"


@pytest.mark.parametrize(
    ("item", "said", "code"),
    [
        ("tea_leaves", {"state": "arrived"}, "item_unknown"),
        ("ecog", {"state": "arrived"}, "item_computed"),
        ("bloods", {"state": "arrived"}, "date_needed"),
        ("bloods", {"state": "arrived", "on": date.today() + timedelta(days=2)}, "date_in_future"),
        ("pathology_report", {"state": "expected"}, "date_needed"),
        (
            "pathology_report",
            {"state": "expected", "expected_by": date(2026, 1, 1)},
            "date_in_past",
        ),
        ("comorbidity", {"state": "not_needed"}, "reason_needed"),
    ],
)
def test_what_cannot_be_said_of_an_item_is_refused_by_a_code(
    team: CaseTeam, item: str, said: dict[str, Any], code: str
) -> None:
    with pytest.raises(InvalidInput) as caught:
        say(team, item, **said)
    assert caught.value.error_code == code


def test_what_is_said_by_hand_has_an_author_and_can_be_taken_back(team: CaseTeam) -> None:
    surgeon = client(team, "surgeon")
    url = f"/api/cases/{team.case_id}/readiness/items/comorbidity"
    body = surgeon.put(url, {"state": "arrived", "note": "COPD"}, format="json").json()
    one = {row["key"]: row for row in body["items"]}["comorbidity"]
    assert (one["state"], one["said_by"]) == ("met", "Surgeon Person")
    body = surgeon.put(url, {"state": "cleared"}, format="json").json()
    assert {row["key"]: row["state"] for row in body["items"]}["comorbidity"] == "missing"
    assert client(team, "trainee").put(url, {"state": "arrived"}, format="json").status_code == 403
    assert client(team, "consultant").put(url, {"state": "arrived"}, format="json").status_code in {
        403,
        404,
    }
    assert client(team, "outsider").get(f"/api/cases/{team.case_id}/readiness").status_code == 404
    assert client(team, "consultant").get(f"/api/cases/{team.case_id}/readiness").status_code == 403


def test_ai_states_never_look_alike(team: CaseTeam) -> None:
    from apps.ai.choices import JobState
    from apps.boards.readiness.ai_state import AiState, _state

    told = {
        name: _state(counts, unreviewed)
        for name, counts, unreviewed in (
            ("failed", {JobState.FAILED: 1, JobState.FINDINGS: 1}, 2),
            ("running", {JobState.RUNNING: 1}, 0),
            ("waiting", {JobState.QUEUED: 1}, 0),
            ("unreviewed", {JobState.FINDINGS: 1}, 1),
            ("reviewed", {JobState.FINDINGS: 1}, 0),
            ("no_findings", {JobState.NO_FINDINGS: 1}, 0),
            ("out_of_scope", {JobState.OUT_OF_SCOPE: 1}, 0),
            ("none", {}, 0),
        )
    }
    assert told.pop("waiting") == AiState.RUNNING
    assert told == {name: name for name in told}
    assert services.readiness_of(case_id=team.case_id).ai["state"] == "none"


@pytest.mark.parametrize("count", [1, 10, 200])
def test_lists_need_no_more_queries_for_more_cases(team: CaseTeam, count: int) -> None:
    """Readiness came into the worklist in the query of the next meeting."""
    board = make_board(team)
    meeting = make_meeting(team, board, minutes=600)
    coordinator = actor_for(user=team.people["coordinator"])
    patient = make_patient()
    for number in range(count):
        case = case_services.create_case(
            actor=coordinator, patient_id=patient.pk, title=f"Case {number}", tumour_type="lung"
        )
        services.refresh_readiness(case_id=case.pk)
        services.add_agenda_item(actor=SYSTEM, meeting_id=meeting.pk, case_id=case.pk)
    chair = client(team, "chair")
    measured = {}
    for name, url in (
        ("worklist", "/api/cases?limit=200"),
        ("exceptions", f"/api/meetings/{meeting.pk}/exceptions"),
    ):
        with CaptureQueriesContext(connection) as queries:
            assert chair.get(url).status_code == 200
        measured[name] = len(queries)
    case_ids = Case.objects.values_list("pk", flat=True)
    list(case_ids)
    with CaptureQueriesContext(connection) as queries:
        readiness_and_next_meetings(actor=coordinator, case_ids=list(case_ids))
    assert len(queries) == 1, "as many as the next meeting alone took"
    assert measured["worklist"] <= WORKLIST_QUERIES, measured
    assert measured["exceptions"] <= 10, measured


WORKLIST_QUERIES = 16
"""Of the request as a whole, sign-in and audit too; as many as before readiness was shown."""
