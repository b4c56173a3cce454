"""Volume rendering and surfaces in the browser: where things are, by pixels, and for followers too.

Truth is computed from the DICOM files by `volumes.py`, which shares no code with the viewer.
"""

from __future__ import annotations

import io
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from numpy.typing import NDArray
from playwright.sync_api import Page, expect

from tests.e2e.conftest import OpenPage
from tests.e2e.harness import Stack, wait_for
from tests.e2e.imports import SHARED, import_sets
from tests.e2e.meetings import PET_CT, open_session
from tests.e2e.screen import Screen
from tests.e2e.segments import show_segment
from tests.e2e.volumes import Truth

LIVER = SHARED / "11-seg-sr-dcmqi" / "ct-3slice"
pytestmark = [pytest.mark.chromium, pytest.mark.orthanc, pytest.mark.timeout(600)]
Keep = Callable[[Page, str], Path]
Flags = NDArray[np.bool_]

KEEP_CONTEXTS = """
  const get = HTMLCanvasElement.prototype.getContext
  window.__gl = []
  HTMLCanvasElement.prototype.getContext = function (kind, ...rest) {
    const context = get.call(this, kind, ...rest)
    if (kind === 'webgl2' && context) window.__gl.push(context)
    return context
  }
"""


def _settled(screen: Screen, index: int = 0) -> dict[str, Any]:
    def ready() -> dict[str, Any] | None:
        report = screen.viewport(index)
        is_solid = (report.get("reformat") or {}).get("kind") == "solid"
        return report if is_solid and report.get("plane_settled") else None

    report: dict[str, Any] = wait_for(ready, what="a 3D picture", timeout_s=120)
    return report


def _overlap(one: Flags, other: Flags) -> float:
    return float((one & other).sum() / max(1, (one | other).sum()))


def _seen(screen: Screen, index: int = 0, *, above: int = 24) -> Flags:
    return screen.picture(index) > above


def _shadow(truth: Truth, flags: Flags, report: dict[str, Any]) -> Flags:
    """What of a volume lies behind each pixel: along y from the front, along z from the feet."""
    width, height = round(report["size"]["width"]), round(report["size"]["height"])
    focal, mm = report["focal_point_lps"], report["mm_per_px"]
    across = focal[0] + (np.arange(width) + 0.5 - width / 2) * mm
    down = (np.arange(height) + 0.5 - height / 2) * mm
    is_front = report["view_plane_normal"] == pytest.approx([0, -1, 0])
    if is_front:
        shadow, other, lines = flags.any(axis=1), focal[2] - down, 2
    else:
        assert report["view_plane_normal"] == pytest.approx([0, 0, -1])
        shadow, other, lines = flags.any(axis=0), focal[1] + down, 1
    affine = truth.affine
    columns = np.round((across - affine[0, 3]) / affine[0, 0]).astype(int)
    rows = np.round((other - affine[lines, 3]) / affine[lines, lines]).astype(int)
    out = np.zeros((height, width), bool)
    fits = (rows >= 0) & (rows < shadow.shape[0])
    in_row = (columns >= 0) & (columns < shadow.shape[1])
    out[np.ix_(fits, in_row)] = shadow[np.ix_(rows[fits], columns[in_row])]
    return out


def _from_pacs(stack: Stack, series_uid: str) -> Truth:
    with stack.pacs() as pacs:
        (found,) = pacs.post("/tools/lookup", content=series_uid).json()
        ids = [one["ID"] for one in pacs.get(f"/series/{found['ID']}/instances").json()]
        files = [pacs.get(f"/instances/{one}/file").content for one in ids]
    return Truth.of([pydicom.dcmread(io.BytesIO(one)) for one in files])


def _choose(screen: Screen, item: str) -> None:
    screen.page.get_by_role("button", name="3D", exact=True).click()
    screen.page.get_by_role("menuitem", name=item, exact=True).click()


