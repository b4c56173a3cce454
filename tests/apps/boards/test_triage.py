"""Triage (MDT-4): who moves which case where, what each move needs, and its history."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone

from apps.boards import services
from apps.boards.case_templates import builtin_templates
from apps.boards.choices import AgendaStatus, DeferralReason
from apps.boards.models import AgendaItem, Board, CaseMove, Meeting
from apps.boards.services.triage import TRIAGE_MOVES
from apps.cases import services as case_services
from apps.cases.choices import ALLOWED_MOVES, CaseStatus, TumourType
from apps.cases.models import Case
from apps.core.exceptions import Conflict, DomainError, Forbidden, IllegalMove, InvalidInput
from tests.apps.boards.readiness_scene import (
    client,
    fill,
    make_board,
    make_meeting,
    version_of,
)
from tests.people import SYSTEM, CaseTeam, make_case_team

pytestmark = pytest.mark.django_db

STANDARD = {
    "key": "stage_one",
    "name": "Stage I, fit for surgery: lobectomy",
    "reference": "Lung pathway of this hospital, version 4, page 12",
}


@pytest.fixture()
def team() -> CaseTeam:
    return make_case_team()


@pytest.fixture()
def board(team: CaseTeam) -> Board:
    return make_board(team)


@pytest.fixture()
def meeting(team: CaseTeam, board: Board) -> Meeting:
    return make_meeting(team, board)


def agree_on_a_standard() -> None:
    document = builtin_templates()[TumourType.LUNG].model_dump(mode="json")
    services.revise_template(
        actor=SYSTEM,
        tumour_type="lung",
        version=1,
        document={**document, "standards": [STANDARD]},
    )


def triage(team: CaseTeam, who: str, to: str, **wish: Any) -> CaseMove:
    return services.triage_case(
        actor=team.actor(who),
        case_id=team.case_id,
        version=version_of(team.case_id),
        wish=services.TriageWish(to=to, **wish),
    )


def put(case_id: UUID, status: str) -> None:
    Case.objects.filter(pk=case_id).update(status=status)


def status_of(team: CaseTeam) -> str:
    return Case.objects.values_list("status", flat=True).get(pk=team.case_id)


def schedule(team: CaseTeam, meeting: Meeting) -> AgendaItem:
    return services.add_agenda_item(
        actor=team.actor("coordinator"), meeting_id=meeting.pk, case_id=team.case_id
    )


def refused(caught: pytest.ExceptionInfo[Any]) -> str:
    error = caught.value
    assert isinstance(error, DomainError)
    return error.error_code


def test_MDT_4_every_move_that_is_not_listed_is_refused_by_a_code(team: CaseTeam) -> None:
    agree_on_a_standard()
    fill(team)
    needs: dict[str, dict[str, Any]] = {
        CaseStatus.NEEDS_INFO: {"missing": (services.Owed("bloods"),)},
        CaseStatus.SOC_LISTED: {"standard": "stage_one"},
        CaseStatus.DEFERRED: {"reason_code": "pathology_pending"},
        CaseStatus.WITHDRAWN: {"reason": "Moved away"},
    }
    tried = 0
    for start in CaseStatus:
        for to in CaseStatus:
            put(team.case_id, start)
            before = CaseMove.objects.count()
            try:
                triage(team, "chair", to, **needs.get(to, {}))
                code = ""
            except DomainError as error:
                code = error.error_code
            if to not in TRIAGE_MOVES:
                assert code == "not_triage", (start, to)
            elif start == to:
                assert code == "already_there", (start, to)
            elif to in ALLOWED_MOVES[start]:
                assert code == "", (start, to)
            else:
                assert code == "illegal_move", (start, to)
            assert CaseMove.objects.count() == before + (code == ""), (start, to)
            tried += 1
    assert tried == len(CaseStatus) ** 2


@pytest.mark.parametrize(
    ("to", "wish", "allowed"),
    [
        ("needs_info", {"missing": (services.Owed("ecog"),)}, {"coordinator", "chair"}),
        ("ready", {}, {"coordinator", "chair"}),
        ("withdrawn", {"reason": "Moved away"}, {"coordinator", "chair"}),
    ],
)
def test_MDT_4_who_may_make_which_move(
    team: CaseTeam, to: str, wish: dict[str, Any], allowed: set[str]
) -> None:
    fill(team)
    everyone = ("coordinator", "chair", "radiologist", "surgeon", "trainee", "consultant")
    for who in everyone:
        put(team.case_id, CaseStatus.SUBMITTED)
        if who in allowed:
            assert triage(team, who, to, **wish).moved_by == team.people[who]
            continue
        with pytest.raises(Forbidden):
            triage(team, who, to, **wish)
    answer = client(team, "outsider").post(
        f"/api/cases/{team.case_id}/triage", {"to": to, "version": 1}, format="json"
    )
    assert answer.status_code == 404


def test_MDT_4_the_coordinator_proposes_and_the_chair_signs_a_standard(team: CaseTeam) -> None:
    put(team.case_id, CaseStatus.READY)
    with pytest.raises(InvalidInput) as none_agreed:
        triage(team, "chair", "soc_listed", standard="stage_one")
    assert refused(none_agreed) == "standard_unknown", "nothing was agreed on beforehand"
    agree_on_a_standard()
    with pytest.raises(Forbidden) as caught:
        triage(team, "coordinator", "soc_listed", standard="stage_one")
    assert refused(caught) == "chair_signs"
    coordinator = client(team, "coordinator")
    body = coordinator.put(
        f"/api/cases/{team.case_id}/triage/proposal",
        {"standard": "stage_one", "reason": "cT1a, ECOG 0"},
        format="json",
    ).json()
    assert body["proposal"]["standard_name"] == STANDARD["name"]
    assert (body["proposal"]["by"], body["status"]) == ("Cora Coordinator", "ready")
    row = client(team, "chair").get("/api/cases").json()["results"][0]
    assert row["readiness"]["proposed_standard"] == STANDARD["name"]
    triage(team, "chair", "soc_listed", standard="stage_one")
    newest = coordinator.get(f"/api/cases/{team.case_id}/moves").json()["results"][0]
    assert (newest["to_status"], newest["by"]) == ("soc_listed", "Chair Person")
    assert (newest["standard"], newest["reference"]) == (
        STANDARD["name"],
        STANDARD["reference"],
    )
    body = coordinator.get(f"/api/cases/{team.case_id}/readiness").json()
    assert body["proposal"] is None


def test_MDT_4_a_core_member_pulls_a_listed_case_up_in_one_act(
    team: CaseTeam, meeting: Meeting
) -> None:
    agree_on_a_standard()
    item = schedule(team, meeting)
    triage(team, "chair", "soc_listed", standard="stage_one")
    item.refresh_from_db()
    assert item.status == AgendaStatus.SOC_LISTED, "it stays on the list, with its record"
    url = f"/api/cases/{team.case_id}/pull-up"
    for who, code in (("trainee", 403), ("coordinator", 403), ("oncologist", 403)):
        assert client(team, who).post(url, {}, format="json").status_code == code, who
    answer = client(team, "surgeon").post(url, {"reason": "New symptoms"}, format="json")
    assert answer.status_code == 200 and answer.json()["reason_code"] == "pulled_up"
    item.refresh_from_db()
    assert (item.status, status_of(team)) == (AgendaStatus.PLANNED, "scheduled")
    again = client(team, "surgeon").post(url, {}, format="json")
    assert (again.status_code, again.json()["code"]) == (409, "not_listed")


def test_MDT_4_needs_info_names_what_is_missing_and_who_owes_it(team: CaseTeam) -> None:
    with pytest.raises(InvalidInput) as caught:
        triage(team, "coordinator", "needs_info")
    assert refused(caught) == "missing_needed"
    with pytest.raises(InvalidInput) as unknown:
        triage(team, "coordinator", "needs_info", missing=(services.Owed("tea_leaves"),))
    assert refused(unknown) == "item_unknown"
    owed = services.Owed("pathology_report", address="lab@outside.example")
    move = triage(team, "coordinator", "needs_info", missing=(owed,))
    assert move.details["missing"] == ["pathology_report"]
    body = client(team, "chair").get(f"/api/cases/{team.case_id}/readiness").json()
    item = {one["key"]: one for one in body["items"]}["pathology_report"]
    assert item["owner"]["address"] == "lab@outside.example"


@pytest.mark.parametrize("code", DeferralReason.values)
def test_MDT_4_a_case_is_put_off_for_one_of_the_reasons(
    team: CaseTeam, meeting: Meeting, code: str
) -> None:
    item = schedule(team, meeting)
    with pytest.raises(InvalidInput) as caught:
        triage(team, "coordinator", "deferred")
    assert refused(caught) == "reason_needed"
    with pytest.raises(InvalidInput) as unknown:
        triage(team, "coordinator", "deferred", reason_code="rain")
    assert refused(unknown) == "reason_code_unknown"
    if code == DeferralReason.OTHER:
        with pytest.raises(InvalidInput):
            triage(team, "coordinator", "deferred", reason_code=code)
    triage(team, "coordinator", "deferred", reason_code=code, reason="In words")
    item.refresh_from_db()
    assert (item.status, item.deferral_code) == (AgendaStatus.DEFERRED, code)
    assert status_of(team) == "deferred"


def test_MDT_4_the_history_refuses_every_change(team: CaseTeam) -> None:
    move = triage(team, "coordinator", "withdrawn", reason="Moved away")
    assert (move.number, move.from_status, move.reason) == (1, "submitted", "Moved away")
    for change in (
        lambda: CaseMove.objects.filter(pk=move.pk).update(reason="Else"),
        lambda: CaseMove.objects.filter(pk=move.pk).delete(),
    ):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            change()


def test_MDT_4_moves_made_elsewhere_are_in_the_history_too(
    team: CaseTeam, meeting: Meeting
) -> None:
    item = schedule(team, meeting)
    services.remove_agenda_item(actor=team.actor("coordinator"), item_id=item.pk)
    moves = CaseMove.objects.filter(case=team.case_id).order_by("number")
    assert list(moves.values_list("from_status", "to_status")) == [
        ("submitted", "scheduled"),
        ("scheduled", "submitted"),
    ], "off the agenda it is what it was before"


def test_a_withdrawn_case_needs_a_reason_and_leaves_the_agenda(
    team: CaseTeam, meeting: Meeting
) -> None:
    item = schedule(team, meeting)
    with pytest.raises(InvalidInput) as caught:
        triage(team, "coordinator", "withdrawn", reason=" ")
    assert refused(caught) == "reason_needed"
    triage(team, "coordinator", "withdrawn", reason="Moved away")
    item.refresh_from_db()
    assert item.status == AgendaStatus.WITHDRAWN
    capacity = services.capacity_of(meeting_id=meeting.pk)
    assert (capacity.discussed, capacity.planned_minutes) == (0, 0)


def test_a_case_on_an_agenda_does_not_go_back_to_triage(team: CaseTeam, meeting: Meeting) -> None:
    schedule(team, meeting)
    fill(team)
    for to, wish in (("ready", {}), ("needs_info", {"missing": (services.Owed("ecog"),)})):
        with pytest.raises(Conflict) as caught:
            triage(team, "coordinator", to, **wish)
        assert refused(caught) == "on_agenda"


def test_what_is_listed_or_withdrawn_is_not_called_up_in_the_meeting(
    team: CaseTeam, meeting: Meeting
) -> None:
    item = schedule(team, meeting)
    triage(team, "coordinator", "withdrawn", reason="Moved away")
    with pytest.raises(Conflict) as caught:
        services.goto_agenda_item(actor=team.actor("coordinator"), item_id=item.pk)
    assert refused(caught) == "not_for_discussion"


def test_an_override_ends_when_the_case_goes_back_to_triage(team: CaseTeam) -> None:
    triage(team, "chair", "ready", reason="Cannot wait", is_override=True)
    row = services.readiness_of(case_id=team.case_id)
    assert row.overridden_at is not None and row.override_reason == "Cannot wait"
    triage(team, "coordinator", "needs_info", missing=(services.Owed("ecog"),))
    row = services.readiness_of(case_id=team.case_id)
    assert (row.overridden_at, row.override_reason) == (None, "")


def test_a_stale_version_is_told(team: CaseTeam) -> None:
    with pytest.raises(Conflict) as caught:
        services.triage_case(
            actor=team.actor("chair"),
            case_id=team.case_id,
            version=99,
            wish=services.TriageWish(to="withdrawn", reason="x"),
        )
    assert refused(caught) == "stale_version"


def test_several_are_moved_at_once_and_taken_back(team: CaseTeam, meeting: Meeting) -> None:
    schedule(team, meeting)
    coordinator = team.actor("coordinator")
    other = case_services.create_case(
        actor=coordinator,
        patient_id=team.case.patient_id,
        title="Second",
        tumour_type="lung",
    )
    chair = client(team, "coordinator")
    body = chair.post(
        "/api/triage",
        {
            "to": "deferred",
            "reason_code": "imaging_missing",
            "cases": [
                {"id": str(team.case_id), "version": version_of(team.case_id)},
                {"id": str(other.pk), "version": other.version},
            ],
        },
        format="json",
    ).json()["results"]
    assert [one["code"] for one in body] == ["", "illegal_move"], "one holds up no other"
    assert status_of(team) == "deferred"
    undone = chair.post("/api/triage/undo", {"moves": [body[0]["move"]]}, format="json").json()
    assert [one["code"] for one in undone["results"]] == [""]
    assert status_of(team) == "scheduled"
    assert AgendaItem.objects.get(case=team.case_id).status == AgendaStatus.PLANNED
    moves = CaseMove.objects.filter(case=team.case_id).order_by("-number")
    assert moves[0].reason_code == "undo", "taking back is in the history, too"
    again = chair.post("/api/triage/undo", {"moves": [body[0]["move"]]}, format="json").json()
    assert again["results"][0]["code"] == "undo_too_late"


def test_nobody_takes_back_what_somebody_else_did_or_long_ago(
    team: CaseTeam, monkeypatch: pytest.MonkeyPatch
) -> None:
    move = triage(team, "chair", "withdrawn", reason="Moved away")
    told = services.undo_moves(actor=team.actor("coordinator"), move_ids=[move.pk])
    assert told[0].code == "not_yours"
    later = timezone.now() + timedelta(minutes=16)
    chair = team.actor("chair")
    monkeypatch.setattr(timezone, "now", lambda: later)
    assert services.undo_moves(actor=chair, move_ids=[move.pk])[0].code == "undo_too_late"


def test_a_move_back_is_illegal_unless_it_is_taken_back(team: CaseTeam) -> None:
    put(team.case_id, CaseStatus.READY)
    with pytest.raises(IllegalMove):
        case_services.move_case(actor=SYSTEM, case_id=team.case_id, to=CaseStatus.SUBMITTED)
