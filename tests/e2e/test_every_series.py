"""Every series of the shared data in the viewer: drawn as it is, or its reason on the screen."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.e2e.conftest import OpenPage
from tests.e2e.harness import Stack, wait_for
from tests.e2e.imports import SHARED, import_sets
from tests.e2e.screen import Screen

pytestmark = [
    pytest.mark.chromium,
    pytest.mark.timeout(900),
    pytest.mark.skipif(not SHARED.exists(), reason="shared data (real DICOM) is not here"),
]
#: Sets with images beside those of test_real_data.
SETS = ("05", "07", "08", "09", "10", "11", "12", "13", "14", "15", "16", "17", "18")
#: Computed in the page: a picture is a long list to send.
BRIGHTEST = "() => window.__consilium.picture(0)?.grey.reduce((a, b) => Math.max(a, b), 0) ?? 0"
#: What a tile says of an object without a picture.
TOLD = re.compile(
    r"image|segment|picture|decod|report|radiother|document|waveform|present|scale", re.IGNORECASE
)


def _import_all(stack: Stack) -> tuple[str, list[dict[str, Any]]]:
    """One case with every set, through the command; its series."""
    folders = [folder for number in SETS for folder in SHARED.glob(f"{number}-*")]
    assert len(folders) == len(SETS)
    return import_sets(stack, "EVERY-1", *folders)


def _is_drawn(screen: Screen, *, seconds: float = 5) -> bool:
    """Anything but black on the canvas, or values that the window does show as black."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if screen.page.evaluate(BRIGHTEST) > 0:
            return True
        time.sleep(0.1)
    voi = screen.viewport()["voi"]
    grid = [(column, row) for column in range(0, 200, 20) for row in range(0, 200, 20)]
    values = [screen.read("valueAt", 0, list(place)) for place in grid]
    known = [value for value in values if value is not None]
    return bool(known) and max(known) <= voi["lower"]


def test_every_series_is_drawn_or_says_why_not(
    stack: Stack, open_page: OpenPage, keep_screenshot: Callable[[Page, str], Path]
) -> None:
    case_id, every_series = _import_all(stack)
    page = open_page(role="radiologist", width=1280, height=800, path=f"/cases/{case_id}/view")
    screen = Screen(page)
    page.locator("[data-series]").first.wait_for(timeout=60_000)
    drawn: list[str] = []
    told: list[str] = []
    blank: list[str] = []
    for series in every_series:
        tile = page.locator(f"[data-series='{series['series_instance_uid']}']")
        words = f"{series['modality']} {series['description']}"
        if not series["frame_count"]:
            assert tile.is_disabled(), words
            said = tile.inner_text()
            assert re.search(
                r"image|segment|picture|decod|report|radiother|document|waveform|present|scale",
                said,
                re.IGNORECASE,
            ), said
            told.append(words)
            continue
        tile.click()
        uid = series["series_instance_uid"]

        def settled(uid: str = uid) -> dict[str, Any] | None:
            report = screen.viewport()
            here = report.get("series_instance_uid") == uid
            shown = report.get("sop_instance_uid") == report.get("target_sop_instance_uid")
            done = report.get("error") or (
                shown and report.get("sop_instance_uid") and report["voi"]
            )
            return report if here and done else None

        report = wait_for(settled, what=f"{words} settles", timeout_s=30)
        codes = {warning["code"] for warning in series["warnings"]}
        if report["error"] == "not_decodable" and "pixels_undecodable" in codes:
            told.append(words)
            continue
        if report["error"]:
            blank.append(f"{words}: {report['error']}")
        elif not _is_drawn(screen):
            blank.append(f"{words}: black, {report['voi']}, slice {report['slice']}")
            keep_screenshot(page, f"black-{len(blank)}")
        for warning in series["warnings"]:
            assert warning["message"] in " ".join(tile.inner_text().split()), words
        drawn.append(words)
    keep_screenshot(page, "last")
    assert not blank, "\n".join(blank)
    print(f"series drawn: {len(drawn)}; told why not: {len(told)}")
    assert len(drawn) > 40
    assert len(drawn) + len(told) == len(every_series)