def _look_from(screen: Screen, side: str, index: int = 0) -> None:
    group = screen.page.locator(f"[data-viewport='{index}']").get_by_role("group")
    group.get_by_role("button", name=f"Seen from {side}").click()


def test_the_phantom_in_3d_and_for_whoever_follows(
    stack: Stack, open_page: OpenPage, keep_screenshot: Keep
) -> None:
    _, _, session = open_session(stack, PET_CT)
    path = f"/live/{session}"
    a = Screen(open_page(role="chair", path=path, width=1920, height=1080))
    a.page.add_init_script(KEEP_CONTEXTS)
    a.page.reload()
    b = Screen(open_page(role="radiologist", path=path, width=1280, height=800))
    for screen in (a, b):
        wait_for(lambda one=screen: one.live().get("status") == "open", what="joined", timeout_s=90)
        screen.wait_for_picture(timeout_s=180)
    assert a.viewport()["modality"] == "CT"
    truth = _from_pacs(stack, a.viewport()["series_instance_uid"])
    a.focus_viewport()
    a.press("Shift+D")
    front = _settled(a)
    keep_screenshot(a.page, "bone")
    print("bone", front["solid"], front["size"])

    # What is dense is where it is in the patient: left is right on the screen, head is up.
    dense = _shadow(truth, truth.values > 300, front)
    seen = _seen(a)
    assert dense.sum() > 500
    covered = float((seen & dense).sum() / dense.sum())
    assert covered > 0.85, covered
    assert _overlap(seen, dense) > 0.6, _overlap(seen, dense)
    left, right = (
        a.page.locator(f"[data-viewport='0'] [data-edge='{edge}']").text_content()
        for edge in ("left", "right")
    )
    assert (left, right) == ("R", "L")

    # Seen from behind it is mirrored.
    _look_from(a, "the back")
    _settled(a)
    wait_for(lambda: a.viewport()["view_plane_normal"][1] > 0.99, what="the back")
    _settled(a)
    behind = _seen(a)
    assert _overlap(behind[:, ::-1], seen) > 0.9
    # As it is, the phantom is not its own mirror image: otherwise the above would say nothing.
    assert _overlap(behind, seen) < _overlap(behind[:, ::-1], seen) - 0.02

    # A drag turns it; whoever follows sees the same, on another screen.
    _look_from(a, "the front")
    x, y = a.focus_viewport()
    begun, before_drag = time.monotonic(), a.viewport()["solid"]["moving"]
    a.drag((x, y), (x + 160, y + 60), steps=90)
    drawn = a.viewport()["solid"]["moving"] - before_drag
    print("moving", drawn, "pictures in", round(time.monotonic() - begun, 2), "s")
    assert drawn >= 2, "it is seen turning, not only turned"
    turned = _settled(a)
    assert turned["view_plane_normal"][0] < -0.2, "what is in front moves with the hand"
    _choose(a, "Soft tissue")
    turned = _settled(a)
    keep_screenshot(a.page, "soft-tissue")

    def follows() -> bool:
        theirs = b.viewport()
        return bool(
            theirs.get("plane_settled")
            and (theirs.get("reformat") or {}).get("preset") == "ct_soft_tissue"
            and np.allclose(theirs["view_plane_normal"], turned["view_plane_normal"], atol=1e-6)
        )

    wait_for(follows, what="B follows", timeout_s=120)
    assert b.viewport()["fit_mm"] == pytest.approx(turned["fit_mm"])
    assert _seen(b).mean() > 0.02
    keep_screenshot(b.page, "follower")

    # The driver loses the context: the picture comes back by itself, the same.
    before = a.picture().astype(int)
    a.page.evaluate(
        """() => {
          const lost = window.__gl.filter((gl) => gl.drawingBufferWidth > 1)
          for (const gl of lost) {
            const it = gl.getExtension('WEBGL_lose_context')
            it.loseContext()
            setTimeout(() => it.restoreContext(), 300)
          }
        }"""
    )
    a.page.wait_for_timeout(800)
    a.press("+")
    a.press("-")
    _settled(a)
    assert np.abs(a.picture().astype(int) - before).mean() < 2

    # Beside the planes; a click on the picture takes them there.
    _choose(a, "Three planes and 3D")
    wait_for(lambda: a.read("layout")["rows"] == 2, what="two by two", timeout_s=60)
    small = _settled(a, 3)
    print("quarter", small["solid"], small["size"])
    shadow = _seen(a, 3)
    rows, columns = np.nonzero(shadow)
    middle = int(np.argmin((rows - rows.mean()) ** 2 + (columns - columns.mean()) ** 2))
    box = a.page.locator("[data-viewport='3'] canvas").first.bounding_box()
    assert box is not None
    was = a.read("crosshair")
    a.page.mouse.click(box["x"] + columns[middle] + 0.5, box["y"] + rows[middle] + 0.5)
    wait_for(lambda: a.read("crosshair") != was, what="the crosshair on the bone")
    point = a.read("crosshair")
    near = [
        truth.at(np.add(point, step)) for step in np.random.default_rng(0).uniform(-3, 3, (60, 3))
    ]
    assert np.nanmax(near) > 130, "what was clicked is dense"
    # What an AI has outlined lies in it as surfaces, beside the slices.
    a.page.get_by_role("switch", name="Show AI outlines").click()
    wait_for(
        lambda: (a.viewport(3).get("solid") or {}).get("surfaces"), what="surfaces", timeout_s=60
    )
    lesions = _settled(a, 3)["solid"]["surfaces"]
    assert all(one["unreviewed"] for one in lesions)
    keep_screenshot(a.page, "planes-and-3d")


