"""Meetings in calendar programs, read back by an independent reader; no patient in them."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from icalendar import Calendar

from apps.boards import services
from apps.boards.choices import BoardRole, MeetingStatus
from apps.boards.models import Board, Meeting
from apps.cases.models import Patient
from tests.people import CaseTeam, make_case_team

pytestmark = pytest.mark.django_db
BACKEND = "django.contrib.auth.backends.ModelBackend"


@pytest.fixture()
def team() -> CaseTeam:
    return make_case_team(title="Nodule of Jane")


@pytest.fixture()
def board(team: CaseTeam) -> Board:
    board = services.create_board(
        actor=team.actor("coordinator"), name="Thoracic; board,\r\nATTENDEE:mailto:evil@x"
    )
    for who, role in (
        ("chair", BoardRole.CHAIR),
        ("surgeon", BoardRole.EXTENDED),
        ("trainee", BoardRole.OBSERVER),
    ):
        services.add_board_member(
            actor=team.actor("coordinator"),
            board_id=board.pk,
            user_id=team.people[who].pk,
            role=role,
        )
    return board


@pytest.fixture()
def meeting(team: CaseTeam, board: Board) -> Meeting:
    starts = timezone.now().replace(microsecond=0) + timedelta(days=7)
    meeting = services.schedule_meeting(
        actor=team.actor("coordinator"),
        board_id=board.pk,
        starts_at=starts,
        ends_at=starts + timedelta(hours=1),
        room="Room 4\nLOCATION:elsewhere",
        video_url="https://video.example/thoracic",
    )
    services.add_agenda_item(
        actor=team.actor("coordinator"), meeting_id=meeting.pk, case_id=team.case_id
    )
    return meeting


def client(team: CaseTeam, who: str) -> Client:
    made = Client()
    made.force_login(team.people[who], backend=BACKEND)
    return made


def read(body: bytes) -> tuple[Calendar, object]:
    calendar = Calendar.from_ical(body)
    (event,) = calendar.walk("VEVENT")
    return calendar, event


def unfold(body: bytes) -> bytes:
    return body.replace(b"\r\n ", b"")


def test_an_invitation_says_when_where_and_who_and_nothing_of_a_patient(
    team: CaseTeam, board: Board, meeting: Meeting
) -> None:
    answer = client(team, "surgeon").get(f"/api/meetings/{meeting.pk}/invitation")
    assert answer.status_code == 200
    assert answer["Content-Type"] == "text/calendar; charset=utf-8; method=REQUEST"
    calendar, event = read(answer.content)
    assert calendar["METHOD"] == "REQUEST"
    assert (event["DTSTART"].dt, event["DTEND"].dt) == (meeting.starts_at, meeting.ends_at)
    assert event["UID"] == str(meeting.pk)
    assert (event["SEQUENCE"], event["STATUS"]) == (0, "CONFIRMED")
    assert event["DESCRIPTION"].startswith("1 case\n")
    people = team.people
    assert str(event["ORGANIZER"]) == f"mailto:{people['chair'].email}"
    assert {str(one): one.params["ROLE"] for one in event["ATTENDEE"]} == {
        f"mailto:{people['coordinator'].email}": "REQ-PARTICIPANT",
        f"mailto:{people['chair'].email}": "REQ-PARTICIPANT",
        f"mailto:{people['surgeon'].email}": "OPT-PARTICIPANT",
    }, "who only watches is not invited"
    said = unfold(answer.content).decode()
    patient = Patient.objects.get(pk=team.case.patient_id)
    for secret in (*patient.name.split("^"), patient.patient_id, "Nodule"):
        assert secret not in said


def test_no_text_becomes_syntax_and_no_line_is_too_long(team: CaseTeam, meeting: Meeting) -> None:
    body = client(team, "chair").get(f"/api/meetings/{meeting.pk}/invitation").content
    _, event = read(body)
    assert event["SUMMARY"] == "Thoracic; board, ATTENDEE:mailto:evil@x"
    assert event["LOCATION"] == "Room 4 LOCATION:elsewhere"
    attendees = [one for one in unfold(body).split(b"\r\n") if one.startswith(b"ATTENDEE")]
    assert len(attendees) == 3 and b"evil" not in b"".join(attendees)
    assert all(len(line) <= 75 for line in body.split(b"\r\n"))
    assert b"\n" not in body.replace(b"\r\n", b"")


def test_a_change_raises_the_sequence_and_the_end_is_a_cancel(
    team: CaseTeam, meeting: Meeting
) -> None:
    coordinator, asks = team.actor("coordinator"), client(team, "chair")
    path = f"/api/meetings/{meeting.pk}/invitation"
    later = meeting.starts_at + timedelta(hours=2)
    meeting.refresh_from_db()
    services.reschedule_meeting(
        actor=coordinator,
        meeting_id=meeting.pk,
        version=meeting.version,
        starts_at=later,
        ends_at=later + timedelta(hours=1),
    )
    _, event = read(asks.get(path).content)
    assert (event["SEQUENCE"], event["DTSTART"].dt) == (1, later)
    services.move_meeting(
        actor=coordinator,
        meeting_id=meeting.pk,
        version=meeting.version + 1,
        to=MeetingStatus.CANCELLED,
    )
    calendar, event = read(asks.get(path).content)
    assert (calendar["METHOD"], event["STATUS"], event["SEQUENCE"]) == ("CANCEL", "CANCELLED", 2)


def test_who_has_no_seat_gets_no_invitation(team: CaseTeam, meeting: Meeting) -> None:
    for who in ("outsider", "consultant"):
        answer = client(team, who).get(f"/api/meetings/{meeting.pk}/invitation")
        assert answer.status_code == 404, who


def renew(person: Client) -> str:
    made = person.post("/api/me/calendar")
    assert made.status_code == 201 and made["Cache-Control"] == "no-store"
    return made.json()["url"].removeprefix("http://testserver")


def test_a_calendar_program_reads_the_feed_by_its_secret_address(
    team: CaseTeam, meeting: Meeting
) -> None:
    surgeon = client(team, "surgeon")
    assert surgeon.get("/api/me/calendar").json()["exists"] is False
    path = renew(surgeon)
    answer = Client().get(path)
    assert answer.status_code == 200
    calendar, event = read(answer.content)
    assert calendar["METHOD"] == "PUBLISH" and event["DTSTART"].dt == meeting.starts_at
    assert "ATTENDEE" not in event and "ORGANIZER" not in event
    told = surgeon.get("/api/me/calendar")
    assert told.json()["last_read_at"] is not None
    assert path.split("/")[-1].removesuffix(".ics") not in told.content.decode(), "told once"


def test_a_renewed_or_revoked_address_answers_nobody(team: CaseTeam, board: Board) -> None:
    surgeon = client(team, "surgeon")
    first, second = renew(surgeon), renew(surgeon)
    assert [Client().get(path).status_code for path in (first, second)] == [404, 200]
    assert surgeon.delete("/api/me/calendar").status_code == 204
    assert Client().get(second).status_code == 404
    assert Client().get("/api/calendars/" + "A" * 43 + ".ics").status_code == 404


def test_who_left_the_board_or_the_house_sees_no_meeting_of_it(
    team: CaseTeam, board: Board, meeting: Meeting
) -> None:
    path = renew(client(team, "surgeon"))
    seat = board.members.get(user=team.people["surgeon"])
    services.remove_board_member(
        actor=team.actor("coordinator"), board_id=board.pk, member_id=seat.pk
    )
    assert not Calendar.from_ical(Client().get(path).content).walk("VEVENT")
    team.people["surgeon"].is_active = False
    team.people["surgeon"].save()
    assert Client().get(path).status_code == 404
