"""The chaos of this folder, done to stock Channels groups: what do they lose?

    python -m tests.faults.live.stock --events 5000 --cuts 25 --kills 2 --report out.json

Twenty windows send and hear. A window sends again what was not acknowledged, as ours does; there
is no log to catch up from, so what is said while a window is away, or what a full channel drops,
is lost to it. Owed is every acknowledged message to every window.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import re
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Any
from uuid import uuid4

import websockets

from config.supervisor.engines import EmbeddedValkey
from tests.faults.live.cutter import Cutter
from tests.protocol.rules import BASE

WINDOWS = 20
PER_SECOND = 60
"""Of all together; about what ours commits on the same machine: no flood."""

IN_FLIGHT = 4
GOES_AWAY = (OSError, TimeoutError, websockets.WebSocketException)


class Window:
    """Sends its share, remembers what it heard."""

    def __init__(self, *, port: int, share: int) -> None:
        self.port, self.share = port, share
        self.waiting: set[str] = set()
        self.acked: set[str] = set()
        self.heard: set[str] = set()
        self.stopping = False
        self.next_at = time.monotonic() + random.random() * WINDOWS / PER_SECOND

    @property
    def is_done(self) -> bool:
        return len(self.acked) >= self.share

    async def run(self) -> None:
        while not self.stopping:
            with suppress(*GOES_AWAY):
                async with websockets.connect(
                    f"ws://127.0.0.1:{self.port}/", open_timeout=5, close_timeout=0.2
                ) as socket:
                    await self._talk(socket)
            await asyncio.sleep(0.05)

    async def _talk(self, socket: Any) -> None:
        for one in self.waiting:
            await socket.send(json.dumps({"id": one}))
        while not self.stopping:
            if self._may_send():
                one = str(uuid4())
                self.waiting.add(one)
                await socket.send(json.dumps({"id": one}))
            with suppress(TimeoutError):
                async with asyncio.timeout(0.05):
                    self._hear(json.loads(await socket.recv()))

    def _may_send(self) -> bool:
        now = time.monotonic()
        if now < self.next_at or len(self.waiting) >= IN_FLIGHT:
            return False
        self.next_at = now + WINDOWS / PER_SECOND
        return len(self.acked) + len(self.waiting) < self.share

    def _hear(self, message: dict[str, str]) -> None:
        if "ack" in message:
            self.acked.add(message["ack"])
            self.waiting.discard(message["ack"])
        else:
            self.heard.add(message["id"])


class Relays:
    """Two web processes of the stock application behind the relay that cuts."""

    def __init__(self, *, root: Path, cutter: Cutter) -> None:
        self.root, self.cutter = root, cutter
        self.running: dict[int, tuple[subprocess.Popen[bytes], int]] = {}
        self.started = 0

    async def start(self, slot: int) -> None:
        self.started += 1
        log = self.root / f"stock{self.started}.log"
        command = (sys.executable, "-m", "uvicorn", "tests.faults.live.stock_app:application")
        with log.open("wb") as output:
            process = subprocess.Popen(
                [*command, "--host", "127.0.0.1", "--port", "0", "--ws", "websockets-sansio"],
                cwd=BASE,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        while not (found := re.search(r"running on http://127.0.0.1:(\d+)", log.read_text())):
            if process.poll() is not None:
                raise AssertionError(log.read_text()[-2000:])
            await asyncio.sleep(0.05)
        self.running[slot] = process, int(found[1])
        self.cutter.targets = [port for _, port in self.running.values()]

    async def kill(self, slot: int) -> None:
        process, _ = self.running.pop(slot)
        self.cutter.targets = [port for _, port in self.running.values()]
        process.kill()
        process.wait(10)
        await self.start(slot)

    def stop(self) -> None:
        for process, _ in self.running.values():
            process.kill()
            process.wait(10)


async def run(*, events: int, cuts: int, kills: int, root: Path) -> dict[str, Any]:
    valkey = EmbeddedValkey(root=root / "valkey", durable=False)
    os.environ["REDIS_URL"] = valkey.start()
    cutter, chosen = Cutter(), random.Random(1)
    await cutter.start()
    relays = Relays(root=root, cutter=cutter)
    for slot in range(2):
        await relays.start(slot)
    windows = [Window(port=cutter.port, share=-(-events // WINDOWS)) for _ in range(WINDOWS)]
    talking = [asyncio.create_task(one.run()) for one in windows]
    acts = [((n + 1) / (cuts + 1), lambda: cutter.cut(1, among=chosen)) for n in range(cuts)]
    acts += [((n + 1) / (kills + 1), lambda n=n: relays.kill(n % 2)) for n in range(kills)]
    started = time.monotonic()
    for share, act in sorted(acts, key=lambda pair: pair[0]):
        while sum(len(one.acked) for one in windows) < share * events * 0.95:
            await asyncio.sleep(0.01)
        done = act()
        if done is not None:
            await done
    while not all(one.is_done for one in windows):
        await asyncio.sleep(0.05)
    seconds = time.monotonic() - started
    await asyncio.sleep(3)  # whatever is still on its way
    for one in windows:
        one.stopping = True
    await asyncio.wait(talking, timeout=10)
    await cutter.stop()
    relays.stop()
    valkey.stop()
    sent = set().union(*(one.acked for one in windows))
    lost = [len(sent - one.heard) for one in windows]
    return {
        "sent": len(sent),
        "owed": len(sent) * len(windows),
        "lost": sum(lost),
        "windows": sum(1 for one in lost if one),
        "cuts": cutter.cuts,
        "kills": kills,
        "seconds": round(seconds, 1),
    }


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="tests.faults.live.stock", description=__doc__)
    for name, default in (("events", 5000), ("cuts", 25), ("kills", 2)):
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--report", type=Path, required=True)
    given = parser.parse_args(argv)
    with tempfile.TemporaryDirectory(prefix="consilium-stock-") as root:
        report = asyncio.run(
            run(events=given.events, cuts=given.cuts, kills=given.kills, root=Path(root))
        )
    given.report.write_text(json.dumps(report, indent=2) + "\n", "utf-8")
    print(json.dumps(report, indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