@pytest.mark.skipif(not SHARED.exists(), reason="shared data (real DICOM) is not here")
def test_the_surface_of_a_liver_covers_its_mask(
    stack: Stack, open_page: OpenPage, keep_screenshot: Keep
) -> None:
    case_id, _ = import_sets(stack, "SOLID-1", LIVER)
    images = [pydicom.dcmread(path) for path in sorted(LIVER.glob("0*.dcm"))]
    seg = pydicom.dcmread(LIVER / "liver.dcm")
    truth = Truth.of(images)
    mask = np.zeros(truth.values.shape, bool)
    for group, plane in zip(seg.PerFrameFunctionalGroupsSequence, seg.pixel_array, strict=True):
        height = float(group.PlanePositionSequence[0].ImagePositionPatient[2])
        at = np.linalg.inv(truth.affine) @ [*images[0].ImagePositionPatient[:2], height, 1.0]
        mask[round(at[2])] |= plane > 0

    uid = str(images[0].SeriesInstanceUID)
    page = open_page(
        role="radiologist", width=1280, height=800, path=f"/cases/{case_id}/view?series={uid}"
    )
    screen = Screen(page)
    screen.wait_for_picture()
    listed = page.request.get(f"/api/cases/{case_id}/segmentations").json()["results"]
    (own,) = (one for one in listed if one["sop_instance_uid"] == seg.SOPInstanceUID)
    show_segment(screen, stack.client(role="radiologist"), case_id=case_id, listed=own)
    wait_for(lambda: len(screen.read("masks") or []) >= 1, what="the mask", timeout_s=60)
    screen.focus_viewport()
    _choose(screen, "Surfaces only")
    wait_for(
        lambda: len((screen.viewport().get("solid") or {}).get("surfaces") or []) == 1,
        what="the surface",
        timeout_s=60,
    )
    _look_from(screen, "the feet")
    wait_for(lambda: screen.viewport()["view_plane_normal"][2] < -0.99, what="the feet")
    report = _settled(screen)
    print("liver", report["solid"])
    keep_screenshot(page, "liver")
    assert _overlap(_seen(screen), _shadow(truth, mask, report)) > 0.9
    expect(page.get_by_test_id("solid")).to_contain_text("1 surface")
    screen.drag(screen.focus_viewport(), (700, 250))
    _settled(screen)
    keep_screenshot(page, "liver-turned")
