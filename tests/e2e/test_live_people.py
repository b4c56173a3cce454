"""The people of one meeting: who is there, who counts, who waits, who asks to present.

Windows of four people: a wide screen of the chair, a laptop, a tablet of a guest, and a phone.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.access import small_targets
from tests.e2e.conftest import OpenPage
from tests.e2e.harness import Stack, wait_for
from tests.e2e.meetings import PET_CT, open_session
from tests.e2e.screen import Screen

pytestmark = [pytest.mark.chromium, pytest.mark.orthanc, pytest.mark.timeout(600)]

SLOW_MS = 60_000
LATE_S = 46  # a little more than the browser takes for coming in time


def _quorum(page: Page) -> str:
    return page.get_by_test_id("quorum").get_attribute("data-missing") or ""


def _until_missing(page: Page, missing: str) -> None:
    wait_for(lambda: _quorum(page) == missing, what=f"missing: {missing or 'nobody'}")


def _join(open_page: OpenPage, *, role: str, path: str, width: int, height: int) -> Screen:
    screen = Screen(open_page(role=role, path=path, width=width, height=height))
    wait_for(lambda: screen.live().get("status") == "open", what=f"{role} joined", timeout_s=90)
    return screen


def test_the_people_of_a_meeting(
    stack: Stack, open_page: OpenPage, keep_screenshot: Callable[[Page, str], Path]
) -> None:
    coordinator = stack.client(role="coordinator")
    (board, *_) = coordinator.get("/api/boards").json()["results"]
    needs = {"quorum": ["radiology", "pathology"]}
    assert coordinator.patch(f"/api/boards/{board['id']}", json=needs).status_code == 200
    case, meeting, session = open_session(stack, PET_CT)
    opened_at = time.monotonic()
    people = coordinator.get("/api/people", params={"search": "Solheim"}).json()["results"]
    invited = coordinator.post(
        f"/api/cases/{case['id']}/members",
        json={
            "user": people[0]["id"],
            "capacity": "consultant",
            "guise": "identified",
            "expires_at": (datetime.now(UTC) + timedelta(minutes=14)).isoformat(),
        },
    )
    assert invited.status_code == 201, invited.text
    place = {"room": "2.14", "video_url": "https://video.example/thoracic-board", "version": 2}
    moved = coordinator.patch(f"/api/meetings/{meeting}", json=place)
    assert moved.status_code == 200, moved.text

    # Whoever joins counts; the banner changes in every window.
    path = f"/live/{session}"
    chair = _join(open_page, role="chair", path=path, width=1920, height=1080)
    chair.wait_for_picture()
    _until_missing(chair.page, "radiology pathology")
    expect(chair.page.get_by_text("quorum: Radiology, Pathology missing")).to_be_visible()
    reader = _join(open_page, role="radiologist", path=path, width=1280, height=800)
    for screen in (chair, reader):
        _until_missing(screen.page, "pathology")
    keep_screenshot(reader.page, "1-quorum-missing-1280")
    video = chair.page.get_by_role("link", name="Video call")
    assert video.get_attribute("href") == place["video_url"]
    assert video.get_attribute("rel") == "noopener noreferrer"
    assert video.get_attribute("target") == "_blank"

    # By phone: the code is on the chair's screen only.
    expect(reader.page.get_by_role("button", name="Room", exact=True)).to_have_count(0)
    chair.page.get_by_role("button", name="Room", exact=True).click()
    chair.page.get_by_role("menuitem", name="Check-in code").click()
    shown = chair.page.get_by_test_id("check-in-code")
    expect(shown).to_be_visible(timeout=SLOW_MS)
    keep_screenshot(chair.page, "2-code-on-the-wall")
    code = re.sub(r"\D", "", shown.inner_text())
    phone = open_page(role="pathologist", path="/checkin/000000", width=390, height=844)
    expect(phone.get_by_role("alert")).to_contain_text("code", timeout=SLOW_MS)
    keep_screenshot(phone, "3-wrong-code")
    assert small_targets(phone) == []
    phone.goto(f"/checkin/{code}")
    expect(phone.get_by_text("You are checked in")).to_be_visible(timeout=SLOW_MS)
    expect(phone.get_by_text("You count for the quorum.")).to_be_visible()
    keep_screenshot(phone, "4-checked-in")
    chair.page.keyboard.press("Escape")
    for screen in (chair, reader):
        _until_missing(screen.page, "")
    chair.page.get_by_text(re.compile("Attendance: 3 here")).click()
    rows = chair.page.get_by_role("list", name="Attendance")
    expect(rows.get_by_role("listitem").filter(has_text="Tavares")).to_contain_text("By phone")
    chair.page.get_by_role("button", name="Attendance of Dr Rui Tavares").click()
    chair.page.get_by_role("menuitem", name="Has left").click()
    for screen in (chair, reader):
        _until_missing(screen.page, "pathology")
    chair.page.get_by_role("button", name="Dr Rui Tavares is here").click()
    _until_missing(reader.page, "")
    keep_screenshot(chair.page, "5-attendance-1920")

    # A guest waits, comes late, catches up, and presents.
    wait_for(lambda: time.monotonic() - opened_at > LATE_S, what="late", timeout_s=LATE_S + 5)
    tablet = open_page(role="consultant", path=path, width=1024, height=768)
    expect(tablet.get_by_test_id("lobby")).to_have_attribute(
        "data-state", "waiting", timeout=SLOW_MS
    )
    keep_screenshot(tablet, "6-lobby-tablet")
    assert case["title"] not in tablet.content()
    expect(chair.page.get_by_test_id("waiting")).to_contain_text(
        "Prof Ingrid Solheim", timeout=SLOW_MS
    )
    keep_screenshot(chair.page, "7-a-guest-waits")
    expect(reader.page.get_by_test_id("waiting")).to_have_count(0)
    chair.page.get_by_role("button", name="Admit Prof Ingrid Solheim").click()
    catch_up = tablet.get_by_test_id("catch-up")
    expect(catch_up).to_be_visible(timeout=SLOW_MS)
    keep_screenshot(tablet, "8-catch-up")
    tablet.keyboard.press("Escape")
    expect(catch_up).to_have_count(0)
    guest = Screen(tablet)
    guest.wait_for_picture()
    expect(tablet.get_by_test_id("access-countdown")).to_contain_text("min", timeout=SLOW_MS)
    tablet.get_by_role("button", name="Ask to present").click()
    expect(tablet.get_by_role("button", name="Asked to present")).to_be_visible(timeout=SLOW_MS)
    expect(chair.page.get_by_test_id("asks")).to_contain_text(
        "Prof Ingrid Solheim", timeout=SLOW_MS
    )
    keep_screenshot(chair.page, "9-asks-to-present")
    chair.page.get_by_role("button", name="Grant Prof Ingrid Solheim to present").click()
    wait_for(lambda: guest.live().get("presenting"), what="the guest presents", timeout_s=30)
    expect(chair.page.get_by_test_id("asks")).to_have_count(0)
    expect(tablet.get_by_test_id("live-mark")).to_contain_text("You are presenting to 2")
    mark = tablet.get_by_test_id("live-mark").bounding_box()
    assert mark is not None and mark["width"] > 180, "the tablet does not say who presents"
    keep_screenshot(tablet, "10-guest-presents")
    tablet.reload()
    wait_for(lambda: guest.live().get("status") == "open", what="back", timeout_s=60)
    expect(tablet.get_by_test_id("catch-up")).to_have_count(0)

    # The screen on the wall is a place: it shows what the guest presents, and does nothing.
    browser = chair.page.context.browser
    assert browser is not None
    context = browser.new_context(
        base_url=stack.base_url, viewport={"width": 1920, "height": 1080}, locale="en-GB"
    )
    context.add_init_script("localStorage['consilium.mode'] ??= 'volume'")
    wall = Screen(context.new_page())
    wall.page.goto("/room")
    paired = wall.page.get_by_test_id("pairing-code")
    expect(paired).to_be_visible(timeout=SLOW_MS)
    keep_screenshot(wall.page, "11-pairing")
    chair.page.get_by_role("button", name="Room", exact=True).click()
    chair.page.get_by_role("menuitem", name="Connect a screen").click()
    dialog = chair.page.get_by_role("dialog")
    dialog.get_by_label("Code on the screen").fill(paired.inner_text())
    dialog.get_by_label("Name of the room").fill("Room 2.14")
    keep_screenshot(chair.page, "12-connect")
    dialog.get_by_role("button", name="Connect", exact=True).click()
    expect(dialog).to_have_count(0, timeout=SLOW_MS)
    expect(wall.page.get_by_test_id("wall")).to_be_visible(timeout=SLOW_MS)
    wall.wait_for_picture()
    expect(chair.page.get_by_test_id("place")).to_contain_text("Room 2.14", timeout=SLOW_MS)
    expect(wall.page.get_by_label("Who is here")).to_contain_text("Dr Rui Tavares")
    assert _quorum(wall.page) == ""
    expect(wall.page.get_by_text("Thoracic board")).to_be_visible()
    keep_screenshot(wall.page, "13-wall")
    chair.page.get_by_role("button", name="Disconnect Room 2.14").click()
    expect(wall.page.get_by_text("This screen shows no meeting now")).to_be_visible(timeout=SLOW_MS)
    context.close()

    # The meeting's own page says the same, and where it meets.
    desk = open_page(role="coordinator", path=f"/meetings/{meeting}", width=1280, height=800)
    expect(desk.get_by_role("list", name="Attendance")).to_contain_text("Tavares", timeout=SLOW_MS)
    expect(desk.get_by_test_id("quorum")).to_have_text("quorum")
    keep_screenshot(desk, "14-meeting")
    coordinator.patch(f"/api/boards/{board['id']}", json={"quorum": []})
