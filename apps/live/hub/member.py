"""One socket in a room, and what the room knows about it."""

import asyncio
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from apps.core.actors import Actor
from apps.live import limits
from apps.live.access import Access
from apps.live.hub.buckets import TokenBucket
from apps.live.hub.codes import CloseCode
from apps.live.hub.outbox import Outbox
from apps.live.projections import NOTHING, View

Json = dict[str, Any]


def make_buckets() -> dict[str, TokenBucket]:
    return {lane: TokenBucket(rate) for lane, rate in limits.lane_rates().items()}


@dataclass(slots=True, eq=False)
class Member:
    """A joined, or joining, socket.

    ``cursor`` is the number of the last event it was sent; ``None`` while a welcome or a
    snapshot is being read, when events are kept in ``pending``. Nothing but its welcome
    reaches it before ``welcomed``.
    """

    client_id: UUID
    person: Json
    actor: Actor
    sign_in_key: str
    outbox: Outbox = field(default_factory=Outbox)
    access: Access = field(default_factory=lambda: Access(standing=None))
    can: list[str] = field(default_factory=list)
    following: bool = True
    cursor: int | None = None
    welcomed: bool = False
    pending: list[Json] = field(default_factory=list)
    buckets: dict[str, TokenBucket] = field(default_factory=make_buckets)
    ops: "asyncio.Queue[Any]" = field(
        default_factory=lambda: asyncio.Queue(maxsize=limits.OPS_IN_FLIGHT)
    )
    has_left: bool = False
    part: str = "contributor"
    is_place: bool = False
    #: Set when the chair has let them in and the room is at their case (LIVE-M4).
    let_in: asyncio.Event = field(default_factory=asyncio.Event)
    told_at_door: Json | None = None

    @property
    def user_id(self) -> UUID:
        assert self.actor.id is not None
        return self.actor.id

    @property
    def view(self) -> View:
        return self.access.view if self.access else NOTHING

    def view_in(self, case_id: UUID) -> View:
        """What it may see of this case; nothing while its access is that to another one."""
        return self.view if self.access.case_id == case_id else NOTHING

    def view_of_event(self, event: Json) -> View:
        """A move says no more than where to: whoever was in the room hears it."""
        if event["kind"] == "agenda.moved":
            return self.view
        return self.view_in(UUID(event["case_id"]))

    def close(self, code: CloseCode) -> None:
        self.outbox.close(code)
