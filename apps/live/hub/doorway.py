"""The lobby of a room, and hands in the order in which they were raised (LIVE-M4, M6).

Whoever waits is a member of ``lobby`` and not of the room's ``members``.
"""

import time
from typing import Any
from uuid import UUID

from apps.live import services
from apps.live.hub.codes import CloseCode
from apps.live.hub.context import RoomContext
from apps.live.hub.database import run_db
from apps.live.hub.member import Member
from apps.live.hub.wire import encode

Json = dict[str, Any]


class Doorway:
    """Who waits at the door of a room, and what those are told who may open it."""

    def __init__(self, room: RoomContext) -> None:
        self._room = room
        self.lobby: list[Member] = []
        self.waiting: list[Json] = []
        self._hands: dict[UUID, float] = {}

    async def refresh(self, *, waiting: list[Json] | None = None) -> None:
        """Whose door is open now, what the others are told, and who waits for the chair.

        ``waiting``: as the second-hand has just read it, of all rooms at once.
        """
        if self.lobby:
            doors = await run_db(
                services.stay_at_door,
                session_id=self._room.session_id,
                user_ids={member.user_id for member in self.lobby},
            )
            for member in self.lobby:
                door = doors.get(member.user_id)
                if door is not None:
                    self._tell_at_door(member, door=door)
        if waiting is not None and waiting != self.waiting:
            self.waiting = waiting
            for member in self._room.members:
                self.tell_waiting(member)

    def tell_waiting(self, member: Member) -> None:
        """Only those who may admit are told who waits."""
        if not member.welcomed or "admit" not in member.can or self._room.meeting_id is None:
            return
        member.outbox.put_durable(encode({"type": "lobby", "waiting": self.waiting}))

    def _tell_at_door(self, member: Member, *, door: Any) -> None:
        if door.is_open:
            member.let_in.set()
            return
        if door.verdict == "gone":
            member.close(CloseCode.FORBIDDEN)
            return
        message = door.message()
        if message != member.told_at_door:
            member.told_at_door = message
            member.outbox.put_durable(encode(message))
        if door.verdict == "refused":
            member.close(CloseCode.FORBIDDEN)

    def with_hand(self, member: Member, said: Json) -> Json:
        """Presence with the moment at which its hand went up: by the server's clock."""
        if not said["hand_raised"]:
            self._hands.pop(member.user_id, None)
            return {**said, "hand_at": None}
        raised = self._hands.setdefault(member.user_id, time.time())
        return {**said, "hand_at": raised}
