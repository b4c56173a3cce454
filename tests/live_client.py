"""A live session's client for tests: speaks the protocol, checks every message it gets."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

from apps.live.protocol import PROTOCOL_NAME, server_messages
from apps.live.reducer import apply_event

Json = dict[str, Any]


class Closed(Exception):
    """The server closed the socket; ``code`` says why."""

    def __init__(self, code: int | None) -> None:
        super().__init__(f"closed with {code}")
        self.code = code


@dataclass
class LiveClient:
    """``send_text`` and ``receive_text`` are the transport; everything else is the same."""

    send_text: Callable[[str], Awaitable[None]]
    receive_text: Callable[[float], Awaitable[str]]
    close_socket: Callable[[], Awaitable[None]]
    client_id: UUID = field(default_factory=uuid4)
    seen: list[Json] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    welcome: Json = field(default_factory=dict)
    snapshot: Json | None = None
    seq: int = 0
    socket: Any = None

    async def send(self, message: Json) -> None:
        await self.send_text(json.dumps(message))

    async def receive(self, timeout_s: float = 5.0) -> Json:
        """The next message, valid by the schema, folded into ``snapshot`` and ``seq``."""
        text = await self.receive_text(timeout_s)
        self.texts.append(text)
        message: Json = json.loads(text)
        server_messages.validate_json(json.dumps(message), strict=True)
        self.seen.append(message)
        self._fold(message)
        return message

    def _fold(self, message: Json) -> None:
        if message["type"] == "event":
            assert message["seq"] == self.seq + 1, (
                self.seq,
                [(m["type"], m.get("seq"), m.get("kind")) for m in self.seen],
            )
            self.seq = message["seq"]
            if self.snapshot is not None:
                self.snapshot = apply_event(self.snapshot, message)
        elif message["type"] in ("welcome", "snapshot"):
            for event in message.get("events") or []:
                assert event["seq"] == self.seq + 1
                self.seq = event["seq"]
                if self.snapshot is not None:
                    self.snapshot = apply_event(self.snapshot, event)
            if message.get("events") is None:
                self.snapshot = message["snapshot"]
            self.seq = message["head_seq"]

    async def until(
        self, type_: str, *, timeout_s: float = 5.0, where: Callable[[Json], bool] | None = None
    ) -> Json:
        """The next message of a type (that fulfils ``where``); others are folded on the way."""
        end = time.monotonic() + timeout_s
        while True:
            left = end - time.monotonic()
            if left <= 0:
                raise TimeoutError(f"no {type_}; saw {[one['type'] for one in self.seen[-8:]]}")
            message = await self.receive(left)
            if message["type"] == type_ and (where is None or where(message)):
                return message

    async def until_event(self, kind: str, *, timeout_s: float = 5.0) -> Json:
        return await self.until(
            "event", timeout_s=timeout_s, where=lambda message: message["kind"] == kind
        )

    async def until_closed(self, timeout_s: float = 5.0) -> int | None:
        end = time.monotonic() + timeout_s
        try:
            while True:
                await self.receive(max(0.01, end - time.monotonic()))
        except Closed as closed:
            return closed.code

    async def quiet(self, *, for_s: float = 0.3, of: str) -> None:
        """Nothing of this type arrives for a while."""
        end = time.monotonic() + for_s
        while (left := end - time.monotonic()) > 0:
            try:
                message = await self.receive(left)
            except TimeoutError:
                return
            assert message["type"] != of, message

    async def hello(
        self,
        ticket: str,
        *,
        last_seq: int | None = None,
        protocol: str = PROTOCOL_NAME,
    ) -> Json:
        await self.send(
            {
                "type": "hello",
                "protocol": protocol,
                "ticket": ticket,
                "client_id": str(self.client_id),
                "last_seq": last_seq,
            }
        )
        # A test that means how soon says so itself; a busy machine may take its time here.
        self.welcome = await self.until("welcome", timeout_s=20)
        return self.welcome

    async def op(
        self, kind: str, payload: Json, *, op_id: UUID | None = None, **fields: Any
    ) -> Json:
        """Submit an op and return its ack; events on the way are folded."""
        wanted = str(op_id or uuid4())
        await self.send(
            {"type": "op.submit", "op_id": wanted, "kind": kind, "payload": payload, **fields}
        )
        return await self.until("op.ack", where=lambda message: message["op_id"] == wanted)

    async def sync(self, seq: int) -> None:
        """Receive until the event ``seq`` is in."""
        while self.seq < seq:
            await self.receive()

    async def close(self) -> None:
        await self.close_socket()


def stage(study: str, *, epoch: int, rev: int, kind: str = "stage.update", **changes: Any) -> Json:
    """A stage with one viewport; ``changes`` go into the state."""
    viewport = {
        "study_instance_uid": study,
        "series_instance_uid": "1.2.3.1",
        "frame_of_reference_uid": "1.2.9",
        "reference": {"sop_instance_uid": "1.2.3.1.1", "frame": 1},
        "camera": {
            "focal_point_lps": [1.5, 2.5, float(rev)],
            "view_up": [0.0, -1.0, 0.0],
            "view_plane_normal": [0.0, 0.0, -1.0],
            "fit_mm": 180.0,
            "flip_horizontal": False,
            "flip_vertical": False,
        },
        "image_camera": None,
        "voi": {"lower": -160.0, "upper": 240.0, "invert": False},
        "overlays": [],
    }
    state = {
        "layout": {"rows": 1, "columns": 1},
        "active_viewport": 0,
        "viewports": [viewport],
        "focus": None,
        "held": False,
        **changes,
    }
    return {"type": kind, "epoch": epoch, "rev": rev, "state": state}


def pointer(*, x: float = 1.0) -> Json:
    return {
        "type": "presence.update",
        "pointer": {
            "series_instance_uid": "1.2.3",
            "frame_of_reference_uid": "1.2.9",
            "point_lps": [x, 2.0, 3.0],
            "sop_instance_uid": None,
            "frame": None,
            "point_image": None,
        },
        "tool": "length",
        "activity": "active",
        "hand_raised": False,
    }


async def settle() -> None:
    await asyncio.sleep(0)
