"""MDT-10, MDT-12: an overdue follow-up gets its reason by keyboard, and the numbers show it."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.access import find_accessibility_faults
from tests.e2e.conftest import OpenPage
from tests.e2e.harness import Stack

pytestmark = [pytest.mark.chromium, pytest.mark.orthanc, pytest.mark.timeout(600)]

Keep = Callable[[Page, str], Path]
SLOW_MS = 60_000
OVERFLOW = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.fixture(scope="module")
def _quarter(stack: Stack) -> None:
    """What `make demo` writes; the small hospital of these tests leaves it out."""
    stack.manage("demo_hospital", "--small", "--history")


@pytest.mark.usefixtures("_quarter")
def test_MDT_10_an_overdue_follow_up_is_answered_by_keyboard_and_counted(
    stack: Stack, open_page: OpenPage, keep_screenshot: Keep
) -> None:
    client = stack.client(role="coordinator")
    boards = {one["name"]: one["id"] for one in client.get("/api/boards").json()["results"]}
    board = boards["Thoracic board"]

    def known() -> int:
        report = client.get(f"/api/boards/{board}/indicators").json()
        return next(one["n"] for one in report["indicators"] if one["key"] == "adherence")

    before = known()
    desk = open_page(role="coordinator", width=1280, height=800, path="/follow-up")
    expect(desk.get_by_role("heading", name="Follow-up", exact=True)).to_be_visible(timeout=SLOW_MS)
    desk.get_by_text("Overdue", exact=True).first.click()
    rows = desk.get_by_role("grid", name="Follow-up").locator("tbody tr")
    expect(rows.first).to_be_visible(timeout=SLOW_MS)
    # Recommendations without any result yet: a first one is counted anew.
    overdue = client.get("/api/follow-up-tasks?overdue=true&limit=200").json()["results"]
    count = len(overdue)
    expect(rows).to_have_count(count, timeout=SLOW_MS)
    assert find_accessibility_faults(desk) == []
    assert desk.evaluate(OVERFLOW) == 0
    keep_screenshot(desk, "1-overdue")
    desk.locator("h1").click()
    desk.keyboard.press("Enter")
    dialog = desk.get_by_role("dialog")
    dialog.get_by_role("radio", name="Not implemented").focus()
    desk.keyboard.press("Space")
    desk.keyboard.press("Control+Enter")
    expect(dialog.get_by_text("In part or not at all has a reason.")).to_be_visible()
    dialog.get_by_role("combobox", name="Why").focus()
    desk.keyboard.type("attend")
    desk.keyboard.press("ArrowDown")
    desk.keyboard.press("Enter")
    assert find_accessibility_faults(desk, within="[role=dialog]") == []
    keep_screenshot(desk, "2-reason")
    desk.keyboard.press("Control+Enter")
    expect(dialog).to_be_hidden(timeout=SLOW_MS)
    expect(rows).to_have_count(count - 1, timeout=SLOW_MS)
    assert known() >= before


@pytest.mark.usefixtures("_quarter")
def test_MDT_12_the_boards_numbers_have_charts_tables_and_a_file(
    open_page: OpenPage, keep_screenshot: Keep
) -> None:
    page = open_page(role="chair", width=1920, height=1080, path="/numbers")
    expect(page.get_by_role("heading", name="Numbers", exact=True)).to_be_visible(timeout=SLOW_MS)
    deferred = page.locator("[data-indicator='deferred']")
    expect(deferred.get_by_role("img", name=re.compile("Deferred by month"))).to_be_visible(
        timeout=SLOW_MS
    )
    deferred.locator("summary").click()
    assert deferred.locator("tbody tr").count() >= 3
    preparation = page.locator("[data-indicator='preparation_minutes']")
    expect(preparation.get_by_text("not recorded")).to_be_visible()
    expect(page.locator("[data-indicator='own_attendance']")).to_be_visible()
    expect(page.locator("[data-indicator='attendance_spread']")).to_be_visible()
    assert find_accessibility_faults(page) == []
    assert page.evaluate(OVERFLOW) == 0
    keep_screenshot(page, "3-numbers")
    with page.expect_download() as download:
        page.get_by_role("link", name="Download as CSV").click()
    rows = list(csv.DictReader(io.StringIO(Path(download.value.path()).read_text("utf-8"))))
    assert {"deferred", "adherence", "minutes_per_case"} <= {one["indicator"] for one in rows}
    member = open_page(role="radiologist", width=1280, height=800, path="/numbers")
    expect(member.locator("[data-indicator='own_attendance']")).to_be_visible(timeout=SLOW_MS)
    assert member.locator("[data-indicator='attendance_spread']").count() == 0
