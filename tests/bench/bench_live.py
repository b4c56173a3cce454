"""Live session: stage, ops, rooms, rejoin, browsers; against stock Channels (two layers), Node ws.

Everything of a row runs in the same minutes on the same machine, taking turns; ratios count more
than times. One Node process with one monotonic clock is all senders and all receivers. A message
is a whole ``stage.update`` of one viewport, the same bytes for each server. A run that loses,
doubles or reorders a durable event, shows an older stage after a newer one, or lets a message of
one room into another has no figures: it fails.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from tests.bench.live.house import open_live_house
from tests.bench.run import Figure


def measure() -> list[Figure]:
    """All figures of the table."""
    from tests.bench.live.page_rows import measure_follow, measure_thin_line
    from tests.bench.live.pages import open_pages

    with (
        tempfile.TemporaryDirectory(prefix="consilium-bench-") as name,
        open_pages(directory=Path(name)) as pages,
    ):
        in_browsers = [*measure_follow(pages), *measure_thin_line(pages)]
    with (
        tempfile.TemporaryDirectory(prefix="consilium-bench-") as name,
        open_live_house(directory=Path(name)) as house,
    ):
        from tests.bench.live.table import measure_table  # once Django is set up

        return [*measure_table(house), *in_browsers]
