"""What one window writes: chat, and measurements of its own that it draws, revises and removes."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

from tests.scans import Scan

Json = dict[str, Any]

CHAT_SHARE = 0.7
OFF_SHARE = 0.1


@dataclass
class Drawn:
    """One measurement as this window knows it; at most one op about it is on its way."""

    id: str
    version: int = 0
    is_there: bool = False
    busy: str | None = None


@dataclass
class Work:
    """``share`` ops that must be committed; a refused one is made up for."""

    share: int
    scan: Scan
    seed: int
    name: str
    committed: int = 0
    rejected: list[Json] = field(default_factory=list)
    noops: int = 0
    on_their_way: int = 0
    chats: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)
        self._drawn = [Drawn(str(UUID(int=self._random.getrandbits(128), version=4)))]
        self._said = 0

    @property
    def is_done(self) -> bool:
        return self.committed >= self.share

    def next_op(self) -> Json | None:
        if self.committed + self.on_their_way >= self.share:
            return None
        self.on_their_way += 1
        free = [one for one in self._drawn if one.busy is None]
        if not free or self._random.random() < CHAT_SHARE:
            return self._chat()
        return self._measure(free[0])

    def hear(self, ack: Json) -> None:
        self.on_their_way -= 1
        drawn = next((one for one in self._drawn if one.busy == ack["op_id"]), None)
        if drawn is not None:
            drawn.busy = None
        if ack["outcome"] == "committed":
            self.committed += 1
            if drawn is not None:
                drawn.version += 1
                if ack["kind"] != "measurement.revise":
                    drawn.is_there = ack["kind"] == "measurement.put"
        elif ack["outcome"] == "noop":
            self.noops += 1
        else:
            self.rejected.append(ack)

    def _chat(self) -> Json:
        self._said += 1
        op = _op("chat.post", {"text": f"{self.name} {self._said}"})
        self.chats.add(op["op_id"])
        return op

    def _measure(self, drawn: Drawn) -> Json:
        points = [
            self.scan.point_lps(index=1, column=10, row=20),
            self.scan.point_lps(index=1, column=12 + 40 * self._random.random(), row=20),
        ]
        seen = {"entity": drawn.id, "entity_version": drawn.version}
        if not drawn.is_there:
            op = _op(
                "measurement.put",
                {
                    "id": drawn.id,
                    "kind": "length",
                    "study_instance_uid": self.scan.study_instance_uid,
                    "series_instance_uid": self.scan.series_instance_uid,
                    "sop_instance_uid": self.scan.slices[1],
                    "frame_of_reference_uid": self.scan.frame_of_reference_uid,
                    "points_lps": points,
                },
                **(seen if drawn.version else {}),
            )
        elif self._random.random() < OFF_SHARE:
            op = _op("measurement.remove", {}, **seen)
        else:
            op = _op("measurement.revise", {"points_lps": points}, **seen)
        drawn.busy = op["op_id"]
        return op


def _op(kind: str, payload: Json, **fields: Any) -> Json:
    return {
        "type": "op.submit",
        "op_id": str(uuid4()),
        "kind": kind,
        "payload": payload,
        **fields,
    }
