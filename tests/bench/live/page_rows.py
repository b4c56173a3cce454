"""From the presenter's hand to the follower's screen, and what a thin line gets to see."""

from __future__ import annotations

import statistics
from typing import Any

from playwright.sync_api import Page

from tests.bench.live.pages import SLICES, LivePages, series_uid
from tests.bench.live.stats import percentile, spread
from tests.bench.run import Figure, at_most
from tests.e2e.harness import wait_for
from tests.e2e.screen import Screen

Json = dict[str, Any]

CANVAS = (400, 300)
STEPS = 60
PAUSE_MS = 150
THIN = {
    "offline": False,
    "latency": 150,
    "downloadThroughput": 8e6 / 8,
    "uploadThroughput": 8e6 / 8,
}
THIN_ROUNDS = 3
FOREVER = float("inf")


def measure_follow(pages: LivePages) -> list[Figure]:
    """A slice at a time, every picture decoded before: from the key to the follower."""
    with (
        pages.open("chair", width=1100, height=700) as one,
        pages.open("surgeon", width=1100, height=700) as other,
    ):
        presenter, follower = pages.join(one), pages.join(other)
        for screen in (presenter, follower):
            _fit_canvas(screen)
            wait_for(
                lambda s=screen: s.viewport()["loaded"] >= SLICES, what="cached", timeout_s=120
            )
        wait_for(lambda p=presenter: p.live()["followers"] == 1, what="somebody follows")
        presenter.focus_viewport()
        one.wait_for_timeout(500)
        at = presenter.viewport()["slice"]
        _forget(one, other)
        steps = [1 if step % 20 < 10 else -1 for step in range(STEPS)]
        wanted = [at := at + step for step in steps]
        for step in steps:
            presenter.press("ArrowDown" if step > 0 else "ArrowUp")
            one.wait_for_timeout(PAUSE_MS)
        wait_for(lambda: follower.viewport()["slice"] == wanted[-1], what="the last slice")
        one.wait_for_timeout(100)
        presses, shown, seen = one.evaluate("__follow.input"), _seen(one), _seen(other)
    delays = follow_delays(presses, wanted, seen)
    own = follow_delays(presses, wanted, shown)
    if len(delays) < STEPS / 2:
        raise AssertionError(f"{len(delays)} of {STEPS} steps were seen by the follower")
    width, height = CANVAS
    what = f"slice follow in Chromium, {width} x {height}, software rendering, cached"
    return [
        at_most(f"{what}, p95", percentile(delays, 0.95), "ms", 50),
        Figure(f"{what}, p50", percentile(delays, 0.5), "ms"),
        Figure(f"{what}, slices skipped for a newer one", STEPS - len(delays), ""),
        Figure(f"{what}, the presenter's own picture, p95", percentile(own, 0.95), "ms"),
    ]


def follow_delays(presses: list[float], wanted: list[int], seen: list[Json]) -> list[float]:
    """From each key to when its slice is seen; a slice that was skipped for a newer has none."""
    delays = []
    for press, until, slice_ in zip(presses, [*presses[2:], FOREVER, FOREVER], wanted, strict=True):
        after = [s["at"] - press for s in seen if s["slice"] == slice_ and press <= s["at"] < until]
        delays += after[:1]
    return delays


def measure_thin_line(pages: LivePages) -> list[Figure]:
    """The application is there, the pixels are not: the presenter opens another series.

    The line is made thin by Chromium for HTTP; it cannot for a socket, whose frames are small.
    """
    first: list[float] = []
    full: list[float] = []
    for number in range(THIN_ROUNDS):
        with (
            pages.open("chair", width=1600, height=900) as one,
            pages.open("surgeon", width=1100, height=700) as other,
        ):
            presenter = pages.join(one)
            other.goto(pages.house.base_url)
            other.wait_for_load_state("networkidle")
            session = other.context.new_cdp_session(other)
            session.send("Network.enable")
            session.send("Network.emulateNetworkConditions", THIN)
            pages.join(other)
            now = presenter.viewport()["series_instance_uid"]
            wanted = next(uid for uid in map(series_uid, range(2)) if uid != now)
            wait_for(lambda p=presenter: p.live()["followers"] == 1, what="somebody follows")
            _forget(one, other)
            one.locator(f"[data-series='{wanted}']").click()

            def seen_at(page: Page = other, series: str = wanted) -> list[Json] | None:
                """What was seen of it, once the frame itself was: pictures are noted as drawn."""
                of_it = [shown for shown in _seen(page) if shown["series"] == series]
                return of_it if any(not shown["preview"] for shown in of_it) else None

            seen = wait_for(seen_at, what=f"the frame itself, round {number}", timeout_s=60)
            started = one.evaluate("__follow.input")[0]
            small = [shown for shown in seen if shown["preview"]]
            if not small:
                raise AssertionError("no reduced picture came before the frame")
            first.append((small[0]["at"] - started) / 1000)
            full.append((next(s["at"] for s in seen if not s["preview"]) - started) / 1000)
    what = "at 8 Mbit/s and 150 ms, another series"
    return [
        at_most(f"{what}, a reduced, marked image, longest of {THIN_ROUNDS}", max(first), "s", 2),
        Figure(f"{what}, reduced, median ({spread(first)})", statistics.median(first), "s"),
        Figure(f"{what}, the frame itself, median", statistics.median(full), "s"),
    ]


def _seen(page: Page) -> list[Json]:
    seen: list[Json] = page.evaluate("__follow.seen")
    return seen


def _forget(*pages: Page) -> None:
    for page in pages:
        page.evaluate("__follow.seen.length = __follow.input.length = 0")


def _fit_canvas(screen: Screen) -> None:
    """The page as large as it takes for the picture to be as large as agreed."""
    page = screen.page
    for _ in range(3):
        size, window = screen.viewport()["size"], page.viewport_size
        assert window is not None
        wide = window["width"] + CANVAS[0] - round(size["width"])
        high = window["height"] + CANVAS[1] - round(size["height"])
        page.set_viewport_size({"width": max(700, wide), "height": max(400, high)})
        page.wait_for_timeout(700)
