"""Documents that others wrote, in the viewer: drawn at their place, read, paged by keyboard."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from tests.e2e.access import find_accessibility_faults
from tests.e2e.conftest import OpenPage
from tests.e2e.harness import Stack, wait_for
from tests.e2e.imports import SHARED, import_sets
from tests.e2e.screen import Screen

pytestmark = [
    pytest.mark.chromium,
    pytest.mark.timeout(900),
    pytest.mark.skipif(not SHARED.exists(), reason="shared data (real DICOM) is not here"),
]
FOLDERS = (
    "10-gsps-kos-pdf-rdsr", "11-seg-sr-dcmqi/sr-example", "12-seg-sr-highdicom-ct",
    "18-mr-brain-gad-kos-nist",
)  # fmt: skip
Keep = Callable[[Page, str], Path]


def _row(page: Page, document: dict[str, Any]) -> Any:
    row = page.locator(f"[data-document='{document['id']}']")
    row.scroll_into_view_if_needed()
    button = row.locator("button").first
    if button.get_attribute("aria-expanded") != "true":
        button.click()
    return row


def _lines_at(screen: Screen, points: list[tuple[float, float]], width: int = 2) -> list[bool]:
    """Whether a line of some graphic passes within ``width`` CSS pixels of each page position."""
    return screen.page.evaluate(
        """([points, width]) => points.map(([x, y]) =>
          [...document.querySelectorAll('.vw-graphic path.vw-line')].some((path) => {
            const place = path.getScreenCTM().inverse()
            const at = new DOMPoint(x, y).matrixTransform(place)
            const length = path.getTotalLength()
            for (let s = 0; s <= length; s += 0.5) {
              const p = path.getPointAtLength(s)
              if (Math.hypot(p.x - at.x, p.y - at.y) <= width) return true
            }
            return false
          }))""",
        [points, width],
    )


def _wait_for_lines(
    screen: Screen, places: list[tuple[float, float]], expected: list[bool]
) -> None:
    """Image positions with and without a line, wherever the picture has them now."""
    wait_for(
        lambda: _lines_at(screen, [_on_page(screen, *at) for at in places]) == expected,
        what="drawn where the picture is",
        timeout_s=20,
    )


def _is_on(screen: Screen, document: dict[str, Any]) -> None:
    wait_for(
        lambda: (
            document["id"] in screen.read("graphics")
            and screen.page.locator(".vw-graphic").count() > 0
        ),
        what=f"drawings of {document['title']}",
        timeout_s=20,
    )


def _on_page(screen: Screen, column: float, row: float) -> tuple[float, float]:
    """Page position of an image position, from what the viewport says of its camera.

    The images of set 10 have no patient space: theirs is one unit a pixel.
    """
    x, y = screen.read("pageOf", 0, [column, row, 0])
    return float(x), float(y)


def test_documents_are_drawn_read_and_paged(
    stack: Stack, open_page: OpenPage, keep_screenshot: Keep
) -> None:
    case_id, _ = import_sets(stack, "DOCS-1", *FOLDERS)
    coordinator = stack.client(role="coordinator")
    found = coordinator.get(f"/api/cases/{case_id}/documents").json()["results"]

    def document(**wanted: Any) -> dict[str, Any]:
        return next(d for d in found if all(d[name] == value for name, value in wanted.items()))

    page = open_page(role="radiologist", width=1920, height=1080, path=f"/cases/{case_id}/view")
    page.set_default_timeout(30_000)
    screen = Screen(page)
    screen.wait_for_picture()
    page.get_by_text("Docs", exact=False).last.click()

    # Presentation states, each on its own test image: a circle of 128 pixels, and a polyline.
    circle = [(383.5, 255.5), (255.5, 127.5), (127.5, 255.5)]
    for label, drawn in (("GRAN_P10", circle), ("GRAN_P01", [(127.5, 255.5), (191.5, 127.5)])):
        presented = document(description=label)
        row = _row(page, presented)
        row.get_by_role("button", name="Apply").first.click()
        _is_on(screen, presented)
        report = screen.wait_for_picture()
        assert report["modality"] == "OT"
        expected = [True] * len(drawn) + [False, False]
        places = [*drawn, (355.5, 255.5), (255.5, 255.5)]
        _wait_for_lines(screen, places, expected)
        screen.focus_viewport()
        screen.press("h")
        screen.press("r")
        screen.press("+")
        wait_for(lambda: screen.viewport()["flip_horizontal"], what="flipped", timeout_s=5)
        _wait_for_lines(screen, places, expected)
        keep_screenshot(page, f"gsps-{label}")
        row.get_by_role("button", name="As acquired").click()
        wait_for(lambda: page.locator(".vw-graphic").count() == 0, what="as acquired", timeout_s=5)
    # Its image is not among them, and says so; the state itself is there.
    dangling = _row(page, document(description="GRAN_P09"))
    expect(dangling).to_contain_text("none of them here")
    expect(dangling.get_by_role("button", name="Apply")).to_be_disabled()

    # The window of another modality transformation, and what is not supported by name.
    inverted = document(description="XLUT_P02")
    row = _row(page, inverted)
    row.get_by_role("button", name="Apply").first.click()
    shown = wait_for(
        lambda: (screen.viewport()["voi"] or {}).get("upper") == 2047.5 and screen.viewport(),
        what="the stored window",
        timeout_s=20,
    )
    assert shown["voi"]["lower"] == pytest.approx(-2048)
    tables = _row(page, document(description="XLUT_P03"))
    expect(tables).to_contain_text("VOI table is not applied")

    # Key images: these dangle, by name and number; those resolve and go to their image.
    dangling = _row(page, document(title="Of Interest"))
    expect(dangling).to_contain_text("none of them here")
    expect(dangling.locator("li button").first).to_be_disabled()
    keep_screenshot(page, "kos-dangling")
    resolving = _row(page, document(title="Manifest"))
    expect(resolving).to_contain_text("all here")
    wanted = resolving.locator("li button").nth(2)
    uid = wanted.get_attribute("data-image")
    wanted.click()
    wait_for(lambda: screen.viewport()["sop_instance_uid"] == uid, what="key image", timeout_s=20)
    expect(wanted).to_have_attribute("aria-current", "true")
    keep_screenshot(page, "kos")

    # A dose report is a table of readable lines, and no AI result.
    dose = _row(page, document(title="X-Ray Radiation Dose Report"))
    expect(dose).to_contain_text("CT Dose Length Product Total")
    expect(dose).to_contain_text("1569.74 mGycm")
    expect(dose).to_contain_text("Not verified")
    expect(dose).not_to_contain_text("AI result")
    keep_screenshot(page, "dose")


def test_measurements_and_a_pdf_in_a_cell(
    stack: Stack, open_page: OpenPage, keep_screenshot: Keep
) -> None:
    coordinator = stack.client(role="coordinator")
    cases = coordinator.get("/api/cases?search=DOCS-1").json()["results"]
    case_id = cases[0]["id"] if cases else import_sets(stack, "DOCS-1", *FOLDERS)[0]
    found = coordinator.get(f"/api/cases/{case_id}/documents").json()["results"]
    page = open_page(role="radiologist", width=1280, height=800, path=f"/cases/{case_id}/view")
    page.set_default_timeout(30_000)
    screen = Screen(page)
    screen.wait_for_picture()
    page.get_by_text("Docs", exact=False).last.click()

    # TID 1500: a circle with its value, on the image it was drawn on.
    single = next(d for d in found if d["measurement_groups"] == 1 and d["missing"] == 0)
    row = _row(page, single)
    row.locator("[data-group] button").first.click()
    _is_on(screen, single)
    screen.wait_for_picture()
    assert screen.viewport()["modality"] == "CT"
    plane = coordinator.get(f"/api/cases/{case_id}/documents/{single['id']}").json()
    (centre, edge) = plane["groups"][0]["regions"][0]["points_image"]
    radius = abs(edge[1] - centre[1])
    ring = [
        _patient_on_page(screen, centre, (radius * x, radius * y))
        for x, y in ((1, 0), (0, 1), (-1, 0))
    ]
    assert _lines_at(screen, ring) == [True, True, True]
    drawn = page.locator(".vw-graphic text").first
    expect(drawn).to_contain_text("Area of defined region 1.7 cm²")
    expect(drawn).to_contain_text("Spinal cord")
    expect(drawn).to_contain_text("not verified")
    keep_screenshot(page, "sr-1280")
    several = next(d for d in found if d["measurement_groups"] == 4)
    expect(_row(page, several).locator("[data-group]")).to_have_count(4)
    elsewhere = next(d for d in found if d["measurement_groups"] and d["missing"])
    expect(_row(page, elsewhere)).to_contain_text("not in this case")

    # A PDF page, drawn by the server: not blank, its ink where the page has it; paged by keyboard.
    pdf = next(d for d in found if d["kind"] == "pdf")
    _row(page, pdf).get_by_role("button", name="Show in viewport").click()
    cell = page.get_by_test_id("document")
    expect(cell).to_contain_text("Page 1 of 1", timeout=30_000)
    picture = cell.locator("img")
    expect(picture).to_be_visible()
    expect(cell.get_by_role("document")).to_contain_text("Normal sinus rhythm", timeout=20_000)
    ink = page.evaluate(
        """async () => {
          const image = document.querySelector('[data-testid=document] img')
          await image.decode()
          const canvas = new OffscreenCanvas(image.naturalWidth, image.naturalHeight)
          const context = canvas.getContext('2d')
          context.drawImage(image, 0, 0)
          const { data } = context.getImageData(0, 0, canvas.width, canvas.height)
          let dark = 0
          for (let i = 0; i < data.length; i += 4) if (data[i + 2] < 128) dark += 1
          return [dark / (data.length / 4), canvas.width]
        }"""
    )
    assert 0.005 < ink[0] < 0.5
    assert ink[1] in {1000, 1600, 2400}
    box = picture.bounding_box()
    assert box is not None
    assert box["width"] / box["height"] == pytest.approx(792 / 612, abs=0.02)
    keep_screenshot(page, "pdf-1280")
    cell.locator("div").nth(1).hover()
    screen.press("+")
    screen.press("+")
    wait_for(lambda: screen.read("documents")[0]["zoom"] > 1.5, what="enlarged", timeout_s=5)
    screen.press("ArrowDown")
    wait_for(lambda: screen.read("documents")[0]["centre"][1] > 0.6, what="moved", timeout_s=5)
    faults = find_accessibility_faults(page)
    assert not faults, "\n".join(faults)
    keep_screenshot(page, "pdf-enlarged")
    screen.press("Escape")
    expect(cell).to_have_count(0)
    assert float(np.std(screen.picture())) > 5  # the picture it lay over is there again


def _patient_on_page(
    screen: Screen, centre: list[float], away: tuple[float, float]
) -> tuple[float, float]:
    """Set 12's CT: one axial image, Image Position and spacing of its header."""
    import pydicom

    image = pydicom.dcmread(SHARED / FOLDERS[2] / "ct_image.dcm", stop_before_pixels=True)
    rows_mm, columns_mm = (float(v) for v in image.PixelSpacing)
    x0, y0, z0 = (float(v) for v in image.ImagePositionPatient)
    point = [x0 + (centre[0] + away[0]) * columns_mm, y0 + (centre[1] + away[1]) * rows_mm, z0]
    x, y = screen.read("pageOf", 0, point)
    return float(x), float(y)
