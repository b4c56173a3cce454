"""The short form of `make bench NAME=ai-chaos`: each question has its one answer, whatever is done.

In a process of its own: it starts its PostgreSQL, Valkey and Orthanc, and breaks them.
"""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.orthanc import skip_without_orthanc
from tests.protocol.rules import BASE
from tests.tallies import Tally

pytestmark = [pytest.mark.slow, pytest.mark.orthanc, pytest.mark.timeout(900)]

JOBS, KILLS, SEED = 40, 8, 4
LEAST_KILLS = 5
#: A hang, not a slow machine.
LIMIT_S = 600


def test_every_job_has_its_one_result_while_everything_is_killed(
    tmp_path: Path, tally: Tally
) -> None:
    skip_without_orthanc()
    report = tmp_path / "report.json"
    plan = ("--jobs", JOBS, "--kills", KILLS, "--seed", SEED, "--limit", LIMIT_S)
    done = subprocess.run(
        [sys.executable, "-m", "tests.faults.ai.chaos", *map(str, plan), "--report", str(report)],
        cwd=BASE,
        capture_output=True,
        text=True,
        check=False,
    )
    assert report.exists(), done.stderr[-4000:]
    found = json.loads(report.read_text("utf-8"))
    assert found["losses"] == [], found["acts"]
    assert found["jobs"] == JOBS and found["exports"] >= JOBS // 2
    assert found["kills"] >= LEAST_KILLS, found["kills_by_kind"]
    for done_to_it in ("flushes", "valkey_restarts", "postgres_restarts", "postgres_crashes"):
        assert found[done_to_it] >= 1, done_to_it
    assert found["pacs_restarts"] >= 1
    assert sum(found["cuts"].values()) >= 1, "an answer of the PACS was cut off"
    tally("AI jobs in chaos", jobs=JOBS, kills=found["kills"], lost_or_double=0)
