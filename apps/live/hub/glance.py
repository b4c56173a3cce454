"""One look at PostgreSQL for all rooms of a process: which of them need a closer one (LIVE-A3).

It takes as many queries for two hundred rooms as for one. It changes nothing by itself: between
the look and its use a room may have read something newer, so whoever differs reads for itself.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from apps.live import selectors
from apps.live.access import Access, ended_sign_ins, read_access_in
from apps.live.hub.room import Room
from apps.live.people import waiting_in_rooms

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Glance:
    """What PostgreSQL said of these rooms at one moment."""

    heads: dict[UUID, Json]
    access: dict[UUID, dict[UUID, Access]]
    ended: frozenset[str]
    leases: dict[tuple[UUID, UUID], dict[UUID, selectors.LeaseHolder]]
    waiting: dict[UUID, list[Json]]

    def has_other_access(self, room: Room) -> bool:
        """Somebody here may see more or less than they are shown; or the room has moved since."""
        found = self.access.get(room.case_id)
        if found is None:
            return bool(room.members)
        return any(found.get(one.user_id) != one.access for one in room.members)

    def has_other_leases(self, room: Room) -> bool:
        return self.leases.get((room.session_id, room.case_id), {}) != room.leases.held


def take_glance(
    *, people: Mapping[UUID, Iterable[UUID]], session_ids: list[UUID], sign_in_keys: Iterable[str]
) -> Glance:
    """``people`` by case. Blocking."""
    return Glance(
        heads=selectors.heads_of(session_ids=session_ids),
        access=read_access_in(people=people),
        ended=ended_sign_ins(sign_in_keys=sign_in_keys),
        leases=selectors.leases_in_rooms(session_ids=session_ids),
        waiting=waiting_in_rooms(session_ids=session_ids),
    )


def people_in(rooms: Iterable[Room]) -> dict[UUID, set[UUID]]:
    """Whose access is asked for, by the case their room is on."""
    people: dict[UUID, set[UUID]] = {}
    for room in rooms:
        people.setdefault(room.case_id, set()).update(one.user_id for one in room.members)
    return people
