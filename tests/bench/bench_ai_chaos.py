"""AI jobs under chaos: 1,000 questions, kills, restarts, FLUSHALL; what is lost or doubled.

AI_CHAOS_JOBS and AI_CHAOS_KILLS make it shorter. The same kills and flushes are then done to a
plain Celery task, acknowledged early and late (tests/faults/ai/naive.py).
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

JOBS = int(os.environ.get("AI_CHAOS_JOBS", "1000"))
KILLS = int(os.environ.get("AI_CHAOS_KILLS", "64"))
SEED = int(os.environ.get("AI_CHAOS_SEED", "1"))
PLAIN_JOBS = min(JOBS, 300)
MINUTES = 20


def measure() -> list[Figure]:
    ours = run("chaos", jobs=JOBS, kills=KILLS, more=("--seed", SEED))
    for loss in ours["losses"]:
        print(f"LOST  {loss}")
    figures = [
        at_least("questions, each with one answer that is known", ours["jobs"], "jobs", JOBS),
        at_least("workers, runners and tickers killed", ours["kills"], "kills", KILLS * 0.9),
        *(
            Figure(f"killed: {kind}", count, "kills")
            for kind, count in sorted(ours["kills_by_kind"].items())
        ),
        Figure("Valkey restarts and FLUSHALL", ours["valkey_restarts"] + ours["flushes"], ""),
        Figure(
            "PostgreSQL restarts and crashes",
            ours["postgres_restarts"] + ours["postgres_crashes"],
            "",
        ),
        Figure("PACS restarts", ours["pacs_restarts"], ""),
        Figure("requests to the PACS or its answers cut", sum(ours["cuts"].values()), "cuts"),
        Figure("accepted findings sent home (SEG, SR, VERIFIED SR)", ours["exports"], ""),
        Figure(
            "quarantined after three lost attempts, asked again by a person",
            ours["staff"].get("quarantined jobs asked again", 0),
            "jobs",
        ),
        at_most("time, all faults included", ours["seconds"] / 60, "min", MINUTES),
        at_most(
            "lost, doubled, stray, changed, left behind (database, Orthanc, disk, trail)",
            len(ours["losses"]),
            "",
            0,
        ),
    ]
    for late in (False, True):
        plain = run("naive", jobs=PLAIN_JOBS, kills=12, more=("--late",) if late else ())
        what = f"plain Celery task, acks_late={late}, {PLAIN_JOBS} jobs"
        figures += [
            Figure(f"{what}: lost", plain["lost"], "jobs"),
            Figure(f"{what}: done more than once", plain["doubled"], "jobs"),
        ]
    return figures


def run(module: str, *, jobs: int, kills: int, more: tuple[object, ...] = ()) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder, "report.json")
        plan = ("--jobs", jobs, "--kills", kills, "--report", report, *more)
        command = [sys.executable, "-m", f"tests.faults.ai.{module}", *map(str, plan)]
        subprocess.run(command, cwd=BASE, check=False, stdout=subprocess.DEVNULL)
        found: dict[str, Any] = json.loads(report.read_text("utf-8"))
    return found
