"""The viewer where there is no desk: tablet, projector, further monitor, weak machine."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from tests.e2e.access import find_accessibility_faults, small_targets
from tests.e2e.conftest import OpenPage
from tests.e2e.devices import (
    CUT_OR_COVERED,
    GAPS_OF_TABS_PX,
    KEEP_CONTEXTS,
    LOSE_CONTEXTS,
    Fingers,
    OpenDevice,
    open_device,
)
from tests.e2e.harness import Stack, wait_for
from tests.e2e.meetings import PET_CT, open_session
from tests.e2e.screen import Screen, pick_grid, same_view

__all__ = ["open_device"]

pytestmark = [pytest.mark.chromium, pytest.mark.orthanc, pytest.mark.timeout(900)]
Keep = Callable[[Page, str], Path]
LITTLE_MEMORY = "Object.defineProperty(navigator, 'deviceMemory', { get: () => 1 })"
VOLUME = {"consilium.mode": "volume"}
FONT_PX = "one => parseFloat(getComputedStyle(one).fontSize)"
LIGHT = {**VOLUME, "mantine-color-scheme-value": "light"}


@pytest.fixture(scope="module")
def room(stack: Stack) -> dict[str, str]:
    """A live session with one case whose images are here."""
    case, _, session = open_session(stack, PET_CT)
    return {
        "case": f"/cases/{case['id']}/view",
        "live": f"/live/{session}",
        "name": case["patient"]["name"],
        "patient_id": case["patient"]["patient_id"],
    }


def _slice(screen: Screen) -> int:
    return int(screen.viewport()["slice"] or 0)


def _centre(screen: Screen, index: int = 0) -> tuple[float, float]:
    box = screen.page.locator(f"[data-viewport='{index}']").bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def _images(screen: Screen) -> dict[str, float]:
    """Where all viewports together lie."""
    box = screen.page.locator("[data-viewport='0']").locator("xpath=..").bounding_box()
    assert box is not None
    return dict(box)


def _settled(screen: Screen, **wanted: Any) -> dict[str, Any]:
    def settled() -> dict[str, Any] | None:
        report = screen.viewport()
        here = report.get("sop_instance_uid") == report.get("target_sop_instance_uid")
        return report if here and wanted.items() <= report.items() else None

    report: dict[str, Any] = wait_for(settled, what=f"{wanted}", timeout_s=30)
    return report


def test_a_tablet_follows_and_is_worked_with_fingers(
    room: dict[str, str], open_page: OpenPage, open_device: OpenDevice, keep_screenshot: Keep
) -> None:
    chair = Screen(open_page(role="chair", path=room["live"], width=1280))
    chair.wait_for_picture()
    if not chair.live().get("presenting"):
        present = chair.page.get_by_role("button", name="Present")
        if present.count():
            present.first.click()
    page = open_device(
        path=room["live"],
        width=1024,
        height=768,
        storage=VOLUME,
        has_touch=True,
        is_mobile=True,
    )
    tablet = Screen(page)
    tablet.wait_for_picture()
    chair.focus_viewport()
    chair.press("ArrowDown", times=3)
    wait_for(lambda: same_view(chair.viewport(), tablet.viewport()), what="follows", timeout_s=30)
    keep_screenshot(page, "live-landscape")

    # One finger scrolls, two enlarge and move; both end following, as a mouse would.
    assert tablet.read("tool") == "scroll"
    fingers, centre = Fingers(page), _centre(tablet)
    before = _settled(tablet)
    fingers.drag((centre[0], centre[1] - 40), (centre[0], centre[1] + 20))
    scrolled = wait_for(
        lambda: _slice(tablet) > before["slice"] and tablet.viewport(), what="scrolled"
    )
    fingers.spread(centre, 60, 120)
    zoomed = tablet.viewport()
    assert zoomed["fit_mm"] == pytest.approx(scrolled["fit_mm"] / 2, rel=0.15)
    page.get_by_role("button", name="Window", exact=True).tap()
    fingers.drag(centre, (centre[0] + 60, centre[1]))
    windowed = tablet.viewport()["voi"]
    assert windowed["upper"] - windowed["lower"] > zoomed["voi"]["upper"] - zoomed["voi"]["lower"]

    # A finger that rests points, for everybody; nothing stays of those that scrolled.
    wait_for(lambda: chair.read("pointers") == [], what="no pointer yet", timeout_s=15)
    box = page.locator("[data-viewport='0'] canvas").first.bounding_box()
    assert box is not None
    pointed = tablet.read("patientAt", 0, list(centre))
    fingers.down(centre)
    expect(page.locator(".vw-finger")).to_be_visible(timeout=5_000)
    seen = wait_for(lambda: chair.read("pointers"), what="the pointer", timeout_s=15)
    assert seen[0]["point_lps"] == pytest.approx(pointed, abs=1.0)
    keep_screenshot(page, "finger")
    fingers.up()
    expect(page.locator(".vw-finger")).to_have_count(0)
    wait_for(lambda: chair.read("pointers") == [], what="no pointer", timeout_s=15)

    # The sides are drawers over the picture; it keeps its size.
    size = tablet.viewport()["size"]
    page.get_by_role("button", name="Fold the right panel").tap()
    expect(page.get_by_role("complementary").last).to_be_visible()
    assert tablet.viewport()["size"] == size
    keep_screenshot(page, "drawer")
    page.get_by_role("button", name="Fold the left panel").tap()
    expect(page.get_by_role("complementary")).to_have_count(1)
    assert small_targets(page) == []
    assert small_targets(page, within="[role=toolbar]", side=44) == []
    page.get_by_role("button", name="Fold the left panel").tap()
    page.set_viewport_size({"width": 820, "height": 1180})
    page.wait_for_timeout(400)
    assert _images(tablet)["width"] == 820
    keep_screenshot(page, "portrait")


def _whole(screen: Screen, room: dict[str, str], viewports: Iterable[int]) -> None:
    """Whose picture it is and where it lies: said on each viewport, nothing cut or covered."""
    for index in viewports:
        cell = screen.page.locator(f"[data-viewport='{index}']")
        banner = cell.get_by_test_id("patient-banner")
        expect(banner).to_contain_text(room["name"].split("^")[0])
        expect(banner).to_contain_text(room["patient_id"])
        expect(banner).to_contain_text("born")
        foot = cell.locator("[data-testid=slice], [data-testid=plane]").first
        expect(foot).to_contain_text("mm" if cell.get_by_test_id("slice").count() else "computed")
        assert (index, cell.evaluate(CUT_OR_COVERED)) == (index, [])


def test_identity_and_place_are_on_every_viewport_at_every_size(
    room: dict[str, str], open_page: OpenPage, keep_screenshot: Keep
) -> None:
    page = open_page(role="radiologist", path=room["case"], width=1280, height=800)
    screen = Screen(page)
    screen.wait_for_picture()
    assert _images(screen)["width"] >= 0.6 * 1280
    expect(page.get_by_text("not a medical device")).to_be_visible()
    assert page.evaluate(GAPS_OF_TABS_PX) >= 4
    assert small_targets(page) == []
    # PET/CT hangs in four kinds of viewport; eight more series beside them.
    pick_grid(page, right=3, down=2)
    tile = page.locator("[data-series]").first
    for index in range(4, 12):
        page.locator(f"[data-viewport='{index}']").click()
        tile.click()
        screen.wait_for_picture(index=index)
    for width, height, name in ((1920, 1080, "wide"), (1280, 800, "desk"), (1024, 800, "small")):
        page.set_viewport_size({"width": width, "height": height})
        page.wait_for_timeout(400)
        keep_screenshot(page, name)
        _whole(screen, room, range(12))
    # Along z, as an axial slice lies: the same place that the camera names.
    words = page.get_by_test_id("slice-position").first.inner_text()
    z = screen.viewport()["focal_point_lps"][2]
    assert f"{'S' if z > 0 else 'I'} {abs(z):.1f} mm" in words


def test_a_weak_machine_gets_pictures_of_the_server_that_are_marked(
    room: dict[str, str], open_device: OpenDevice, keep_screenshot: Keep
) -> None:
    able = Screen(open_device(path=room["case"], storage=VOLUME))
    weak = Screen(open_device(path=room["case"], script=LITTLE_MEMORY))
    for screen in (able, weak):
        screen.wait_for_picture()
    status = weak.page.get_by_test_id("device-status")
    expect(status).to_contain_text("Pictures drawn by the server")
    expect(status).to_contain_text("software rendering")
    expect(weak.page.get_by_test_id("lossy-preview").first).to_be_visible()
    expect(able.page.get_by_test_id("lossy-preview")).to_have_count(0)

    def is_close() -> bool:
        """The same slice in the same place, grey by grey within what JPEG loses."""
        assert weak.viewport()["sop_instance_uid"] == able.viewport()["sop_instance_uid"]
        shown, drawn = (one.picture().astype(int) for one in (able, weak))
        assert shown.shape == drawn.shape
        return bool(np.abs(shown - drawn).mean() < 3 < np.abs(shown[:, ::-1] - drawn).mean())

    # Linked series begin at the size of whichever came first: fitted, both show the same.
    for screen in (able, weak):
        screen.focus_viewport()
        screen.press("=")
    wait_for(is_close, what="the same picture, the right way round", timeout_s=15)
    assert weak.viewport()["preview"] is True
    assert weak.read("valueAt", 0, [100, 100]) is None
    assert able.read("valueAt", 0, [100, 100]) is not None
    for screen in (able, weak):
        screen.focus_viewport()
        screen.press("ArrowDown", times=4)
        screen.press("2")  # lung: outside of what the first picture holds
        _settled(screen, slice=_slice(able))
    wait_for(is_close, what="the same picture in another window", timeout_s=15)
    _settled(weak, preview=True)
    keep_screenshot(weak.page, "pictures")
    # The person decides otherwise: frames again, and values.
    status.click()
    weak.page.get_by_role("menuitemradio", name="Image by image").click()
    keep_screenshot(weak.page, "menu")
    wait_for(lambda: weak.viewport()["preview"] is False, what="frames again", timeout_s=20)
    assert weak.read("valueAt", 0, [100, 100]) is not None


def test_a_lost_card_is_named_drawn_without_and_comes_back(
    room: dict[str, str], open_device: OpenDevice, keep_screenshot: Keep
) -> None:
    page = open_device(
        path=room["case"], storage={**VOLUME, "consilium.renderer": "gpu"}, script=KEEP_CONTEXTS
    )
    screen = Screen(page)
    screen.wait_for_picture()
    wait_for(lambda: screen.viewport()["renderer"] == "gpu", what="the card", timeout_s=30)
    wait_for(lambda: (screen.picture() > 60).mean() > 0.05, what="a picture on the card")
    before = screen.picture().astype(int)
    assert page.evaluate(LOSE_CONTEXTS) > 0
    expect(page.get_by_test_id("graphics-lost").first).to_be_visible(timeout=5_000)
    assert screen.viewport()["renderer"] == "canvas"
    wait_for(lambda: np.abs(screen.picture() - before).mean() < 4, what="drawn without a card")
    keep_screenshot(page, "lost")
    wait_for(lambda: screen.viewport()["renderer"] == "gpu", what="the card is back", timeout_s=20)
    expect(page.get_by_test_id("graphics-lost")).to_have_count(0)
    wait_for(lambda: np.abs(screen.picture() - before).mean() < 1, what="as before", timeout_s=20)
    screen.focus_viewport()
    screen.press("ArrowDown")
    _settled(screen, renderer="gpu")


def test_a_projector_a_large_screen_and_a_bright_room(
    room: dict[str, str], open_device: OpenDevice, keep_screenshot: Keep
) -> None:
    page = open_device(
        path=room["case"], width=1920, height=1080, device_scale_factor=2, storage=LIGHT
    )
    screen = Screen(page)
    screen.wait_for_picture()
    wait_for(lambda: (screen.picture() > 60).mean() > 0.05, what="a picture at twice the pixels")
    size, picture = screen.viewport()["size"], screen.picture()
    assert picture.shape == (size["height"] * 2, size["width"] * 2)
    keep_screenshot(page, "bright-4k")
    _whole(screen, room, range(4))
    page.keyboard.press("Alt+p")
    for place in ("[data-testid=patient-banner]", "[data-testid=slice]", "footer"):
        assert page.locator(place).first.evaluate(FONT_PX) >= 18, place
    page.wait_for_timeout(300)
    keep_screenshot(page, "projector")
    _whole(screen, room, range(4))
    assert find_accessibility_faults(page) == []
    page.keyboard.press("Alt+p")
    expect(page.locator("html[data-presentation]")).to_have_count(0)


def test_four_thousand_points_are_used_and_nothing_is_cut(
    room: dict[str, str], open_device: OpenDevice, keep_screenshot: Keep
) -> None:
    page = open_device(path=room["case"], width=3840, height=2160, storage=VOLUME)
    screen = Screen(page)
    for index in range(3):
        screen.wait_for_picture(index=index)
    wait_for(lambda: screen.viewport(3)["plane_settled"], what="a projection", timeout_s=60)
    wait_for(lambda: (screen.picture() > 60).mean() > 0.05, what="a picture")
    page.wait_for_timeout(500)
    keep_screenshot(page, "wall")
    assert _images(screen)["width"] > 0.6 * 3840
    assert _images(screen)["height"] > 0.8 * 2160
    for index in range(4):
        # A point of the canvas for a point of the screen: nothing is drawn small and enlarged.
        size = screen.viewport(index)["size"]
        assert screen.picture(index).shape == (size["height"], size["width"])
    for place in ("[data-testid=patient-banner]", "[data-testid=slice]", ".vw-letter"):
        assert page.locator(place).first.evaluate(FONT_PX) >= 15, place
    _whole(screen, room, range(4))
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert find_accessibility_faults(page) == []


def test_a_companion_window_follows_and_closes_with_the_main_one(
    room: dict[str, str], open_device: OpenDevice, keep_screenshot: Keep
) -> None:
    page = open_device(path=room["case"], storage=VOLUME)
    main = Screen(page)
    main.wait_for_picture()
    with page.expect_popup() as opened:
        page.get_by_role("button", name="Open in a window of its own").click()
    companion = Screen(opened.value)
    companion.wait_for_picture()
    expect(companion.page.get_by_test_id("patient-banner")).to_contain_text(room["patient_id"])
    main.focus_viewport()
    main.press("ArrowDown", times=5)
    main.press("2")
    main.press("+", times=2)
    wait_for(lambda: same_view(main.viewport(), companion.viewport()), what="follows", timeout_s=20)
    keep_screenshot(companion.page, "companion")
    assert find_accessibility_faults(companion.page) == []
    with companion.page.expect_event("close", timeout=15_000):
        page.goto("/worklist")
