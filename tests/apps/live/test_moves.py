"""A room between two cases: nobody sees the new one by the access they had to the old (LIVE-A3)."""

import asyncio
import json
from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import pytest

from apps.boards import services as boards
from apps.boards.models import Meeting
from apps.cases.access import Standing
from apps.cases.choices import Capacity, Guise
from apps.core.actors import Actor
from apps.live import services
from apps.live.access import Access
from apps.live.hub.bus import Bus
from apps.live.hub.member import Member
from apps.live.hub.room import Room
from apps.live.models import LiveSession
from apps.live.projections import View
from apps.live.services import open_meeting_session
from tests.apps.live.conftest import Connect, call
from tests.apps.live.test_meeting import _items, meeting
from tests.live_client import pointer, stage
from tests.people import CaseTeam

__all__ = ["meeting"]

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture()
def session(team: CaseTeam, meeting: Meeting) -> LiveSession:
    actor = team.actor("coordinator")
    return open_meeting_session(actor=actor, meeting_id=meeting.pk)[0]


async def test_LIVE_A3_a_room_that_has_not_heard_of_its_move_shows_nothing_of_the_new_case(
    connect: Connect, team: CaseTeam, meeting: Meeting, session: LiveSession,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """The trainee sees the first case only; a snapshot read early is of the second."""
    trainee = await connect("trainee")
    first, second = await call(_items, meeting)
    with monkeypatch.context() as deaf:
        deaf.setattr(Room, "advance", _hear_nothing)
        await call(_goto, team, second)
        await call(services.post_chat, actor=await call(team.actor, "chair"),
                   session_id=session.pk, text="not for everybody")  # fmt: skip
        await trainee.send({"type": "resume", "after_seq": 0})
        early = await trainee.until("snapshot")
        assert (early["snapshot"], early["projection"]) == (None, "none")
    await trainee.until("snapshot", timeout_s=8)
    await call(_goto, team, first)
    back = await trainee.until("snapshot", where=lambda m: m["snapshot"] is not None, timeout_s=8)
    assert back["snapshot"]["case_id"] == str(team.case_id)
    assert "not for everybody" not in "".join(trainee.texts)


async def test_LIVE_A3_while_access_to_the_new_case_is_unread_its_events_are_withheld(
    connect: Connect, team: CaseTeam, meeting: Meeting, session: LiveSession,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    trainee = await connect("trainee")
    _, second = await call(_items, meeting)
    with monkeypatch.context() as slow:
        slow.setattr(Room, "refresh_access", _hear_nothing)
        await call(_goto, team, second)
        await trainee.until_event("agenda.moved")
        await call(services.post_chat, actor=await call(team.actor, "chair"),
                   session_id=session.pk, text="not for everybody")  # fmt: skip
        assert (await trainee.until("event"))["kind"] == "withheld"
    assert (await trainee.until("access.changed"))["projection"] == "none"
    assert "not for everybody" not in "".join(trainee.texts)


async def _hear_nothing(self: Room, **arguments: object) -> None:
    pass


def _goto(team: CaseTeam, item: UUID) -> None:
    boards.goto_agenda_item(actor=team.actor("chair"), item_id=item)


@pytest.fixture()
def identified_in() -> Callable[[UUID], Access]:
    def access(case_id: UUID) -> Access:
        observer = frozenset({Capacity.OBSERVER})
        return Access(Standing(case_id, observer, Guise.IDENTIFIED, None, None), View("identified"))

    return access


async def test_LIVE_A3_stage_and_pointers_of_a_case_are_seen_by_access_to_that_case(
    identified_in: Callable[[UUID], Access], monkeypatch: pytest.MonkeyPatch
) -> None:
    old, new = uuid4(), uuid4()
    room = Room(session_id=uuid4(), bus=Bus())
    room.case_id = old
    monkeypatch.setattr(room.stage, "_record_views", lambda **_: None)
    member = Member(client_id=uuid4(), person={}, actor=Actor(kind="user", label="x", id=uuid4()),
                    sign_in_key="", access=identified_in(old), welcomed=True, cursor=0)  # fmt: skip
    room.members.append(member)
    person = {**pointer(), "user": str(uuid4())}
    room.presence.hear({"case": str(new), "people": [person]})
    assert (await _next(member))["changed"][0]["pointer"] is None
    await asyncio.sleep(0.05)
    room.presence.hear({"case": str(old), "people": [person]})
    assert (await _next(member))["changed"][0]["pointer"] is not None
    room.case_id = new
    room.presence.forget_places()
    room.stage.clear()  # as a move does; access to the new case is still being read
    frame = stage("1.2.3", epoch=1, rev=1)
    del frame["type"]
    room.stage.hear({"case": str(new), "client": "another", "frame": frame})
    assert (await _next(member))["frame"] is None
    await asyncio.sleep(0.05)
    room.presence.hear({"case": str(new), "people": [person]})
    assert (await _next(member))["changed"][0]["pointer"] is None
    member.access = identified_in(new)
    room.stage._send_to([member])
    assert (await _next(member))["frame"] == frame
    room.close()
    await room.bus.stop()


async def _next(member: Member) -> dict[str, Any]:
    text = await asyncio.wait_for(member.outbox.next(), timeout=2)
    assert text is not None
    said: dict[str, Any] = json.loads(text)
    return said
