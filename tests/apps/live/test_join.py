"""Join and resume (LIVE-J1…J4), coordinates (LIVE-L1), own events (LIVE-O4)."""

import asyncio
import json
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from uuid import uuid4

import pytest
from django.db import connection

from apps.live import consumers, limits, selectors, services
from apps.live.models import LiveEvent, LiveSession
from tests.apps.live.conftest import Connect, call
from tests.live_client import LiveClient
from tests.people import CaseTeam
from tests.scans import Scan

pytestmark = pytest.mark.django_db(transaction=True)


def _drawing(scan: Scan, *, to_column: float = 42.0) -> dict[str, object]:
    return {
        "id": str(uuid4()),
        "kind": "bidirectional",
        "study_instance_uid": scan.study_instance_uid,
        "series_instance_uid": scan.series_instance_uid,
        "sop_instance_uid": scan.slices[1],
        "frame_of_reference_uid": scan.frame_of_reference_uid,
        "points_lps": [
            scan.point_lps(index=1, column=10, row=20),
            scan.point_lps(index=1, column=to_column, row=20),
            scan.point_lps(index=1, column=20, row=15),
            scan.point_lps(index=1, column=20, row=25),
        ],
    }


async def test_LIVE_J1_welcome_carries_everything_a_window_needs(
    connect: Connect, session: LiveSession, team: CaseTeam
) -> None:
    chair = await connect("chair")
    welcome = chair.welcome
    assert welcome["role"] == "chair"
    assert welcome["snapshot"] is not None and welcome["events"] is None
    assert welcome["presenter"]["user"]["id"] == str(team.people["chair"].pk)
    assert welcome["people"][0]["user"]["id"] == str(team.people["chair"].pk)
    assert welcome["limits"]["realtime"] is True
    assert {"present", "grant_presenter", "annotate", "chat"} <= set(welcome["can"])
    surgeon = await connect("surgeon")
    assert surgeon.welcome["role"] == "participant"
    assert "grant_presenter" not in surgeon.welcome["can"]
    assert "review_findings" not in surgeon.welcome["can"]
    assert "review_findings" in (await connect("radiologist")).welcome["can"]
    assert len(surgeon.welcome["people"]) == 2


