"""Who is at a meeting, by what, and whether that makes a quorum (LIVE-M1, M2)."""

import json
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from apps.accounts.models import User
from apps.audit.models import AuditEntry
from apps.boards import checkin, selectors, services
from apps.boards.choices import Arrival, BoardRole
from apps.boards.events import MeetingEvent
from apps.boards.models import Attendance, Board, Meeting
from apps.boards.quorum import Attendee, missing_disciplines
from apps.core import events
from apps.core.exceptions import Forbidden, InvalidInput, NotVisible, RateLimited
from tests.people import CaseTeam, make_case_team

pytestmark = pytest.mark.django_db

EXAMPLES = json.loads(
    (Path(__file__).parents[2] / "contracts/live_fixtures/quorum.json").read_text()
)


@pytest.fixture()
def team() -> CaseTeam:
    return make_case_team()


@pytest.fixture()
def board(team: CaseTeam) -> Board:
    board = services.create_board(actor=team.actor("coordinator"), name="Thoracic")
    seats = {
        "chair": BoardRole.CHAIR,
        "radiologist": BoardRole.CORE,
        "trainee": BoardRole.CORE,
        "oncologist": BoardRole.OBSERVER,
    }
    for who, role in seats.items():
        services.add_board_member(
            actor=team.actor("coordinator"),
            board_id=board.pk,
            user_id=team.people[who].pk,
            role=role,
        )
    return board


@pytest.fixture()
def meeting(team: CaseTeam, board: Board) -> Meeting:
    """In session, with the team's case on its agenda."""
    now = timezone.now()
    meeting = services.schedule_meeting(
        actor=team.actor("coordinator"),
        board_id=board.pk,
        starts_at=now,
        ends_at=now + timedelta(hours=1),
    )
    item = services.add_agenda_item(
        actor=team.actor("coordinator"), meeting_id=meeting.pk, case_id=team.case_id
    )
    services.goto_agenda_item(actor=team.actor("chair"), item_id=item.pk)
    return meeting


def _tick(team: CaseTeam, meeting: Meeting, who: str, *, by: str = "chair") -> Attendance:
    return services.tick_attendance(
        actor=team.actor(by), meeting_id=meeting.pk, user_id=team.people[who].pk
    )


def _code(meeting: Meeting, *, ago_s: float = 0) -> str:
    return checkin.code_at(meeting_id=meeting.pk, at_s=time.time() - ago_s).code


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda one: one["why"])
def test_LIVE_M2_a_quorum_is_of_disciplines_that_count_and_are_here(
    example: dict[str, Any],
) -> None:
    attendees = [Attendee(*one) for one in example["attendees"]]
    assert missing_disciplines(needs=example["needs"], attendees=attendees) == example["missing"]


def test_LIVE_M1_only_who_runs_the_meeting_ticks(team: CaseTeam, meeting: Meeting) -> None:
    row = _tick(team, meeting, "radiologist")
    assert (row.how, row.counts, row.discipline) == (Arrival.TICKED, True, "radiology")
    assert row.recorded_by_id == team.people["chair"].pk
    for who, refusal in (("radiologist", Forbidden), ("outsider", NotVisible)):
        with pytest.raises(refusal):
            _tick(team, meeting, "surgeon", by=who)
    entry = AuditEntry.objects.get(action="attendance.recorded")
    assert entry.details == {"user": str(team.people["radiologist"].pk), "how": "ticked"}


def test_LIVE_M1_only_people_of_the_meeting_are_at_it(team: CaseTeam, meeting: Meeting) -> None:
    assert _tick(team, meeting, "surgeon").counts is False  # a case of the agenda, no seat
    with pytest.raises(InvalidInput) as refusal:
        _tick(team, meeting, "outsider")
    assert refusal.value.error_code == "not_of_meeting"


def test_LIVE_M1_trainees_and_observers_attend_and_do_not_count(
    team: CaseTeam, meeting: Meeting
) -> None:
    assert _tick(team, meeting, "trainee").counts is False
    assert _tick(team, meeting, "oncologist").counts is False


