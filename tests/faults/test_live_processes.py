"""The live session on real web processes: killed, flushed, stalled, idle."""

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
import redis
from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import connections

from apps.live.models import ChatMessage, LiveEvent, LiveOp, LiveSession
from tests.apps.live.conftest import mint
from tests.live_client import Closed, LiveClient
from tests.people import CaseTeam
from tests.web_process import WebProcess

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.slow,
    pytest.mark.timeout(420),
]


@pytest.fixture()
def webs(team: CaseTeam, tmp_path: Path) -> Iterator[list[WebProcess]]:
    """Two web processes; a test may kill one and append another."""
    running: list[WebProcess] = []
    try:
        for number in range(2):
            running.append(WebProcess(log=tmp_path / f"web{number}.log"))
        yield running
    finally:
        for web in running:
            web.stop()
        connections.close_all()


async def _join(
    web: WebProcess,
    team: CaseTeam,
    who: str,
    session: LiveSession,
    *,
    resume: LiveClient | None = None,
) -> LiveClient:
    client = await web.connect(session.pk)
    last_seq = None
    if resume is not None:
        client.client_id, client.seq, client.snapshot = (
            resume.client_id,
            resume.seq,
            resume.snapshot,
        )
        last_seq = resume.seq
    await client.hello(await mint(team, who, session.pk), last_seq=last_seq)
    return client


async def _count(queryset: object) -> int:
    return int(await sync_to_async(queryset.count)())  # type: ignore[attr-defined]


async def test_LIVE_C1_two_web_processes_are_one_room(
    webs: list[WebProcess], team: CaseTeam, session: LiveSession
) -> None:
    chair = await _join(webs[0], team, "chair", session)
    surgeon = await _join(webs[1], team, "surgeon", session)
    started = time.monotonic()
    ack = await surgeon.op("chat.post", {"text": "from the other process"})
    await chair.sync(ack["seq"])
    assert time.monotonic() - started < 3.0
    assert {one["user"]["display_name"] for one in surgeon.welcome["people"]} == {
        "Chair Person",
        "Surgeon Person",
    }
    await chair.close()
    await surgeon.until("participant.left")
    await surgeon.close()


async def test_kill_9_of_a_web_process_loses_no_acknowledged_op(
    webs: list[WebProcess], team: CaseTeam, session: LiveSession, tmp_path: Path
) -> None:
    """Ops in flight when the process dies are sent again and done once (LIVE-J3, LIVE-O2)."""
    surgeon = await _join(webs[0], team, "surgeon", session)
    watcher = await _join(webs[1], team, "chair", session)
    acked = [await surgeon.op("chat.post", {"text": f"acked {n}"}) for n in range(5)]
    in_flight = [
        {
            "type": "op.submit",
            "op_id": str(uuid4()),
            "kind": "chat.post",
            "payload": {"text": f"in flight {n}"},
        }
        for n in range(10)
    ]
    for op in in_flight:
        await surgeon.send(op)
    webs[0].kill()
    with pytest.raises((Closed, TimeoutError)):
        while True:
            await surgeon.receive(3.0)
    webs.append(await asyncio.to_thread(WebProcess, log=tmp_path / "again.log"))
    back = await _join(webs[2], team, "surgeon", session, resume=surgeon)
    for op in in_flight:
        await back.send(op)
    waiting = {op["op_id"] for op in in_flight}
    while waiting:
        ack = await back.until("op.ack", timeout_s=15)
        assert ack["outcome"] == "committed", ack
        waiting.discard(ack["op_id"])
    head = (await sync_to_async(LiveSession.objects.get)(pk=session.pk)).head
    await watcher.sync(head)
    await back.sync(head)
    assert await _count(ChatMessage.objects) == len(acked) + len(in_flight)
    assert await _count(LiveOp.objects) == len(acked) + len(in_flight)
    numbers = await sync_to_async(
        lambda: list(
            LiveEvent.objects.filter(session=session).order_by("seq").values_list("seq", flat=True)
        )
    )()
    assert numbers == list(range(1, head + 1))
    texts = [one["text"] for one in watcher.snapshot["chat"]]  # type: ignore[index]
    assert sorted(texts) == sorted(
        [f"acked {n}" for n in range(5)] + [f"in flight {n}" for n in range(10)]
    )
    assert back.snapshot == watcher.snapshot
    for client in (back, watcher):
        await client.close()


