"""A TCP relay that cuts: between the clients and the web processes, as a bad network would be.

Every connection goes to the next web process that is up. ``cut`` ends some of them with a reset;
``freeze`` leaves some open and carries nothing more, which is what a laptop lid does.
"""

from __future__ import annotations

import asyncio
import random
import socket
import struct
from contextlib import suppress
from dataclasses import dataclass, field

CHUNK = 64 * 1024


@dataclass(eq=False)
class Link:
    """One connection through the relay."""

    writers: tuple[asyncio.StreamWriter, asyncio.StreamWriter]
    flowing: asyncio.Event = field(default_factory=asyncio.Event)

    def reset(self) -> None:
        """RST to both ends: what is on its way is lost, and neither end is told politely."""
        self.flowing.set()
        for writer in self.writers:
            with suppress(OSError, AttributeError):
                raw = writer.get_extra_info("socket")
                raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            writer.transport.abort()


class Cutter:
    """Listens on ``port`` and forwards to ``targets``, the ports of web processes that are up."""

    def __init__(self) -> None:
        self.targets: list[int] = []
        self.links: set[Link] = set()
        self.cuts = 0
        self.frozen = 0
        self.port = 0
        self._next = 0
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
        while self.links:
            for link in list(self.links):
                link.reset()
            await asyncio.sleep(0.01)

    def cut(self, count: int, *, among: random.Random) -> None:
        for link in among.sample(sorted(self.links, key=id), min(count, len(self.links))):
            self.cuts += 1
            link.reset()

    def freeze(self, count: int, *, among: random.Random) -> None:
        flowing = [link for link in sorted(self.links, key=id) if link.flowing.is_set()]
        for link in among.sample(flowing, min(count, len(flowing))):
            self.frozen += 1
            link.flowing.clear()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        back_reader, back_writer = await self._reach()
        if back_reader is None or back_writer is None:
            writer.transport.abort()
            return
        link = Link((writer, back_writer))
        link.flowing.set()
        self.links.add(link)
        try:
            ways = (
                asyncio.ensure_future(_carry(link, reader, back_writer)),
                asyncio.ensure_future(_carry(link, back_reader, writer)),
            )
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            for way in ways:
                way.cancel()
        finally:
            self.links.discard(link)
            for end in link.writers:
                end.close()

    async def _reach(self) -> tuple[asyncio.StreamReader | None, asyncio.StreamWriter | None]:
        """The next web process that answers."""
        for _ in range(len(self.targets)):
            self._next += 1
            port = self.targets[self._next % len(self.targets)]
            with suppress(OSError):
                return await asyncio.open_connection("127.0.0.1", port)
        return None, None


async def _carry(link: Link, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(CHUNK):
            await link.flowing.wait()
            writer.write(data)
            await writer.drain()
