"""Rooms over REST: who opens, lists, enters and ends them."""

import pytest
from django.test import Client

from apps.live.models import LiveSession
from tests.people import CaseTeam

pytestmark = pytest.mark.django_db(transaction=True)

BACKEND = "django.contrib.auth.backends.ModelBackend"


def _client(team: CaseTeam, who: str) -> Client:
    client = Client()
    client.force_login(team.people[who], backend=BACKEND)
    return client


def _open(client: Client, **body: str) -> tuple[int, dict[str, object]]:
    answer = client.post("/api/live/sessions", body, content_type="application/json")
    return answer.status_code, answer.json()


def test_opening_a_room_twice_is_the_same_room(team: CaseTeam) -> None:
    status, first = _open(_client(team, "surgeon"), case=str(team.case_id))
    assert status == 201, first
    assert first["presenter"]["user"]["display_name"] == "Surgeon Person"  # type: ignore[index]
    status, second = _open(_client(team, "chair"), case=str(team.case_id))
    assert (status, second["id"]) == (200, first["id"])


@pytest.mark.parametrize(
    ("who", "status"),
    [
        ("chair", 201),
        ("radiologist", 201),
        ("coordinator", 201),
        ("trainee", 403),
        ("consultant", 403),
        ("outsider", 404),
        ("system_admin", 404),
    ],
)
def test_who_opens_a_room(team: CaseTeam, who: str, status: int) -> None:
    assert _open(_client(team, who), case=str(team.case_id))[0] == status


def test_a_coordinator_opens_a_room_and_leaves_presenting_to_a_clinician(team: CaseTeam) -> None:
    _, room = _open(_client(team, "coordinator"), case=str(team.case_id))
    assert room["chair"]["display_name"] == "Cora Coordinator"  # type: ignore[index]
    assert room["presenter"] == {"user": None, "epoch": 1}


def test_a_room_needs_a_meeting_or_a_case(team: CaseTeam) -> None:
    client = _client(team, "chair")
    assert _open(client)[0] == 400
    both = _open(client, case=str(team.case_id), meeting=str(team.case_id))
    assert both[0] == 400


def test_only_rooms_one_may_enter_are_listed(team: CaseTeam, session: LiveSession) -> None:
    for who, count in (("surgeon", 1), ("consultant", 1), ("outsider", 0), ("auditor", 0)):
        rows = _client(team, who).get(f"/api/live/sessions?case={team.case_id}").json()["results"]
        assert len(rows) == count, who
    assert Client().get("/api/live/sessions").status_code == 401


def test_only_the_chair_or_coordinator_ends_a_room(team: CaseTeam, session: LiveSession) -> None:
    url = f"/api/live/sessions/{session.pk}"
    assert _client(team, "surgeon").delete(url).status_code == 403
    assert _client(team, "outsider").delete(url).status_code == 404
    assert _client(team, "chair").delete(url).status_code == 204
    assert _client(team, "chair").get(url).json()["state"] == "ended"
    ticket = _client(team, "surgeon").post(f"{url}/ticket")
    assert (ticket.status_code, ticket.json()["code"]) == (409, "session_ended")
    status, fresh = _open(_client(team, "chair"), case=str(team.case_id))
    assert status == 201
    assert fresh["id"] != str(session.pk)


def test_events_are_for_who_may_enter(team: CaseTeam, session: LiveSession) -> None:
    url = f"/api/live/sessions/{session.pk}/events"
    body = _client(team, "surgeon").get(f"{url}?after=0").json()
    assert (body["projection"], body["events"], body["snapshot"]) == ("identified", [], None)
    guest = _client(team, "consultant").get(url).json()
    assert (guest["projection"], guest["stage"]) == ("deidentified", None)
    assert _client(team, "outsider").get(url).status_code == 404
    assert _client(team, "surgeon").get(f"{url}?after=-1").status_code == 400
