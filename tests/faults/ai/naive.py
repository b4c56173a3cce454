"""What a plain Celery task loses and doubles under the same kills and flushes.

    python -m tests.faults.ai.naive --jobs 300 --kills 12 [--late] --report out.json

Two workers as ours, a durable Valkey, one FLUSHALL in the middle, and ``kill -9`` spread over the
work. A result is a line in a file, so that nothing but the queue is on trial.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

import redis

from config.supervisor.engines import EmbeddedValkey
from config.supervisor.servers import launch_command
from tests.protocol.rules import BASE

WORKERS = 2
SILENT_FOR_S = 40.0
"""Longer than the visibility time-out and a worker's start: nothing more is coming."""

ASKED_EVERY_S = 0.2
"""A little slower than two workers are: what waits, waits because of the kills."""


class Workers:
    def __init__(self, *, root: Path) -> None:
        self.root = root
        self.started = 0
        self.running: dict[int, subprocess.Popen[bytes]] = {}

    def tend(self) -> None:
        for slot in range(WORKERS):
            process = self.running.get(slot)
            if process is None or process.poll() is not None:
                self.running[slot] = self._start(slot)

    def _start(self, slot: int) -> subprocess.Popen[bytes]:
        self.started += 1
        command = [
            *(sys.executable, "-m", "celery", "-A", "tests.faults.ai.naive_app", "--quiet"),
            *("worker", "--hostname", f"naive{slot}.{self.started}@%h", "--concurrency", "1"),
            *("--loglevel", "WARNING", "--without-gossip", "--without-mingle"),
        ]
        with (self.root / f"naive{self.started}.log").open("wb") as log:
            return subprocess.Popen(
                launch_command(program=command, parent_death="KILL"),
                cwd=BASE,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def kill(self, slot: int) -> None:
        """The worker and its pool process, as ours ends with its worker."""
        from tests.faults.processes import children_of

        process = self.running[slot]
        family = children_of(process.pid)
        process.kill()
        for pid in family:
            try:
                os.kill(pid, 9)
            except ProcessLookupError:
                continue
        process.wait()

    def stop(self) -> None:
        for slot in list(self.running):
            self.kill(slot)


def run(*, jobs: int, kills: int, late: bool, root: Path) -> dict[str, Any]:
    valkey = EmbeddedValkey(root=root / "valkey", durable=True)
    url = valkey.start()
    results = root / "results.txt"
    results.touch()
    os.environ["NAIVE_LATE"] = "1" if late else "0"
    os.environ["NAIVE_RESULTS"] = str(results)
    os.environ["NAIVE_BROKER"] = "redis+socket" + url.removeprefix("unix").replace(
        "?db=", "?virtual_host="
    )
    from tests.faults.ai.naive_app import analyse

    chosen = random.Random(1)
    workers = Workers(root=root)
    acts = [((n + chosen.random()) / kills * 0.9, "kill") for n in range(kills)]
    acts = sorted([*acts, (0.5, "flush")])
    asked, changed_at, known, next_at = 0, time.monotonic(), 0, 0.0
    try:
        while time.monotonic() - changed_at < SILENT_FOR_S:
            workers.tend()
            done = len(set(results.read_text("ascii").split()))
            if done != known:
                known, changed_at = done, time.monotonic()
            if asked < jobs and time.monotonic() >= next_at:
                analyse.delay(asked)
                asked, next_at = asked + 1, time.monotonic() + ASKED_EVERY_S
            if acts and done >= acts[0][0] * jobs:
                if acts.pop(0)[1] == "flush":
                    redis.Redis.from_url(url).flushall()
                else:
                    workers.kill(chosen.randrange(WORKERS))
            time.sleep(0.05)
    finally:
        workers.stop()
        valkey.stop()
    times = Counter(results.read_text("ascii").split())
    return {
        "jobs": jobs,
        "asked": asked,
        "late": late,
        "lost": jobs - len(times),
        "doubled": sum(1 for count in times.values() if count > 1),
    }


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="tests.faults.ai.naive", description=__doc__)
    parser.add_argument("--jobs", type=int, default=300)
    parser.add_argument("--kills", type=int, default=12)
    parser.add_argument("--late", action="store_true")
    parser.add_argument("--report", type=Path, required=True)
    given = parser.parse_args(argv)
    with tempfile.TemporaryDirectory(prefix="consilium-naive-") as root:
        report = run(jobs=given.jobs, kills=given.kills, late=given.late, root=Path(root))
    given.report.write_text(json.dumps(report, indent=2) + "\n", "utf-8")
    print(json.dumps(report, indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
