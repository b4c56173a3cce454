"""Reformatted planes in the browser: values, places, colours, refusals, and the same for followers.

Truth is computed from the DICOM files by `volumes.py`, which shares no code with the viewer.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pydicom
import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import OpenPage
from tests.e2e.harness import Stack, wait_for
from tests.e2e.imports import SHARED, Imported, import_sets
from tests.e2e.meetings import PET_CT, open_session
from tests.e2e.planes import (
    AXIAL,
    CORONAL,
    LIVER,
    NATIVE,
    ODD,
    SAGITTAL,
    SARCOMA,
    local_truth,
    open_series,
    settled,
    uid_of,
)
from tests.e2e.screen import Screen
from tests.e2e.segments import show_segment
from tests.e2e.volumes import Truth, grey, truth_from_pacs

pytestmark = [pytest.mark.chromium, pytest.mark.orthanc, pytest.mark.timeout(600)]
Keep = Callable[[Page, str], Path]


def _compare(screen: Screen, index: int, truth: Truth) -> int:
    """The same, once nothing moves: a viewport that is still laid out is sampled anew meanwhile."""
    for tries_left in reversed(range(10)):
        try:
            return _compare_now(screen, index, truth)
        except AssertionError:
            if not tries_left:
                raise
            screen.page.wait_for_timeout(1000)
    return 0


def _compare_now(screen: Screen, index: int, truth: Truth) -> int:
    """Values and pixels of a plane against the files; how many were inside the volume."""
    report = screen.viewport(index)
    box = screen.page.locator(f"[data-viewport='{index}'] canvas").first.bounding_box()
    assert box is not None
    random = np.random.default_rng(index)
    picture = screen.picture(index)
    inside = 0
    for x, y in random.uniform(0.2, 0.8, (40, 2)):
        place = screen.read(
            "patientAt", index, [box["x"] + box["width"] * x, box["y"] + box["height"] * y]
        )
        sample = screen.read("planeSample", index, place)
        assert np.linalg.norm(np.subtract(sample["point_lps"], place)) < report["mm_per_px"]
        expected = truth.at(sample["point_lps"])
        shown = picture[sample["row"], sample["column"]]
        assert shown == pytest.approx(grey(expected, report["voi"]), abs=1.01)
        if not np.isnan(expected):
            assert sample["values"][0] == pytest.approx(expected, abs=0.05)
            inside += 1
    return inside


def test_planes_of_the_phantom_and_of_whoever_follows(
    stack: Stack, open_page: OpenPage, keep_screenshot: Keep
) -> None:
    _, _, session = open_session(stack, PET_CT)
    path = f"/live/{session}"
    a = Screen(open_page(role="chair", path=path, width=1920, height=1080))
    b = Screen(open_page(role="radiologist", path=path, width=1280, height=800))
    for screen in (a, b):
        wait_for(lambda one=screen: one.live().get("status") == "open", what="joined", timeout_s=90)
        screen.wait_for_picture(timeout_s=180)
    assert a.live()["presenting"]
    report = a.viewport()
    assert report["modality"] == "CT"
    truth = truth_from_pacs(stack, report["series_instance_uid"])
    a.focus_viewport()
    a.press("n")
    wait_for(lambda: a.read("layout")["rows"] == 2, what="two by two", timeout_s=60)
    planes = settled(a, AXIAL, CORONAL, SAGITTAL, timeout_s=120)
    assert [one["reformat"]["kind"] for one in planes] == ["plane"] * 3

    # The densest voxel: seen where it is, in all planes, after two clicks with the crosshair.
    middle = truth.values[2:-2, 20:-20, 20:-20]
    densest = np.unravel_index(int(middle.argmax()), middle.shape)
    bone = truth.point(densest[0] + 2, densest[1] + 20, densest[2] + 20)
    for index in (CORONAL, AXIAL):
        a.page.mouse.click(*a.page_of(tuple(bone), index))
        settled(a, AXIAL, CORONAL, SAGITTAL)
    for index, axis in ((AXIAL, 2), (CORONAL, 1), (SAGITTAL, 0)):
        view = a.viewport(index)
        assert view["focal_point_lps"][axis] == pytest.approx(bone[axis], abs=view["mm_per_px"] * 2)
        assert _compare(a, index, truth) >= 15
        sample = a.read("planeSample", index, bone)
        assert sample["values"][0] == pytest.approx(truth.at(sample["point_lps"]), abs=0.05)
    assert a.viewport(NATIVE)["slice"] is not None
    letters = {
        index: a.page.locator(f"[data-viewport='{index}'] [data-edge='right']").text_content()
        for index in (AXIAL, CORONAL, SAGITTAL)
    }
    assert letters == {AXIAL: "L", CORONAL: "L", SAGITTAL: "P"}
    keep_screenshot(a.page, "three")

    # Oblique: a line is turned by its handle; the other two planes turn with it.
    cx, cy = a.page_of(tuple(a.read("crosshair")), AXIAL)
    box = a.page.locator(f"[data-viewport='{AXIAL}']").bounding_box()
    assert box is not None
    reach = 0.36 * min(box["width"], box["height"])
    turn = np.radians(25)
    end = (cx + reach * np.cos(turn), cy + reach * np.sin(turn))
    a.drag((cx + reach, cy), end, steps=10)
    (oblique,) = settled(a, CORONAL)
    assert abs(oblique["view_plane_normal"][0]) == pytest.approx(np.sin(turn), abs=0.03)
    assert _compare(a, CORONAL, truth) >= 12
    keep_screenshot(a.page, "oblique")

    # Whoever follows sees the same oblique plane, on another screen.
    def follows() -> bool:
        theirs = b.viewport(CORONAL)
        normal = theirs.get("view_plane_normal") or [9, 9, 9]
        return bool(
            theirs.get("plane_settled")
            and np.allclose(normal, a.viewport(CORONAL)["view_plane_normal"], atol=1e-6)
        )

    wait_for(follows, what="B follows", timeout_s=120)
    mine, theirs = a.viewport(CORONAL), b.viewport(CORONAL)
    for name in ("focal_point_lps", "view_up", "fit_mm", "voi", "reformat"):
        assert theirs[name] == pytest.approx(mine[name]), name
    assert _compare(b, CORONAL, truth) >= 12
    keep_screenshot(b.page, "follower")

    # A slab shows the greatest value of its thickness.
    a.page.mouse.click(cx, cy)
    a.page.get_by_role("button", name="Planes", exact=True).click()
    a.page.get_by_text("20 mm", exact=True).click()
    keep_screenshot(a.page, "menu")
    a.page.keyboard.press("Escape")
    (slab,) = settled(a, AXIAL)
    assert slab["reformat"] == {"kind": "plane", "projection": "max", "slab_mm": 20}
    for shift in (0, 12, -25):
        sample = a.read("planeSample", AXIAL, [bone[0] + shift, bone[1] + shift, bone[2]])
        expected = truth.slab_maximum(sample["point_lps"], slab["view_plane_normal"], 20)
        assert sample["values"][0] == pytest.approx(expected, abs=0.1)

    # Figures for the page: one plane at a time, at rest.
    took = []
    for _ in range(12):
        a.press("ArrowDown")
        settled(a, AXIAL)
        took.append(a.viewport(CORONAL)["plane_ms"])
    print(f"plane of {mine['size']}: {np.median(took):.0f} ms")


@pytest.fixture(scope="module")
def imported(stack: Stack) -> Imported:
    if not SHARED.exists():
        pytest.skip("shared data (real DICOM) is not here")
    return import_sets(stack, "PLANES-1", f"{SARCOMA}/PET", LIVER, ODD)


def test_a_projection_turns_and_leads_to_the_hottest_voxel(
    imported: Imported, open_page: OpenPage, keep_screenshot: Keep
) -> None:
    case_id, every = imported
    pet = local_truth(f"{SARCOMA}/PET/image")
    hottest = np.unravel_index(int(pet.values.argmax()), pet.values.shape)
    hot = pet.point(*(int(at) for at in hottest))
    screen = open_series(open_page, case_id, uid_of(every, SARCOMA, "PET/image"))
    page = screen.page
    screen.press("n")
    wait_for(lambda: screen.read("layout")["rows"] == 2, what="two by two", timeout_s=60)
    settled(screen, AXIAL, CORONAL, SAGITTAL)
    screen.press("ArrowLeft")
    page.get_by_role("button", name="Planes", exact=True).click()
    page.get_by_role("menuitem", name="Projection that turns").click()
    (mip,) = settled(screen, NATIVE)
    assert mip["reformat"]["kind"] == "rotation"
    sample = screen.read("planeSample", NATIVE, hot)
    ray = [
        pet.at(np.add(sample["point_lps"], np.multiply(mip["view_plane_normal"], far)))
        for far in np.arange(-400, 400, 0.5)
    ]
    # Samples lie a voxel apart, so a peak between two of them is met nearly, never exceeded.
    assert 0.85 * np.nanmax(ray) <= sample["values"][0] <= np.nanmax(ray) + 1e-3
    assert np.nanmax(ray) > 0.7 * pet.values.max()
    page.get_by_role("button", name="One step on").click()
    page.get_by_role("button", name="One step on").click()
    settled(screen, NATIVE)
    expect(page.get_by_role("group", name="Turn the projection")).to_contain_text("20°")
    page.mouse.click(*screen.page_of(tuple(hot), NATIVE))
    near = pet.finest_mm * 1.5
    wait_for(
        lambda: float(np.linalg.norm(np.subtract(screen.read("crosshair"), hot))) < near,
        what="the crosshair at the hottest voxel",
    )
    settled(screen, AXIAL, CORONAL, SAGITTAL)
    assert screen.viewport(AXIAL)["focal_point_lps"][2] == pytest.approx(hot[2], abs=near)
    keep_screenshot(page, "projection")


def test_a_mask_lies_on_its_anatomy_in_a_coronal_plane(
    stack: Stack, imported: Imported, open_page: OpenPage, keep_screenshot: Keep
) -> None:
    case_id, _ = imported
    images = [pydicom.dcmread(path) for path in sorted((SHARED / LIVER).glob("0*.dcm"))]
    screen = open_series(open_page, case_id, str(images[0].SeriesInstanceUID))
    page = screen.page
    truth = Truth.of(images)
    seg = pydicom.dcmread(SHARED / LIVER / "liver.dcm")
    heights = [
        float(group.PlanePositionSequence[0].ImagePositionPatient[2])
        for group in seg.PerFrameFunctionalGroupsSequence
    ]
    mask = np.zeros(truth.values.shape, bool)
    for height, plane in zip(heights, seg.pixel_array, strict=True):
        at = np.linalg.inv(truth.affine) @ [*images[0].ImagePositionPatient[:2], height, 1.0]
        mask[round(at[2])] |= plane > 0
    listed = page.request.get(f"/api/cases/{case_id}/segmentations").json()["results"]
    (own,) = (one for one in listed if one["sop_instance_uid"] == seg.SOPInstanceUID)
    show_segment(screen, stack.client(role="radiologist"), case_id=case_id, listed=own)
    wait_for(lambda: len(screen.read("masks") or []) >= 1, what="the mask", timeout_s=60)
    page.get_by_role("button", name="Planes", exact=True).click()
    page.get_by_role("menuitem", name="Coronal").click()
    settled(screen, 0)
    y = screen.viewport()["focal_point_lps"][1]
    row = round((np.linalg.inv(truth.affine) @ [0, y, 0, 1.0])[1])
    middle = mask[1, row]
    run = [c for c in range(6, middle.size - 6) if middle[c - 5 : c + 6].all()]
    clear = [c for c in range(40, middle.size - 40) if not middle[c - 40 : c + 41].any()]
    assert run and clear
    inside = [[*truth.point(1, row, c)[:1], y, truth.point(1, row, c)[2]] for c in run[::9]]
    outside = [[*truth.point(1, row, c)[:1], y, truth.point(1, row, c)[2]] for c in clear[::25]]
    wait_for(lambda: bool((screen.overlay_at(inside) > 0).all()), what="the mask in the plane")
    assert (screen.overlay_at(outside) == 0).all()
    keep_screenshot(page, "coronal")


def test_what_is_no_volume_is_refused_in_words_and_shown_as_it_was(
    imported: Imported, open_page: OpenPage, keep_screenshot: Keep
) -> None:
    case_id, every = imported
    odd = {
        str(pydicom.dcmread(path, stop_before_pixels=True).SeriesInstanceUID)
        for path in (SHARED / ODD).rglob("*")
        if path.is_file() and path.suffix == ".dcm"
    }
    refused = 0
    for series in every:
        uid = series["series_instance_uid"]
        if uid not in odd or series["modality"] != "CT" or series["frame_count"] < 2:
            continue
        screen = open_series(open_page, case_id, uid)
        screen.press("n")
        report = screen.viewport()
        if report["reformat"] is None and report["refusal"]:
            expect(screen.page.get_by_test_id("plane-refusal")).to_contain_text("No other planes")
            assert screen.read("layout")["rows"] == 1
            assert report["sop_instance_uid"] is not None
            refused += 1
            keep_screenshot(screen.page, f"{refused}")
    assert refused >= 1
