"""A second series over a picture: its colours in place, with the picture, and whose it may be."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import OpenPage
from tests.e2e.harness import Stack, wait_for
from tests.e2e.imports import SHARED, Imported, import_sets
from tests.e2e.planes import LIVER, SARCOMA, local_truth, settled, uid_of
from tests.e2e.screen import Screen
from tests.e2e.volumes import grey, hot_iron

pytestmark = [pytest.mark.chromium, pytest.mark.orthanc, pytest.mark.timeout(600)]
Keep = Callable[[Page, str], Path]

WATCH_COLOURS = """() => {
  const seen = []
  let goes = true
  const look = () => {
    const layer = document.querySelector("[data-viewport='0'] canvas.vw-plane")
    const { slice } = window.__consilium.viewports()[0]
    seen.push([slice, layer.style.display !== 'none'])
    if (goes) requestAnimationFrame(look)
  }
  requestAnimationFrame(look)
  window.__watched = () => ((goes = false), seen)
}"""


@pytest.fixture(scope="module")
def imported(stack: Stack) -> Imported:
    if not SHARED.exists():
        pytest.skip("shared data (real DICOM) is not here")
    return import_sets(stack, "FUSION-1", f"{SARCOMA}/CT", f"{SARCOMA}/PET", LIVER)


def test_a_pet_is_fused_on_its_ct_with_its_own_colours_in_place(
    imported: Imported, open_page: OpenPage, keep_screenshot: Keep
) -> None:
    case_id, every = imported
    ct, pet = local_truth(f"{SARCOMA}/CT/image"), local_truth(f"{SARCOMA}/PET/image")
    ct_uid = uid_of(every, SARCOMA, "CT/image")
    page = open_page(
        role="radiologist", width=1920, height=1080, path=f"/cases/{case_id}/view?series={ct_uid}"
    )
    screen = Screen(page)
    screen.wait_for_picture()
    hottest = np.unravel_index(int(pet.values.argmax()), pet.values.shape)
    hot = pet.point(*(int(at) for at in hottest))

    # The PET over the images of the CT, as acquired.
    screen.focus_viewport()
    slice_ = round((np.linalg.inv(ct.affine) @ [*hot, 1.0])[2])
    screen.press("Home")
    screen.press("ArrowDown", times=slice_)
    wait_for(lambda: screen.viewport()["slice"] == slice_ + 1, what="the slice")
    screen.press("u")
    settled(screen, 0)
    here = screen.viewport()
    on_slice = [hot[0], hot[1], here["focal_point_lps"][2]]
    assert here["reformat"] is None and here["fusion"]["colormap"] == "hot_iron"

    def fused(point: list[float]) -> np.ndarray:
        fusion = screen.viewport()["fusion"]
        lower, upper = fusion["range"]["lower"], fusion["range"]["upper"]
        base = np.full(3, grey(ct.at(point), screen.viewport()["voi"]))
        value = pet.at(point)
        if np.isnan(value) or value < lower:
            return base
        share = (value - lower) / (upper - lower)
        return base * (1 - fusion["opacity"]) + hot_iron(share) * fusion["opacity"]

    def check(points: list[list[float]]) -> None:
        # A device pixel and a patient point differ by half a pixel: flat places only.
        def equal() -> bool:
            seen = screen.read("colours", 0, points)
            pairs = zip(seen, map(fused, points), strict=True)
            return all(np.allclose(colour[:3], wanted, atol=26) for colour, wanted in pairs)

        wait_for(equal, what=f"{[fused(one) for one in points]}", timeout_s=30)

    # The hottest voxel is nearly white; beside it, where it falls to half, the iron is orange.
    warm = next(
        point
        for step in range(1, 60)
        if 3.5 < pet.at(point := [hot[0] + step, hot[1], on_slice[2]]) < 5.5
    )
    check([on_slice, warm, [hot[0] - 400, hot[1], on_slice[2]]])
    (warm_colour,) = screen.read("colours", 0, [warm])
    assert warm_colour[0] > warm_colour[2] + 40, "the tumour's rim is not in the PET's colours"
    expect(page.get_by_test_id("colour-bar")).to_contain_text("SUVbw g/mL")
    expect(page.get_by_test_id("window")).to_have_text("W 400 L 40 HU")
    keep_screenshot(page, "fused-native")

    # While it is scrolled, no paint has the picture without its colours.
    page.evaluate(WATCH_COLOURS)
    before = screen.viewport()["slice"]
    for _ in range(8):
        screen.press("ArrowUp")
        page.wait_for_timeout(30)
    # A busy machine leaves slices out while the keys come fast; the last four it shows each.
    for further in range(8, 13):
        wait_for(lambda at=before - further: screen.viewport()["slice"] == at, what="the slice")
        page.evaluate("new Promise(requestAnimationFrame)")
        if further < 12:
            screen.press("ArrowUp")
    watched = page.evaluate("window.__watched()")
    assert {slice_ for slice_, _ in watched} >= {before, *range(before - 12, before - 7)}
    assert all(coloured for _, coloured in watched), watched
    screen.press("ArrowDown", times=12)
    wait_for(lambda: screen.viewport()["slice"] == before, what="back at the tumour")

    # The same in a coronal plane; what was refused says why.
    page.get_by_role("button", name="Planes", exact=True).click()
    page.get_by_role("menuitem", name="Coronal").click()
    settled(screen, 0)
    point = screen.viewport()["focal_point_lps"]
    sample = screen.read("planeSample", 0, point)
    assert sample["values"][0] == pytest.approx(ct.at(sample["point_lps"]), abs=0.05)
    assert sample["values"][1] == pytest.approx(pet.at(sample["point_lps"]), abs=0.005)
    keep_screenshot(page, "fused-coronal")
    page.get_by_role("button", name="Fusion", exact=True).click()
    page.wait_for_timeout(300)
    keep_screenshot(page, "fusion-menu")
    page.get_by_label("Laid over this viewport").first.click()
    page.get_by_role("option").last.click()
    expect(page.get_by_test_id("fusion-refusal")).to_contain_text("another patient")
    assert screen.viewport()["fusion"] is None
    page.wait_for_timeout(300)
    keep_screenshot(page, "fusion-identity")
    page.get_by_role("button", name="Compare the two identities").click()
    expect(page.get_by_test_id("fusion-refusal")).to_contain_text("another frame of reference")
    expect(page.get_by_test_id("comparison")).to_be_visible()
    page.keyboard.press("Escape")
    keep_screenshot(page, "fusion-refused")
