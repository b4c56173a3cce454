"""A ball of known centre and radius in 3D: where its picture lies, from three sides, by pixels."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Page
from pydicom.uid import generate_uid

from tests.apps.imaging.segs import describe_segment, make_seg, make_stack
from tests.e2e.conftest import OpenPage
from tests.e2e.harness import Stack, wait_for
from tests.e2e.imports import import_sets
from tests.e2e.screen import Screen

pytestmark = [pytest.mark.chromium, pytest.mark.orthanc, pytest.mark.timeout(600)]
Keep = Callable[[Page, str], Path]

CENTRE, RADIUS_MM = np.array([20.0, 18.0, 58.0]), 14.0
ROWS, COLUMNS, SLICES = 64, 60, 40
ROW_MM, COLUMN_MM, SLICE_MM = 1.0, 1.5, 2.0
FIRST = np.array([-10.0, -20.0, 30.0])
SIDES = {
    # What lies to the right and up on the screen, in LPS, and the letters at the left and the top.
    "the front": ([0, -1, 0], [1, 0, 0], [0, 0, 1], "R", "S"),
    "the patient's left": ([1, 0, 0], [0, 1, 0], [0, 0, 1], "A", "S"),
    "the head": ([0, 0, 1], [-1, 0, 0], [0, -1, 0], "L", "A"),
}


def _import_ball(stack: Stack, folder: Path) -> tuple[str, str]:
    """A CT of a dense ball in water, and the same ball as a segment; the case and the series."""
    z, y, x = np.meshgrid(
        FIRST[2] + SLICE_MM * np.arange(SLICES),
        FIRST[1] + ROW_MM * np.arange(ROWS),
        FIRST[0] + COLUMN_MM * np.arange(COLUMNS),
        indexing="ij",
    )
    away = np.sqrt((x - CENTRE[0]) ** 2 + (y - CENTRE[1]) ** 2 + (z - CENTRE[2]) ** 2)
    ball = away <= RADIUS_MM
    study, series = generate_uid(), generate_uid()
    images = make_stack(
        count=SLICES,
        study_uid=study,
        series_uid=series,
        shape=(ROWS, COLUMNS),
        PixelSpacing=[ROW_MM, COLUMN_MM],
        patient_id="BALL-1",
    )
    for image, plane in zip(images, ball, strict=True):
        stored = (np.where(plane, 800, 0) + 1024) // 2
        image.PixelData = stored.astype("<i2").tobytes()
    seg = make_seg(images, ball.astype(np.uint8), segments=[describe_segment(label="Ball")])
    for number, dataset in enumerate([*images, seg]):
        dataset.save_as(folder / f"{number:03}.dcm", enforce_file_format=True)
    case_id, _ = import_sets(stack, "BALL-1", folder)
    return case_id, str(series)


def _choose(page: Page, item: str) -> None:
    page.get_by_role("button", name="3D", exact=True).click()
    page.get_by_role("menuitem", name=item, exact=True).click()


def _check(screen: Screen, side: str, *, tolerance_mm: float) -> None:
    normal, right, up, left_letter, top_letter = SIDES[side]
    group = screen.page.locator("[data-viewport='0']").get_by_role("group")
    group.get_by_role("button", name=f"Seen from {side}").click()

    def ready() -> bool:
        now = screen.viewport()
        return bool(
            now.get("plane_settled") and np.allclose(now["view_plane_normal"], normal, atol=1e-6)
        )

    wait_for(ready, what=side, timeout_s=60)
    report, picture = screen.viewport(), screen.picture()
    rows, columns = np.nonzero(picture > 20)
    mm = report["mm_per_px"]
    radius = np.sqrt(rows.size * mm * mm / np.pi)
    assert radius == pytest.approx(RADIUS_MM, abs=tolerance_mm), side
    off = CENTRE - np.array(report["focal_point_lps"])
    across = (columns.mean() + 0.5 - picture.shape[1] / 2) * mm
    above = -(rows.mean() + 0.5 - picture.shape[0] / 2) * mm
    assert across == pytest.approx(float(np.dot(off, right)), abs=0.5), side
    assert above == pytest.approx(float(np.dot(off, up)), abs=0.5), side
    assert abs(across) > 2, "in the middle it would look the same mirrored"
    for edge, letter in (("left", left_letter), ("top", top_letter)):
        shown = screen.page.locator(f"[data-viewport='0'] [data-edge='{edge}']")
        assert shown.text_content() == letter, side


def test_a_ball_is_where_it_is_and_as_large_from_every_side(
    stack: Stack, open_page: OpenPage, keep_screenshot: Keep, tmp_path: Path
) -> None:
    case, series = _import_ball(stack, tmp_path)
    path = f"/cases/{case}/view?series={series}"
    page = open_page(role="radiologist", width=1280, height=800, path=path)
    screen = Screen(page)
    screen.wait_for_picture()
    screen.focus_viewport()
    _choose(page, "Bone")
    for side in SIDES:
        # The preset begins at 130 HU; between water and 800 HU that is outside of the edge.
        _check(screen, side, tolerance_mm=1.2)
    keep_screenshot(page, "ball-bone")

    # It turns with the hand, several pictures on the way.
    before = screen.viewport()["solid"]["moving"]
    x, y = screen.focus_viewport()
    screen.drag((x, y), (x + 200, y + 40), steps=60)
    wait_for(lambda: screen.viewport()["plane_settled"], what="at rest", timeout_s=60)
    assert screen.viewport()["solid"]["moving"] - before >= 6
    print("ball", screen.viewport()["solid"])

    page.locator("label", has_text="Segments").click()
    page.get_by_role("checkbox", name="Show Ball").check()
    _choose(page, "Surfaces only")
    wait_for(
        lambda: (screen.viewport().get("solid") or {}).get("surfaces"),
        what="the surface",
        timeout_s=60,
    )
    for side in SIDES:
        _check(screen, side, tolerance_mm=0.5)
    keep_screenshot(page, "ball-surface")
