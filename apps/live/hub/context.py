"""What the lanes of a room share: which room it is, the case it is on, and the sockets here."""

import asyncio
import logging
from collections.abc import Coroutine, Iterator
from typing import Any
from uuid import UUID

from apps.core.exceptions import DomainError
from apps.live.hub.bus import Bus
from apps.live.hub.member import Member
from apps.live.hub.wire import encode

logger = logging.getLogger(__name__)

Json = dict[str, Any]


class RoomContext:
    """A room as its lanes know it; each lane is given one, and none knows the whole room.

    Whoever waits in the lobby is not among ``members``: no lane ever loops over them, so nothing
    of the room can reach them by mistake.
    """

    case_id: UUID
    meeting_id: UUID | None = None

    def __init__(self, *, session_id: UUID, bus: Bus) -> None:
        self.session_id = session_id
        self.bus = bus
        self.members: list[Member] = []
        self._tasks: set[asyncio.Task[None]] = set()

    def welcomed(self) -> Iterator[Member]:
        """Members that have their welcome: nothing else reaches one before it (LIVE-J1)."""
        return (member for member in self.members if member.welcomed)

    def tell_all(self, message: Json) -> None:
        text = encode(message)
        for member in self.welcomed():
            member.outbox.put_durable(text)

    def spawn(self, work: Coroutine[Any, Any, Any]) -> None:
        """Run beside the room; a failure is logged and harms nobody."""
        task = asyncio.create_task(_guarded(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


async def _guarded(work: Coroutine[Any, Any, Any]) -> None:
    try:
        await work
    except DomainError as error:
        logger.info("live: %s", error.error_code)
    except Exception:  # logged with its trace; the room goes on
        logger.exception("live: background work failed")
