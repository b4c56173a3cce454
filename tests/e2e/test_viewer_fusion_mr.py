"""An MR over a CT of one frame of reference, place by place; of another one refused by name."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pydicom
import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import OpenPage
from tests.e2e.harness import Stack, wait_for
from tests.e2e.imports import SHARED, import_sets
from tests.e2e.planes import SARCOMA, settled
from tests.e2e.screen import Screen
from tests.e2e.studies import Course, copy_with_own_uids
from tests.e2e.volumes import Truth, grey

pytestmark = [
    pytest.mark.chromium,
    pytest.mark.orthanc,
    pytest.mark.timeout(600),
    pytest.mark.skipif(not SHARED.exists(), reason="shared data (real DICOM) is not here"),
]
Keep = Callable[[Page, str], Path]
#: Matplotlib's `hot`: place, red, green, blue.
HOT = np.array([[0, 11, 0, 0], [0.365, 255, 0, 0], [0.746, 255, 255, 0], [1, 255, 255, 255]])


def _middle(part: str) -> list[Path]:
    """Twenty neighbouring slices: what is above and below teaches nothing more."""
    files = (SHARED / SARCOMA / part / "image").glob("*.dcm")

    def height(path: Path) -> float:
        return float(pydicom.dcmread(path, stop_before_pixels=True).ImagePositionPatient[2])

    return sorted(files, key=height)[20:40]


def test_an_mr_lies_on_the_ct_of_its_own_space_and_on_no_other(
    stack: Stack, open_page: OpenPage, keep_screenshot: Keep, tmp_path: Path
) -> None:
    # Both at once: they share a study and its frame of reference.
    files = copy_with_own_uids([*_middle("CT"), *_middle("MR_T1")], tmp_path / "own")
    ct_files, mr_files = files[:20], files[20:]
    elsewhere = Course.beside(tmp_path / "x", ct_files[0])
    elsewhere.add("MR of another day", modality="MR", tissue=100, ball=900)
    case_id, every = import_sets(stack, "FUSION-3", *ct_files, *mr_files, tmp_path / "x")
    ct, mr = (Truth.of([pydicom.dcmread(path) for path in files]) for files in (ct_files, mr_files))
    ct_uid, mr_uid = (
        str(pydicom.dcmread(files[0], stop_before_pixels=True).SeriesInstanceUID)
        for files in (ct_files, mr_files)
    )
    assert {ct_uid, mr_uid} < {one["series_instance_uid"] for one in every}
    page = open_page(
        role="radiologist", width=1920, height=1080, path=f"/cases/{case_id}/view?series={ct_uid}"
    )
    screen = Screen(page)
    screen.wait_for_picture()
    brightest = np.unravel_index(int(mr.values.argmax()), mr.values.shape)
    bright = mr.point(*(int(at) for at in brightest))
    slice_ = round((np.linalg.inv(ct.affine) @ [*bright, 1.0])[2])
    screen.focus_viewport()
    screen.press("Home")
    screen.press("ArrowDown", times=slice_)
    wait_for(lambda: screen.viewport()["slice"] == slice_ + 1, what="the slice")
    screen.press("u")
    settled(screen, 0)
    fusion = screen.viewport()["fusion"]
    assert (fusion["series_instance_uid"], fusion["colormap"]) == (mr_uid, "hot")
    here, voi = screen.viewport()["focal_point_lps"], screen.viewport()["voi"]

    def fused(point: list[float]) -> np.ndarray:
        lower, upper = fusion["range"]["lower"], fusion["range"]["upper"]
        base = np.full(3, grey(ct.at(point), voi))
        value = mr.at(point)
        if np.isnan(value) or value < lower:
            return base
        share = min(1, (value - lower) / (upper - lower))
        colour = np.array([np.interp(share, HOT[:, 0], HOT[:, 1 + at]) for at in range(3)])
        return base * (1 - fusion["opacity"]) + colour * fusion["opacity"]

    # Places where both hardly change around, fat, muscle and air among them.
    places = []
    for x in np.arange(here[0] - 80, here[0] + 80, 8):
        for y in np.arange(here[1] - 80, here[1] + 80, 8):
            beside = ((0, 0), (-1.5, 0), (1.5, 0), (0, -1.5), (0, 1.5))
            around = [fused([x + dx, y + dy, here[2]]) for dx, dy in beside]
            if np.std(around, axis=0).max() < 4:
                places.append([float(x), float(y), here[2]])
    wanted = np.array([fused(one) for one in places])
    assert len(places) > 20 and np.ptp(wanted[:, 0]) > 80, "too little to be told apart"

    def alike() -> bool:
        seen = np.array([one[:3] for one in screen.read("colours", 0, places)])
        return bool((np.abs(seen - wanted).max(axis=1) < 20).mean() > 0.97)

    wait_for(alike, what="the MR on its CT", timeout_s=30)
    expect(page.get_by_test_id("colour-bar")).to_be_visible()
    keep_screenshot(page, "native")

    page.get_by_role("button", name="Planes", exact=True).click()
    page.get_by_role("menuitem", name="Coronal").click()
    settled(screen, 0)
    page.set_viewport_size({"width": 1280, "height": 800})
    settled(screen, 0)
    checked = 0
    focal = screen.viewport()["focal_point_lps"]
    for dx, dz in ((0, 0), (25, 10), (-30, -12), (12, 16)):
        sample = screen.read("planeSample", 0, [focal[0] + dx, focal[1], focal[2] + dz])
        assert sample["values"][0] == pytest.approx(ct.at(sample["point_lps"]), abs=0.05)
        if sample["values"][1] is not None and not np.isnan(mr.at(sample["point_lps"])):
            assert sample["values"][1] == pytest.approx(mr.at(sample["point_lps"]), abs=0.05)
            checked += 1
    assert checked >= 2
    keep_screenshot(page, "coronal-1280")

    page.get_by_role("button", name="Fusion", exact=True).click()
    page.get_by_label("Laid over this viewport").first.click()
    page.get_by_role("option", name="MR of another day").click()
    expect(page.get_by_test_id("fusion-refusal")).to_contain_text("another frame of reference")
    page.keyboard.press("Escape")
    # Nothing of it is drawn: the plane of the CT is grey.
    spots = [[focal[0] + dx, focal[1], focal[2] + dz] for dx in (-60, 0, 60) for dz in (-16, 0, 16)]
    wait_for(
        lambda: np.ptp([one[:3] for one in screen.read("colours", 0, spots)], axis=1).max() == 0,
        what="no colours",
        timeout_s=10,
    )
    keep_screenshot(page, "refused-1280")
