"""The house stands, and two people at two machines get in."""

import re
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import OpenPage
from tests.e2e.harness import PASSWORD, Stack, wait_for
from tests.e2e.screen import find_accessibility_faults

pytestmark = [pytest.mark.chromium, pytest.mark.orthanc, pytest.mark.timeout(900)]


def test_the_phantoms_are_in_the_pacs(stack: Stack) -> None:
    with stack.pacs() as pacs:
        assert pacs.get("/dicom-web/studies").json()
    assert httpx.get(f"{stack.pacs().base_url}/dicom-web/studies").status_code == 401


def test_two_people_see_what_waits_for_them(stack: Stack, open_page: OpenPage) -> None:
    large = open_page(role="coordinator", width=1600, height=900)
    small = open_page(role="radiologist", width=1024, height=768, scale=2)
    for page in (large, small):
        expect(page.get_by_role("heading", name="Cases to prepare")).to_be_visible(timeout=30_000)
    names = [page.request.get("/api/me").json()["email"] for page in (large, small)]
    assert names == ["coordinator@demo.consilium.example", "radiologist@demo.consilium.example"]


def test_strangers_get_the_page_but_no_data(stack: Stack) -> None:
    assert httpx.get(stack.base_url).status_code == 200
    answer = httpx.get(f"{stack.base_url}/api/cases")
    assert answer.status_code in (401, 403)
    assert re.match(r"application/problem\+json", answer.headers["content-type"])


SCREENS = {
    "/": "coordinator",
    "/worklist": "coordinator",
    "/meetings": "coordinator",
    "/findings": "radiologist",
    "/models": "ai-admin",
    "/admin": "admin",
    "/admin?tab=institutions": "admin",
    "/admin?tab=pacs": "admin",
    "/audit": "auditor",
    "/account/security": "radiologist",
    "/account/tokens": "radiologist",
}
LOADING = ".mantine-Skeleton-root, .mantine-Loader-root"


@pytest.mark.parametrize("scheme", ["dark", "light"])
def test_no_screen_breaks_an_accessibility_rule(open_page: OpenPage, scheme: str) -> None:
    """axe, in a real browser because contrast needs one; the folded menu and 1024 px included."""
    faults = {}
    pages = {role: open_page(role=role) for role in sorted(set(SCREENS.values()))}
    for page in pages.values():
        page.evaluate(
            "scheme => localStorage.setItem('mantine-color-scheme-value', scheme)", scheme
        )
    for path, role in SCREENS.items():
        for width in (1280, 1024):
            page = pages[role]
            page.set_viewport_size({"width": width, "height": 768})
            page.goto(path)
            expect(page.get_by_role("heading", level=1)).to_be_visible(timeout=30_000)
            expect(page.locator(LOADING)).to_have_count(0, timeout=30_000)
            faults[f"{path} at {width}"] = find_accessibility_faults(page)
    assert {place: found for place, found in faults.items() if found} == {}


def test_no_dialog_breaks_an_accessibility_rule(open_page: OpenPage) -> None:
    desk = open_page(role="coordinator", path="/meetings")
    desk.get_by_role("button", name="Members of").first.click()
    expect(desk.get_by_role("combobox", name="Role of").first).to_be_visible(timeout=30_000)
    assert find_accessibility_faults(desk) == []
    models = open_page(role="ai-admin", path="/models")
    models.get_by_role("button", name="Suspend").first.click()
    expect(models.get_by_role("dialog")).to_contain_text("under your name")
    assert find_accessibility_faults(models) == []
    account = open_page(role="radiologist", path="/account/security")
    account.get_by_role("button", name="Set up a second factor").click()
    account.get_by_label("First confirm your password").fill(PASSWORD)
    account.get_by_role("button", name="Confirm").click()
    picture = account.get_by_role("img", name="QR code")
    expect(picture).to_be_visible(timeout=30_000)
    drawn = "image => image.complete && image.naturalWidth > 0"
    wait_for(lambda: picture.evaluate(drawn), what="the QR code")
    assert find_accessibility_faults(account) == []


def test_a_token_made_on_the_screen_opens_the_case_and_nothing_after_it_is_revoked(
    stack: Stack, open_page: OpenPage, keep_screenshot: Callable[[Page, str], Path]
) -> None:
    page = open_page(role="radiologist", path="/account/tokens")
    page.get_by_role("button", name="New token").first.click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("textbox", name="Name").fill("OHIF in room 2")
    dialog.get_by_role("combobox", name="Cases").click()
    page.get_by_role("option").first.click()
    page.keyboard.press("Escape")
    assert find_accessibility_faults(page) == []
    keep_screenshot(page, "dialog")
    dialog.get_by_role("button", name="Make the token").click()
    told = page.get_by_role("region", name="Keep this token now")
    token = told.get_by_test_id("token").inner_text()
    root = told.get_by_role("listitem").first.inner_text()
    keep_screenshot(page, "shown-once")
    assert find_accessibility_faults(page) == []
    bearer = {"Authorization": f"Bearer {token}", "Accept": "application/dicom+json"}
    assert httpx.get(f"{root}/studies", headers=bearer).status_code in {200, 204}
    told.get_by_role("button", name="I have kept it").click()
    page.get_by_role("button", name="Revoke OHIF in room 2").click()
    page.get_by_role("button", name="Revoke OHIF in room 2 now?").click()
    expect(page.get_by_text("Revoked")).to_be_visible(timeout=30_000)
    assert httpx.get(f"{root}/studies", headers=bearer).status_code == 401
