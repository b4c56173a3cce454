"""Time boxes, capacity, cut-off, order, and what was not reached (MDT-3)."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from apps.accounts.selectors import actor_for
from apps.boards import services
from apps.boards.choices import AgendaStatus, MeetingStatus
from apps.boards.models import AgendaItem, Board, CaseMove, Meeting
from apps.cases import services as case_services
from apps.cases.models import Case
from apps.core.exceptions import Conflict, InvalidInput
from tests.apps.boards.readiness_scene import client, make_board, make_meeting
from tests.people import CaseTeam, make_case_team

pytestmark = pytest.mark.django_db


@pytest.fixture()
def team() -> CaseTeam:
    return make_case_team()


@pytest.fixture()
def board(team: CaseTeam) -> Board:
    return make_board(team)


@pytest.fixture()
def meeting(team: CaseTeam, board: Board) -> Meeting:
    return make_meeting(team, board)


def open_case(team: CaseTeam, title: str, tumour_type: str = "lung", **more: Any) -> Case:
    return case_services.create_case(
        actor=actor_for(user=team.people["coordinator"]),
        patient_id=team.case.patient_id,
        title=title,
        tumour_type=tumour_type,
        **more,
    )


def add(team: CaseTeam, meeting: Meeting, case: Case, **more: Any) -> AgendaItem:
    return services.add_agenda_item(
        actor=team.actor("coordinator"), meeting_id=meeting.pk, case_id=case.pk, **more
    )


def titles(meeting: Meeting) -> list[str]:
    return list(meeting.agenda.order_by("position").values_list("case__title", flat=True))


def test_MDT_3_the_time_box_is_the_boards_for_the_templates_complexity(
    team: CaseTeam, meeting: Meeting
) -> None:
    simple = add(team, meeting, open_case(team, "Lung"))
    complex_ = add(team, meeting, open_case(team, "Brain", "brain"))
    assert (simple.minutes, simple.is_complex) == (3, False)
    assert (complex_.minutes, complex_.is_complex) == (8, True)
    coordinator = client(team, "coordinator")
    url = f"/api/agenda-items/{simple.pk}/time-box"
    body = coordinator.put(url, {"is_complex": True, "version": 1}, format="json").json()
    assert (body["minutes"], body["is_complex"]) == (8, True)
    body = coordinator.put(url, {"minutes": 12, "version": 2}, format="json").json()
    assert body["minutes"] == 12
    stale = coordinator.put(url, {"minutes": 5, "version": 2}, format="json")
    assert (stale.status_code, stale.json()["code"]) == (409, "stale_version")
    bad = coordinator.put(url, {"minutes": 90, "version": 3}, format="json")
    assert bad.json()["code"] == "minutes_invalid"
    assert client(team, "surgeon").put(url, {"minutes": 5}, format="json").status_code == 403


def test_MDT_3_complex_first_and_back_by_the_list(team: CaseTeam, meeting: Meeting) -> None:
    items = [
        add(team, meeting, open_case(team, name, kind))
        for name, kind in (("a", "lung"), ("b", "brain"), ("c", "lung"), ("d", "sarcoma"))
    ]
    url = f"/api/meetings/{meeting.pk}/agenda/order"
    coordinator = client(team, "coordinator")
    assert coordinator.put(url, {"by": "complexity"}, format="json").status_code == 200
    assert titles(meeting) == ["b", "d", "a", "c"]
    body = {"by": "list", "items": [str(one.pk) for one in items]}
    assert coordinator.put(url, body, format="json").status_code == 200
    assert titles(meeting) == ["a", "b", "c", "d"]
    body["items"] = body["items"][:3]
    changed = coordinator.put(url, body, format="json")
    assert (changed.status_code, changed.json()["code"]) == (409, "agenda_changed")
    assert client(team, "surgeon").put(url, {"by": "complexity"}, format="json").status_code == 403


def test_MDT_3_what_was_discussed_keeps_its_place(team: CaseTeam, meeting: Meeting) -> None:
    first = add(team, meeting, open_case(team, "a"))
    add(team, meeting, open_case(team, "b"))
    add(team, meeting, open_case(team, "c", "brain"))
    chair = team.actor("coordinator")
    services.goto_agenda_item(actor=chair, item_id=first.pk)
    services.order_agenda(actor=chair, meeting_id=meeting.pk, by="complexity")
    assert titles(meeting) == ["a", "c", "b"]


def test_by_ai_urgency_the_flagged_case_comes_first(
    team: CaseTeam, meeting: Meeting, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The score is the urgency floor's own (tests/apps/ai/test_urgency.py); here its order."""
    add(team, meeting, open_case(team, "a"))
    flagged = open_case(team, "b")
    add(team, meeting, flagged)
    told = {flagged.pk: {"ai_urgency": {"score": 91, "reason": "Pneumothorax"}}}
    monkeypatch.setattr(
        "apps.boards.services.agenda_order.summarise_urgency", lambda **_asked: told
    )
    services.order_agenda(actor=team.actor("coordinator"), meeting_id=meeting.pk, by="ai_urgency")
    assert titles(meeting) == ["b", "a"]


