"""Pointers, tools, activity: memory only, gone after five seconds (the presence lane)."""

from dataclasses import dataclass, field
from typing import Any

from apps.live import limits

Json = dict[str, Any]


@dataclass(slots=True)
class PresenceBoard:
    """Presence of everybody in the room. Pure: time is handed in."""

    people: dict[str, tuple[float, Json]] = field(default_factory=dict)
    outgoing: dict[str, Json] = field(default_factory=dict)
    changed: dict[str, Json] = field(default_factory=dict)
    removed: set[str] = field(default_factory=set)

    def say(self, person: Json) -> None:
        """Somebody here moved: goes out with the next batch to every process."""
        self.outgoing[person["user"]] = person

    def take_outgoing(self) -> list[Json]:
        batch, self.outgoing = list(self.outgoing.values()), {}
        return batch

    def hear(self, person: Json, *, now: float) -> None:
        key = person["user"]
        person.setdefault("looks_at", None)  # of a process that does not know it yet
        self.people[key] = (now, person)
        self.changed[key] = person
        self.removed.discard(key)

    def drop(self, user_id: str) -> None:
        if self.people.pop(user_id, None) is not None:
            self.changed.pop(user_id, None)
            self.removed.add(user_id)

    def forget_places(self) -> None:
        """The room went to another case: where people pointed is of the old one."""
        self.outgoing = {key: nowhere(one) for key, one in self.outgoing.items()}
        for key, (at, person) in self.people.items():
            if person["pointer"] is not None or person.get("looks_at") is not None:
                self.people[key] = (at, nowhere(person))
                self.changed[key] = nowhere(person)

    def expire(self, *, now: float) -> None:
        late = [k for k, (at, _) in self.people.items() if now - at > limits.PRESENCE_TTL_S]
        for key in late:
            self.drop(key)

    def take_delta(self) -> tuple[list[Json], list[str]] | None:
        """What changed since the last delta, merged; ``None`` when nothing did."""
        if not self.changed and not self.removed:
            return None
        changed, removed = list(self.changed.values()), sorted(self.removed)
        self.changed, self.removed = {}, set()
        return changed, removed


def nowhere(person: Json) -> Json:
    """Presence without any place: that was in another case's images."""
    return {**person, "pointer": None, "looks_at": None}


class Throttle:
    """Calls a function at most every ``interval_s``, at once when it was quiet before."""

    def __init__(self, *, interval_s: float, call: Any, loop: Any) -> None:
        self._interval_s = interval_s
        self._call = call
        self._loop = loop
        self._last = -1e9
        self._timer: Any = None

    def poke(self) -> None:
        if self._timer is not None:
            return
        wait = self._last + self._interval_s - self._loop.time()
        if wait <= 0:
            self._fire()
        else:
            self._timer = self._loop.call_later(wait, self._fire)

    def cancel(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _fire(self) -> None:
        self._timer = None
        self._last = self._loop.time()
        self._call()
