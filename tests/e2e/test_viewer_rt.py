"""Radiotherapy on the screen: contours, dose, isodoses and histograms where they belong."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from playwright.sync_api import Page, expect

from apps.demo.dicom.radiotherapy import SphericalDose
from tests.e2e.conftest import OpenPage
from tests.e2e.harness import Stack, wait_for
from tests.e2e.imports import SHARED, import_sets
from tests.e2e.screen import Screen
from tests.phantom_radiotherapy import PRESCRIPTION_GY, build_phantom

pytestmark = [pytest.mark.chromium, pytest.mark.timeout(900)]
Keep = Callable[[Page, str], Path]

OVERLAY = """([index, points]) => {
  const canvas = document.querySelector(`[data-viewport='${index}'] canvas.vw-rt`)
  const box = canvas.getBoundingClientRect()
  const ratio = canvas.width / box.width
  const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height)
  return points.map((point) => {
    const [x, y] = window.__consilium.pageOf(index, point)
    const column = Math.floor((x - box.left) * ratio)
    const row = Math.floor((y - box.top) * ratio)
    return [...data.slice((row * canvas.width + column) * 4, (row * canvas.width + column) * 4 + 4)]
  })
}"""


def _colours(screen: Screen, points: list[Any], index: int = 0) -> np.ndarray:
    """Red, green, blue and opacity of what lies over the picture at patient points."""
    return np.asarray(screen.page.evaluate(OVERLAY, [index, points]))


def _open(open_page: OpenPage, case_id: str, series_uid: str, *, width: int = 1920) -> Screen:
    page = open_page(
        role="radiologist",
        width=width,
        height=1080 if width > 1500 else 800,
        path=f"/cases/{case_id}/view?series={series_uid}",
    )
    screen = Screen(page)
    screen.wait_for_picture()
    page.locator("label", has_text=re.compile(r"^RT")).click()
    return screen


def _switch(page: Page, name: str) -> None:
    box = page.get_by_label(name, exact=True)
    box.focus()
    page.keyboard.press("Space")


def test_dose_and_structures_of_the_phantom_are_where_its_formula_says(
    stack: Stack, open_page: OpenPage, keep_screenshot: Keep, tmp_path: Path
) -> None:
    folder, truth = build_phantom(tmp_path)
    formula = truth["dose"]
    centre = formula["centre_lps"]
    dose = SphericalDose(tuple(centre), formula["maximum_gy"], formula["half_radius_mm"])
    case_id, every = import_sets(stack, "RT-PHANTOM", folder)
    (ct,) = (one for one in every if one["modality"] == "CT")
    screen = _open(open_page, case_id, ct["series_instance_uid"])
    page = screen.page
    assert screen.read("rt") == {"shown": [], "dose": None}
    page.get_by_role("button", name="PTV", exact=False).first.click()
    wait_for(lambda: len(screen.read("rt")["shown"]) == 1, what="the PTV is drawn")
    screen.wait_for_picture()
    original = pydicom.dcmread(next(folder.glob("RTSTRUCT*")))
    plane = screen.viewport()["focal_point_lps"]
    outlines = [
        np.asarray(one.ContourData, dtype=float).reshape(-1, 3)
        for one in original.ROIContourSequence[2].ContourSequence
    ]
    (here,) = (one for one in outlines if abs(one[0, 2] - plane[2]) < 0.05)
    middles = (here + np.roll(here, -1, axis=0)) / 2

    def outlined() -> bool:
        return bool((_colours(screen, middles.tolist())[:, 3] > 100).mean() > 0.98)

    wait_for(outlined, what="the outline is at its place")
    inside = [[centre[0] + x, centre[1] + y, plane[2]] for x in (-6, 6) for y in (-6, 6)]
    assert (_colours(screen, inside)[:, 3] == 0).all(), "only an outline"
    _switch(page, "Filled")
    wait_for(lambda: bool((_colours(screen, inside)[:, 3] > 60).all()), what="filled")
    keep_screenshot(page, "structures")
    # The same structure across its contours: as far up and down as they were drawn.
    page.get_by_role("button", name="Planes", exact=True).click()
    page.get_by_role("menuitem", name="Coronal").click()
    wait_for(lambda: screen.viewport().get("plane_settled"), what="the coronal plane")
    y = screen.viewport()["focal_point_lps"][1]
    cut = [one for one in outlines if one[:, 1].min() < y - 1 and one[:, 1].max() > y + 1]
    heights = sorted(one[0, 2] for one in cut)
    step = heights[1] - heights[0]
    within = [[centre[0], y, z] for z in heights]
    near = [one for one in outlines if one[:, 1].min() < y + 1 and one[:, 1].max() > y - 1]
    reach = max(float(np.abs(one[:, 0] - centre[0]).max()) for one in near)
    # Below it and beside it; above it stands its name.
    beyond = [
        [centre[0], y, min(one[0, 2] for one in near) - step],
        *([centre[0] + side * (reach + 3), y, heights[0]] for side in (-1, 1)),
    ]
    wait_for(lambda: bool((_colours(screen, within)[:, 3] > 60).all()), what="the structure is cut")
    assert (_colours(screen, beyond)[:, 3] == 0).all()
    expect(page.get_by_test_id("contours-beside")).to_have_count(0)
    keep_screenshot(page, "structures-coronal")
    page.get_by_role("button", name="Planes", exact=True).click()
    page.get_by_role("menuitem", name="Images as acquired").click()
    _switch(page, "Filled")

    page.get_by_role("switch", name="Show Dose").focus()
    page.keyboard.press("Space")
    wait_for(lambda: screen.read("rt")["dose"] is not None, what="the dose is here", timeout_s=60)
    for away in (0.0, 14.0, 28.0):
        point = [centre[0] + away, centre[1], plane[2]]
        page.mouse.move(*screen.page_of(tuple(point)))
        left, top = screen.page_of(tuple(point))
        exact = screen.read("patientAt", 0, [left, top])
        expected = float(dose.at_radius(np.array(math.dist(exact, centre))))
        told = page.locator("[data-viewport='0'] .vw-dose").inner_text()
        assert told.startswith("Dose ")
        assert told.endswith(" Gy")
        assert float(told.split()[1]) == pytest.approx(expected, abs=0.35), told
    # One isodose, so that its colour is alone: half of the prescription.
    page.get_by_label("Isodose lines, %").fill("50")
    page.get_by_label("Colour from, Gy").fill("59.3")
    page.mouse.move(5, 5)
    radius = math.sqrt(dose.radius_of(0.5 * PRESCRIPTION_GY) ** 2 - (plane[2] - centre[2]) ** 2)
    angles = np.linspace(0.3, 2 * np.pi + 0.3, 24, endpoint=False)

    def at(r: float) -> list[Any]:
        return [
            [centre[0] + r * math.cos(a), centre[1] + r * math.sin(a), plane[2]] for a in angles
        ]

    def on_line() -> bool:
        near = [_colours(screen, at(radius + away))[:, 3] > 60 for away in (-0.4, 0.0, 0.4)]
        return bool(np.any(near, axis=0).mean() >= 0.9)

    wait_for(on_line, what="the isodose runs at its radius")
    assert (_colours(screen, at(radius + 3.0))[:, 3] > 60).mean() < 0.2
    page.get_by_label("Isodose lines, %").fill("100, 95, 80, 50, 20")
    page.get_by_label("Colour from, Gy").fill("5.4")

    _switch(page, "Show GTV")
    _switch(page, "Show CORD")
    row = page.locator("[data-region='PTV']")
    expect(row).to_be_visible(timeout=30_000)
    figure = {
        name: float(row.locator(f"[data-figure='{name}']").inner_text())
        for name in ("volume", "mean", "d95", "d2")
    }
    ptv = truth["ptv"]
    radius_mm = ptv["radius_mm"]
    assert figure["mean"] == pytest.approx(ptv["mean_gy"], rel=0.01)
    assert figure["d2"] == pytest.approx(ptv["d2_gy"], rel=0.01)
    assert figure["d95"] == pytest.approx(dose.sphere_dose_at(0.95, radius_mm), rel=0.01)
    expect(page.locator("[data-region='CORD']")).to_be_visible(timeout=30_000)
    expect(page.get_by_role("img", name="Cumulative dose-volume histogram")).to_be_visible()
    expect(page.locator("[data-plan]")).to_contain_text("54 Gy")
    page.mouse.move(*screen.page_of((centre[0], centre[1], plane[2])))
    keep_screenshot(page, "dose-1920")
    page.get_by_test_id("dvh").scroll_into_view_if_needed()
    page.set_viewport_size({"width": 1280, "height": 800})
    page.wait_for_timeout(500)
    keep_screenshot(page, "dose-1280")


@pytest.mark.skipif(not SHARED.exists(), reason="shared data (real DICOM) is not here")
def test_real_contours_lie_on_their_images_and_dangling_ones_are_named(
    stack: Stack, open_page: OpenPage, keep_screenshot: Keep
) -> None:
    """Set 03: each GTV on its own scan; set 09: a planning CT; set 04's contours without images."""
    sarcoma = SHARED / "03-petctmr-sarcoma-STS_001"
    planning = SHARED / "09-rt-breast-boost"
    case_id, every = import_sets(
        stack, "RT-REAL", sarcoma, planning, SHARED / "22-suv-dro" / "DRO_0_0" / "RS"
    )
    listed = stack.client(role="radiologist").get(f"/api/cases/{case_id}/radiotherapy").json()
    problems = {
        one["regions"][0]["name"]: [problem["code"] for problem in one["problems"]]
        for one in listed["structure_sets"]
    }
    assert "source_not_in_case" in problems["region_1"]
    shown = 0
    for part, modality in (("CT", "CT"), ("PET", "PT"), ("MR_T1", "MR")):
        image = pydicom.dcmread(next((sarcoma / part / "image").glob("*")), stop_before_pixels=True)
        screen = _open(open_page, case_id, str(image.SeriesInstanceUID), width=1280)
        page = screen.page
        name = f"GTV_Mass_{part}"
        page.get_by_role("button", name=name).click()
        wait_for(lambda s=screen: len(s.read("rt")["shown"]) == 1, what=f"{name} is drawn")
        screen.wait_for_picture()
        structures = pydicom.dcmread(sarcoma / part / "mask" / "RS.dcm")
        plane = screen.viewport()["focal_point_lps"]
        here = [
            np.asarray(one.ContourData, dtype=float).reshape(-1, 3)
            for one in structures.ROIContourSequence[0].ContourSequence
            if abs(float(one.ContourData[2]) - plane[2]) < 0.05
        ]
        assert here, f"{modality}: the slice has no contour"
        points = np.concatenate(here).tolist()

        def outlined(s: Screen = screen, wanted: Any = points) -> bool:
            return bool((_colours(s, wanted)[:, 3] > 60).mean() > 0.95)

        wait_for(outlined, what=f"{name} is where the file says")
        keep_screenshot(page, part)
        if modality == "CT":
            expect(
                page.get_by_text("It refers to images that are not in the case.")
            ).to_be_visible()
        page.context.close()
        shown += 1
    assert shown == 3
    (ct,) = (one for one in every if one["modality"] == "CT" and one["frame_count"] == 98)
    screen = _open(open_page, case_id, ct["series_instance_uid"])
    for organ in ("Heart", "Breast"):
        _switch(screen.page, f"Show {organ}")
    screen.page.get_by_role("button", name="Heart").first.click()
    wait_for(lambda: len(screen.read("rt")["shown"]) == 2, what="heart and breast")
    screen.wait_for_picture()
    expect(screen.page.locator("[data-plan]").first).to_be_visible()
    keep_screenshot(screen.page, "planning")