def test_LIVE_M1_the_discipline_is_that_of_the_day(team: CaseTeam, meeting: Meeting) -> None:
    _tick(team, meeting, "radiologist")
    User.objects.filter(pk=team.people["radiologist"].pk).update(discipline="nuclear_medicine")
    (row,) = selectors.attendance_of(meeting_id=meeting.pk)
    assert selectors.describe_attendance(row)["user"]["discipline"] == "radiology"


def test_LIVE_M1_the_surer_way_stands_and_a_closed_window_is_no_leaving_the_room(
    team: CaseTeam, meeting: Meeting
) -> None:
    user_id = team.people["radiologist"].pk
    services.note_joined(actor=team.actor("radiologist"), meeting_id=meeting.pk)
    _tick(team, meeting, "radiologist")
    services.note_joined(actor=team.actor("radiologist"), meeting_id=meeting.pk)
    services.note_gone(meeting_id=meeting.pk, user_ids=[user_id])
    row = Attendance.objects.get()
    assert (row.how, row.left_at) == (Arrival.TICKED, None)
    assert AuditEntry.objects.filter(action="attendance.recorded").count() == 2


def test_LIVE_M1_who_left_has_attended_and_is_not_present(team: CaseTeam, meeting: Meeting) -> None:
    services.set_quorum(
        actor=team.actor("chair"), board_id=meeting.board_id, disciplines=["radiology"]
    )
    services.note_joined(actor=team.actor("radiologist"), meeting_id=meeting.pk)
    assert selectors.describe_quorum(meeting_id=meeting.pk)["missing"] == []
    services.note_gone(meeting_id=meeting.pk, user_ids=[team.people["radiologist"].pk])
    assert selectors.describe_quorum(meeting_id=meeting.pk)["missing"] == ["radiology"]
    assert Attendance.objects.get().left_at is not None
    services.note_joined(actor=team.actor("radiologist"), meeting_id=meeting.pk)
    assert selectors.describe_quorum(meeting_id=meeting.pk)["missing"] == []


def test_LIVE_M1_a_wrong_tick_is_taken_back_and_kept_in_the_trail(
    team: CaseTeam, meeting: Meeting, monkeypatch: pytest.MonkeyPatch
) -> None:
    _tick(team, meeting, "radiologist")
    told: list[MeetingEvent] = []
    monkeypatch.setattr(events, "_subscribers", [(MeetingEvent, told.append)])
    services.remove_attendance(
        actor=team.actor("chair"),
        meeting_id=meeting.pk,
        user_id=team.people["radiologist"].pk,
    )
    assert not Attendance.objects.exists()
    assert AuditEntry.objects.filter(action="attendance.removed").count() == 1
    assert [event.kind for event in told] == ["attendance.removed"]


def test_LIVE_M2_the_board_says_what_it_needs(team: CaseTeam, board: Board) -> None:
    saved = services.set_quorum(
        actor=team.actor("chair"), board_id=board.pk, disciplines=["pathology", "radiology"]
    )
    assert saved.quorum == ["radiology", "pathology"]
    with pytest.raises(InvalidInput):
        services.set_quorum(actor=team.actor("chair"), board_id=board.pk, disciplines=["astrology"])
    with pytest.raises(Forbidden):
        services.set_quorum(actor=team.actor("radiologist"), board_id=board.pk, disciplines=[])


# ── by phone ──────────────────────────────────────────────────────────────────────────


def test_LIVE_M1_the_code_of_this_minute_and_the_last_one_is_taken(
    team: CaseTeam, meeting: Meeting
) -> None:
    row = services.check_in(actor=team.actor("radiologist"), code=_code(meeting))
    assert (row.how, row.recorded_by_id) == (Arrival.CHECKED_IN, team.people["radiologist"].pk)
    earlier = _code(meeting, ago_s=checkin.PERIOD_S)
    spoken = f"{earlier[:3]} {earlier[3:]}"
    assert services.check_in(actor=team.actor("trainee"), code=spoken).counts is False
    with pytest.raises(InvalidInput):
        services.check_in(actor=team.actor("chair"), code=_code(meeting, ago_s=3 * 60))