def test_MDT_3_over_capacity_is_told_and_not_refused(team: CaseTeam, board: Board) -> None:
    meeting = make_meeting(team, board, minutes=10)
    add(team, meeting, open_case(team, "a", "brain"))
    add(team, meeting, open_case(team, "b", "brain"))
    body = client(team, "surgeon").get(f"/api/meetings/{meeting.pk}/capacity").json()
    assert (body["available_minutes"], body["planned_minutes"], body["over_minutes"]) == (10, 16, 6)
    assert (body["discussed"], body["is_past_cut_off"]) == (2, False)
    assert client(team, "outsider").get(f"/api/meetings/{meeting.pk}/capacity").status_code == 404


def test_after_the_cut_off_a_case_needs_an_urgent_reason(
    team: CaseTeam, meeting: Meeting, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = open_case(team, "plain")
    urgent = open_case(team, "urgent", urgency="urgent", urgency_reason="Cord compression")
    unreasoned = open_case(team, "unreasoned", urgency="urgent")
    on_time = open_case(team, "on time")
    add(team, meeting, on_time)
    coordinator = team.actor("coordinator")
    late = meeting.starts_at - timedelta(hours=23)
    monkeypatch.setattr(timezone, "now", lambda: late)
    told = services.add_agenda_items(
        actor=coordinator, meeting_id=meeting.pk, case_ids=[plain.pk, urgent.pk, unreasoned.pk]
    )
    assert [one.code for one in told] == ["past_cut_off", "", "past_cut_off"]
    assert told[1].item is not None and told[1].item.late_reason == "Cord compression"
    item = services.add_agenda_item(
        actor=coordinator,
        meeting_id=meeting.pk,
        case_id=plain.pk,
        late_reason="New bleeding",
    )
    assert item.late_reason == "New bleeding"
    assert AgendaItem.objects.get(case=on_time).late_reason == ""
    assert services.capacity_of(meeting_id=meeting.pk).is_past_cut_off


def test_a_meeting_called_at_short_notice_has_no_cut_off_that_nobody_could_keep(
    team: CaseTeam, board: Board
) -> None:
    soon = make_meeting(team, board, starts_in=timedelta(hours=3))
    assert add(team, soon, open_case(team, "now")).late_reason == ""
    assert not services.capacity_of(meeting_id=soon.pk).is_past_cut_off


def test_a_board_sets_its_own_minutes_and_cut_off(team: CaseTeam, board: Board) -> None:
    url = f"/api/boards/{board.pk}/agenda-rules"
    rules = {"minutes_per_case": 4, "minutes_per_complex_case": 10, "cut_off_hours": 48}
    assert client(team, "chair").put(url, rules, format="json").json() == rules
    meeting = make_meeting(team, board)
    assert add(team, meeting, open_case(team, "Brain", "brain")).minutes == 10
    refused = {
        "minutes_invalid": {"minutes_per_case": 0},
        "cut_off_invalid": {"cut_off_hours": 999},
    }
    for code, wrong in refused.items():
        assert client(team, "chair").put(url, wrong, format="json").json()["code"] == code
    assert client(team, "surgeon").put(url, rules, format="json").status_code == 403


def test_ten_are_scheduled_at_once_and_taken_off_again(team: CaseTeam, meeting: Meeting) -> None:
    cases = [open_case(team, f"Case {number}") for number in range(10)]
    coordinator = client(team, "coordinator")
    url = f"/api/meetings/{meeting.pk}/agenda/many"
    ids = [str(one.pk) for one in cases]
    body = coordinator.post(url, {"cases": ids}, format="json").json()["results"]
    assert [one["code"] for one in body] == [""] * 10
    again = coordinator.post(url, {"cases": ids[:1]}, format="json").json()["results"]
    assert again[0]["code"] == "on_agenda"
    for one in body:
        assert coordinator.delete(f"/api/agenda-items/{one['item']}").status_code == 204
    assert set(Case.objects.filter(pk__in=ids).values_list("status", flat=True)) == {"submitted"}
    assert client(team, "surgeon").post(url, {"cases": ids}, format="json").status_code == 403


def test_undiscussed_cases_go_to_the_next_meeting_in_one_act(
    team: CaseTeam, board: Board, meeting: Meeting, monkeypatch: pytest.MonkeyPatch
) -> None:
    coming = make_meeting(team, board, starts_in=timedelta(days=14))
    reached = add(team, meeting, open_case(team, "reached"))
    left = [add(team, meeting, open_case(team, name)) for name in ("left", "brain too")]
    twice = open_case(team, "twice")
    add(team, meeting, twice)
    add(team, coming, twice)
    coordinator = team.actor("coordinator")
    with pytest.raises(Conflict) as early:
        services.carry_over(actor=coordinator, meeting_id=meeting.pk)
    assert early.value.error_code == "meeting_not_over"
    services.goto_agenda_item(actor=coordinator, item_id=reached.pk)
    # After the cut-off of the next meeting, too: they were on time once.
    monkeypatch.setattr(timezone, "now", lambda: coming.starts_at - timedelta(hours=1))
    carried = services.carry_over(actor=coordinator, meeting_id=meeting.pk)
    assert carried.meeting == coming and carried.left == [twice.pk]
    assert titles(coming) == ["twice", "left", "brain too"]
    case = Case.objects.get(pk=left[0].case_id)
    assert (case.status, case.needed_by) == ("scheduled", coming.starts_at)
    moves = CaseMove.objects.filter(case=case).order_by("number")
    assert list(moves.values_list("to_status", "reason_code")) == [
        ("scheduled", ""),
        ("deferred", "out_of_time"),
        ("scheduled", ""),
    ]
    left[0].refresh_from_db()
    assert (left[0].status, left[0].deferral_code) == (AgendaStatus.DEFERRED, "out_of_time")


def test_with_no_next_meeting_nothing_is_lost(team: CaseTeam, meeting: Meeting) -> None:
    add(team, meeting, open_case(team, "left"))
    Meeting.objects.filter(pk=meeting.pk).update(status=MeetingStatus.CLOSED)
    with pytest.raises(Conflict) as caught:
        services.carry_over(actor=team.actor("coordinator"), meeting_id=meeting.pk)
    assert caught.value.error_code == "no_next_meeting"
    assert titles(meeting) == ["left"]


def test_an_item_is_deferred_only_for_a_reason(team: CaseTeam, meeting: Meeting) -> None:
    item = add(team, meeting, open_case(team, "a"))
    with pytest.raises(InvalidInput) as caught:
        services.finish_agenda_item(
            actor=team.actor("coordinator"), item_id=item.pk, version=1, status="deferred"
        )
    assert caught.value.error_code == "reason_needed"
    body = (
        client(team, "coordinator")
        .patch(
            f"/api/agenda-items/{item.pk}",
            {"status": "deferred", "deferral_code": "presenter_absent", "version": 1},
            format="json",
        )
        .json()
    )
    assert (body["status"], body["deferral_code"]) == ("deferred", "presenter_absent")
