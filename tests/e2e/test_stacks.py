"""A 4D series in the viewer: one stack at a time, by keyboard, by pointer and from the browser."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import OpenPage
from tests.e2e.harness import Stack, wait_for
from tests.e2e.imports import SHARED, import_sets
from tests.e2e.screen import Screen

pytestmark = [
    pytest.mark.chromium,
    pytest.mark.timeout(300),
    pytest.mark.skipif(not SHARED.exists(), reason="shared data (real DICOM) is not here"),
]
FUNCTIONAL, ODD, RADIOGRAPHS = "08-mr-4d-bold", "16-odd-geometry", "10-gsps-kos-pdf-rdsr"
PLANNING = "09-rt-breast-boost"


def test_a_functional_series_is_scrolled_stack_by_stack(
    stack: Stack, open_page: OpenPage, keep_screenshot: Callable[[Page, str], Path]
) -> None:
    case_id, every = import_sets(stack, "STACKS-1", FUNCTIONAL, ODD, RADIOGRAPHS, PLANNING)
    (functional,) = [one for one in every if one["stack_count"] == 4]
    uid = functional["series_instance_uid"]
    page = open_page(
        role="radiologist", width=1920, height=1080, path=f"/cases/{case_id}/view?series={uid}"
    )
    screen = Screen(page)
    first = screen.wait_for_picture()
    assert (first["stack"], first["stacks"], first["slices"]) == (1, 4, 35)
    screen.press("End")
    screen.press("ArrowDown", times=2)

    def reached(**wanted: Any) -> dict[str, Any]:
        def settled() -> dict[str, Any] | None:
            report = screen.viewport()
            here = report["sop_instance_uid"] == report["target_sop_instance_uid"]
            return report if here and wanted.items() <= report.items() else None

        report: dict[str, Any] = wait_for(settled, what=f"{wanted}", timeout_s=20)
        return report

    last = reached(stack=1, slice=35)
    screen.press(".")
    second = reached(stack=2, slice=35)
    assert second["sop_instance_uid"] != last["sop_instance_uid"]
    assert second["focal_point_lps"] == pytest.approx(last["focal_point_lps"])
    keep_screenshot(page, "1920")
    expect(page.get_by_test_id("stack")).to_contain_text("2 of 4")
    page.get_by_role("button", name="Next stack of the series").click()
    reached(stack=3)
    page.locator(f"[data-series='{uid}'] + [role='group'] [data-stack='4']").click()
    reached(stack=4)
    page.set_viewport_size({"width": 820, "height": 1180})
    page.get_by_role("button", name="Stacks of this series", exact=True).last.click()
    page.get_by_role("menuitem").nth(3).wait_for()
    page.wait_for_timeout(300)  # until it has faded in
    keep_screenshot(page, "tablet")
    page.get_by_role("menuitem").first.click()
    reached(stack=1)

    page.set_viewport_size({"width": 1280, "height": 800})
    for name, modality, words in (
        ("odd", "MR", "within this image only"),
        ("radiograph", "DX", "calibrated by the file"),
    ):
        series = next(
            one for one in every if one["modality"] == modality and one["stack_count"] == 1
        )
        page.locator(f"[data-series='{series['series_instance_uid']}']").click()
        wait_for(
            lambda uid=series["series_instance_uid"]: (
                screen.viewport()["series_instance_uid"] == uid
            ),
            what=name,
        )
        screen.wait_for_picture()
        expect(page.locator("[data-viewport='0']")).to_contain_text(words)
        # Imported with a reason in spite of another name: said on every picture, not only once.
        expect(page.get_by_test_id("other-identity")).to_be_visible()
        keep_screenshot(page, name)
    plan = next(one for one in every if one["kind"] == "rtplan")
    tile = page.locator(f"[data-series='{plan['series_instance_uid']}']")
    tile.scroll_into_view_if_needed()
    assert "Radiotherapy plan" in tile.inner_text()
    keep_screenshot(page, "objects")
