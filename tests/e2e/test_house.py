"""The house stands, and two people at two machines get in."""

import re
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.e2e.access import find_accessibility_faults
from tests.e2e.conftest import OpenPage
from tests.e2e.harness import Stack

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
