"""A parametric map: the numbers of its quantity, in colours of their own, with a bar that says so.

The map is written by highdicom from a formula; the colours are computed here from PS3.6 or from the
stops that are named, without the viewer's code.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.sync_api import Page, expect

from tests.e2e.conftest import OpenPage
from tests.e2e.harness import Stack, wait_for
from tests.e2e.imports import import_sets
from tests.e2e.planes import open_series, settled
from tests.phantom_map import FIRST, INTERCEPT, LAST, SLOPE, build_map, stored_values

pytestmark = [pytest.mark.chromium, pytest.mark.orthanc, pytest.mark.timeout(600)]
Keep = Callable[[Page, str], Path]
ORIGIN, COLUMN_MM, ROW_MM, SLICE_MM = (-10.0, -20.0, 0.0), 0.75, 0.5, 2.0


def _point(slice_: int, row: int, column: int) -> list[float]:
    return [
        ORIGIN[0] + column * COLUMN_MM,
        ORIGIN[1] + row * ROW_MM,
        ORIGIN[2] + slice_ * SLICE_MM,
    ]


def _rainbow(share: float) -> NDArray[np.float64]:
    """Blue, cyan, green, yellow, red, a quarter of the range apart."""
    stops = np.array([[0, 0, 255], [0, 255, 255], [0, 255, 0], [255, 255, 0], [255, 0, 0]])
    places = np.linspace(0, 1, len(stops))
    return np.array([np.interp(share, places, stops[:, channel]) for channel in range(3)])


def test_a_map_has_its_numbers_its_colours_and_a_bar_that_says_what_they_mean(
    stack: Stack, open_page: OpenPage, keep_screenshot: Keep, tmp_path: Path
) -> None:
    folder, map_uid = build_map(tmp_path, patient_id="MAPS-1")
    case_id, every = import_sets(stack, "MAPS-1", folder)
    assert [one["kind"] for one in every if one["series_instance_uid"] == map_uid] == [
        "parametric_map"
    ]
    screen = open_series(open_page, case_id, map_uid)
    page = screen.page
    stored = stored_values()
    here = screen.viewport()
    assert here["unit"] == "/min"
    slice_ = round((here["focal_point_lps"][2] - ORIGIN[2]) / SLICE_MM)
    for row, column in ((20, 10), (20, 30), (40, 60)):
        shown = screen.read("valueAt", 0, [column, row])
        real = SLOPE * float(stored[slice_, row, column]) + INTERCEPT
        assert shown == pytest.approx(real, abs=1e-5)
    assert screen.read("valueAt", 0, [2, 2]) is None, "what the file maps to nothing has a number"

    # The window of the file, in the numbers of the quantity: the ends of the bar.
    lower, upper = (SLOPE * end + INTERCEPT for end in (FIRST, LAST))
    assert here["voi"]["lower"] == pytest.approx(lower)
    assert here["voi"]["upper"] == pytest.approx(upper)
    bar = page.get_by_test_id("colour-bar")
    expect(bar).to_contain_text("Volume transfer constant (Ktrans)")
    expect(bar).to_contain_text("/min")
    expect(bar).to_contain_text("0.1")
    expect(bar).to_contain_text("0.9")
    expect(page.get_by_test_id("window")).to_contain_text("/min")

    places = [(20, 12), (20, 24), (30, 36), (40, 50)]
    points = [_point(slice_, row, column) for row, column in places]
    wanted = [_rainbow(float(stored[slice_, row, column]) / LAST) for row, column in places]

    def coloured() -> bool:
        seen = np.asarray(screen.read("colours", 0, points), float)[:, :3]
        return bool(np.allclose(seen, wanted, atol=14))

    wait_for(coloured, what=f"{wanted}", timeout_s=20)
    (nothing,) = screen.read("colours", 0, [_point(slice_, 2, 2)])
    assert nothing[:3] == [0, 0, 0]
    keep_screenshot(page, "map-1920")

    # What is measured is in the quantity's own numbers and unit, as the pointer reads them.
    drawn = {one["id"] for one in screen.measurements()}
    for key in ("d", "Enter", "Enter"):
        screen.press(key)
    (probe,) = wait_for(
        lambda: [
            one
            for one in screen.measurements()
            if one["id"] not in drawn and not one["pending"] and "/min" in one["text"]
        ],
        what="a probe",
        timeout_s=20,
    )
    place = np.array(probe["points_lps"][0]) - ORIGIN
    row, column = round(place[1] / ROW_MM), round(place[0] / COLUMN_MM)
    real = SLOPE * float(stored[slice_, row, column]) + INTERCEPT
    assert probe["text"] == f"{float(f'{real:.3g}'):g} /min"
    screen.press("Delete")
    screen.press("Escape")

    # Another slice, and a plane across the slices, have the colours of their own values.
    screen.press("ArrowDown", times=2)
    wait_for(lambda: screen.viewport()["slice"] != here["slice"], what="another slice")
    screen.wait_for_picture()
    slice_ = round((screen.viewport()["focal_point_lps"][2] - ORIGIN[2]) / SLICE_MM)
    points = [_point(slice_, row, column) for row, column in places]
    wanted = [_rainbow(float(stored[slice_, row, column]) / LAST) for row, column in places]
    wait_for(coloured, what=f"{wanted}", timeout_s=20)
    page.get_by_role("button", name="Planes", exact=True).click()
    page.get_by_role("menuitem", name="Coronal").click()
    settled(screen, 0)
    row = round((screen.viewport()["focal_point_lps"][1] - ORIGIN[1]) / ROW_MM)
    points = [_point(at, row, column) for at in (2, 5) for column in (14, 40)]
    wanted = [
        _rainbow(float(stored[at, row, column]) / LAST) for at in (2, 5) for column in (14, 40)
    ]
    wait_for(coloured, what=f"{wanted}", timeout_s=20)
    page.set_viewport_size({"width": 1280, "height": 800})
    page.wait_for_timeout(500)
    keep_screenshot(page, "map-coronal-1280")
