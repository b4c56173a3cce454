"""What waits to be sent to one socket: bounded, so that a slow one slows nobody (LIVE-B2).

Durable messages keep their order. Of the stage only the newest waits, presence is dropped
when anything else is waiting behind it. A durable message that does not fit ends the
socket with 4408: it comes back and resumes by number.
"""

import asyncio
from collections import deque

from apps.live import limits
from apps.live.hub.codes import CloseCode
from apps.live.protocol import PROTOCOL_MINOR
from apps.live.protocol.older import fit_text


class Outbox:
    """A queue with three lanes and one reader."""

    def __init__(self, *, minor: int = PROTOCOL_MINOR) -> None:
        """``minor``: of the client; an older one is sent what it knows (LIVE-B5)."""
        self._minor = minor
        self._durable: deque[str] = deque()
        self._durable_bytes = 0
        self._stage: str | None = None
        self._presence: str | None = None
        self._ready = asyncio.Event()
        self.closed = asyncio.Event()
        self.close_code: CloseCode | None = None
        self.presence_dropped = 0
        self.stage_collapsed = 0

    def put_durable(self, text: str) -> None:
        if self.close_code is not None or not (text := self._fitted(text)):
            return
        full = len(self._durable) >= limits.OUTBOX_MESSAGES
        if full or self._durable_bytes + len(text) > limits.OUTBOX_BYTES:
            self.close(CloseCode.RESYNC)
            return
        self._durable.append(text)
        self._durable_bytes += len(text)
        self._ready.set()

    def put_stage(self, text: str) -> None:
        if self.close_code is not None or not (text := self._fitted(text)):
            return
        self.stage_collapsed += self._stage is not None
        self._stage = text
        self._ready.set()

    def put_presence(self, text: str) -> None:
        """Dropped while anything is waiting: a pointer that is late is wrong."""
        if self.close_code is not None:
            return
        if self._durable or self._stage is not None or self._presence is not None:
            self.presence_dropped += 1
            return
        if fitted := self._fitted(text):
            self._presence = fitted
            self._ready.set()

    def _fitted(self, text: str) -> str:
        return fit_text(text, minor=self._minor) or ""

    def close(self, code: CloseCode) -> None:
        """Nothing more is taken in; a full queue is dropped, otherwise what waits is sent."""
        if self.close_code is not None:
            return
        self.close_code = code
        if code == CloseCode.RESYNC:
            self._durable.clear()
            self._stage = self._presence = None
        self._ready.set()
        self.closed.set()

    async def next(self) -> str | None:
        """The next message, durable before stage before presence; ``None`` when closed."""
        while True:
            if self._durable:
                text = self._durable.popleft()
                self._durable_bytes -= len(text)
                return text
            if self._stage is not None:
                text, self._stage = self._stage, None
                return text
            if self._presence is not None:
                text, self._presence = self._presence, None
                return text
            if self.close_code is not None:
                return None
            self._ready.clear()
            await self._ready.wait()
