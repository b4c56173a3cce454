"""What a hostile or broken peer may send to a real web process: refused, and others unharmed."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest
import websockets
from asgiref.sync import sync_to_async
from django.db import connections

from apps.cases.models import CaseGrant
from apps.live.models import ChatMessage, LiveSession
from apps.live.protocol import PROTOCOL_NAME
from tests.apps.live.conftest import mint
from tests.live_client import Closed, LiveClient
from tests.people import CaseTeam
from tests.web_process import WebProcess

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow, pytest.mark.timeout(420)]

KEY = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="
UNHARMED_S = 5.0


@pytest.fixture()
def web(team: CaseTeam, tmp_path: Path) -> Iterator[WebProcess]:
    running = WebProcess(log=tmp_path / "web.log")
    yield running
    running.stop()
    connections.close_all()


async def _join(
    web: WebProcess, team: CaseTeam, who: str, session: LiveSession, *, ticket: str = ""
) -> LiveClient:
    client = await web.connect(session.pk)
    await client.hello(ticket or await mint(team, who, session.pk))
    return client


@asynccontextmanager
async def _unharmed(
    web: WebProcess, team: CaseTeam, session: LiveSession
) -> AsyncIterator[LiveClient]:
    """Somebody in the same room: after it all their op is done at once, in the same socket."""
    chair = await _join(web, team, "chair", session)
    yield chair
    started = time.monotonic()
    assert (await chair.op("chat.post", {"text": "still here"}))["outcome"] == "committed"
    assert time.monotonic() - started < UNHARMED_S
    assert web.get_status("/livez") == 200
    await chair.close()


async def test_frames_that_are_too_large_or_no_text_end_their_own_socket(
    web: WebProcess, team: CaseTeam, session: LiveSession
) -> None:
    async with _unharmed(web, team, session):
        for frame in ("x" * (10 * 1024 * 1024), "x" * 70_000, b"\x00\x01", "\ud800"):
            surgeon = await _join(web, team, "surgeon", session)
            if frame == "\ud800":  # bad UTF-8 in a text frame, which no library would send
                await surgeon.socket.send(b"\xff\xfe\xfa", text=True)
            else:
                # The server may have closed before all of it was out.
                with suppress(websockets.ConnectionClosed):
                    await surgeon.socket.send(frame)
            assert await surgeon.until_closed(10) in (4400, 1007, 1009), repr(frame[:4])


async def test_a_handshake_that_is_not_ours_gets_no_socket(
    web: WebProcess, session: LiveSession
) -> None:
    """A foreign origin, none, and bytes in a header that are no ASCII."""
    ours = f"Origin: http://127.0.0.1:{web.port}"
    asked = f"Sec-WebSocket-Protocol: {PROTOCOL_NAME}"
    for origin, protocol in (
        (b"Origin: https://evil.example", asked.encode()),
        (b"Origin: null", asked.encode()),
        (b"X-None: 1", asked.encode()),
        (b"Origin: http://\xff\xfe", asked.encode()),
        (ours.encode(), b"Sec-WebSocket-Protocol: consilium.l\xefve.v1"),
    ):
        answer = await _handshake(web, session, origin, protocol)
        if b" 101 " in answer.partition(b"\r\n")[0]:
            # Accepted only to be told that it speaks another protocol (LIVE-B4).
            assert b"\x11\x4a" in answer, answer  # 4426
    good = await _handshake(web, session, ours.encode(), asked.encode())
    assert good.startswith(b"HTTP/1.1 101")
    assert web.get_status("/livez") == 200


async def _handshake(
    web: WebProcess, session: LiveSession, origin: bytes, protocol: bytes
) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", web.port)
    lines = [
        f"GET /ws/live/{session.pk}/ HTTP/1.1".encode(),
        f"Host: 127.0.0.1:{web.port}".encode(),
        b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13",
        KEY.encode(),
        origin,
        protocol,
    ]
    writer.write(b"\r\n".join(lines) + b"\r\n\r\n")
    answer = b""
    try:
        async with asyncio.timeout(3.0):
            while more := await reader.read(4096):
                answer += more
    except TimeoutError:
        pass
    writer.transport.abort()
    return answer


async def test_a_replayed_ticket_and_a_message_after_membership_ended(
    web: WebProcess, team: CaseTeam, session: LiveSession
) -> None:
    async with _unharmed(web, team, session):
        ticket = await mint(team, "surgeon", session.pk)
        surgeon = await _join(web, team, "surgeon", session, ticket=ticket)
        thief = await web.connect(session.pk)
        with pytest.raises(Closed) as closed:
            await thief.hello(ticket)
        assert closed.value.code == 4401
        # Revoked in the table itself, with no bell: the very next op is refused.
        grants = CaseGrant.objects.filter(user=team.people["surgeon"])
        await sync_to_async(grants.delete)()
        try:
            ack = await surgeon.op("chat.post", {"text": "after"})
            assert ack["outcome"] == "rejected"
            assert await surgeon.until_closed(10) == 4403
        except Closed as ended:
            assert ended.code == 4403
        said = ChatMessage.objects.filter(author=team.people["surgeon"])
        assert not await sync_to_async(said.exists)()


async def test_a_flood_on_every_lane_is_dropped_or_refused(
    web: WebProcess, team: CaseTeam, session: LiveSession
) -> None:
    """Three hundred messages at once on each lane, from one window."""
    chat = {"type": "op.submit", "kind": "chat.post", "payload": {"text": "x"}}
    presence = {
        **{"type": "presence.update", "pointer": None, "tool": None},
        **{"activity": "active", "hand_raised": False},
    }
    async with _unharmed(web, team, session) as chair:
        surgeon = await _join(web, team, "surgeon", session)
        for number in range(300):
            op_id = f"00000000-0000-4000-8000-{number:012d}"
            await surgeon.send({**chat, "op_id": op_id})
            await surgeon.send(presence)
            await surgeon.send({"type": "ping", "t": number})
        refused = {"op": 0, "control": 0}
        done = 0
        while done < 300:
            message = await surgeon.receive(20)
            if message["type"] == "op.ack":
                done += 1
                refused["op"] += message["code"] == "rate_limited"
            refused["control"] += message["type"] == "error" and message["code"] == "rate_limited"
        committed = await sync_to_async(ChatMessage.objects.count)()
        assert committed + refused["op"] == 300
        assert refused["op"] > 150 and refused["control"] > 150
        before = sum(one["type"] == "presence.delta" for one in chair.seen)
        assert before <= 60
        await surgeon.close()


async def test_a_client_whose_clock_is_wrong_by_hours_is_served_as_any_other(
    web: WebProcess, team: CaseTeam, session: LiveSession
) -> None:
    """No decision is taken by a client's clock: pings only carry its time back to it."""
    async with _unharmed(web, team, session) as chair:
        surgeon = await _join(web, team, "surgeon", session)
        for t in (0.0, time.time() * 1000 + 12 * 3_600_000, 1e14):
            await surgeon.send({"type": "ping", "t": t})
            assert (await surgeon.until("pong"))["t"] == t
        ack = await surgeon.op("chat.post", {"text": "from yesterday"})
        await chair.sync(ack["seq"])
        await surgeon.close()
