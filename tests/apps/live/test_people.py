"""Attendance, quorum, parts, hands and asks as the room tells them (LIVE-M1…M3, M6)."""

import asyncio
from contextlib import suppress
from typing import Any

import pytest

from apps.accounts.models import User
from apps.audit.models import AuditEntry
from apps.boards import services as boards
from apps.boards.choices import BoardRole
from apps.boards.models import Attendance, Meeting
from apps.live import limits, services
from apps.live.hub.attendance import AttendanceWatch
from apps.live.models import PresenterAsk
from tests.apps.live.conftest import Connect, call
from tests.apps.live.test_meeting import meeting, session
from tests.live_client import LiveClient
from tests.people import SYSTEM, CaseTeam

__all__ = ["meeting", "session"]
pytestmark = pytest.mark.django_db(transaction=True)


def _row(client: LiveClient, user: User) -> dict[str, Any]:
    assert client.snapshot is not None
    rows: list[dict[str, Any]] = client.snapshot["gathering"]["attendance"]
    return next(one for one in rows if one["user"]["id"] == str(user.pk))


async def _until_attendance(client: LiveClient, user: User, **wanted: Any) -> None:
    """Until the log has told this of them."""
    while True:
        try:
            row = _row(client, user)
            if {key: row[key] for key in wanted} == wanted:
                return
        except StopIteration:
            pass
        await client.receive(10)


# ── attendance and quorum ─────────────────────────────────────────────────────────────


async def test_LIVE_M1_joining_by_socket_is_attendance_and_everybody_hears_it(
    connect: Connect, team: CaseTeam, meeting: Meeting
) -> None:
    chair = await connect("chair")
    await connect("surgeon", process=1)
    await _until_attendance(chair, team.people["surgeon"], how="joined", present=True, counts=True)
    newcomer = await connect("coordinator")
    await _until_attendance(newcomer, team.people["coordinator"], present=True)
    await chair.sync(newcomer.seq)
    assert newcomer.snapshot == chair.snapshot


async def test_LIVE_M1_an_ad_hoc_room_has_no_attendance(
    connect: Connect, team: CaseTeam, meeting: Meeting
) -> None:
    room, _ = await call(
        lambda: services.open_ad_hoc_session(actor=team.actor("chair"), case_id=team.case_id)
    )
    client = await connect("surgeon", session_id=room.pk)
    await asyncio.sleep(0.3)
    assert client.welcome["snapshot"]["gathering"] == {"attendance": [], "needs": [], "asks": []}
    assert not await call(Attendance.objects.exists)


async def test_LIVE_M1_who_is_away_for_long_has_left_and_a_reload_is_no_leaving(
    connect: Connect, team: CaseTeam, meeting: Meeting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "ATTENDANCE_GRACE_S", 2.0)
    chair, surgeon = await connect("chair"), await connect("surgeon")
    await _until_attendance(chair, team.people["surgeon"], present=True)
    await surgeon.close()
    again = await connect("surgeon")
    await asyncio.sleep(3.5)
    row = await call(Attendance.objects.get, user=team.people["surgeon"])
    assert row.left_at is None
    await again.close()
    await asyncio.wait_for(_until_attendance(chair, team.people["surgeon"], present=False), 15)
    await connect("surgeon")
    await asyncio.wait_for(_until_attendance(chair, team.people["surgeon"], present=True), 15)


def test_LIVE_M1_absence_is_counted_from_when_it_began() -> None:
    watch = AttendanceWatch()
    row = {"user": {"id": "a"}, "how": "joined", "present": True}
    watch.load([row, {**row, "user": {"id": "b"}, "how": "ticked"}])
    grace = limits.ATTENDANCE_GRACE_S
    assert watch.gone(here=["a"], now=0) == []
    assert watch.gone(here=[], now=10) == []
    assert watch.gone(here=["a"], now=12) == []
    assert watch.gone(here=[], now=20) == []
    assert watch.gone(here=[], now=19.9 + grace) == []
    assert watch.gone(here=[], now=20 + grace) == ["a"]
    watch.hear({"kind": "attendance.changed", "payload": {"attendance": {**row, "present": False}}})
    assert watch.gone(here=[], now=99) == []


async def test_LIVE_M2_a_tick_and_the_boards_needs_reach_every_window(
    connect: Connect, team: CaseTeam, meeting: Meeting
) -> None:
    surgeon = await connect("surgeon")
    await call(_seat_radiologist, team, meeting)
    await call(
        lambda: boards.set_quorum(
            actor=team.actor("chair"),
            board_id=meeting.board_id,
            disciplines=["radiology", "surgery"],
        )
    )
    told = await surgeon.until_event("quorum.changed")
    assert told["payload"] == {"needs": ["radiology", "surgery"]}
    await call(
        lambda: boards.tick_attendance(
            actor=team.actor("chair"),
            meeting_id=meeting.pk,
            user_id=team.people["radiologist"].pk,
        )
    )
    await _until_attendance(surgeon, team.people["radiologist"], how="ticked", counts=True)
    await call(
        lambda: boards.remove_attendance(
            actor=team.actor("chair"),
            meeting_id=meeting.pk,
            user_id=team.people["radiologist"].pk,
        )
    )
    removed = await surgeon.until_event("attendance.removed")
    assert removed["payload"] == {"user": str(team.people["radiologist"].pk)}
    assert (await connect("chair")).welcome["snapshot"]["gathering"]["needs"] == [
        "radiology",
        "surgery",
    ]


