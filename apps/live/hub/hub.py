"""All rooms of one web process: opened by the first socket, closed after the last.

The hub's second-hand does what bells may have missed: it polls heads, access and ends, and
notices when PostgreSQL or Redis do not answer.
"""

import asyncio
import logging
import time
from typing import Any
from uuid import UUID
from weakref import WeakKeyDictionary

from django.db import DatabaseError, InterfaceError

from apps.live import limits
from apps.live.access import keep_signed_in
from apps.live.choices import SessionState
from apps.live.hub.attention import hear_call
from apps.live.hub.bus import Bus
from apps.live.hub.codes import CloseCode
from apps.live.hub.database import run_db
from apps.live.hub.ending import end_task
from apps.live.hub.glance import Glance, people_in, take_glance
from apps.live.hub.member import Member
from apps.live.hub.room import Room
from apps.live.hub.welcome import limits_message

logger = logging.getLogger(__name__)

Json = dict[str, Any]


class Hub:
    """The rooms of this process and their second-hand."""

    def __init__(self) -> None:
        self.bus = Bus(when_back=self._look_again)
        self.rooms: dict[UUID, Room] = {}
        self._opening = asyncio.Lock()
        self._second_hand: asyncio.Task[None] | None = None
        self._read_at = time.monotonic()
        self._roster_at = 0.0
        self._kept_signed_in_at = time.monotonic()

    async def enter(self, *, session_id: UUID, member: Member, at_door: bool = False) -> Room:
        """The room with ``member`` in it; subscribed before anything is read (LIVE-J1).

        ``at_door``: in its lobby, which no lane reaches (LIVE-M4).
        """
        async with self._opening:
            await self.bus.start()
            if self._second_hand is None:
                self._read_at = time.monotonic()
                self._second_hand = asyncio.create_task(self._run(), name="live-second-hand")
            room = self.rooms.get(session_id)
            if room is None:
                room = Room(session_id=session_id, bus=self.bus)
                await self._open_room(room)
            (room.door.lobby if at_door else room.members).append(member)
        return room

    async def _open_room(self, room: Room) -> None:
        await self.bus.subscribe(room.session_id, lambda message: self._hear(room, message))
        try:
            await room.load()
        except BaseException:
            await self.bus.unsubscribe(room.session_id)
            if not self.rooms:
                await self._rest()
            raise
        self.rooms[room.session_id] = room

    async def leave(self, *, room: Room, member: Member) -> None:
        member.has_left = True
        if member in room.door.lobby:
            room.door.lobby.remove(member)
        if member in room.members:
            room.members.remove(member)
        room.people.look()
        if room.everybody():
            return
        async with self._opening:
            if room.everybody() or self.rooms.get(room.session_id) is not room:
                return
            del self.rooms[room.session_id]
            await room.people.publish()
            await self.bus.unsubscribe(room.session_id)
            room.close()
            if not self.rooms:
                await self._rest()

    async def replace(self, *, room: Room, member: Member) -> None:
        """The same window opened again: its older sockets, here and elsewhere, go (4409)."""
        _close_replaced(room, client_id=str(member.client_id), keep=member)
        await self.bus.publish(room.session_id, {"k": "claim", "client": str(member.client_id)})

    async def _rest(self) -> None:
        """No rooms, no connections: a process without meetings costs Redis nothing.

        What comes next finds new ones, also where this is cut off on its way.
        """
        second_hand, self._second_hand = self._second_hand, None
        bus, self.bus = self.bus, Bus(when_back=self._look_again)
        if second_hand is not None and second_hand is not asyncio.current_task():
            await end_task(second_hand)
        await bus.stop()

    def _look_again(self) -> None:
        """Redis is heard again: a presenter who rests sends nothing new, the register has it.

        Events are read by the second-hand, people are told again by every process.
        """
        for room in self.rooms.values():
            room.spawn(room.stage.follow_register())

    # ── messages of the bus ───────────────────────────────────────────────────────────

    def _hear(self, room: Room, message: Json) -> None:
        kind = message["k"]
        if kind == "bell":
            room.spawn(self._answer_bell(room))
        elif kind == "stage":
            room.stage.hear(message)
        elif kind == "presence":
            room.presence.hear(message)
        elif kind == "look":
            hear_call(room, message)
        elif kind == "roster":
            room.people.hear(message)
        elif kind == "lease":
            room.spawn(room.leases.refresh())
        elif kind == "claim" and message["p"] != self.bus.process_id:
            _close_replaced(room, client_id=message["client"], keep=None)

    async def _answer_bell(self, room: Room) -> None:
        await room.advance()

    # ── the second-hand ───────────────────────────────────────────────────────────────

    async def _run(self) -> None:
        while True:
            started = time.monotonic()
            try:
                await self._tick()
            except asyncio.CancelledError:
                raise
            except (DatabaseError, InterfaceError) as error:
                self._note_unreadable(error)
            except Exception:  # the second-hand must not stop
                logger.exception("live: second-hand")
            spent = time.monotonic() - started
            await asyncio.sleep(max(0.05, limits.POLL_INTERVAL_S - spent))

    async def _tick(self) -> None:
        await self.bus.beat()
        await self._tick_people()
        rooms = dict(self.rooms)
        glance = await run_db(
            take_glance,
            people=people_in(rooms.values()),
            session_ids=list(rooms),
            sign_in_keys={one.sign_in_key for room in rooms.values() for one in room.everybody()},
        )
        without_stage = await self.bus.without_stage(
            key for key, room in rooms.items() if room.stage.keeps_register
        )
        for room in rooms.values():
            try:
                await self._tick_room(room, glance=glance)
                if room.session_id in without_stage and room.stage.keeps_register:
                    await room.stage.restore_register()
            except (DatabaseError, InterfaceError):
                raise
            except Exception:  # one room's trouble must not keep the others from their access
                logger.exception("live: second-hand of a room")
            await asyncio.sleep(0)  # messages need not wait until all rooms have been looked at
        self._read_at = time.monotonic()
        await self._keep_signed_in()

    async def _keep_signed_in(self) -> None:
        """Who follows or presents is not idle; who only left a window open is."""
        now = time.monotonic()
        if now - self._kept_signed_in_at < limits.KEEP_SIGNED_IN_INTERVAL_S:
            return
        self._kept_signed_in_at = now
        keys = {
            member.sign_in_key
            for room in self.rooms.values()
            for member in room.members
            if member.sign_in_key and (member.following or room.people.is_presenter(member))
        }
        if keys:
            await run_db(keep_signed_in, sign_in_keys=keys)

    async def _tick_room(self, room: Room, *, glance: Glance) -> None:
        row = glance.heads.get(room.session_id)
        if row is None or row["state"] == SessionState.ENDED:
            await room.advance()
            _close_all(room, CloseCode.ENDED)
            return
        if row["head"] > room.head:
            await room.advance()
        if glance.has_other_access(room):
            await room.refresh_access()
        await room.door.refresh(waiting=glance.waiting.get(room.session_id, []))
        for member in room.everybody():
            if member.sign_in_key in glance.ended:
                member.close(CloseCode.TICKET)
        await room.people.watch_presenter()
        await room.watch_attendance()
        if glance.has_other_leases(room):
            await room.leases.refresh()

    async def _tick_people(self) -> None:
        """Presence, people and the state of Redis; needs no database."""
        now = time.monotonic()
        alive = self.bus.is_alive
        tell_roster = now - self._roster_at >= limits.ROSTER_INTERVAL_S
        if tell_roster:
            self._roster_at = now
        for room in list(self.rooms.values()):
            if room.realtime != alive:
                room.realtime = alive
                room.tell_all(limits_message(realtime=alive))
            room.people.tick()
            room.presence.tick()
            await asyncio.sleep(0)
        if tell_roster and alive:
            here = {key: room.people.roster.local for key, room in self.rooms.items()}
            await self.bus.tell_rosters(here)

    def _note_unreadable(self, error: Exception) -> None:
        """Nobody's access can be vouched for when PostgreSQL is away: refuse after 5 s."""
        away_s = time.monotonic() - self._read_at
        logger.warning("live: database unreadable (%s) for %.1f s", type(error).__name__, away_s)
        if away_s >= limits.UNREADABLE_LIMIT_S:
            for room in self.rooms.values():
                _close_all(room, CloseCode.RESYNC)


def _close_all(room: Room, code: CloseCode) -> None:
    for member in room.everybody():
        member.close(code)


def _close_replaced(room: Room, *, client_id: str, keep: Member | None) -> None:
    for member in room.everybody():
        if member is not keep and str(member.client_id) == client_id:
            member.close(CloseCode.REPLACED)


_hubs: "WeakKeyDictionary[asyncio.AbstractEventLoop, Hub]" = WeakKeyDictionary()


def get_hub() -> Hub:
    """The hub of this process: one per event loop, and a server has one loop."""
    loop = asyncio.get_running_loop()
    if loop not in _hubs:
        _hubs[loop] = Hub()
    return _hubs[loop]
