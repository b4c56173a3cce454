"""Web processes are restarted one after the other behind a real nginx, in mid-session.

Nobody who asks by HTTP gets an error, every socket is back within two seconds, and no op that was
acknowledged is lost (REL-12 of the figures that the product is held to).
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID, uuid4

import httpx
import pytest
import websockets
from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import connections
from django.test import Client
from websockets.typing import Subprotocol

from apps.live.models import ChatMessage, LiveSession
from apps.live.protocol import SUBPROTOCOLS
from tests.e2e.harness import free_port
from tests.live_client import Closed, LiveClient
from tests.nginx_front import NginxFront
from tests.people import CaseTeam
from tests.web_process import WebProcess, client_of

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.slow,
    pytest.mark.timeout(300),
]
BACK_WITHIN_S = 2.0
FIRST_PAUSE_S = 0.5
"""The browser's own first pause before it comes back (LIVE-B3)."""
PEOPLE = ("chair", "surgeon", "radiologist", "oncologist")


@dataclass
class House:
    """Two web processes on ports of their own, and who stands before them."""

    folder: Path
    ports: list[int] = field(default_factory=lambda: [free_port(), free_port()])
    webs: list[WebProcess] = field(default_factory=list)

    def start(self, number: int) -> WebProcess:
        log = self.folder / f"web{number}-{uuid4().hex[:6]}.log"
        return WebProcess(log=log, port=self.ports[number], drain_s=3)

    def restart(self, number: int) -> None:
        """As `docker restart` does: asked to go, and started again."""
        self.webs[number].stop()
        self.webs[number] = self.start(number)


@pytest.fixture()
def house(team: CaseTeam, tmp_path: Path) -> Iterator[House]:
    made = House(folder=tmp_path)
    try:
        made.webs = [made.start(0), made.start(1)]
        yield made
    finally:
        for web in made.webs:
            web.stop()
        connections.close_all()


@pytest.fixture()
def front(house: House, tmp_path: Path) -> Iterator[NginxFront]:
    folder = tmp_path / "nginx"
    folder.mkdir()
    started = NginxFront(root=folder, backends=[f"127.0.0.1:{port}" for port in house.ports])
    yield started
    started.stop()


@dataclass
class Person:
    """A browser of one person: its cookies, its socket, and what it waits for."""

    front: NginxFront
    session_id: UUID
    http: httpx.AsyncClient
    client: LiveClient | None = None
    away_s: list[float] = field(default_factory=list)
    asked: int = 0
    failed: list[str] = field(default_factory=list)
    acked: dict[str, int] = field(default_factory=dict)
    waiting: dict[str, dict[str, object]] = field(default_factory=dict)

    async def join(self) -> None:
        """A ticket by REST, a socket, a hello from where one was."""
        known = self.client
        ticket = (await self._post(f"/api/live/sessions/{self.session_id}/ticket")).json()
        socket = await websockets.connect(
            f"wss://localhost:{self.front.port}/ws/live/{self.session_id}/",
            origin=websockets.Origin(self.front.origin),
            subprotocols=[Subprotocol(one) for one in SUBPROTOCOLS],
            ssl=self.front.trust,
            open_timeout=BACK_WITHIN_S,
        )
        client = client_of(socket)
        if known is not None:
            client.client_id, client.seq = known.client_id, known.seq
            client.snapshot = known.snapshot
        await client.hello(ticket["ticket"], last_seq=known.seq if known else None)
        self.client = client
        for op in self.waiting.values():
            await client.send(op)

    async def stay(self, *, until: asyncio.Event) -> None:
        """Receive; when the socket goes, come back as the browser does."""
        while not until.is_set():
            assert self.client is not None
            try:
                message = await self.client.receive(0.5)
                if message["type"] == "op.ack":
                    self.acked[message["op_id"]] = message["seq"]
                    self.waiting.pop(message["op_id"], None)
            except TimeoutError:
                continue
            except Closed:
                await self._come_back()

    async def _come_back(self) -> None:
        gone, pause_s = time.monotonic(), FIRST_PAUSE_S
        while True:
            await asyncio.sleep(pause_s * random.uniform(0.5, 1.0))
            try:
                await self.join()
            except (Closed, OSError, TimeoutError, websockets.WebSocketException, httpx.HTTPError):
                pause_s = min(pause_s * 2, 2.0)
            else:
                self.away_s.append(time.monotonic() - gone)
                return

    async def say(self, *, until: asyncio.Event) -> None:
        """An op now and then, kept until it is acknowledged (LIVE-J3)."""
        number = 0
        while not until.is_set():
            op_id, number = str(uuid4()), number + 1
            op = {
                "type": "op.submit",
                "op_id": op_id,
                "kind": "chat.post",
                "payload": {"text": f"word {number}"},
            }
            self.waiting[op_id] = op
            assert self.client is not None
            with contextlib.suppress(Closed):
                await self.client.send(op)
            await asyncio.sleep(0.2)

    async def ask(self, *, until: asyncio.Event) -> None:
        """What a browser asks all the time."""
        while not until.is_set():
            self.asked += 1
            try:
                answer = await self.http.get("/api/me")
            except httpx.TransportError as error:
                self.failed.append(repr(error))
            else:
                if answer.status_code != 200:
                    self.failed.append(f"{answer.status_code} {answer.text[:80]}")
            await asyncio.sleep(0.02)

    async def _post(self, path: str) -> httpx.Response:
        answer = await self.http.post(path)
        answer.raise_for_status()
        return answer


