"""The stage of one room on this process: newest wins, old epochs never (LIVE-P1)."""

import logging
from dataclasses import dataclass
from typing import Any
from uuid import UUID

Json = dict[str, Any]
logger = logging.getLogger(__name__)


@dataclass(slots=True)
class StageState:
    """The newest frame seen here for the current case. Pure."""

    frame: Json | None = None
    keyframed: tuple[int, int] | None = None

    def position(self) -> tuple[int, int]:
        return (self.frame["epoch"], self.frame["rev"]) if self.frame else (-1, -1)

    def accept(self, frame: Json, *, epoch: int) -> bool:
        """Take a frame if it is newer than what is shown and its epoch is not over."""
        position = (frame["epoch"], frame["rev"])
        if frame["epoch"] < epoch or position <= self.position():
            return False
        self.frame = frame
        return True

    def clear(self) -> None:
        self.frame = None
        self.keyframed = None

    def needs_keyframe(self) -> bool:
        return self.frame is not None and self.keyframed != self.position()


def studies_on(frame: Json) -> set[str]:
    return {one["study_instance_uid"] for one in frame["state"]["viewports"] if one is not None}


@dataclass(slots=True)
class ViewedStudies:
    """Which follower has been recorded as having seen which study (LIVE-A5)."""

    seen: set[tuple[UUID, UUID, str]]

    def new_views(
        self, *, case_id: UUID, user_ids: set[UUID], frame: Json
    ) -> list[tuple[UUID, str]]:
        fresh = []
        for user_id in user_ids:
            for study in sorted(studies_on(frame)):
                key = (case_id, user_id, study)
                if key not in self.seen:
                    self.seen.add(key)
                    fresh.append((user_id, study))
        return fresh
