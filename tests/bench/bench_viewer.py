"""Viewer: first image, all slices, JavaScript, scrolling; against OHIF on Orthanc (two ways).

The same 300-slice CT, the same Chromium, a fresh profile for each page, taking turns. OHIF is the
published build behind nginx, its scripts compressed beforehand; it reads from an Orthanc as Debian
configures it, and from one with compression off. Time runs from the navigation to the page. First
image: the first large canvas with more than four grey levels. All slices: ours when every picture
is decoded, OHIF's when the last frame has arrived. The gate: both show grey levels of the scan, and
all 300 frames were asked for.
"""

from __future__ import annotations

import statistics
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.bench.ohif_peer import OhifPages
from tests.bench.run import Figure, at_least, at_most
from tests.bench.scene import SLICES, Scene, open_scene
from tests.e2e.conftest import CHROMIUM_ARGUMENTS
from tests.system_parts import find_chromium, find_ohif

ROUNDS = 5
SLOW_ROUNDS = 3
SLOW = {
    "offline": False,
    "latency": 10,
    "downloadThroughput": 30e6 / 8,
    "uploadThroughput": 30e6 / 8,
}
FIRST_WITHIN_S = 120
ALL_WITHIN_S = 180
SCROLL_S = 4.0

_PROBE = (Path(__file__).with_name("probe.js")).read_text("utf-8")


@dataclass
class Peer:
    """One page to open, and what was measured on it."""

    name: str
    url: str
    prepare: Callable[[BrowserContext], None]
    loaded: str
    """Script that counts the slices that are there."""
    first_ms: list[float] = field(default_factory=list)
    slow_ms: list[float] = field(default_factory=list)
    all_ms: list[float] = field(default_factory=list)
    script_kb: list[float] = field(default_factory=list)
    pictures_per_s: list[float] = field(default_factory=list)
    long_tasks: list[float] = field(default_factory=list)


def measure() -> list[Figure]:
    """All figures of the table."""
    dist = find_ohif()
    if dist is None:
        raise SystemExit("bench viewer needs OHIF's published build: make test fetches it")
    with (
        tempfile.TemporaryDirectory(prefix="consilium-bench-") as name,
        open_scene(directory=Path(name), frontend=True) as scene,
        _peers(scene, Path(name), dist) as peers,
        sync_playwright() as playwright,
    ):
        chromium = playwright.chromium.launch(
            executable_path=find_chromium(), headless=True, args=CHROMIUM_ARGUMENTS
        )
        for number in range(ROUNDS):
            for peer in peers if number % 2 == 0 else reversed(peers):
                _visit(chromium, peer, is_last=number >= ROUNDS - 2)
        for number in range(SLOW_ROUNDS):
            for peer in peers if number % 2 == 0 else reversed(peers):
                _visit_slowly(chromium, peer)
        chromium.close()
    return _figures(peers)


@contextmanager
def _peers(scene: Scene, directory: Path, dist: Path) -> Iterator[list[Peer]]:
    room = scene.room
    default = OhifPages(root=directory / "ohif-default", dist=dist, pacs=scene.default)
    plain = OhifPages(root=directory / "ohif-plain", dist=dist, pacs=scene.plain)

    def sign_in(context: BrowserContext) -> None:
        cookie = {"name": "sessionid", "value": room.session, "url": room.house.base_url}
        context.add_cookies([cookie])  # type: ignore[list-item]

    ohif = f"/viewer?StudyInstanceUIDs={room.study_uid}"
    frames = "new Set(window.__bench.resources().filter((u) => u.includes('/frames/'))).size"
    ours = "window.__consilium?.viewports?.()?.[0]?.loaded ?? 0"
    try:
        yield [
            Peer("Consilium", f"{room.house.base_url}/cases/{room.case_id}/view", sign_in, ours),
            Peer("OHIF on Orthanc", default.origin + ohif, lambda _: None, frames),
            Peer("OHIF, no compression", plain.origin + ohif, lambda _: None, frames),
        ]
    finally:
        default.stop()
        plain.stop()