def _seat_radiologist(team: CaseTeam, meeting: Meeting) -> None:
    boards.add_board_member(
        actor=SYSTEM,
        board_id=meeting.board_id,
        user_id=team.people["radiologist"].pk,
        role=BoardRole.CORE,
    )


# ── parts ─────────────────────────────────────────────────────────────────────────────


async def test_LIVE_M3_everybody_is_told_in_which_part_they_and_others_are(
    connect: Connect, team: CaseTeam
) -> None:
    for who, part in (
        ("chair", "chair"),
        ("surgeon", "contributor"),
        ("coordinator", "contributor"),
        ("trainee", "observer"),
    ):
        client = await connect(who)
        assert client.welcome["part"] == part
        own = str(team.people[who].pk)
        people = {one["user"]["id"]: one["part"] for one in client.welcome["people"]}
        assert people[own] == part
    chair = str(team.people["chair"].pk)
    assert people[chair] == "chair"


# ── hands and asks ────────────────────────────────────────────────────────────────────


def _hand(*, raised: bool) -> dict[str, Any]:
    return {
        "type": "presence.update",
        "pointer": None,
        "tool": None,
        "activity": "active",
        "hand_raised": raised,
    }


async def _say_hand(speaker: LiveClient, listener: LiveClient, user: User, *, up: bool) -> Any:
    """Since when the listener sees the hand. Presence may be lost: a browser says it again."""

    def theirs(message: dict[str, Any]) -> list[dict[str, Any]]:
        changed = [one for one in message["changed"] if one["user"] == str(user.pk)]
        return [one for one in changed if (one["hand_at"] is not None) == up]

    for _ in range(10):
        await speaker.send(_hand(raised=up))
        with suppress(TimeoutError):
            delta = await listener.until(
                "presence.delta", timeout_s=1.0, where=lambda message: bool(theirs(message))
            )
            return theirs(delta)[0]["hand_at"]
    raise AssertionError("the hand is not seen")


async def test_LIVE_M6_hands_keep_the_moment_at_which_they_were_raised(
    connect: Connect, team: CaseTeam
) -> None:
    chair, surgeon, trainee = (
        await connect("chair"),
        await connect("surgeon"),
        await connect("trainee", process=1),
    )
    surgeons, trainees = team.people["surgeon"], team.people["trainee"]
    first = await _say_hand(surgeon, chair, surgeons, up=True)
    second = await _say_hand(trainee, chair, trainees, up=True)
    assert first < second
    # Said again each second: no later for that.
    assert await _say_hand(surgeon, chair, surgeons, up=True) == first
    assert await _say_hand(surgeon, chair, surgeons, up=False) is None
    assert await _say_hand(surgeon, chair, surgeons, up=True) > second


async def test_LIVE_M6_asking_is_listed_once_and_ends_with_the_grant(
    connect: Connect, team: CaseTeam
) -> None:
    chair, surgeon = await connect("chair"), await connect("surgeon")
    ack = await surgeon.op("presenter.ask", {"asking": True})
    assert ack["outcome"] == "committed"
    assert (await surgeon.op("presenter.ask", {"asking": True}))["outcome"] == "noop"
    asked = await chair.until_event("presenter.asked")
    assert asked["payload"]["ask"]["user"]["id"] == str(team.people["surgeon"].pk)
    assert len((await connect("oncologist")).welcome["snapshot"]["gathering"]["asks"]) == 1
    await chair.op("presenter.grant", {"user": str(team.people["surgeon"].pk)})
    await surgeon.until_event("presenter.changed")
    assert surgeon.snapshot is not None
    assert surgeon.snapshot["gathering"]["asks"] == []
    assert (await connect("trainee")).welcome["snapshot"]["gathering"]["asks"] == []


async def test_LIVE_M6_not_now_ends_an_ask_and_only_the_chair_says_so(
    connect: Connect, team: CaseTeam
) -> None:
    chair, surgeon = await connect("chair"), await connect("surgeon")
    user = {"user": str(team.people["surgeon"].pk)}
    await surgeon.op("presenter.ask", {"asking": True})
    refused = await (await connect("oncologist")).op("presenter.decline", user)
    assert (refused["outcome"], refused["code"]) == ("rejected", "forbidden")
    assert (await chair.op("presenter.decline", user))["outcome"] == "committed"
    ended = await surgeon.until_event("presenter.ask_ended")
    assert ended["payload"]["reason"] == "declined"
    await surgeon.op("presenter.ask", {"asking": True})
    await surgeon.op("presenter.ask", {"asking": False})
    assert not await call(PresenterAsk.objects.exists)
    actions = await call(
        lambda: set(
            AuditEntry.objects.filter(action__startswith="live.presenter_ask").values_list(
                "action", flat=True
            )
        )
    )
    assert actions == {f"live.presenter_ask_{what}" for what in ("asked", "declined", "withdrawn")}


async def test_LIVE_M6_a_deidentified_view_cannot_ask_to_lead(
    connect: Connect, team: CaseTeam
) -> None:
    room, _ = await call(
        lambda: services.open_ad_hoc_session(actor=team.actor("chair"), case_id=team.case_id)
    )
    guest = await connect("consultant", session_id=room.pk)
    ack = await guest.op("presenter.ask", {"asking": True})
    assert (ack["outcome"], ack["code"]) == ("rejected", "deidentified_only")
