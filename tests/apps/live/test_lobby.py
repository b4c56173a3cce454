"""The lobby: guests wait for the chair, others for their case (LIVE-M4, M5, M7)."""

import asyncio
import json
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.test import Client
from django.utils import timezone

from apps.audit.models import AuditEntry
from apps.boards.models import AgendaItem, Meeting
from apps.cases.choices import Capacity, GrantSource, Guise
from apps.cases.models import CaseGrant
from apps.cases.services import grant_access
from apps.core.exceptions import Forbidden, NotVisible
from apps.live import services
from apps.live.models import LiveSession
from tests.apps.live.conftest import Connect, call, mint
from tests.apps.live.test_meeting import meeting, session
from tests.live_client import LiveClient, stage
from tests.people import SYSTEM, CaseTeam, make_person

__all__ = ["meeting", "session"]
pytestmark = pytest.mark.django_db(transaction=True)

TOLD_AT_DOOR = {"lobby.state", "pong"}


def _items(meeting: Meeting) -> list[AgendaItem]:
    return list(AgendaItem.objects.filter(meeting=meeting).order_by("position"))


def _invite(team: CaseTeam, who: str, *, case_id: UUID, **grant: Any) -> None:
    if who not in team.people:
        team.people[who] = make_person(name=f"Guest {who}")
    fields: dict[str, Any] = {
        "capacity": Capacity.CONSULTANT,
        "guise": Guise.IDENTIFIED,
        "source": GrantSource.CONSULT,
        "source_id": f"consult-{who}",
        "expires_at": timezone.now() + timedelta(days=2),
    }
    grant_access(actor=SYSTEM, case_id=case_id, user_id=team.people[who].pk, **(fields | grant))


async def _knock(connect: Connect, team: CaseTeam, session: LiveSession, who: str) -> LiveClient:
    """Joined as far as the door."""
    client = await connect(who, hello=False)
    await client.send(
        {
            "type": "hello",
            "protocol": "consilium.live.v1",
            "ticket": await mint(team, who, session.pk),
            "client_id": str(client.client_id),
            "last_seq": None,
        }
    )
    return client


async def _answer(team: CaseTeam, session: LiveSession, who: str, answer: str) -> None:
    await call(
        lambda: services.answer_guest(
            actor=team.actor("chair"),
            session_id=session.pk,
            user_id=team.people[who].pk,
            answer=answer,
        )
    )


async def test_LIVE_M4_a_guest_waits_until_the_chair_lets_them_in(
    connect: Connect, team: CaseTeam, meeting: Meeting, session: LiveSession
) -> None:
    await call(lambda: _invite(team, "expert", case_id=team.case_id))
    chair, surgeon = await connect("chair"), await connect("surgeon")
    guest = await _knock(connect, team, session, "expert")
    told = await guest.until("lobby.state")
    assert (told["state"], told["cases_before"]) == ("waiting", 0)
    waiting = await chair.until("lobby", where=lambda m: m["waiting"])
    assert waiting["waiting"][0]["user"]["display_name"] == "Guest expert"
    await surgeon.quiet(of="lobby")
    await _answer(team, session, "expert", "admitted")
    welcome = await guest.until("welcome")
    assert (welcome["part"], welcome["projection"]) == ("guest", "identified")
    assert (await chair.until("lobby"))["waiting"] == []
    actions = {"live.waits", "live.admitted"}
    rows = AuditEntry.objects.filter(action__in=actions)
    assert await call(lambda: set(rows.values_list("action", flat=True))) == actions
    # For this session: a reconnect does not wait again.
    again = await connect("expert")
    assert again.welcome["part"] == "guest"


