"""How cases hang, how views move together, cine, and two identities: on real images.

Asserted from viewport state, in patient millimetres; the pictures are kept to be looked at.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import OpenPage
from tests.e2e.harness import Stack, wait_for
from tests.e2e.imports import SHARED, import_into, new_case, person
from tests.e2e.screen import Screen, pick_grid

pytestmark = [
    pytest.mark.chromium,
    pytest.mark.timeout(900),
    pytest.mark.skipif(not SHARED.exists(), reason="shared data (real DICOM) is not here"),
]
Keep = Callable[[Page, str], Path]
CHEST, PET_CT_MR = "01-ct-chest-adenocarcinoma-A0001", "03-petctmr-sarcoma-STS_001"
TWICE, FOUR_D = "05-longitudinal-mr-CMB-CRC-06489", "08-mr-4d-bold"
BRAIN = "18-mr-brain-gad-kos-nist"


def _headers(folder: str) -> dict[str, Any]:
    """SOP Instance UID -> header of every image of a set."""
    found = {}
    for path in sorted((SHARED / folder).rglob("*")):
        if path.is_file():
            try:
                header = pydicom.dcmread(path, stop_before_pixels=True)
            except pydicom.errors.InvalidDicomError:
                continue
            found[str(header.SOPInstanceUID)] = header
    return found


def _case(stack: Stack, *folders: str, own: str | None = None) -> tuple[str, list[dict[str, Any]]]:
    """A case with these sets; `own` names the one whose patient is the case's."""
    patient = person(f"HANG {folders}", "Hangs^By")
    if own is not None:
        header = next(iter(_headers(own).values()))
        patient = person(
            str(header.PatientID),
            str(header.PatientName),
            born=str(header.get("PatientBirthDate") or ""),
            sex=str(header.get("PatientSex") or ""),
        )
    case_id = new_case(stack, patient, "Hangs")
    import_into(stack, {case_id: [SHARED / folder for folder in folders]})
    coordinator = stack.client(role="coordinator")
    studies = coordinator.get(f"/api/cases/{case_id}/studies?limit=200").json()["results"]
    return case_id, studies


def _series(studies: list[dict[str, Any]], modality: str) -> list[str]:
    return [
        series["series_instance_uid"]
        for study in studies
        for series in study["series"]
        if series["modality"] == modality
    ]


def _settled(screen: Screen, index: int) -> dict[str, Any]:
    def settled() -> dict[str, Any] | None:
        report = screen.viewport(index)
        same = report.get("sop_instance_uid") == report.get("target_sop_instance_uid")
        return report if report.get("sop_instance_uid") and same else None

    report: dict[str, Any] = wait_for(settled, what=f"viewport {index}", timeout_s=30)
    return report


def _z(screen: Screen, index: int) -> float:
    return float(_settled(screen, index)["focal_point_lps"][2])


def _layout(screen: Screen) -> tuple[int, int]:
    told = screen.read("layout") or {}
    return told.get("rows", 0), told.get("columns", 0)


