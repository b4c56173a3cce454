"""A window that survives: what the browser does (transport.ts, liveSession.ts), in Python.

It writes a share of ops, keeps what is not acknowledged, comes back after every cut, applies
event n only after n−1, and counts what a correct client never sees.
"""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections import Counter, deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any
from uuid import UUID, uuid4

import websockets
from websockets.typing import Subprotocol

from apps.live.protocol import PROTOCOL_NAME, SUBPROTOCOLS, server_messages
from apps.live.reducer import apply_event
from tests.faults.live.work import Work

Json = dict[str, Any]

IN_FLIGHT = 4
PING_EVERY_S = 5.0
SILENCE_S = 10.0
REFUSED_AGAIN_S = 0.5
UNANSWERED_S = 10.0
"""In an open socket nothing is lost: only what was refused for now is sent again soon."""

BACKOFF_S = (0.05, 0.1, 0.25, 0.5, 1.0)
"""Shorter than a browser's: as many reconnects as can be had in the time there is."""

PASSING = {"unavailable", "rate_limited"}
GOES_AWAY = (OSError, TimeoutError, websockets.WebSocketException)


class ChaosClient:
    """``mint`` gets a ticket; ``work`` says what to write and is told what became of it."""

    def __init__(
        self,
        *,
        port: int,
        session_id: UUID,
        mint: Callable[[], Awaitable[str]],
        work: Work | None,
        checks_schema: bool = True,
    ) -> None:
        self.checks_schema = checks_schema
        self.port, self.session_id, self.mint, self.work = port, session_id, mint, work
        self.client_id = uuid4()
        self.seq: int | None = None
        self.snapshot: Json | None = None
        self.waiting: dict[str, Json] = {}
        self.again_at: dict[str, float] = {}
        self.acked: dict[str, Json] = {}
        self.applied = 0
        self.covered = 0
        self.counts: Counter[str] = Counter()
        self.delays_ms: deque[float] = deque(maxlen=50_000)
        self.stopping = False
        self._socket: Any = None
        self._heard_at = 0.0
        self._pinged_at = 0.0
        self._first_sent: dict[str, float] = {}

    @property
    def is_done(self) -> bool:
        return not self.waiting and (self.work is None or self.work.is_done)

    async def run(self) -> None:
        attempt = 0
        while not self.stopping:
            try:
                await self._connect()
                attempt = 0
                await self._talk()
            except GOES_AWAY:
                self.counts["reconnects"] += 1
            finally:
                await self._drop()
            wait = BACKOFF_S[min(attempt, len(BACKOFF_S) - 1)]
            attempt += 1
            await asyncio.sleep(wait * (0.7 + 0.6 * random.random()))

    async def _connect(self) -> None:
        ticket = await self.mint()
        self._socket = await websockets.connect(
            f"ws://127.0.0.1:{self.port}/ws/live/{self.session_id}/",
            origin=websockets.Origin(f"http://127.0.0.1:{self.port}"),
            subprotocols=[Subprotocol(one) for one in SUBPROTOCOLS],
            open_timeout=5,
            close_timeout=0.2,
            ping_interval=None,
            max_size=None,
            compression=None,
        )
        self._heard_at = time.monotonic()
        await self._say(
            {
                "type": "hello",
                "protocol": PROTOCOL_NAME,
                "ticket": ticket,
                "client_id": str(self.client_id),
                "last_seq": self.seq,
            }
        )
        while True:
            async with asyncio.timeout(SILENCE_S):
                message = await self._receive()
            if message["type"] == "welcome":
                break
        for op in self.waiting.values():
            await self._submit(op)

    async def _talk(self) -> None:
        while not self.stopping:
            await self._write_more()
            with suppress(TimeoutError):
                async with asyncio.timeout(0.2):
                    await self._receive()
            now = time.monotonic()
            if now - self._heard_at > SILENCE_S:
                self.counts["silences"] += 1
                return
            if now - self._pinged_at > PING_EVERY_S:
                self._pinged_at = now
                await self._say({"type": "ping", "t": now})

    async def _drop(self) -> None:
        socket, self._socket = self._socket, None
        if socket is not None:
            with suppress(*GOES_AWAY):
                await socket.close()

    # ── writing ───────────────────────────────────────────────────────────────────────

    async def _write_more(self) -> None:
        now = time.monotonic()
        for op_id, op in self.waiting.items():
            if now > self.again_at[op_id]:
                self.counts["sent again"] += 1
                await self._submit(op)
        while self.work is not None and len(self.waiting) < IN_FLIGHT:
            op = self.work.next_op()
            if op is None:
                return
            self.waiting[op["op_id"]] = op
            self._first_sent[op["op_id"]] = now
            await self._submit(op)

    async def _submit(self, op: Json) -> None:
        self.again_at[op["op_id"]] = time.monotonic() + UNANSWERED_S
        await self._say(op)

    async def _say(self, message: Json) -> None:
        await self._socket.send(json.dumps(message))

    # ── reading ───────────────────────────────────────────────────────────────────────

    async def _receive(self) -> Json:
        text = await self._socket.recv()
        if self.checks_schema:
            server_messages.validate_json(text, strict=True)
        self._heard_at = time.monotonic()
        message: Json = json.loads(text)
        kind = message["type"]
        if kind == "event":
            await self._hear_event(message)
        elif kind in ("welcome", "snapshot"):
            await self._hear_state(message)
        elif kind == "op.ack":
            self._hear_ack(message)
        return message

    async def _hear_event(self, event: Json) -> None:
        assert self.seq is not None
        if event["seq"] <= self.seq:
            self.counts["repeats"] += 1
        elif event["seq"] > self.seq + 1:
            self.counts["gaps"] += 1
            await self._say({"type": "resume", "after_seq": self.seq})
        else:
            self._apply(event)

    def _apply(self, event: Json) -> None:
        self.seq = event["seq"]
        self.applied += 1
        if self.snapshot is not None:
            self.snapshot = apply_event(self.snapshot, event)

    async def _hear_state(self, message: Json) -> None:
        head = message["head_seq"]
        if message.get("events") is not None:
            for event in message["events"]:
                await self._hear_event(event)
            if self.seq != head:
                self.counts["short welcomes"] += 1
            return
        if self.seq is not None and head < self.seq:
            self.counts["steps back"] += 1
        self.covered += max(0, head - (self.seq or 0))
        self.snapshot, self.seq = message["snapshot"], head
        self.counts["snapshots"] += 1

    def _hear_ack(self, ack: Json) -> None:
        op_id = ack["op_id"]
        if ack["outcome"] == "rejected" and ack["code"] in PASSING:
            self.counts[ack["code"]] += 1
            if op_id in self.waiting:
                self.again_at[op_id] = time.monotonic() + REFUSED_AGAIN_S
            return
        before = self.acked.get(op_id)
        if before is not None:
            if before != ack:
                self.counts["changed answers"] += 1
            return
        self.acked[op_id] = ack
        if self.waiting.pop(op_id, None) is None:
            self.counts["answers to nothing"] += 1
            return
        del self.again_at[op_id]
        self.delays_ms.append((time.monotonic() - self._first_sent.pop(op_id)) * 1000)
        if self.work is not None:
            self.work.hear(ack)