async def test_LIVE_M4_nothing_of_the_room_reaches_the_lobby(
    connect: Connect, team: CaseTeam, meeting: Meeting, session: LiveSession
) -> None:
    """Chat, people and agenda go on; whoever waits is told numbers and nothing else."""
    second = (await call(_items, meeting))[1]
    await call(lambda: _invite(team, "expert", case_id=second.case_id))
    chair = await connect("chair")
    guest = await _knock(connect, team, session, "expert")
    await guest.until("lobby.state")
    await chair.op("chat.post", {"text": "CANARY of the chat"})
    await chair.op("agenda.goto", {"agenda_item": str(second.pk)})
    await chair.op("chat.post", {"text": "CANARY of the second case"})
    await connect("surgeon", process=1)
    await guest.send({"type": "ping", "t": 1.0})
    await guest.send({"type": "resume", "after_seq": 0})
    await guest.send(
        {
            "type": "op.submit",
            "op_id": "00000000-0000-4000-8000-000000000001",
            "kind": "chat.post",
            "payload": {"text": "let me in"},
        }
    )
    await asyncio.sleep(2.5)
    await guest.quiet(of="welcome", for_s=0.2)
    assert {message["type"] for message in guest.seen} <= TOLD_AT_DOOR
    heard = "\n".join(guest.texts)
    known = [
        "CANARY",
        str(team.case_id),
        str(second.case_id),
        team.case.title,
        "Doe",
        *(person.display_name for who, person in team.people.items() if who != "expert"),
    ]
    assert [one for one in known if one in heard] == []
    assert [one for one in known[:2] if one in "\n".join(chair.texts)] == known[:2]


async def test_LIVE_M4_who_waits_reads_nothing_by_rest_either(
    team: CaseTeam, meeting: Meeting, session: LiveSession
) -> None:
    def read() -> list[int]:
        _invite(team, "expert", case_id=team.case_id)
        client = Client()
        client.force_login(
            team.people["expert"], backend="django.contrib.auth.backends.ModelBackend"
        )
        path = f"/api/live/sessions/{session.pk}"
        return [client.get(one).status_code for one in (path, f"{path}/events")]

    assert await call(read) == [403, 403]


async def test_LIVE_M4_a_refused_guest_is_told_and_put_out(
    connect: Connect, team: CaseTeam, meeting: Meeting, session: LiveSession
) -> None:
    await call(lambda: _invite(team, "expert", case_id=team.case_id))
    await connect("chair")
    guest = await _knock(connect, team, session, "expert")
    await guest.until("lobby.state")
    await _answer(team, session, "expert", "refused")
    assert (await guest.until("lobby.state"))["state"] == "refused"
    assert await guest.until_closed() == 4403
    with pytest.raises(Forbidden) as refusal:
        await mint(team, "expert", session.pk)
    assert refusal.value.error_code == "lobby_refused"


async def test_LIVE_M4_only_who_steers_the_room_answers_the_door(
    connect: Connect, team: CaseTeam, meeting: Meeting, session: LiveSession
) -> None:
    await call(lambda: _invite(team, "expert", case_id=team.case_id))
    guest = await _knock(connect, team, session, "expert")
    await guest.until("lobby.state")

    def answer(who: str) -> None:
        services.answer_guest(
            actor=team.actor(who),
            session_id=session.pk,
            user_id=team.people["expert"].pk,
            answer="admitted",
        )

    for who, refusal in (("surgeon", Forbidden), ("expert", Forbidden), ("outsider", NotVisible)):
        with pytest.raises(refusal):
            await call(answer, who)
    await call(answer, "coordinator")
    await guest.until("welcome")


async def test_LIVE_M4_an_ad_hoc_room_is_by_invitation_and_has_no_lobby(
    connect: Connect, team: CaseTeam
) -> None:
    room, _ = await call(
        lambda: services.open_ad_hoc_session(actor=team.actor("chair"), case_id=team.case_id)
    )
    client = await connect("consultant", session_id=room.pk)
    assert (client.welcome["projection"], client.welcome["part"]) == ("deidentified", "guest")


async def test_LIVE_M4_whose_access_ends_at_the_door_is_put_out(
    connect: Connect, team: CaseTeam, meeting: Meeting, session: LiveSession
) -> None:
    await call(lambda: _invite(team, "expert", case_id=team.case_id))
    guest = await _knock(connect, team, session, "expert")
    await guest.until("lobby.state")
    grants = CaseGrant.objects.filter(user=team.people["expert"])
    await call(grants.update, revoked_at=timezone.now())
    assert await guest.until_closed() == 4403


async def test_LIVE_M4_nobody_without_a_case_of_the_agenda_comes_to_the_door(
    team: CaseTeam, meeting: Meeting, session: LiveSession
) -> None:
    with pytest.raises(NotVisible):
        await mint(team, "outsider", session.pk)

    def only_the_second() -> None:
        _, second = _items(meeting)
        AgendaItem.objects.filter(pk=second.pk).update(status="discussed")
        _invite(team, "expert", case_id=second.case_id)

    await call(only_the_second)
    with pytest.raises(NotVisible):
        await mint(team, "expert", session.pk)


