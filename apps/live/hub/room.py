"""One room on one process: the sockets here, and what reaches them.

Durable truth is the log in PostgreSQL; ``advance`` reads it from ``head`` on, whether a
bell rang or the poll came by, and loops over the local sockets with text encoded once per
view (LIVE-C1). What may be lost has lanes of its own, each with the context it needs.
"""

import asyncio
import logging
import time
from typing import Any
from uuid import UUID

import orjson

from apps.boards.services import note_gone
from apps.live import limits, reducer, selectors
from apps.live.access import Ability, Access, read_abilities, read_access
from apps.live.hub.attendance import AttendanceWatch
from apps.live.hub.bus import Bus
from apps.live.hub.codes import CloseCode
from apps.live.hub.context import RoomContext
from apps.live.hub.database import run_db
from apps.live.hub.doorway import Doorway
from apps.live.hub.lease_lane import LeaseLane
from apps.live.hub.member import Member
from apps.live.hub.people_lane import PeopleLane
from apps.live.hub.pointer_tracks import PointerTracks
from apps.live.hub.presence_lane import PresenceLane
from apps.live.hub.stage_lane import StageLane
from apps.live.hub.wire import encode
from apps.live.people import attendance_in
from apps.live.projections import View, project_event, project_snapshot, project_stage

logger = logging.getLogger(__name__)

Json = dict[str, Any]


