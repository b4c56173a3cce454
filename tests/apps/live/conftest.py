"""A room with people in it: real PostgreSQL and Valkey, the consumer itself, no network."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
import pytest_asyncio
from asgiref.sync import sync_to_async
from asgiref.testing import ApplicationCommunicator
from channels.routing import URLRouter
from django.db import connections

from apps.imaging.choices import StudyState
from apps.imaging.models import CaseStudy, Study
from apps.live import consumers, services
from apps.live.hub import database
from apps.live.hub.hub import Hub
from apps.live.models import LiveSession
from apps.live.protocol import SUBPROTOCOLS
from apps.live.routing import websocket_routes
from tests.live_client import Closed, LiveClient
from tests.people import CaseTeam, make_case_team, make_patient
from tests.scans import Scan, import_ct

Connect = Callable[..., Awaitable[LiveClient]]


@pytest.fixture()
def team(transactional_db: None) -> CaseTeam:
    return make_case_team(patient=make_patient())


@pytest.fixture()
def session(team: CaseTeam) -> LiveSession:
    """An ad hoc room opened, chaired and presented by the chair of the case."""
    opened, _ = services.open_ad_hoc_session(actor=team.actor("chair"), case_id=team.case_id)
    return opened


@pytest.fixture()
def scan(team: CaseTeam, tmp_path: Path) -> Scan:
    return import_ct(case=team.case, folder=tmp_path)


@pytest.fixture()
def study(team: CaseTeam) -> str:
    """A study of the case, for stages; nothing of it is archived."""
    uid = f"1.2.826.0.1.{uuid4().int % 10**12}"
    row = Study.objects.create(study_instance_uid=uid, state=StudyState.READY)
    CaseStudy.objects.create(case=team.case, study=row)
    return uid


@pytest_asyncio.fixture()
async def connect(
    team: CaseTeam, session: LiveSession, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Connect]:
    """``connect("surgeon")`` joins the room; ``process=1`` joins through another hub."""
    hubs: dict[int, Hub] = {}
    current = 0
    open_clients: list[LiveClient] = []

    def hub_of_this_connection() -> Hub:
        return hubs.setdefault(current, Hub())

    monkeypatch.setattr(consumers, "get_hub", hub_of_this_connection)

    async def join(
        who: str,
        *,
        session_id: UUID | None = None,
        process: int = 0,
        last_seq: int | None = None,
        client_id: UUID | None = None,
        hello: bool = True,
        subprotocols: tuple[str, ...] = SUBPROTOCOLS,
    ) -> LiveClient:
        nonlocal current
        room = session_id or session.pk
        client = await open_socket(room, subprotocols=subprotocols)
        open_clients.append(client)
        if client_id is not None:
            client.client_id = client_id
        if last_seq is not None:
            client.seq = last_seq
        if hello:
            ticket = await mint(team, who, room)
            current = process
            await client.hello(ticket, last_seq=last_seq)
        return client

    yield join
    for client in open_clients:
        await client.close()
    for hub in hubs.values():
        for room in list(hub.rooms.values()):
            for member in list(room.members):
                await hub.leave(room=room, member=member)
        await hub.bus.stop()
    await asyncio.to_thread(database.close_threads)
    await sync_to_async(connections.close_all)()


async def mint(team: CaseTeam, who: str, session_id: UUID) -> str:
    return await sync_to_async(
        lambda: services.mint_ticket(actor=team.actor(who), session_id=session_id)
    )()


async def call(function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
    """A service or query from an async test, as another process would."""
    return await sync_to_async(function)(*args, **kwargs)


async def open_socket(
    session_id: UUID, *, subprotocols: tuple[str, ...] = SUBPROTOCOLS
) -> LiveClient:
    """The ASGI conversation itself (channels' own communicator wants daphne)."""
    communicator = ApplicationCommunicator(
        URLRouter(websocket_routes),
        {
            "type": "websocket",
            "path": f"/ws/live/{session_id}/",
            "query_string": b"",
            "headers": [],
            "subprotocols": list(subprotocols),
        },
    )
    await communicator.send_input({"type": "websocket.connect"})
    accepted = await communicator.receive_output(timeout=5)
    assert accepted["type"] == "websocket.accept", accepted
    waiting: asyncio.Task[dict[str, Any]] | None = None

    async def receive_text(timeout_s: float) -> str:
        # The communicator cancels the application on a time-out: wait outside of it.
        nonlocal waiting
        if waiting is None:
            waiting = asyncio.ensure_future(communicator.output_queue.get())
        done, _ = await asyncio.wait({waiting}, timeout=timeout_s)
        if not done:
            raise TimeoutError
        output, waiting = waiting.result(), None
        if output["type"] == "websocket.close":
            raise Closed(output.get("code"))
        text: str = output["text"]
        return text

    async def send_text(text: str) -> None:
        await communicator.send_input({"type": "websocket.receive", "text": text})

    async def close() -> None:
        if waiting is not None:
            waiting.cancel()
        await communicator.send_input({"type": "websocket.disconnect", "code": 1001})
        await communicator.wait(timeout=5)

    return LiveClient(send_text=send_text, receive_text=receive_text, close_socket=close)


async def code_of_hello(client: LiveClient, ticket: str, **fields: object) -> int | None:
    """The close code that answers a hello which is refused."""
    with pytest.raises(Closed) as closed:
        await client.hello(ticket, **fields)  # type: ignore[arg-type]
    return closed.value.code