def test_LIVE_M1_a_code_is_bound_to_its_meeting_and_helps_nobody_else(
    team: CaseTeam, meeting: Meeting
) -> None:
    other = Meeting(pk=team.case_id)
    for who, code in (("outsider", _code(meeting)), ("radiologist", _code(other))):
        with pytest.raises(InvalidInput) as refusal:
            services.check_in(actor=team.actor(who), code=code)
        assert refusal.value.error_code == "checkin_code_wrong"
    assert not Attendance.objects.exists()


def test_LIVE_M1_codes_of_meetings_and_minutes_differ(meeting: Meeting, team: CaseTeam) -> None:
    codes = {
        checkin.code_at(meeting_id=pk, at_s=minute * 60).code
        for pk in (meeting.pk, team.case_id)
        for minute in range(50)
    }
    assert len(codes) > 95
    assert all(len(code) == checkin.DIGITS and code.isdigit() for code in codes)


def test_LIVE_M1_ten_wrong_codes_and_the_right_one_is_not_taken_either(
    team: CaseTeam, meeting: Meeting
) -> None:
    wrong = str((int(_code(meeting)) + 7) % 10**6).zfill(6)
    for _ in range(10):
        with pytest.raises(InvalidInput):
            services.check_in(actor=team.actor("radiologist"), code=wrong)
    with pytest.raises(RateLimited):
        services.check_in(actor=team.actor("radiologist"), code=_code(meeting))
    assert AuditEntry.objects.filter(action="attendance.refused").count() == 10
    services.check_in(actor=team.actor("trainee"), code=_code(meeting))


def test_LIVE_M1_an_invited_consultant_may_check_in(team: CaseTeam, meeting: Meeting) -> None:
    assert services.check_in(actor=team.actor("consultant"), code=_code(meeting)).counts is False


@pytest.fixture()
def client_of(team: CaseTeam) -> Callable[[str], Client]:
    def sign_in(who: str) -> Client:
        client = Client()
        client.force_login(team.people[who], backend="django.contrib.auth.backends.ModelBackend")
        return client

    return sign_in


def test_LIVE_M1_only_who_runs_the_meeting_reads_its_code(
    client_of: Callable[[str], Client], meeting: Meeting
) -> None:
    shown = client_of("chair").get(f"/api/meetings/{meeting.pk}/check-in").json()
    assert shown["code"] == _code(meeting)
    assert shown["url"].endswith(f"/checkin/{shown['code']}")
    side = len(shown["qr"])
    assert (side - 17) % 4 == 0  # ISO/IEC 18004: 21 squares and four more a version
    assert {len(row) for row in shown["qr"]} == {side}
    assert shown["qr"][0].startswith("1111111")  # the corner that finds it
    assert client_of("radiologist").get(f"/api/meetings/{meeting.pk}/check-in").status_code == 403
    assert client_of("outsider").get(f"/api/meetings/{meeting.pk}/check-in").status_code == 404


def test_the_list_is_read_and_written_by_rest(
    client_of: Callable[[str], Client], team: CaseTeam, meeting: Meeting
) -> None:
    chair, path = client_of("chair"), f"/api/meetings/{meeting.pk}/attendance"
    user = str(team.people["radiologist"].pk)
    kind = {"content_type": "application/json"}
    assert chair.post(path, {"user": user}, **kind).status_code == 201  # type: ignore[arg-type]
    quorum = {"quorum": ["radiology", "pathology"]}
    assert chair.patch(f"/api/boards/{meeting.board_id}", quorum, **kind).status_code == 200  # type: ignore[arg-type]
    shown = client_of("radiologist").get(path).json()
    assert shown["quorum"] == {"needs": ["radiology", "pathology"], "missing": ["pathology"]}
    assert [one["user"]["id"] for one in shown["people"]] == [user]
    assert chair.patch(f"{path}/{user}").json()["present"] is False
    assert chair.delete(f"{path}/{user}").status_code == 204
    assert client_of("outsider").get(path).status_code == 404
    assert client_of("radiologist").post(path, {"user": user}, **kind).status_code == 403  # type: ignore[arg-type]