class Room(RoomContext):
    """Delivery of the log, and access; and the lanes beside them."""

    def __init__(self, *, session_id: UUID, bus: Bus) -> None:
        super().__init__(session_id=session_id, bus=bus)
        self.head = 0
        self.door = Doorway(self)
        self.presence = PresenceLane(self)
        self.people = PeopleLane(self, when_left=self.presence.drop)
        self.stage = StageLane(self, people=self.people)
        self.leases = LeaseLane(self)
        self.attendance = AttendanceWatch()
        self.realtime = True
        self._advancing = asyncio.Lock()
        self._more = False
        self._catching_up = asyncio.Lock()

    async def load(self) -> None:
        """Where the room stands now; only what comes later is delivered."""
        row = (await run_db(selectors.heads_of, session_ids=[self.session_id]))[self.session_id]
        self.head = row["head"]
        self.case_id = row["case_id"]
        self.presence.tracks = PointerTracks() if row["records_pointers"] else None
        self.meeting_id = row["meeting_id"]
        self.attendance.load(await run_db(attendance_in, session_id=self.session_id))
        await self.people.load()
        await self.leases.load()

    def close(self) -> None:
        self.presence.close()
        self.stage.close()

    def everybody(self) -> list[Member]:
        """Whoever is in the room or waits at its door, on this process."""
        return [*self.members, *self.door.lobby]

    # ── the log ───────────────────────────────────────────────────────────────────────

    async def advance(self) -> None:
        """Deliver everything after ``head``. Calls while one is running are folded into it."""
        self._more = True
        if self._advancing.locked():
            return
        async with self._advancing:
            while self._more:
                self._more = False
                rows = await run_db(
                    selectors.events_after, session_id=self.session_id, seq=self.head
                )
                for row in rows:
                    await self._deliver(selectors.describe_event(row))
                self._more = self._more or len(rows) == limits.EVENT_BATCH

    async def _deliver(self, event: Json) -> None:
        self.head = event["seq"]
        texts: dict[View, str] = {}
        for member in self.members:
            if member.cursor is None:
                member.pending.append(event)
            elif event["seq"] > member.cursor:
                member.cursor = event["seq"]
                view = member.view_of_event(event)
                if view not in texts:
                    texts[view] = encode(project_event(event, view=view))
                member.outbox.put_durable(texts[view])
        self.attendance.hear(event)
        if event["kind"] == "presenter.changed":
            self.people.change_presenter(event["payload"]["presenter"])
        if event["kind"] == "agenda.moved":
            self.case_id = UUID(event["case_id"])
            self.stage.clear()
            self.presence.forget_places()
            self.leases.clear()
            await self.refresh_access(moved=True)
        if event["kind"] == "ai.revealed":
            await self.refresh_access(snapshot_follows=True)
        if event["kind"] in reducer.NEEDS_SNAPSHOT:
            await self.send_snapshot(list(self.welcomed()))

    def flush_pending(self, member: Member, *, head: int) -> bool:
        """After the welcome at ``head``: what came meanwhile. ``True``: a snapshot is due."""
        member.cursor = head
        needs_snapshot = False
        for event in member.pending:
            if event["seq"] > member.cursor:
                member.cursor = event["seq"]
                shown = project_event(event, view=member.view_of_event(event))
                member.outbox.put_durable(encode(shown))
                needs_snapshot = needs_snapshot or event["kind"] in reducer.NEEDS_SNAPSHOT
        member.pending.clear()
        return needs_snapshot

    async def send_snapshot(self, members: list[Member]) -> None:
        """A fresh start for sockets that are open, read once and encoded once per view.

        One at a time: of two for the same window the one read first could be sent last, and
        take back what came between.
        """
        async with self._catching_up:
            await self._send_snapshot(members)

    async def _send_snapshot(self, members: list[Member]) -> None:
        while members:
            for member in members:
                member.cursor = None
            read = await run_db(selectors.read_room, session_id=self.session_id, after_seq=None)
            stage = await self.stage.newest(read=read)
            parts: dict[View, tuple[bytes, bytes]] = {}
            again = []
            for member in members:
                member.outbox.put_durable(
                    _snapshot_text(member, read=read, stage=stage, parts=parts)
                )
                if self.flush_pending(member, head=read.session.head):
                    again.append(member)
            members = again

    async def resume(self, member: Member, *, after_seq: int) -> None:
        """Fill a gap the client noticed: events, or a snapshot where the gap is too long."""
        async with self._catching_up:
            member.cursor = None
            read = await run_db(
                selectors.read_room, session_id=self.session_id, after_seq=after_seq
            )
            if read.events is None:
                await self._send_snapshot([member])
                return
            for row in read.events:
                event = selectors.describe_event(row)
                shown = project_event(event, view=member.view_of_event(event))
                member.outbox.put_durable(encode(shown))
            if self.flush_pending(member, head=read.session.head):
                await self._send_snapshot([member])

    async def watch_attendance(self) -> None:
        """Who joined and has been away for a while has left the meeting (LIVE-M1)."""
        if not self.bus.is_alive:
            self.attendance.forgive()
            return
        gone = self.attendance.gone(here=self.people.roster.people(), now=time.monotonic())
        if gone and self.meeting_id is not None:
            user_ids = [UUID(one) for one in gone]
            await run_db(note_gone, meeting_id=self.meeting_id, user_ids=user_ids)

    # ── access (LIVE-A3) ──────────────────────────────────────────────────────────────

    async def refresh_access(self, *, moved: bool = False, snapshot_follows: bool = False) -> None:
        """Read everybody's standing; who lost it is out, who changed guise starts afresh.

        When the room ``moved`` to a case that somebody may not see, they stay and see
        nothing until it moves on.
        """
        user_ids = {member.user_id for member in self.members}
        if not user_ids:
            return
        case_id = self.case_id
        found = await run_db(read_access, case_id=case_id, user_ids=user_ids)
        if case_id != self.case_id:
            return  # moved meanwhile; that move reads again
        changed = [
            member
            for member in self.members
            if moved or found.get(member.user_id, member.access) != member.access
        ]
        abilities = await self._read_abilities(changed)
        if case_id != self.case_id:
            return
        fresh = [
            member
            for member in changed
            if self._change_access(
                member,
                access=found.get(member.user_id, member.access),
                ability=abilities.get(_sign_in(member)),
                moved=moved or member.access.case_id not in (None, case_id),
            )
        ]
        if not moved and not snapshot_follows:
            await self.send_snapshot(fresh)

    async def refresh_access_of(self, member: Member) -> None:
        """The access of somebody who is about to be let in."""
        found = await run_db(read_access, case_id=self.case_id, user_ids={member.user_id})
        abilities = await self._read_abilities([member])
        member.access = found[member.user_id]
        _become(member, ability=abilities.get(_sign_in(member)))

    def _change_access(
        self, member: Member, *, access: Access, ability: Ability | None, moved: bool
    ) -> bool:
        """``True`` when the member needs a snapshot in its new guise."""
        if access.standing is None and not moved:
            member.close(CloseCode.FORBIDDEN)
            return False
        was, before = member.access, member.can
        member.access = access
        _become(member, ability=ability)
        changed_view = was.view != member.view
        changed_end = was.expires_at != access.expires_at
        if (changed_view or changed_end or before != member.can) and member.welcomed:
            member.outbox.put_durable(
                encode(
                    {
                        "type": "access.changed",
                        "can": member.can,
                        "projection": member.view.guise,
                        "ai_hidden": member.view.embargoed,
                        "expires_at": access.expires_at,
                    }
                )
            )
        return (changed_view or was.case_id != access.case_id) and member.welcomed

    async def _read_abilities(self, members: list[Member]) -> dict[tuple[UUID, str], Ability]:
        if not members:
            return {}
        sign_ins = {_sign_in(member) for member in members}
        return await run_db(read_abilities, sign_ins=sign_ins, session_id=self.session_id)


def _sign_in(member: Member) -> tuple[UUID, str]:
    return member.user_id, member.sign_in_key


def _become(member: Member, *, ability: Ability | None) -> None:
    """Take over who the person is now; whoever has no access keeps their name and can nothing."""
    if member.access.standing is None or ability is None:
        member.can = []
        return
    member.actor, member.can, member.part = ability.actor, ability.can, ability.part


def _snapshot_text(
    member: Member,
    *,
    read: selectors.RoomRead,
    stage: Json | None,
    parts: dict[View, tuple[bytes, bytes]],
) -> str:
    view = member.view_in(read.session.case_id)
    if view not in parts:
        parts[view] = (
            orjson.dumps(project_snapshot(read.snapshot, view=view)),
            orjson.dumps(project_stage(stage, view=view)),
        )
    snapshot, shown = parts[view]
    return encode(
        {
            "type": "snapshot",
            "head_seq": read.session.head,
            "can": member.can,
            "projection": view.guise,
            "ai_hidden": view.embargoed,
            "snapshot": orjson.Fragment(snapshot),
            "stage": orjson.Fragment(shown),
        }
    )