async def test_LIVE_M5_a_referrer_waits_for_their_case_and_is_in_when_the_room_comes(
    connect: Connect, team: CaseTeam, meeting: Meeting, session: LiveSession
) -> None:
    """No guest: nobody has to let them in. The case before theirs is not theirs to see."""
    second = (await call(_items, meeting))[1]
    await call(
        lambda: _invite(
            team,
            "referrer",
            case_id=second.case_id,
            capacity=Capacity.MEMBER,
            source=GrantSource.DIRECT,
            source_id="",
        )
    )
    chair = await connect("chair")
    referrer = await _knock(connect, team, session, "referrer")
    told = await referrer.until("lobby.state")
    assert (told["state"], told["minutes"], told["cases_before"]) == ("not_yet", 3, 1)
    await chair.op("agenda.goto", {"agenda_item": str(second.pk)})
    welcome = await referrer.until("welcome")
    assert (welcome["case_id"], welcome["part"]) == (str(second.case_id), "contributor")


async def test_LIVE_M5_a_guest_let_in_early_still_waits_for_their_case(
    connect: Connect, team: CaseTeam, meeting: Meeting, session: LiveSession
) -> None:
    second = (await call(_items, meeting))[1]
    await call(lambda: _invite(team, "expert", case_id=second.case_id))
    chair = await connect("chair")
    guest = await _knock(connect, team, session, "expert")
    assert (await guest.until("lobby.state"))["state"] == "waiting"
    await _answer(team, session, "expert", "admitted")
    assert (await guest.until("lobby.state"))["state"] == "not_yet"
    assert [message["type"] for message in guest.seen] == ["lobby.state"] * len(guest.seen)
    await chair.op("agenda.goto", {"agenda_item": str(second.pk)})
    assert (await guest.until("welcome"))["case_id"] == str(second.case_id)


async def test_LIVE_M7_when_access_ends_by_itself_is_told_and_then_it_ends(
    connect: Connect, team: CaseTeam
) -> None:
    room, _ = await call(
        lambda: services.open_ad_hoc_session(actor=team.actor("chair"), case_id=team.case_id)
    )
    grants = CaseGrant.objects.filter(user=team.people["consultant"])
    end = (await call(grants.get)).expires_at
    guest = await connect("consultant", session_id=room.pk)
    assert guest.welcome["expires_at"] == end.isoformat()
    assert (await connect("chair", session_id=room.pk)).welcome["expires_at"] is None
    sooner = timezone.now() + timedelta(seconds=3)
    await call(grants.update, expires_at=sooner)
    changed = await guest.until("access.changed")
    assert changed["expires_at"] == sooner.isoformat()
    assert await guest.until_closed(timeout_s=8) == 4403


async def test_LIVE_M8_the_video_call_is_told_to_those_who_see_the_patient(
    connect: Connect, team: CaseTeam, meeting: Meeting, session: LiveSession
) -> None:
    url = "https://video.example/thoracic"
    await call(Meeting.objects.filter(pk=meeting.pk).update, video_url=url)
    assert (await connect("surgeon")).welcome["video_url"] == url
    guest = await _knock(connect, team, session, "consultant")
    await guest.until("lobby.state")
    await _answer(team, session, "consultant", "admitted")
    welcome = await guest.until("welcome")
    assert (welcome["projection"], welcome["video_url"]) == ("deidentified", None)
    assert url not in json.dumps(guest.seen)


async def test_LIVE_M9_a_late_comer_learns_since_when_and_how_much_was_shown(
    connect: Connect, team: CaseTeam, meeting: Meeting, session: LiveSession, study: str
) -> None:
    chair = await connect("chair")
    assert chair.welcome["so_far"]["views_shown"] == 0
    epoch = chair.welcome["presenter"]["epoch"]
    await chair.send(stage(study, epoch=epoch, rev=1, kind="stage.keyframe"))
    await chair.until_event("stage.keyframe")
    late = await connect("surgeon")
    assert late.welcome["so_far"]["views_shown"] == 1
    assert late.welcome["so_far"]["since"] == session.created_at.isoformat()
    second = (await call(_items, meeting))[1]
    await chair.op("agenda.goto", {"agenda_item": str(second.pk)})
    later = await connect("coordinator")
    assert later.welcome["so_far"]["views_shown"] == 0
    assert later.welcome["so_far"]["since"] > session.created_at.isoformat()
