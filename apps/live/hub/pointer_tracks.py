"""Pointers of this process's own sockets, kept for the recording where the board records them.

Off the hot path: a sample is a list append, a batch goes to PostgreSQL every few seconds. A
lost batch loses pointers and nothing else.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from apps.live.limits import POINTER_BATCH_S, POINTERS_PER_S

Json = dict[str, Any]
MILLIMETRE_DIGITS = 2


@dataclass(slots=True)
class PointerTracks:
    """At most five samples a second of each person. Pure: time is handed in."""

    case_id: UUID | None = None
    began: datetime | None = None
    people: list[str] = field(default_factory=list)
    places: list[Json] = field(default_factory=list)
    samples: list[list[Any]] = field(default_factory=list)
    _last: dict[str, tuple[datetime, bool]] = field(default_factory=dict)

    def note(self, person: Json, *, case_id: UUID, at: datetime) -> None:
        """One presence message; that somebody stopped pointing is always kept."""
        user, pointer = person["user"], person["pointer"]
        last_at, was_there = self._last.get(user, (None, False))
        if pointer is None and not was_there:
            return
        pause = timedelta(seconds=1 / POINTERS_PER_S)
        if pointer is not None and was_there and last_at is not None and at - last_at < pause:
            return
        self._last[user] = (at, pointer is not None)
        self.case_id = case_id
        if self.began is None:
            self.began = at
        place, coordinates = self._place(pointer)
        after_ms = round((at - self.began).total_seconds() * 1000)
        self.samples.append([after_ms, _index(self.people, user), place, coordinates])

    def _place(self, pointer: Json | None) -> tuple[int, list[float]]:
        if pointer is None:
            return -1, []
        place = {
            name: value
            for name, value in pointer.items()
            if name not in ("point_lps", "point_image")
        }
        point = pointer["point_lps"] or pointer["point_image"]
        return _index(self.places, place), [round(one, MILLIMETRE_DIGITS) for one in point]

    def is_due(self, *, at: datetime) -> bool:
        return self.began is not None and at - self.began >= timedelta(seconds=POINTER_BATCH_S)

    def take(self, *, at: datetime) -> Json | None:
        """The batch, to be written; what comes next begins another."""
        if self.began is None or self.case_id is None:
            return None
        batch = {
            "case_id": self.case_id,
            "from_at": self.began,
            "until_at": at,
            "people": self.people,
            "places": self.places,
            "samples": self.samples,
        }
        self.began, self.people, self.places, self.samples = None, [], [], []
        return batch


def _index(known: list[Any], one: Any) -> int:
    if one not in known:
        known.append(one)
    return known.index(one)
