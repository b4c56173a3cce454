"""Who joined the meeting by a socket and is no longer here. Pure: time is handed in.

A reload or a change of network is no leaving: only who has been away for a while has gone, so
that the quorum does not flicker. Any process may say it; saying it twice is once.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from apps.live import limits

Json = dict[str, Any]


@dataclass(slots=True)
class AttendanceWatch:
    joined: set[str] = field(default_factory=set)
    absent_since: dict[str, float] = field(default_factory=dict)

    def load(self, attendance: Iterable[Json]) -> None:
        self.joined = {one["user"]["id"] for one in attendance if _is_by_socket(one)}

    def hear(self, event: Json) -> None:
        """An event of the log that is about attendance; others say nothing here."""
        if event["kind"] == "attendance.changed":
            row = event["payload"]["attendance"]
            (self.joined.add if _is_by_socket(row) else self.joined.discard)(row["user"]["id"])
        elif event["kind"] == "attendance.removed":
            self.joined.discard(event["payload"]["user"])

    def gone(self, *, here: Iterable[str], now: float) -> list[str]:
        """Those whose absence has lasted; each is named until the log says so."""
        away = self.joined - set(here)
        self.absent_since = {user: self.absent_since.get(user, now) for user in away}
        return sorted(
            user
            for user, since in self.absent_since.items()
            if now - since >= limits.ATTENDANCE_GRACE_S
        )

    def forgive(self) -> None:
        """While Redis is away nobody is taken for gone."""
        self.absent_since = {}


def _is_by_socket(row: Json) -> bool:
    return bool(row["present"] and row["how"] == "joined")