def test_current_and_prior_scroll_together_and_a_layout_is_kept(
    stack: Stack, open_page: OpenPage, keep_screenshot: Keep
) -> None:
    case_id, studies = _case(stack, TWICE)
    page = open_page(role="radiologist", width=1920, height=1080, path=f"/cases/{case_id}/view")
    screen = Screen(page)
    for index in (0, 1):
        screen.wait_for_picture(index=index)
    assert _layout(screen) == (1, 2)
    newest = max(studies, key=lambda study: study["study_date"])
    assert screen.viewport(0)["study_instance_uid"] == newest["study_instance_uid"]
    assert screen.viewport(1)["study_instance_uid"] != newest["study_instance_uid"]

    # Two frames of reference that nothing links: by offset, and said so on both.
    expect(page.locator("[data-link='offset']")).to_have_count(2)
    before = (_z(screen, 0), _z(screen, 1))
    screen.focus_viewport(0)
    screen.press("ArrowDown", times=3)
    moved = wait_for(lambda: _z(screen, 1) - before[1], what="the prior follows")
    assert moved == pytest.approx(_z(screen, 0) - before[0], abs=5.01)
    keep_screenshot(page, "current-prior-1920")
    screen.press("y")
    held = _z(screen, 1)
    screen.press("ArrowDown", times=2)
    assert _z(screen, 1) == held
    expect(page.locator("[data-link]")).to_have_count(0)

    # A series goes where it is dropped; double click maximises; outside nothing happens.
    (old,) = [s["series"][0]["series_instance_uid"] for s in studies if s is not newest]
    tile = page.locator(f"[data-series='{old}']")
    tile.drag_to(page.locator("header").first)
    assert screen.viewport(0)["series_instance_uid"] != old
    tile.drag_to(page.locator("[data-viewport='0']"))
    wait_for(lambda: screen.viewport(0)["series_instance_uid"] == old, what="dropped")
    page.locator("[data-viewport='1']").dblclick()
    wait_for(lambda: screen.read("layout")["maximised"] == 1, what="maximised")
    expect(page.locator("[data-viewport='0']")).to_have_count(0)
    page.locator("[data-viewport='1']").dblclick()

    page.set_viewport_size({"width": 1280, "height": 800})
    pick_grid(page, right=3, down=2)
    wait_for(lambda: _layout(screen) == (3, 4), what="3 x 4")
    screen.press("Control+ArrowDown")
    screen.press("Control+ArrowRight")
    wait_for(lambda: screen.read("layout")["active"] in {5, 6}, what="another row and column")
    tile.click()
    wait_for(
        lambda: screen.viewport(screen.read("layout")["active"])["series_instance_uid"] == old,
        what="in the middle of the grid",
    )
    filled = screen.read("layout")["active"]
    screen.wait_for_picture(index=filled)
    keep_screenshot(page, "3x4-1280")

    page.get_by_role("button", name="Layouts", exact=True).click()
    page.wait_for_timeout(300)
    keep_screenshot(page, "menu")
    page.get_by_role("menuitem", name="Save this layout as").click()
    page.get_by_label("Name").fill("Mine of twelve")
    page.get_by_label("Hang by itself where it fits").check()
    page.wait_for_timeout(300)
    keep_screenshot(page, "save")
    page.get_by_role("button", name="Save layout").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.reload()
    wait_for(lambda: _layout(screen) == (3, 4), what="hangs as it was kept", timeout_s=30)
    wait_for(lambda: screen.viewport(filled).get("series_instance_uid") == old, what="in its place")
    screen.press("Shift+ArrowRight")  # the next layout that fits
    wait_for(lambda: _layout(screen) != (3, 4), what="the next layout")
    page.get_by_role("button", name="Layouts", exact=True).click()
    page.get_by_role("menuitem", name="Manage saved layouts").click()
    page.get_by_role("button", name="Delete").click()
    expect(page.get_by_role("dialog")).to_contain_text("None yet")


def test_sequences_of_one_scan_are_linked_exactly_and_show_where_they_cut(
    stack: Stack, open_page: OpenPage, keep_screenshot: Keep
) -> None:
    # A layout of the board, by whoever runs it, is there for a member who does not.
    runner = stack.client(role="coordinator")
    boards = [one for one in runner.get("/api/boards").json()["results"] if one["my_role"]]
    board = next(one for one in boards if one["my_role"] in {"chair", "coordinator"})
    everything = runner.get("/api/hanging-protocols").json()["results"]
    document = next(one["document"] for one in everything if one["key"] == "single")
    answer = runner.post(
        "/api/hanging-protocols",
        json={"name": "Of the board", "board": board["id"], "document": document},
    )
    assert answer.status_code == 201, answer.text

    case_id, _studies = _case(stack, PET_CT_MR)
    page = open_page(role="radiologist", width=1280, height=800, path=f"/cases/{case_id}/view")
    screen = Screen(page)
    for index in range(3):
        screen.wait_for_picture(index=index)
    wait_for(lambda: screen.viewport(3).get("plane_settled"), what="the projection", timeout_s=60)
    shown = [screen.viewport(index)["modality"] for index in range(4)]
    assert (_layout(screen), shown) == ((2, 2), ["CT", "PT", "CT", "PT"])
    wait_for(lambda: screen.viewport(2).get("plane_settled"), what="PET on CT", timeout_s=60)
    expect(page.get_by_test_id("missing-display")).to_have_count(0)
    screen.focus_viewport(0)
    screen.press("ArrowDown", times=4)
    place = _z(screen, 0)
    wait_for(lambda: abs(_z(screen, 1) - place) < 1.7, what="PET at the same position")
    assert screen.read("links")["views"][1]["kind"] == "same"
    scale = [screen.viewport(index)["mm_per_px"] for index in (0, 1)]
    assert scale[0] == pytest.approx(scale[1], rel=0.02)
    keep_screenshot(page, "pet-ct-1280")
    page.get_by_role("button", name="Layouts", exact=True).click()
    expect(page.get_by_role("menuitem", name="Of the board")).to_contain_text(board["name"])
    page.keyboard.press("Escape")
    page.context.close()
    runner.request("DELETE", f"/api/hanging-protocols/{answer.json()['id']}", json={"version": 1})

    case_id, _studies = _case(stack, BRAIN)
    page = open_page(role="radiologist", width=1920, height=1080, path=f"/cases/{case_id}/view")
    screen = Screen(page)
    for index in (0, 1):
        screen.wait_for_picture(index=index)
    assert _layout(screen) == (1, 2)
    headers = _headers(BRAIN)
    planes = []
    for index in (0, 1):
        header = headers[_settled(screen, index)["sop_instance_uid"]]
        axes = np.asarray(header.ImageOrientationPatient, float).reshape(2, 3)
        planes.append((np.asarray(header.ImagePositionPatient, float), np.cross(*axes)))
    (line,) = screen.read("references", 0)
    for end in line["ends_lps"]:  # on both planes: of what is drawn on, and of what casts it
        for origin, normal in planes:
            assert abs(np.dot(np.asarray(end) - origin, normal)) < 0.01
    drawn = page.locator("[data-viewport='0'] .vw-reference-line").bounding_box()
    ends = [screen.page_of(tuple(end)) for end in line["ends_lps"]]
    assert drawn is not None
    middle = (drawn["x"] + drawn["width"] / 2, drawn["y"] + drawn["height"] / 2)
    assert middle == pytest.approx(tuple(np.mean(ends, axis=0)), abs=1.5)
    screen.focus_viewport(1)
    page.mouse.wheel(0, 120)
    wait_for(lambda: screen.read("references", 0) != [line], what="the line moves")
    keep_screenshot(page, "brain-1920")
    screen.press("j")
    expect(page.locator(".vw-reference")).to_have_count(0)