@contextmanager
def _open(chromium: Browser, peer: Peer, *, width: int = 1280, height: int = 800) -> Iterator[Page]:
    context = chromium.new_context(viewport={"width": width, "height": height})
    try:
        peer.prepare(context)
        context.add_init_script(_PROBE)
        yield context.new_page()
    finally:
        context.close()


def _visit(chromium: Browser, peer: Peer, *, is_last: bool) -> None:
    with _open(chromium, peer) as page:
        page.goto(peer.url, wait_until="commit")
        peer.first_ms.append(_first_image(page, peer))
        page.wait_for_function(
            f"() => ({peer.loaded}) >= {SLICES}", timeout=ALL_WITHIN_S * 1000, polling=20
        )
        peer.all_ms.append(float(page.evaluate("performance.now()")))
        peer.script_kb.append(float(page.evaluate("window.__bench.scriptBytes() / 1000")))
        if is_last:
            page.set_viewport_size({"width": 800, "height": 600})
            page.wait_for_timeout(1500)
            told: dict[str, Any] = page.evaluate(f"window.__bench.scroll({SCROLL_S * 1000})")
            peer.pictures_per_s.append(told["pictures_per_s"])
            peer.long_tasks.append(told["long_tasks"])


def _visit_slowly(chromium: Browser, peer: Peer) -> None:
    with _open(chromium, peer) as page:
        session = page.context.new_cdp_session(page)
        session.send("Network.enable")
        session.send("Network.emulateNetworkConditions", SLOW)
        page.goto(peer.url, wait_until="commit")
        peer.slow_ms.append(_first_image(page, peer))


def _first_image(page: Page, peer: Peer) -> float:
    page.wait_for_function(
        "() => window.__bench?.first_ms != null", timeout=FIRST_WITHIN_S * 1000, polling=20
    )
    levels = page.evaluate("window.__bench.levels")
    if levels <= 4:
        raise AssertionError(f"{peer.name}: {levels} grey levels are no picture")
    return float(page.evaluate("window.__bench.first_ms"))


def _figures(peers: list[Peer]) -> list[Figure]:
    ours, default, plain = peers
    figures = []
    for what, of in (
        ("first image", "first_ms"),
        ("first image at 30 Mbit/s and 10 ms", "slow_ms"),
        ("all 300 slices", "all_ms"),
    ):
        medians = {peer.name: statistics.median(getattr(peer, of)) / 1000 for peer in peers}
        if of == "slow_ms":
            figures.append(at_most(f"{what}, Consilium", medians[ours.name], "s", 1.2))
        else:
            figures.append(Figure(f"{what}, Consilium", medians[ours.name], "s"))
        goal = 2 if of == "all_ms" else 5
        for peer in (default, plain):
            ratio = medians[peer.name] / medians[ours.name]
            figures.append(Figure(f"{what}, {peer.name}", medians[peer.name], "s"))
            figures.append(at_least(f"{what}, faster than {peer.name}", ratio, "x", goal))
    for peer in peers:
        kilobytes = statistics.median(peer.script_kb)
        label = f"JavaScript of the viewer's page, compressed, {peer.name}"
        ours_too = peer is ours
        figures.append(
            at_most(label, kilobytes, "kB", 1400) if ours_too else Figure(label, kilobytes, "kB")
        )
    for peer in peers:
        rate = statistics.median(peer.pictures_per_s)
        figures.append(
            Figure(f"scrolling at 800 x 600 from cache, {peer.name}", rate, "pictures/s")
        )
    figures.append(
        at_most("tasks over 50 ms while scrolling, Consilium", max(ours.long_tasks), "", 0)
    )
    for peer in (default, plain):
        name = f"tasks over 50 ms while scrolling, {peer.name}"
        figures.append(Figure(name, max(peer.long_tasks), ""))
    return figures
