"""What a test reads from a screen: viewport reports, pixels and patient positions.

Everything comes from `window.__consilium`, which only reads, and from the page's own words.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from playwright.sync_api import Page, expect

from tests.e2e.harness import wait_for

Point = tuple[float, float, float]


@dataclass
class Screen:
    """One person's page with a viewer on it."""

    page: Page

    def read(self, part: str, *arguments: Any) -> Any:
        return self.page.evaluate(
            "([part, args]) => window.__consilium?.[part]?.(...args) ?? null",
            [part, list(arguments)],
        )

    def viewport(self, index: int = 0) -> dict[str, Any]:
        reports = self.read("viewports") or []
        return dict(reports[index]) if len(reports) > index else {}

    def live(self) -> dict[str, Any]:
        return dict(self.read("live") or {})

    def measurements(self) -> list[dict[str, Any]]:
        return list(self.read("measurements") or [])

    def wait_for_measurement(self, measurement_id: str) -> None:
        """Until it is on the screen as the server has it."""
        wait_for(
            lambda: any(
                one["id"] == measurement_id and not one["pending"] for one in self.measurements()
            ),
            what="the measurement is acknowledged",
            timeout_s=30,
        )

    def wait_for_picture(self, *, index: int = 0, timeout_s: float = 90.0) -> dict[str, Any]:
        """Until what was asked for is what the canvas shows."""

        def settled() -> dict[str, Any] | None:
            report = self.viewport(index)
            shown = report.get("sop_instance_uid"), report.get("frame")
            asked = report.get("target_sop_instance_uid"), report.get("target_frame")
            return report if shown[0] and shown == asked and report.get("voi") else None

        report: dict[str, Any] = wait_for(settled, what="a picture", timeout_s=timeout_s)
        return report

    # --- pixels ----------------------------------------------------------------------

    def picture(self, index: int = 0) -> np.ndarray:
        """Grey values of the canvas, (rows, columns), in device pixels."""
        taken = self.read("picture", index)
        assert taken is not None, "no picture"
        return np.asarray(taken["grey"], dtype=np.uint8).reshape(taken["height"], taken["width"])

    def canvas_origin(self, index: int = 0) -> tuple[float, float, float]:
        """Left and top of the canvas on the page, and device pixels per CSS pixel."""
        box = self.page.locator(f"[data-viewport='{index}'] canvas").first.bounding_box()
        assert box is not None
        return box["x"], box["y"], self.picture(index).shape[1] / box["width"]

    def landmark_lps(self, *, brighter_than: int = 200, index: int = 0) -> Point:
        """Centroid of everything brighter than a grey value, in patient coordinates (LPS mm)."""

        def bright() -> tuple[np.ndarray, np.ndarray] | None:
            found = np.nonzero(self.picture(index) > brighter_than)
            return found if found[0].size > 50 else None

        # What was asked for is told before it is drawn: a slow machine has a frame in between.
        rows, columns = wait_for(bright, what="a landmark in the picture", timeout_s=10)
        left, top, scale = self.canvas_origin(index)
        place = [
            left + (float(columns.mean()) + 0.5) / scale,
            top + (float(rows.mean()) + 0.5) / scale,
        ]
        found = self.read("patientAt", index, place)
        assert found is not None
        return (found[0], found[1], found[2])

    def page_of(self, point_lps: Point, index: int = 0) -> tuple[float, float]:
        place = self.read("pageOf", index, list(point_lps))
        assert place is not None, f"{point_lps} is not on this screen"
        return place[0], place[1]

    def overlay_at(self, points_lps: list[Point], index: int = 0) -> np.ndarray:
        """Opacity (0 to 255) of what is laid over the picture at patient points."""
        found = self.page.evaluate(
            """([index, points]) => {
              const canvas = document.querySelector(`[data-viewport='${index}'] canvas.vw-masks`)
              const box = canvas.getBoundingClientRect()
              const ratio = canvas.width / box.width
              const { width, height } = canvas
              const { data } = canvas.getContext('2d').getImageData(0, 0, width, height)
              return points.map((point) => {
                const [x, y] = window.__consilium.pageOf(index, point)
                const column = Math.floor((x - box.left) * ratio)
                const row = Math.floor((y - box.top) * ratio)
                return data[(row * canvas.width + column) * 4 + 3] ?? -1
              })
            }""",
            [index, points_lps],
        )
        return np.asarray(found)

    # --- hands -----------------------------------------------------------------------

    def drag(
        self, start: tuple[float, float], end: tuple[float, float], *, steps: int = 12
    ) -> None:
        self.page.mouse.move(*start)
        self.page.mouse.down()
        self.page.mouse.move(*end, steps=steps)
        self.page.mouse.up()

    def press(self, key: str, times: int = 1) -> None:
        for _ in range(times):
            self.page.keyboard.press(key)

    def focus_viewport(self, index: int = 0) -> tuple[float, float]:
        """Put the mouse over a viewport; its centre on the page."""
        box = self.page.locator(f"[data-viewport='{index}']").bounding_box()
        assert box is not None
        centre = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        self.page.mouse.move(*centre)
        return centre


def join(page: Page) -> Screen:
    """The page of a live room, once it is in the room and shows a picture."""
    screen = Screen(page)
    wait_for(lambda: screen.live().get("status") == "open", what="joined", timeout_s=90)
    screen.wait_for_picture()
    return screen


def distance_mm(one: Point, other: Point) -> float:
    return math.dist(one, other)


def same_view(one: dict[str, Any], other: dict[str, Any], *, tolerance_mm: float = 0.01) -> bool:
    """LIVE-P6: same slice, same centre, same millimetres on the shorter side, same window."""
    if one.get("sop_instance_uid") != other.get("sop_instance_uid"):
        return False
    if one.get("frame") != other.get("frame") or not one.get("focal_point_lps"):
        return False
    centre = distance_mm(tuple(one["focal_point_lps"]), tuple(other["focal_point_lps"]))
    fit = abs(one["fit_mm"] - other["fit_mm"])
    return bool(centre < tolerance_mm and fit < tolerance_mm and one["voi"] == other["voi"])


def pick_grid(page: Page, right: int, down: int) -> None:
    """From 1 x 1 by the arrow keys."""
    page.get_by_role("button", name="Grid of viewports").click()
    page.locator("[data-size='1x1']").focus()
    for key, times in (("ArrowRight", right), ("ArrowDown", down)):
        for _ in range(times):
            page.keyboard.press(key)
    page.keyboard.press("Enter")
    expect(page.locator("[data-size='1x1']")).to_have_count(0)  # keys are the picker's until then
