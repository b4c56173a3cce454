"""Who paints on which segmentation: read from PostgreSQL, told when it changes (LIVE-S1).

The bus only says that it is time to look; the second-hand looks anyway, and so sees leases that
ran out, that another process gave, and those of the time without Redis.
"""

from typing import Any
from uuid import UUID

from apps.live import limits, selectors
from apps.live.hub.context import RoomContext
from apps.live.hub.database import run_db
from apps.live.hub.member import Member
from apps.live.hub.wire import encode
from apps.live.selectors import LeaseHolder


class LeaseLane:
    """The leases of the room's current case, as they were told here last."""

    def __init__(self, room: RoomContext) -> None:
        self._room = room
        self.held: dict[UUID, LeaseHolder] = {}

    async def load(self) -> None:
        self.held = await self._read(case_id=self._room.case_id)

    async def refresh(self) -> set[UUID]:
        """Look, and tell everybody here what is other than it was; which that is."""
        case_id = self._room.case_id
        found = await self._read(case_id=case_id)
        if case_id != self._room.case_id:
            return set()  # moved meanwhile; that case's leases are not this one's
        before, self.held = self.held, found
        changed = {one for one in before | found if before.get(one) != found.get(one)}
        for segmentation_id in changed:
            for member in self._room.welcomed():
                self._tell(member, segmentation_id)
        return changed

    async def answer(self, member: Member, *, segmentation_id: UUID) -> None:
        """The answer to whoever asked, also where nothing changed for the others."""
        if segmentation_id not in await self.refresh():
            self._tell(member, segmentation_id)

    def tell(self, member: Member) -> None:
        """Every lease, to somebody who has just come in."""
        for segmentation_id in self.held:
            self._tell(member, segmentation_id)

    def clear(self) -> None:
        """The room went to another case: its people's screens start afresh."""
        self.held = {}

    async def _read(self, *, case_id: UUID) -> dict[UUID, LeaseHolder]:
        return await run_db(selectors.leases_in, session_id=self._room.session_id, case_id=case_id)

    def _tell(self, member: Member, segmentation_id: UUID) -> None:
        if not member.welcomed or member.view_in(self._room.case_id).guise == "none":
            return
        holder = self.held.get(segmentation_id)
        message: dict[str, Any] = {
            "type": "lease.changed",
            "segmentation_id": str(segmentation_id),
            "holder": holder.person if holder else None,
            "mine": holder is not None and holder.client_id == member.client_id,
            "renew_after_s": limits.LEASE_RENEW_S,
        }
        member.outbox.put_durable(encode(message))