async def test_a_rolling_restart_loses_nothing_and_nobody_is_away_for_long(
    house: House, front: NginxFront, team: CaseTeam, session: LiveSession
) -> None:
    people = [
        Person(front=front, session_id=session.pk, http=await _browser(front, team, who))
        for who in PEOPLE
    ]
    for person in people:
        await person.join()
    over = asyncio.Event()
    speakers = people[:2]
    tasks = [asyncio.create_task(one.stay(until=over)) for one in people]
    tasks += [asyncio.create_task(one.ask(until=over)) for one in people]
    talking = [asyncio.create_task(one.say(until=over)) for one in speakers]
    await asyncio.sleep(1.0)
    for number in range(2):
        await asyncio.to_thread(house.restart, number)
        await asyncio.sleep(2.0)

    for task in talking:
        task.cancel()
    async with asyncio.timeout(15):
        while any(one.waiting for one in people):
            for one in speakers:  # as the browser does with what nobody has answered
                for op in list(one.waiting.values()):
                    assert one.client is not None
                    await one.client.send(op)
            await asyncio.sleep(1.0)
    head = await sync_to_async(lambda: LiveSession.objects.get(pk=session.pk).head)()
    async with asyncio.timeout(10):
        while any(one.client is None or one.client.seq < head for one in people):
            await asyncio.sleep(0.05)
    over.set()
    await asyncio.gather(*tasks)

    assert sum(one.asked for one in people) > 200
    assert [fault for one in people for fault in one.failed] == []
    away = [gone for one in people for gone in one.away_s]
    assert len(away) >= len(people), "the sockets did not go with their processes"
    assert max(away) < BACK_WITHIN_S, away
    said = await sync_to_async(ChatMessage.objects.filter(session=session).count)()
    assert said == sum(len(one.acked) for one in people) > 10
    states = {str(one.client.snapshot) for one in people if one.client is not None}
    assert len(states) == 1
    for one in people:
        await one.http.aclose()
        if one.client is not None:
            await one.client.close()
    await sync_to_async(connections.close_all)()


async def _browser(front: NginxFront, team: CaseTeam, who: str) -> httpx.AsyncClient:
    """Cookies of a sign-in, as a browser behind the front has them."""

    def cookies() -> dict[str, str]:
        client = Client()
        client.force_login(team.people[who], backend="django.contrib.auth.backends.ModelBackend")
        return {settings.SESSION_COOKIE_NAME: client.cookies[settings.SESSION_COOKIE_NAME].value}

    http = httpx.AsyncClient(
        base_url=front.origin,
        verify=front.trust,
        trust_env=False,
        cookies=await sync_to_async(cookies)(),
        headers={"Origin": front.origin, "Referer": f"{front.origin}/"},
        timeout=10,
    )
    (await http.get("/api/csrf")).raise_for_status()
    http.headers["X-CSRFToken"] = http.cookies["csrftoken"]
    return http
