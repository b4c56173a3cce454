"""A decision from the minute-taker's draft to the chair's queue, in a real browser."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.e2e.access import small_targets
from tests.e2e.conftest import OpenPage
from tests.e2e.harness import Stack

pytestmark = [pytest.mark.chromium, pytest.mark.timeout(300)]

HOSTILE = "<img src=x onerror=\"document.title='hacked'\">"


def _drafts(stack: Stack, count: int) -> list[dict[str, Any]]:
    """Cases of one patient that the chair chairs, scheduled, each with a draft."""
    coordinator = stack.client(role="coordinator")
    chair = stack.client(role="chair").get("/api/me").json()["id"]
    patient = {"patient_id": f"SIGN-{uuid4().hex[:8]}", "name": "Queue^Quinn", "sex": "F"}
    patient_id = coordinator.post("/api/patients", json=patient).json()["id"]
    (meeting, *_) = [
        one
        for one in coordinator.get("/api/meetings").json()["results"]
        if one["status"] in ("planned", "open")
    ]
    made = []
    for number in range(count):
        body = {"patient": patient_id, "title": f"To sign {number}"}
        case = coordinator.post("/api/cases", json=body).json()["id"]
        _good(coordinator.post(f"/api/cases/{case}/members",
                               json={"user": chair, "capacity": "chair"}))  # fmt: skip
        _good(coordinator.post(f"/api/meetings/{meeting['id']}/agenda", json={"case": case}))
        draft = {
            "case": case,
            "meeting": meeting["id"],
            "recommendations": [{"text": f"{HOSTILE} {number}", "condition": "node negative"}],
        }
        made.append(_good(coordinator.post("/api/decisions", json=draft)).json())
    return made


def _good(answer: httpx.Response) -> httpx.Response:
    assert answer.is_success, answer.text
    return answer


def test_MDT_9_the_chair_reads_marks_and_signs_the_queue(
    stack: Stack, open_page: OpenPage, keep_screenshot: Callable[[Page, str], Path]
) -> None:
    first, second = _drafts(stack, 2)
    page = open_page(role="chair", path="/sign", width=1280, height=800)
    texts = page.get_by_label("Text that is signed")
    for draft, number in ((first, 0), (second, 1)):
        page.get_by_role("button", name=f"To sign {number}").first.click()
        expect(texts).to_contain_text(f"{HOSTILE} {number}")
        page.get_by_role("checkbox", name="I have read the decision on").check()
        assert draft["status"] == "draft"
    keep_screenshot(page, "queue")
    assert small_targets(page) == []
    page.get_by_role("button", name="Sign 2 decisions", exact=True).click()
    expect(page.get_by_text("2 decisions are signed.")).to_be_visible(timeout=30_000)
    assert "hacked" not in page.title()
    chair = stack.client(role="chair")
    for draft in (first, second):
        signed = chair.get(f"/api/decisions/{draft['id']}").json()
        assert (signed["status"], signed["digest"]) == ("signed", draft["digest"])
        again = chair.post(
            f"/api/decisions/{draft['id']}/sign",
            json={"version": signed["version"], "digest": signed["digest"]},
        )
        assert (again.status_code, again.json()["code"]) == (409, "signed")
    page.goto(f"{stack.base_url}/cases/{first['case']}")
    expect(page.get_by_text("Only if node negative:")).to_be_visible(timeout=30_000)
    expect(page.get_by_role("button", name="Addendum", exact=True)).to_be_visible()
