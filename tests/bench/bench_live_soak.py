"""Live session for half an hour: memory, file handles and latency of 40 people in 5 sessions.

Two web processes. Stage at 10 Hz in each room, pointers, chat, people who leave and come back. The
gate is that of ``live``. ``CONSILIUM_SOAK_S`` makes it shorter or longer (1800).
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from tests.bench.live.house import open_live_house
from tests.bench.run import Figure

SECONDS = 1800


def measure() -> list[Figure]:
    """Slopes after a warm-up of a fifth of the time."""
    seconds = float(os.environ.get("CONSILIUM_SOAK_S") or SECONDS)
    with (
        tempfile.TemporaryDirectory(prefix="consilium-bench-") as name,
        open_live_house(directory=Path(name)) as house,
    ):
        from tests.bench.live.soak import measure_soak  # once Django is set up

        return measure_soak(house, seconds=seconds)
