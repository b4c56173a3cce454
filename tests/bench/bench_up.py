"""How long `manage.py up` takes until every dependency is well: first start, second start, end."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from tests.bench.run import Figure
from tests.e2e.harness import Stack

SECOND_START_GOAL_S = 30.0


def measure() -> list[Figure]:
    """Start an empty house twice, without Orthanc; the second start is the one of every day."""
    with tempfile.TemporaryDirectory(prefix="consilium-bench-") as directory:
        house = Stack(directory=Path(directory), orthanc=False, frontend=False)
        first_s = _time(house.start)
        stop_s = _time(house.stop)
        second_s = _time(house.start)
        house.stop()
    return [
        Figure(name="first start, database created", value=first_s, unit="s"),
        Figure(
            name="second start",
            value=second_s,
            unit="s",
            goal=f"under {SECOND_START_GOAL_S:g} s",
            met=second_s < SECOND_START_GOAL_S,
        ),
        Figure(name="Ctrl-C until all is quiet", value=stop_s, unit="s"),
    ]


def _time(work: Callable[[], object]) -> float:
    started_at = time.monotonic()
    work()
    return time.monotonic() - started_at
