"""The house stands, and two people at two machines get in."""

import re

import httpx
import pytest
from playwright.sync_api import expect

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
