"""The short form of `make bench NAME=live-chaos`: nothing is lost, whatever is done to it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.protocol.rules import BASE

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

EVENTS, CUTS, KILLS = 5_000, 25, 2
#: A hang, not a slow machine: with two cores to itself it takes about a minute.
LIMIT_S = 600


def test_twenty_people_lose_nothing_while_everything_is_killed(tmp_path: Path) -> None:
    """In a process of its own: it starts its PostgreSQL and its Valkey, and breaks them."""
    report = tmp_path / "report.json"
    plan = ("--events", EVENTS, "--cuts", CUTS, "--kills", KILLS, "--limit", LIMIT_S)
    done = subprocess.run(
        [sys.executable, "-m", "tests.faults.live.chaos", *map(str, plan), "--report", str(report)],
        cwd=BASE,
        capture_output=True,
        text=True,
        check=False,
    )
    assert report.exists(), done.stderr[-4000:]
    found = json.loads(report.read_text("utf-8"))
    assert found["losses"] == []
    assert found["committed"] >= EVENTS and found["events"] >= EVENTS
    assert found["cuts"] >= CUTS and found["web_kills"] >= KILLS
    for done_to_it in ("frozen", "flushes", "valkey_restarts", "postgres_restarts"):
        assert found[done_to_it] >= 1, done_to_it
    assert found["postgres_crashes"] >= 1
    assert found["clients"] == 23
