"""Who paints on which segmentation: read from PostgreSQL, told when it changes (LIVE-S1).

The bus only says that it is time to look; the second-hand looks anyway, and so sees leases that
ran out, that another process gave, and those of the time without Redis.
"""

from typing import Any
from uuid import UUID

from apps.live import limits, selectors
from apps.live.hub.bus import Bus
from apps.live.hub.database import run_db
from apps.live.hub.member import Member
from apps.live.hub.people import PeopleLanes
from apps.live.hub.wire import encode
from apps.live.selectors import LeaseHolder


class LeaseLane(PeopleLanes):
    """The leases of the room's current case, as they were told here last."""

    def __init__(self, *, session_id: UUID, bus: Bus) -> None:
        super().__init__(session_id=session_id, bus=bus)
        self.leases: dict[UUID, LeaseHolder] = {}

    async def load_lanes(self) -> None:
        await super().load_lanes()
        self.leases = await run_db(
            selectors.leases_in, session_id=self.session_id, case_id=self.case_id
        )

    async def refresh_leases(self) -> set[UUID]:
        """Look, and tell everybody here what is other than it was; which that is."""
        case_id = self.case_id
        found = await run_db(selectors.leases_in, session_id=self.session_id, case_id=case_id)
        if case_id != self.case_id:
            return set()  # moved meanwhile; that case's leases are not this one's
        before, self.leases = self.leases, found
        changed = {one for one in before | found if before.get(one) != found.get(one)}
        for segmentation_id in changed:
            for member in self.members:
                self._tell(member, segmentation_id)
        return changed

    async def tell_lease(self, member: Member, *, segmentation_id: UUID) -> None:
        """The answer to whoever asked, also where nothing changed for the others."""
        if segmentation_id not in await self.refresh_leases():
            self._tell(member, segmentation_id)

    def tell_leases_to(self, member: Member) -> None:
        for segmentation_id in self.leases:
            self._tell(member, segmentation_id)

    def clear_leases(self) -> None:
        """The room went to another case: its people's screens start afresh."""
        self.leases = {}

    def _tell(self, member: Member, segmentation_id: UUID) -> None:
        if not member.welcomed or member.view_in(self.case_id).guise == "none":
            return
        holder = self.leases.get(segmentation_id)
        message: dict[str, Any] = {
            "type": "lease.changed",
            "segmentation_id": str(segmentation_id),
            "holder": holder.person if holder else None,
            "mine": holder is not None and holder.client_id == member.client_id,
            "renew_after_s": limits.LEASE_RENEW_S,
        }
        member.outbox.put_durable(encode(message))