async def test_LIVE_J1_an_event_between_subscribing_and_welcome_is_not_lost(
    connect: Connect, session: LiveSession, team: CaseTeam, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Write right after the room was read for the newcomer, before its welcome goes out."""
    first = await connect("chair")
    read = selectors.read_room

    def read_then_write(**arguments: object) -> selectors.RoomRead:
        result = read(**arguments)  # type: ignore[arg-type]
        services.post_chat(actor=team.actor("chair"), session_id=session.pk, text="meanwhile")
        return result

    monkeypatch.setattr(selectors, "read_room", read_then_write)
    surgeon = await connect("surgeon")
    monkeypatch.undo()
    await surgeon.until_event("chat.posted")
    await first.until_event("chat.posted")
    assert surgeon.snapshot == first.snapshot
    assert surgeon.seq == first.seq


async def test_LIVE_J1_a_known_gap_brings_events_and_a_long_one_a_snapshot(
    connect: Connect, session: LiveSession, team: CaseTeam, monkeypatch: pytest.MonkeyPatch
) -> None:
    surgeon = await connect("surgeon")
    left_at = surgeon.seq
    await surgeon.close()
    for text in ("one", "two", "three"):
        await call(_say, team, session, text)
    back = await connect("surgeon", last_seq=left_at)
    assert back.welcome["snapshot"] is None
    assert [event["kind"] for event in back.welcome["events"]] == ["chat.posted"] * 3
    monkeypatch.setattr(selectors, "SNAPSHOT_GAP", 2)
    far = await connect("surgeon", last_seq=left_at)
    assert far.welcome["events"] is None
    assert len(far.welcome["snapshot"]["chat"]) == 3


def _say(team: CaseTeam, session: LiveSession, text: str) -> None:
    services.post_chat(actor=team.actor("chair"), session_id=session.pk, text=text)


async def test_LIVE_J1_a_number_from_the_future_brings_a_snapshot(
    connect: Connect, session: LiveSession
) -> None:
    surgeon = await connect("surgeon", last_seq=10_000)
    assert surgeon.welcome["snapshot"] is not None


async def test_LIVE_J2_resume_fills_a_gap(
    connect: Connect, session: LiveSession, team: CaseTeam
) -> None:
    surgeon = await connect("surgeon")
    at_first = surgeon.seq
    for text in ("one", "two"):
        await call(_say, team, session, text)
        await surgeon.until_event("chat.posted")
    surgeon.seq = at_first  # as if both had been lost on the way
    await surgeon.send({"type": "resume", "after_seq": at_first})
    await surgeon.until_event("chat.posted")
    await surgeon.until_event("chat.posted")


async def test_LIVE_J2_resume_far_behind_brings_a_snapshot(
    connect: Connect, session: LiveSession, team: CaseTeam, monkeypatch: pytest.MonkeyPatch
) -> None:
    surgeon = await connect("surgeon")
    for text in ("one", "two", "three"):
        await call(_say, team, session, text)
        await surgeon.until_event("chat.posted")
    monkeypatch.setattr(selectors, "SNAPSHOT_GAP", 2)
    await surgeon.send({"type": "resume", "after_seq": 0})
    message = await surgeon.until("snapshot")
    assert [one["text"] for one in message["snapshot"]["chat"]] == ["one", "two", "three"]


async def test_LIVE_J2_a_snapshot_never_takes_back_what_came_after_it_was_read(
    connect: Connect, session: LiveSession, team: CaseTeam, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The room reads a snapshot for a window (its access changed) while the window resumes."""
    surgeon = await connect("surgeon")
    room = consumers.get_hub().rooms[session.pk]
    read, has_read, may_go = selectors.read_room, threading.Event(), threading.Event()

    def slow_the_first_time(**arguments: object) -> selectors.RoomRead:
        found = read(**arguments)  # type: ignore[arg-type]
        if not has_read.is_set():
            has_read.set()
            may_go.wait(10)
        return found

    monkeypatch.setattr(selectors, "read_room", slow_the_first_time)
    sending = asyncio.create_task(room.send_snapshot(list(room.members)))
    await asyncio.to_thread(has_read.wait, 10)
    await surgeon.send({"type": "resume", "after_seq": surgeon.seq})
    await asyncio.sleep(0.3)
    await call(_say, team, session, "meanwhile")
    await asyncio.sleep(0.7)
    may_go.set()
    await sending
    assert await _read_as_a_browser(surgeon) == (surgeon.seq + 1, ["meanwhile"])


async def _read_as_a_browser(client: LiveClient) -> tuple[int, list[str]]:
    """Where a window ends that takes whatever snapshot comes and drops repeats (room.ts)."""
    head, chat = client.seq, []
    with suppress(TimeoutError):
        while True:
            message = json.loads(await client.receive_text(1.5))
            if message["type"] == "snapshot":
                head, chat = message["head_seq"], message["snapshot"]["chat"]
            elif message["type"] == "event" and message["seq"] == head + 1:
                head, chat = head + 1, [*chat, message["payload"]["message"]]
    return head, [one["text"] for one in chat]


async def test_LIVE_J3_an_op_sent_again_after_a_reconnect_is_the_same_op(
    connect: Connect, session: LiveSession
) -> None:
    op_id = uuid4()
    surgeon = await connect("surgeon")
    first = await surgeon.op("chat.post", {"text": "once"}, op_id=op_id)
    await surgeon.close()
    back = await connect("surgeon")
    again = await back.op("chat.post", {"text": "once"}, op_id=op_id)
    assert again == first
    assert len(back.snapshot["chat"]) == 1  # type: ignore[index]


async def test_LIVE_J4_snapshot_and_events_make_the_next_snapshot(
    connect: Connect, session: LiveSession, team: CaseTeam, scan: Scan
) -> None:
    """One follows along from the start; at the end a newcomer sees exactly the same."""
    watcher = await connect("oncologist")
    surgeon = await connect("surgeon")
    radiologist = await connect("radiologist")
    chair = await connect("chair")
    put = await surgeon.op("measurement.put", _drawing(scan))
    assert put["outcome"] == "committed"
    kept = _drawing(scan, to_column=50)
    await surgeon.op("measurement.put", kept)
    gone = _drawing(scan, to_column=44)
    await radiologist.op("measurement.put", gone)
    revised = await radiologist.op(
        "measurement.revise", {"label": "node"}, entity=kept["id"], entity_version=1
    )
    assert revised["outcome"] == "committed"
    await radiologist.op("measurement.remove", {}, entity=gone["id"], entity_version=1)
    await surgeon.op("chat.post", {"text": "Resectable?"})
    await chair.op("presenter.grant", {"user": str(team.people["surgeon"].pk)})
    draft = await chair.op(
        "decision.draft",
        {
            "recommendations": [{"text": "Lobectomy", "intent": "curative"}],
            "consensus": "majority",
            "positions": [
                {
                    "user": str(team.people["oncologist"].pk),
                    "stance": "dissent",
                    "statement": "Systemic therapy first.",
                }
            ],
        },
    )
    assert draft["outcome"] == "committed", draft
    head = (await call(LiveSession.objects.get, pk=session.pk)).head
    await watcher.sync(head)
    newcomer = await connect("trainee")
    assert newcomer.seq == watcher.seq == head
    assert watcher.snapshot == newcomer.snapshot
    assert watcher.snapshot is not None
    assert len(watcher.snapshot["measurements"]) == 2
    assert watcher.snapshot["decisions"][0]["status"] == "draft"


async def test_LIVE_J4_holds_while_many_write_at_once(
    connect: Connect, session: LiveSession, team: CaseTeam
) -> None:
    watcher = await connect("oncologist")
    writers = [await connect(who) for who in ("surgeon", "radiologist", "chair")]
    for number in range(8):
        for writer in writers:
            await writer.send(
                {
                    "type": "op.submit",
                    "op_id": str(uuid4()),
                    "kind": "chat.post",
                    "payload": {"text": f"message {number}"},
                }
            )
    joined_midway = await connect("trainee")
    head = watcher.seq + 24
    await watcher.sync(head)
    await joined_midway.sync(head)
    newcomer = await connect("surgeon")
    assert len(newcomer.snapshot["chat"]) == 24  # type: ignore[index]
    assert watcher.snapshot == joined_midway.snapshot == newcomer.snapshot


async def test_LIVE_O4_the_sender_gets_its_own_event_as_everybody_does(
    connect: Connect, session: LiveSession
) -> None:
    surgeon, chair = await connect("surgeon"), await connect("chair")
    ack = await surgeon.op("chat.post", {"text": "hello"})
    for client in (surgeon, chair):
        while client.seq < ack["seq"]:
            await client.receive()
    events = [
        next(m for m in client.seen if m["type"] == "event" and m["seq"] == ack["seq"])
        for client in (surgeon, chair)
    ]
    assert events[0] == events[1]
    assert events[0]["op_id"] == ack["op_id"]


async def test_LIVE_L1_positions_on_the_wire_are_lps_millimetres_with_their_image(
    connect: Connect, session: LiveSession, scan: Scan
) -> None:
    surgeon = await connect("surgeon")
    drawing = _drawing(scan)
    await surgeon.op("measurement.put", drawing)
    event = await _event(surgeon, "measurement.put")
    body = event["payload"]["measurement"]
    assert body["points_lps"] == drawing["points_lps"]
    assert body["frame_of_reference_uid"] == scan.frame_of_reference_uid
    assert (body["sop_instance_uid"], body["frame"]) == (scan.slices[1], 1)
    assert [(v["quantity"], v["value"], v["unit"]) for v in body["values"]] == [
        ("long_axis", pytest.approx(16.0), "mm"),
        ("short_axis", pytest.approx(8.0), "mm"),
    ]


async def _event(client: LiveClient, kind: str) -> dict[str, object]:  # type: ignore[type-arg]
    known = [m for m in client.seen if m["type"] == "event" and m["kind"] == kind]
    return known[0] if known else await client.until_event(kind)


def test_LIVE_J4_what_is_written_while_a_room_is_read_is_in_neither_part(
    session: LiveSession, team: CaseTeam, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another process writes after the head was read: it comes as an event, once."""
    _say(team, session, "before")
    build = selectors.build_snapshot

    def write_then_build(read: LiveSession) -> dict[str, object]:
        with ThreadPoolExecutor(1) as other:
            other.submit(_say_and_leave, team, session, "meanwhile").result(10)
        return build(read)

    monkeypatch.setattr(selectors, "build_snapshot", write_then_build)
    read = selectors.read_room(session_id=session.pk, after_seq=None)
    assert read.snapshot is not None
    assert [one["text"] for one in read.snapshot["chat"]] == ["before"]
    later = selectors.events_after(session_id=session.pk, seq=read.session.head)
    assert [row.payload["message"]["text"] for row in later] == ["meanwhile"]


def _say_and_leave(team: CaseTeam, session: LiveSession, text: str) -> None:
    try:
        _say(team, session, text)
    finally:
        connection.close()


def test_a_room_read_is_one_instant(session: LiveSession, team: CaseTeam) -> None:
    _say(team, session, "one")
    read = selectors.read_room(session_id=session.pk, after_seq=0)
    assert read.events is not None
    assert [event.seq for event in read.events] == list(range(1, read.session.head + 1))
    assert LiveEvent.objects.count() == read.session.head
    assert limits.SNAPSHOT_GAP == 500