async def test_LIVE_C2_FLUSHALL_in_mid_session_changes_nothing_durable(
    webs: list[WebProcess], team: CaseTeam, session: LiveSession
) -> None:
    chair = await _join(webs[0], team, "chair", session)
    surgeon = await _join(webs[1], team, "surgeon", session)
    store = redis.Redis.from_url(settings.REDIS_URL)
    for number in range(10):
        await asyncio.to_thread(store.flushall)
        ack = await surgeon.op("chat.post", {"text": str(number)})
        assert ack["outcome"] == "committed"
        await chair.sync(ack["seq"])
    ticket = await mint(team, "trainee", session.pk)
    await asyncio.to_thread(store.flushall)
    trainee = await webs[0].connect(session.pk)
    await trainee.hello(ticket)  # tickets are in PostgreSQL
    assert trainee.snapshot == chair.snapshot
    again = await webs[0].connect(session.pk)
    with pytest.raises(Closed) as closed:
        await again.hello(ticket)  # and a flush opens no door twice
    assert closed.value.code == 4401
    for client in (chair, surgeon, trainee):
        await client.close()


async def test_LIVE_B2_a_socket_that_reads_nothing_slows_nobody(
    webs: list[WebProcess], team: CaseTeam, session: LiveSession
) -> None:
    """A real peer that stops reading; what bounds its queue is tested in tests/apps/live."""
    chair = await _join(webs[0], team, "chair", session)
    stalled = await _join(webs[0], team, "trainee", session)
    stalled.socket.transport.pause_reading()
    slowest_s = 0.0
    text = "x" * 2000
    for _ in range(40):
        started = time.monotonic()
        ack = await chair.op("chat.post", {"text": text})
        slowest_s = max(slowest_s, time.monotonic() - started)
        if ack["code"] == "rate_limited":
            await asyncio.sleep(0.2)
    assert slowest_s < 5.0
    assert webs[0].get_status("/livez") == 200
    await chair.close()
    stalled.socket.transport.abort()


async def test_LIVE_B4_a_broken_message_harms_nobody_else(
    webs: list[WebProcess], team: CaseTeam, session: LiveSession
) -> None:
    chair = await _join(webs[0], team, "chair", session)
    for broken in ("{", '{"type":"nothing"}', "x" * 200_000):
        surgeon = await _join(webs[0], team, "surgeon", session)
        await surgeon.send_text(broken)
        assert await surgeon.until_closed() in (4400, 1009)
    assert (await chair.op("chat.post", {"text": "still here"}))["outcome"] == "committed"
    await chair.close()


async def test_LIVE_B3_idle_sockets_stay_open_and_a_dead_peer_is_found_within_45_seconds(
    webs: list[WebProcess], team: CaseTeam, session: LiveSession
) -> None:
    """Nothing is said for 120 s, on either process: longer than pings, the time-outs of Redis
    clients and a proxy's minute. Meanwhile a third window's laptop is shut: it answers nothing
    and closes nothing.
    """
    chair = await _join(webs[0], team, "chair", session)
    surgeon = await _join(webs[1], team, "surgeon", session)
    dead = await _join(webs[0], team, "trainee", session)
    dead.socket.transport.pause_reading()
    started = time.monotonic()
    gone_after_s = None
    while (left := started + 120 - time.monotonic()) > 0:
        for client in (chair, surgeon):
            try:
                message = await client.receive(min(left, 1.0))
            except TimeoutError:
                continue
            assert message["type"] != "limits", "Redis was taken for lost"
            if message["type"] == "participant.left" and client is chair:
                assert message["user"] == str(team.people["trainee"].pk)
                gone_after_s = time.monotonic() - started
    assert gone_after_s is not None and gone_after_s < 45.0
    ack = await surgeon.op("chat.post", {"text": "still here"})
    await chair.sync(ack["seq"])
    for client in (chair, surgeon):
        await client.close()
    dead.socket.transport.abort()
