"""One socket: check the envelope, hand each message to its lane, send what the outbox holds."""

import asyncio
import logging
import time
from contextlib import suppress
from typing import Any
from uuid import UUID

from channels.consumer import get_handler_name
from channels.generic.websocket import AsyncWebsocketConsumer
from django.db import DatabaseError, InterfaceError
from pydantic import ValidationError

from apps.core.exceptions import DomainError, NotVisible
from apps.live import limits, services
from apps.live.exceptions import SessionEnded, TicketRefused
from apps.live.hub.codes import CloseCode
from apps.live.hub.database import run_db
from apps.live.hub.hub import Hub, get_hub
from apps.live.hub.lane_handlers import LaneHandlers
from apps.live.hub.member import Member
from apps.live.hub.outbox import Outbox
from apps.live.hub.room import Room
from apps.live.hub.welcome import welcome
from apps.live.hub.wire import pong
from apps.live.people import describe_person
from apps.live.protocol import MAX_MESSAGE_BYTES, PROTOCOL_NAME, client_messages
from apps.live.protocol.client import Hello, Ping
from apps.live.protocol.older import minor_of

logger = logging.getLogger(__name__)

DRAIN_TIMEOUT_S = 2.0


class LiveConsumer(AsyncWebsocketConsumer):  # type: ignore[misc]  # channels is untyped
    """``/ws/live/{session_id}/``. Rules: docs/live-session.md."""

    session_id: UUID
    member: Member | None = None
    room: Room | None = None
    hub: Hub
    handlers: LaneHandlers | None = None
    _hello_seen = False
    _minor = 0

    async def connect(self) -> None:
        self.session_id = self.scope["url_route"]["kwargs"]["session_id"]
        self._tasks: list[asyncio.Task[None]] = []
        self._closing = False
        offered = self.scope.get("subprotocols") or []
        if PROTOCOL_NAME not in offered:
            # A browser only sees the code of a socket that was accepted as it asked.
            await self.accept(subprotocol=offered[0] if offered else None)
            await self._finish(CloseCode.UPGRADE)
            return
        self._minor = minor_of(offered)
        await self.accept(subprotocol=PROTOCOL_NAME)
        self._tasks.append(asyncio.create_task(self._await_hello()))

    async def dispatch(self, message: dict[str, Any]) -> None:
        """Without Channels' look at old database connections, which is a thread's turn a message.

        Our own threads look after theirs (``run_db``); a socket has none.
        """
        handler = getattr(self, get_handler_name(message), None)
        if handler is None:
            raise ValueError(f"No handler for message type {message['type']}")
        await handler(message)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """A failure of ours puts this socket out to come back; it harms no other."""
        if self._closing:
            return
        try:
            await self._take(_parse(text_data))
        except Exception:  # logged with its trace; the client resumes by number
            logger.exception("live: a message failed")
            await self._finish(CloseCode.RESYNC)

    async def _take(self, message: Any | None) -> None:
        if message is None:
            await self._finish(CloseCode.INVALID)
        elif isinstance(message, Hello):
            if self._hello_seen:
                await self._finish(CloseCode.INVALID)
                return
            self._hello_seen = True
            await self._join(message)
        elif self.handlers is None:
            await self._at_door(message)
        else:
            await self.handlers.take(message)

    async def disconnect(self, code: int) -> None:
        self._closing = True
        await self._leave()
        for task in self._tasks:
            if task is not asyncio.current_task():
                task.cancel()

    async def _leave(self) -> None:
        """Out of the room at once, whether or not the peer ever answers our close."""
        member, room = self.member, self.room
        if member is None or room is None:
            return
        self.member = None
        member.close(CloseCode.NORMAL)
        await self.hub.leave(room=room, member=member)
        if member.welcomed:
            await self._record(member, room=room, joined=False)

    # ── joining ───────────────────────────────────────────────────────────────────────

    async def _await_hello(self) -> None:
        await asyncio.sleep(limits.HELLO_TIMEOUT_S)
        if not self._hello_seen:
            await self._finish(CloseCode.TICKET)

    async def _join(self, hello: Hello) -> None:
        if hello.protocol != PROTOCOL_NAME:
            await self._finish(CloseCode.UPGRADE)
            return
        try:
            admission = await run_db(
                services.redeem_ticket, token=hello.ticket, session_id=self.session_id
            )
            member = Member(
                client_id=hello.client_id,
                person=describe_person(admission.user),
                actor=admission.actor,
                sign_in_key=admission.sign_in_key,
                outbox=Outbox(minor=self._minor),
                is_place=admission.actor.is_place,
            )
            await self._enter(member, hello=hello)
        except TicketRefused:
            await self._finish(CloseCode.TICKET)
        except SessionEnded:
            await self._finish(CloseCode.ENDED)
        except (NotVisible, DomainError):
            await self._finish(CloseCode.FORBIDDEN)
        except (DatabaseError, InterfaceError):
            logger.warning("live: database away while joining")
            await self._finish(CloseCode.RESYNC)

    async def _at_door(self, message: Any) -> None:
        """Before the welcome there is nothing to say; who waits in the lobby may ping."""
        if self.member is None:
            await self._finish(CloseCode.TICKET)
        elif isinstance(message, Ping) and self.member.buckets["control"].take(
            now=time.monotonic()
        ):
            self.member.outbox.put_durable(pong(message.t))

    async def _enter(self, member: Member, *, hello: Hello) -> None:
        self.hub = get_hub()
        door = await run_db(services.come_to_door, actor=member.actor, session_id=self.session_id)
        room = await self.hub.enter(
            session_id=self.session_id, member=member, at_door=not door.is_open
        )
        self.member, self.room = member, room
        if self._closing:
            await self.disconnect(CloseCode.NORMAL)
            return
        await self.hub.replace(room=room, member=member)
        sender = asyncio.create_task(self._send_outbox(member))
        closer = asyncio.create_task(self._close_when_told(member, sender=sender))
        self._tasks += [sender, closer]
        if door.is_open:
            await self._welcome(member, room=room, hello=hello)
            return
        await room.door.refresh()
        self._tasks.append(asyncio.create_task(self._wait(member, room=room, hello=hello)))

    async def _wait(self, member: Member, *, room: Room, hello: Hello) -> None:
        """In the lobby until the door opens."""
        await member.let_in.wait()
        if member.has_left:
            return
        room.door.lobby.remove(member)
        room.members.append(member)
        try:
            await self._welcome(member, room=room, hello=hello)
        except Exception:  # logged with its trace; the client comes back
            logger.exception("live: a guest could not be welcomed")
            await self._finish(CloseCode.RESYNC)

    async def _welcome(self, member: Member, *, room: Room, hello: Hello) -> None:
        await welcome(room, member, last_seq=hello.last_seq)
        self.handlers = LaneHandlers(room=room, member=member)
        self._tasks.append(asyncio.create_task(self.handlers.work_off_ops()))
        await self._record(member, room=room, joined=True)

    async def _record(self, member: Member, *, room: Room, joined: bool) -> None:
        try:
            await run_db(
                services.record_attendance,
                actor=member.actor,
                session_id=room.session_id,
                case_id=room.case_id,
                joined=joined,
            )
        except (DatabaseError, InterfaceError):
            logger.warning("live: attendance not recorded, database away")

    # ── leaving and sending ───────────────────────────────────────────────────────────

    async def _send_outbox(self, member: Member) -> None:
        try:
            while (text := await member.outbox.next()) is not None:
                await self.send(text_data=text)
        except asyncio.CancelledError:
            raise
        except Exception as error:  # noqa: BLE001 - the peer went away while we were sending
            logger.debug("live: send: %s", type(error).__name__)

    async def _close_when_told(self, member: Member, *, sender: asyncio.Task[None]) -> None:
        """The room closed the outbox: send what waits, but wait for no peer that reads nothing."""
        await member.outbox.closed.wait()
        code = member.outbox.close_code
        if code is None or code == CloseCode.NORMAL:
            return
        await asyncio.wait({sender}, timeout=DRAIN_TIMEOUT_S)
        sender.cancel()
        await self._finish(code)

    async def _finish(self, code: CloseCode) -> None:
        """Close once, and be gone from the room."""
        if self._closing:
            return
        self._closing = True
        with suppress(Exception):
            async with asyncio.timeout(DRAIN_TIMEOUT_S):
                await self.close(code=int(code))
        await self._leave()


def _parse(text: str | None) -> Any | None:
    """The message, or ``None`` where it breaks size or schema. What it said is not logged."""
    if text is None or len(text) > MAX_MESSAGE_BYTES or len(text.encode()) > MAX_MESSAGE_BYTES:
        logger.info("live: a message was too large or not text")
        return None
    try:
        return client_messages.validate_json(text, strict=True)
    except ValidationError as error:
        kinds = sorted({one["type"] for one in error.errors(include_input=False)})[:3]
        logger.info("live: a message broke the schema: %s", ", ".join(kinds))
        return None
