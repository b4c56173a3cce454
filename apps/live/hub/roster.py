"""Who is in the room on every process. Pure: time is handed in.

A person with several windows counts once; following is asked of any of them.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from apps.live import limits
from apps.live.hub.member import Member

Json = dict[str, Any]


@dataclass(slots=True)
class Roster:
    local: list[Json] = field(default_factory=list)
    remote: dict[str, tuple[float, list[Json]]] = field(default_factory=dict)
    shown: dict[str, Json] = field(default_factory=dict)

    def set_local(self, members: Iterable[Member]) -> bool:
        """People with a joined socket here; ``True`` when that changed."""
        people = merge_people([_person(member) for member in members])
        ordered = [people[key] for key in sorted(people)]
        changed = ordered != self.local
        self.local = ordered
        return changed

    def hear(self, *, process: str, people: list[Json], now: float) -> None:
        self.remote[process] = (now, people)

    def forget_silent(self, *, now: float) -> None:
        """Processes that said nothing for long are gone, and their people with them."""
        silent = [key for key, (at, _) in self.remote.items() if now - at > limits.ROSTER_TTL_S]
        for process in silent:
            del self.remote[process]

    def keep_alive(self, *, now: float) -> None:
        """While Redis is away nobody can be heard: nobody is taken for gone."""
        self.remote = {key: (now, people) for key, (_, people) in self.remote.items()}

    def people(self) -> dict[str, Json]:
        everyone = [*self.local]
        for _, people in self.remote.values():
            everyone.extend(people)
        return merge_people(everyone)

    def update_shown(self) -> tuple[list[Json], list[str]]:
        """Who came or changed, and who left, since the last call."""
        people = self.people()
        changed = [one for key, one in people.items() if self.shown.get(key) != one]
        left = [key for key in self.shown if key not in people]
        self.shown = people
        return changed, left

    def followers(self, *, presenter_id: str | None) -> int:
        """Who follows, without the one who is followed (LIVE-P4); a screen needs the stage too."""
        if presenter_id is None:
            return 0
        everyone = self.people().items()
        return sum(1 for key, one in everyone if one["following"] and key != presenter_id)


def merge_people(people: Iterable[Json]) -> dict[str, Json]:
    merged: dict[str, Json] = {}
    for one in people:
        key = one["user"]["id"]
        known = merged.get(key)
        merged[key] = (
            dict(one)
            if known is None
            else {
                "user": one["user"],
                "following": known["following"] or one["following"],
                "windows": known["windows"] + one["windows"],
                "part": one.get("part", "contributor"),
                "place": one.get("place", False),
            }
        )
    return merged


def _person(member: Member) -> Json:
    return {
        "user": member.person,
        "following": member.following,
        "windows": 1,
        "part": member.part,
        "place": member.is_place,
    }
