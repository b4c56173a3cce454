"""A live session under chaos: 100,000 durable events, 500 cuts, 10 kills; what is lost.

CHAOS_EVENTS, CHAOS_CUTS and CHAOS_KILLS make it shorter. The same relay, with cuts and kills, is
then put before stock Channels groups (tests/faults/live/stock.py).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from tests.bench.run import BASE, Figure, at_least, at_most

EVENTS = int(os.environ.get("CHAOS_EVENTS", "100000"))
CUTS = int(os.environ.get("CHAOS_CUTS", "500"))
KILLS = int(os.environ.get("CHAOS_KILLS", "10"))
STOCK_EVENTS = min(EVENTS, 5_000)


def measure() -> list[Figure]:
    ours = run("chaos", events=EVENTS, cuts=CUTS, kills=KILLS)
    for loss in ours["losses"]:
        print(f"LOST  {loss}")
    figures = [
        at_least("durable events, from 20 people", ours["events"], "events", EVENTS),
        at_least("connections cut", ours["cuts"], "cuts", CUTS),
        at_least("web processes killed", ours["web_kills"], "kills", KILLS),
        Figure("connections frozen", ours["frozen"], ""),
        Figure("Valkey restarts and FLUSHALL", ours["valkey_restarts"] + ours["flushes"], ""),
        Figure(
            "PostgreSQL restarts and crashes",
            ours["postgres_restarts"] + ours["postgres_crashes"],
            "",
        ),
        Figure("reconnects", ours["counts"].get("reconnects", 0), ""),
        Figure("committed per second, all faults included", ours["per_second"], "ops/s"),
        at_most("losses: missing, doubled, out of order, other state", len(ours["losses"]), "", 0),
    ]
    stock = run("stock", events=STOCK_EVENTS, cuts=25, kills=2)
    return [
        *figures,
        Figure("stock Channels groups: messages sent", stock["sent"], ""),
        Figure("stock Channels groups: deliveries owed", stock["owed"], ""),
        Figure("stock Channels groups: deliveries lost", stock["lost"], ""),
        Figure("stock Channels groups: windows that lost some", stock["windows"], "of 20"),
    ]


def run(module: str, *, events: int, cuts: int, kills: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder, "report.json")
        plan = ("--events", events, "--cuts", cuts, "--kills", kills, "--report", report)
        command = [sys.executable, "-m", f"tests.faults.live.{module}", *map(str, plan)]
        subprocess.run(command, cwd=BASE, check=False, stdout=subprocess.DEVNULL)
        found: dict[str, Any] = json.loads(report.read_text("utf-8"))
    return found
