"""Orthanc is stopped in mid-meeting: everything already prefetched keeps working (Done when 4)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.e2e import conftest
from tests.e2e.conftest import OpenPage
from tests.e2e.harness import Stack, wait_for
from tests.e2e.meetings import cases_with_images, phantom_cases, plan_meeting
from tests.e2e.screen import Screen, same_view
from tests.orthanc import OrthancUnderTest, skip_without_orthanc

pytestmark = [pytest.mark.chromium, pytest.mark.orthanc, pytest.mark.timeout(900)]

Keep = Callable[[Page, str], Path]
RECHECK_S = 3


@pytest.fixture(scope="module")
def pacs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OrthancUnderTest]:
    """A PACS that is not the house's child, so that it stays away when it is stopped."""
    skip_without_orthanc()
    server = OrthancUnderTest(root=tmp_path_factory.mktemp("pacs"))
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def stack(pacs: OrthancUnderTest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    house = Stack(
        directory=tmp_path_factory.mktemp("house"),
        orthanc=False,
        environment={
            "CONSILIUM_PACS_URL": pacs.url_with_credentials,
            "CONSILIUM_RECHECK_NEAR_S": str(RECHECK_S),
        },
    )
    try:
        house.start()
        house.manage("demo_hospital", "--small")
        yield house
    finally:
        house.stop()


open_page = conftest.open_page


def show_images(screen: Screen) -> None:
    screen.page.get_by_text("Images", exact=True).first.click()


def scroll_and_measure(a: Screen, b: Screen) -> None:
    """A scrolls and measures; B follows and sees the measurement."""
    a.wait_for_picture()
    known = len(b.measurements())
    centre = a.focus_viewport()
    before = a.viewport()["sop_instance_uid"]
    a.press("ArrowDown", times=4)
    a.wait_for_picture()
    assert a.viewport()["sop_instance_uid"] != before
    wait_for(lambda: same_view(a.viewport(), b.viewport()), what="B follows", timeout_s=30)
    b.wait_for_picture()
    a.press("m")
    a.drag((centre[0] - 50, centre[1]), (centre[0] + 50, centre[1] + 15))
    wait_for(
        lambda: len([one for one in b.measurements() if not one["pending"]]) > known,
        what="B sees the measurement",
        timeout_s=30,
    )
    a.press("Escape")


def test_a_meeting_goes_on_when_the_pacs_is_stopped(
    stack: Stack, pacs: OrthancUnderTest, open_page: OpenPage, keep_screenshot: Keep
) -> None:
    coordinator, chair = stack.client(role="coordinator"), stack.client(role="chair")
    cases = phantom_cases(coordinator)[:2]
    assert len(cases) == 2
    meeting_id = plan_meeting(coordinator, cases)

    def prefetched() -> bool:
        shown = {one["id"]: one["images"]["state"] for one in cases_with_images(chair)}
        return all(shown.get(case["id"]) == "complete" for case in cases)

    wait_for(prefetched, what="both cases complete by the PACS's counts", timeout_s=120)
    made = chair.post("/api/live/sessions", json={"meeting": meeting_id})
    assert made.status_code in {200, 201}, made.text
    path = f"/live/{made.json()['id']}"
    a = Screen(open_page(role="chair", width=1500, height=900, path=path))
    b = Screen(open_page(role="radiologist", width=1200, height=900, path=path))
    for screen in (a, b):
        wait_for(lambda s=screen: s.live().get("status") == "open", what="joined", timeout_s=90)
        screen.wait_for_picture()
    if not a.live()["presenting"]:
        a.page.get_by_role("button", name="Present").click()
    wait_for(lambda: a.live().get("followers", 0) >= 1, what="A has a follower", timeout_s=30)
    scroll_and_measure(a, b)

    pacs.stop()
    started = datetime.now(UTC)
    wait_for(
        lambda: all(
            one["images"]["state"] == "unreachable"
            for one in cases_with_images(chair)
            if one["id"] in {case["id"] for case in cases}
        ),
        what="the house knows that the PACS is away",
        timeout_s=90,
    )

    # The same case: nothing is lost.
    scroll_and_measure(a, b)

    # Another case of the agenda, and every series of it that has pictures.
    current = a.live()["case_id"]
    other = next(case for case in cases if case["id"] != current)
    a.page.get_by_role("list", name="Agenda").get_by_text(other["title"]).click()
    for screen in (a, b):
        wait_for(
            lambda s=screen: s.live().get("case_id") == other["id"],
            what="at the other case",
            timeout_s=60,
        )
        screen.wait_for_picture()
    show_images(a)
    away = a.page.get_by_test_id("pacs-away")
    expect(away).to_contain_text("PACS not reachable since", timeout=60_000)
    keep_screenshot(a.page, "pacs-away")
    tiles = a.page.locator("button[data-series]:enabled")
    opened = 0
    for number in range(tiles.count()):
        uid = tiles.nth(number).get_attribute("data-series")
        tiles.nth(number).click()
        wait_for(
            lambda uid=uid: a.wait_for_picture().get("series_instance_uid") == uid,
            what=f"series {number}",
            timeout_s=60,
        )
        opened += 1
    scroll_and_measure(a, b)
    expect(a.page.get_by_role("alert")).to_have_count(0)

    # Outside the room it is said, too, with since when.
    desk = open_page(role="coordinator", path=f"/cases/{other['id']}")
    complete = desk.get_by_test_id("images-complete")
    expect(complete).to_contain_text("PACS not reachable since", timeout=60_000)
    keep_screenshot(desk, "case-page")

    took = (datetime.now(UTC) - started).total_seconds()
    print(f"PACS away for {took:.0f} s: 2 cases, {opened} series, 3 measurements, 0 errors")