def test_two_identities_stand_side_by_side_only_by_choice(
    stack: Stack, open_page: OpenPage, keep_screenshot: Keep
) -> None:
    case_id, studies = _case(stack, CHEST, BRAIN, own=CHEST)
    page = open_page(role="radiologist", width=1280, height=800, path=f"/cases/{case_id}/view")
    screen = Screen(page)
    own = screen.wait_for_picture()
    # The brain is newer and another patient's: the case's own CT hangs, alone.
    assert (_layout(screen), own["modality"]) == ((1, 1), "CT")
    pick_grid(page, right=1, down=0)
    wait_for(lambda: _layout(screen) == (1, 2), what="1 x 2")
    stranger = _series(studies, "MR")[0]
    page.locator(f"[data-series='{stranger}']").drag_to(page.locator("[data-viewport='1']"))
    expect(page.get_by_test_id("identity-refused")).to_be_visible()
    assert screen.viewport(1)["series_instance_uid"] is None
    keep_screenshot(page, "refused")
    page.get_by_role("button", name="Compare the two identities").click()
    screen.wait_for_picture(index=1)
    assert screen.viewport(1)["series_instance_uid"] == stranger
    expect(page.get_by_test_id("comparison")).to_have_count(2)
    keep_screenshot(page, "compared")
    page.get_by_role("button", name="Linked viewports").click()
    page.get_by_role("menuitem", name="End the comparison").click()
    expect(page.get_by_test_id("comparison")).to_have_count(0)
    assert screen.viewport(0)["series_instance_uid"] == own["series_instance_uid"]
    assert screen.viewport(1)["series_instance_uid"] is None


def test_cine_runs_and_stops_and_time_is_a_slider(
    stack: Stack, open_page: OpenPage, keep_screenshot: Keep
) -> None:
    case_id, _ = _case(stack, FOUR_D)
    page = open_page(role="radiologist", width=1280, height=800, path=f"/cases/{case_id}/view")
    screen = Screen(page)
    first = screen.wait_for_picture()
    time = page.get_by_label("Time point", exact=True)
    time.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    third = wait_for(lambda: (r := _settled(screen, 0))["stack"] == 3 and r, what="third time")
    assert third["slice"] == first["slice"]
    assert third["focal_point_lps"] == pytest.approx(first["focal_point_lps"])
    keep_screenshot(page, "time")

    page.locator("[data-viewport='0']").hover()
    page.get_by_role("button", name="Plays the slices").click()
    page.get_by_role("button", name="Faster").click()
    page.get_by_role("button", name="Play", exact=True).click()
    stacks: set[int] = set()
    slices: set[int] = set()

    def seen() -> bool:
        report = screen.viewport()
        stacks.add(report["stack"])
        slices.add(report["slice"])
        return stacks == {1, 2, 3, 4}

    wait_for(seen, what="all time points have run", timeout_s=30, every_s=0.02)
    assert slices == {first["slice"]}
    assert screen.read("cine", 0)["frames_per_second"] == 15
    keep_screenshot(page, "cine")
    page.evaluate("document.activeElement.blur()")
    screen.press("ArrowDown")  # whoever scrolls takes over
    wait_for(lambda: not screen.read("cine", 0)["playing"], what="stopped")
    stopped = _settled(screen, 0)["sop_instance_uid"]
    page.wait_for_timeout(400)
    assert screen.viewport()["sop_instance_uid"] == stopped
    screen.press("c")
    wait_for(lambda: screen.read("cine", 0)["playing"], what="plays by key")
    screen.press("c")
    wait_for(lambda: not screen.read("cine", 0)["playing"], what="stops by key")
