"""A meeting's room: opened by who runs it, moved by the agenda, by whatever way it moves."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from apps.boards import services as boards
from apps.boards.choices import BoardRole
from apps.boards.models import AgendaItem, Meeting
from apps.cases.services import create_case
from apps.core.exceptions import Forbidden, InvalidInput
from apps.live import services
from apps.live.models import LiveSession
from tests.apps.live.conftest import Connect, call
from tests.people import CaseTeam

pytestmark = pytest.mark.django_db(transaction=True)

START = datetime(2027, 1, 12, 14, tzinfo=UTC)


@pytest.fixture()
def meeting(team: CaseTeam) -> Meeting:
    """A board of chair and surgeon with two cases; the second is no grant of anybody else's."""
    coordinator = team.actor("coordinator")
    board = boards.create_board(actor=coordinator, name="Thoracic")
    for who, role in (("chair", BoardRole.CHAIR), ("surgeon", BoardRole.CORE)):
        boards.add_board_member(
            actor=coordinator, board_id=board.pk, user_id=team.people[who].pk, role=role
        )
    meeting = boards.schedule_meeting(
        actor=coordinator, board_id=board.pk, starts_at=START, ends_at=START + timedelta(hours=1)
    )
    other = create_case(actor=coordinator, patient_id=team.case.patient_id, title="Second")
    for case_id in (team.case_id, other.pk):
        boards.add_agenda_item(actor=coordinator, meeting_id=meeting.pk, case_id=case_id)
    return meeting


@pytest.fixture()
def session(team: CaseTeam, meeting: Meeting) -> LiveSession:
    opened, _ = services.open_meeting_session(
        actor=team.actor("coordinator"), meeting_id=meeting.pk
    )
    return opened


def _items(meeting: Meeting) -> list[UUID]:
    items = AgendaItem.objects.filter(meeting=meeting).order_by("position")
    return list(items.values_list("pk", flat=True))


def test_the_room_opens_on_the_first_case_and_is_chaired_by_the_boards_chair(
    team: CaseTeam, meeting: Meeting, session: LiveSession
) -> None:
    assert session.case_id == team.case_id
    assert session.agenda_item_id == _items(meeting)[0]
    assert session.chair_id == session.presenter_id == team.people["chair"].pk
    again, opened = services.open_meeting_session(
        actor=team.actor("surgeon"), meeting_id=meeting.pk
    )
    assert (again.pk, opened) == (session.pk, False)


def test_only_who_runs_the_meeting_opens_it(team: CaseTeam, meeting: Meeting) -> None:
    with pytest.raises(Forbidden):
        services.open_meeting_session(actor=team.actor("surgeon"), meeting_id=meeting.pk)


def test_an_empty_agenda_opens_nothing(team: CaseTeam, meeting: Meeting) -> None:
    AgendaItem.objects.all().delete()
    with pytest.raises(InvalidInput) as refusal:
        services.open_meeting_session(actor=team.actor("chair"), meeting_id=meeting.pk)
    assert refusal.value.error_code == "agenda_empty"


async def test_LIVE_J4_going_to_the_next_case_brings_everybody_a_fresh_snapshot(
    connect: Connect, team: CaseTeam, meeting: Meeting, session: LiveSession
) -> None:
    chair, surgeon = await connect("chair"), await connect("surgeon", process=1)
    await chair.op("chat.post", {"text": "about the first case"})
    second = (await call(_items, meeting))[1]
    ack = await chair.op("agenda.goto", {"agenda_item": str(second)})
    assert ack["outcome"] == "committed", ack
    for client in (chair, surgeon):
        fresh = next((m for m in client.seen if m["type"] == "snapshot"), None)
        fresh = fresh or await client.until("snapshot")
        assert fresh["snapshot"]["agenda_item"] == str(second)
        assert fresh["snapshot"]["chat"] == []
        assert fresh["snapshot"]["case_id"] != str(team.case_id)
    assert (await surgeon.op("chat.post", {"text": "second"}))["outcome"] == "committed"
    await chair.until_event("chat.posted")
    newcomer = await connect("surgeon")
    assert newcomer.snapshot == chair.snapshot


async def test_LIVE_J1_a_gap_over_a_change_of_case_brings_a_snapshot(
    connect: Connect, meeting: Meeting, session: LiveSession
) -> None:
    """What the new case holds is in no event; events alone would leave the old one on screen."""
    chair, surgeon = await connect("chair"), await connect("surgeon")
    left_at = surgeon.seq
    await surgeon.close()
    second = (await call(_items, meeting))[1]
    await chair.op("agenda.goto", {"agenda_item": str(second)})
    await chair.op("chat.post", {"text": "second"})
    back = await connect("surgeon", last_seq=left_at)
    assert back.welcome["events"] is None
    assert back.welcome["snapshot"]["agenda_item"] == str(second)


async def test_who_may_not_see_the_next_case_sees_nothing_until_the_room_moves_back(
    connect: Connect, team: CaseTeam, meeting: Meeting, session: LiveSession
) -> None:
    """The trainee has a grant for the first case only and is not on the board."""
    chair, trainee = await connect("chair"), await connect("trainee")
    first, second = await call(_items, meeting)
    await chair.op("agenda.goto", {"agenda_item": str(second)})
    assert (await trainee.until("access.changed"))["projection"] == "none"
    assert (await trainee.until("snapshot"))["snapshot"] is None
    await chair.op("chat.post", {"text": "not for everybody"})
    assert (await trainee.until("event"))["kind"] == "withheld"
    ack = await trainee.op("chat.post", {"text": "hello?"})
    assert ack["outcome"] == "rejected"
    await chair.op("agenda.goto", {"agenda_item": str(first)})
    assert (await trainee.until("access.changed"))["projection"] == "identified"
    fresh = await trainee.until("snapshot")
    assert fresh["snapshot"]["case_id"] == str(team.case_id)


async def test_LIVE_O6_an_agenda_moved_by_rest_moves_the_room_with_one_event(
    connect: Connect, team: CaseTeam, meeting: Meeting, session: LiveSession
) -> None:
    surgeon = await connect("surgeon")
    second = (await call(_items, meeting))[1]
    await call(lambda: boards.goto_agenda_item(actor=team.actor("chair"), item_id=second))
    moved = await surgeon.until_event("agenda.moved")
    assert moved["payload"] == {"agenda_item": str(second)}
    await surgeon.until("snapshot")
    room = await call(LiveSession.objects.get, pk=session.pk)
    assert room.agenda_item_id == second


async def test_an_item_of_another_meeting_is_refused(
    connect: Connect, team: CaseTeam, meeting: Meeting, session: LiveSession
) -> None:
    chair = await connect("chair")
    ack = await chair.op("agenda.goto", {"agenda_item": str(team.case_id)})
    assert (ack["outcome"], ack["code"]) == ("rejected", "not_found")
    surgeon = await connect("surgeon")
    second = (await call(_items, meeting))[1]
    refused = await surgeon.op("agenda.goto", {"agenda_item": str(second)})
    assert (refused["outcome"], refused["code"]) == ("rejected", "forbidden")
