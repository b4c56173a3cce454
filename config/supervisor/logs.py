"""Merged logs: every line with the time and the name of the process it came from."""

from __future__ import annotations

import asyncio
import os
import sys
from datetime import datetime
from typing import TextIO

NAME_WIDTH = 9
COLOURS = {
    "up": "1",
    "web": "36",
    "worker": "32",
    "worker-ai": "35",
    "beat": "34",
    "ticker": "33",
    "orthanc": "90",
    "demo": "92",
}
CONTROL_CHARACTERS = dict.fromkeys(
    [*range(9), *range(10, 32), 127, *range(128, 160)], "\N{REPLACEMENT CHARACTER}"
)
LINE_MAX_BYTES = 64 * 1024


class MergedLog:
    """Writes lines of many processes to one stream, coloured where that is a terminal."""

    def __init__(self, *, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stdout
        wanted = bool(os.environ.get("FORCE_COLOR")) or self._stream.isatty()
        self._coloured = wanted and not os.environ.get("NO_COLOR")

    def write(self, *, name: str, text: str) -> None:
        stamp = datetime.now().strftime("%H:%M:%S")
        label = f"{name:<{NAME_WIDTH}}"
        if self._coloured:
            label = f"\x1b[{COLOURS.get(name, '0')}m{label}\x1b[0m"
        try:
            self._stream.write(f"{stamp} {label} {text}\n")
            self._stream.flush()
        except (OSError, ValueError):  # the terminal went away; the house goes on
            return

    def say(self, text: str) -> None:
        """A line of the supervisor's own."""
        self.write(name="up", text=text)

    async def follow(self, *, name: str, reader: asyncio.StreamReader) -> None:
        """Copy a process's output until it closes; a line without an end is cut."""
        rest = b""
        while chunk := await reader.read(LINE_MAX_BYTES):
            *lines, rest = (rest + chunk).split(b"\n")
            for line in lines:
                self._write_line(name=name, line=line)
            if len(rest) > LINE_MAX_BYTES:
                self._write_line(name=name, line=rest)
                rest = b""
        if rest:
            self._write_line(name=name, line=rest)

    def _write_line(self, *, name: str, line: bytes) -> None:
        # Escape sequences out of a DICOM header must not reach a terminal.
        text = line.decode("utf-8", errors="replace").rstrip().translate(CONTROL_CHARACTERS)
        if text:
            self.write(name=name, text=text)
