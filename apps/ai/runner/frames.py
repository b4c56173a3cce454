"""The wire between worker and runner: JSON documents, each behind its length.

Both sides read frames as hostile: a length beyond the limit, a body that is no JSON object or
a stream that ends inside a frame is an error, never a guess.
"""

from __future__ import annotations

import json
import os
import select
import struct
import time
from typing import Any

MAX_FRAME_BYTES = 64 * 1024 * 1024
_LENGTH = struct.Struct(">I")


class FrameError(ValueError):
    """The other side broke the framing; the worker ends the runner, the runner ends itself."""


class EndOfStream(EOFError):
    """The other side closed the pipe."""


def write_frame(file_descriptor: int, document: dict[str, Any]) -> None:
    """Write one document; blocks until the pipe took all of it."""
    body = json.dumps(document, separators=(",", ":"), allow_nan=False).encode()
    if len(body) > MAX_FRAME_BYTES:
        raise FrameError(f"a frame of {len(body)} bytes exceeds the limit")
    view = memoryview(_LENGTH.pack(len(body)) + body)
    while view:
        view = view[os.write(file_descriptor, view) :]


def read_frame(file_descriptor: int, *, timeout_s: float | None = None) -> dict[str, Any]:
    """Read one document.

    Raises
    ------
    TimeoutError
        Nothing, or not all of it, came within ``timeout_s``.
    EndOfStream
        The other side is gone.
    FrameError
        What came is not a frame.
    """
    deadline = None if timeout_s is None else time.monotonic() + timeout_s
    (length,) = _LENGTH.unpack(_read_exactly(file_descriptor, _LENGTH.size, deadline))
    if length > MAX_FRAME_BYTES:
        raise FrameError(f"a frame of {length} bytes exceeds the limit")
    body = _read_exactly(file_descriptor, length, deadline)
    try:
        document = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise FrameError("a frame is not JSON") from error
    if not isinstance(document, dict):
        raise FrameError("a frame is not a JSON object")
    return document


def wait_readable(file_descriptor: int, timeout_s: float) -> bool:
    """Whether something (or the end) is there to read within ``timeout_s``."""
    ready, _, _ = select.select([file_descriptor], [], [], max(0.0, timeout_s))
    return bool(ready)


def _read_exactly(file_descriptor: int, size: int, deadline: float | None) -> bytes:
    parts = bytearray()
    while len(parts) < size:
        if deadline is not None and not wait_readable(file_descriptor, deadline - time.monotonic()):
            raise TimeoutError("the other side did not finish its frame in time")
        part = os.read(file_descriptor, min(size - len(parts), 1 << 20))
        if not part:
            raise EndOfStream("the other side closed the pipe")
        parts += part
    return bytes(parts)
