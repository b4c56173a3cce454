"""A board that reads first: AI results are hidden on every door until they are revealed.

Then its people state their positions on the draft, the clock is given minutes and paused, and
what was measured is undone and done again, each by whoever did it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import OpenPage
from tests.e2e.harness import Stack, wait_for
from tests.e2e.meetings import (
    PET_CT,
    cases_with_images,
    demo_cases,
    found_board,
    plan_meeting,
)
from tests.e2e.screen import Screen, join

pytestmark = [pytest.mark.chromium, pytest.mark.orthanc, pytest.mark.timeout(600)]

BOARD = "Whole-body board"
"""Sorts behind the demo's own, which other tests take as the first."""
WHY = "Not resectable: N2 is proven."
SLOW_MS = 60_000
Keep = Callable[[Page, str], Path]


def test_LIVE_X2_hidden_until_revealed_then_votes_clock_and_undo(
    stack: Stack, open_page: OpenPage, keep_screenshot: Keep
) -> None:
    radiologist = stack.client(role="radiologist")
    case, meeting, found = _read_first(stack, radiologist)
    session = stack.client(role="chair").post("/api/live/sessions", json={"meeting": meeting})
    path = f"/live/{session.json()['id']}"
    chair = join(open_page(role="chair", width=1920, height=1080, path=path))
    reader = join(open_page(role="radiologist", width=1280, height=800, path=path))
    screens = (chair, reader)

    # ── hidden: on the socket, by REST, at the gateway, and asked for directly ─────────────
    for screen in screens:
        assert screen.live()["ai_hidden"] is True
        assert screen.live()["snapshot"]["findings"] == []
        expect(screen.page.get_by_test_id("ai-hidden")).to_be_visible()
        assert screen.page.locator("[data-finding]").count() == 0
    expect(reader.page.get_by_role("button", name="Reveal AI")).to_have_count(0)
    assert _doors(radiologist, case, found) == {403}
    listed = radiologist.get("/api/findings", params={"case": case["id"]}).json()
    assert (listed["results"], listed["ai_hidden"]) == ([], True)
    series = radiologist.get(f"/dicomweb/cases/{case['id']}/series")
    assert "ai_hidden" in series.headers["Warning"]
    keep_screenshot(chair.page, "1-hidden-chair")
    keep_screenshot(reader.page, "1-hidden-reader")

    # ── read: what was drawn is undone and done again, by its author only ───────────────────
    others = _kept(reader)
    centre = chair.focus_viewport()
    chair.press("m")
    chair.drag((centre[0] - 60, centre[1]), (centre[0] + 60, centre[1] + 20))
    wait_for(lambda: _kept(reader) != others, what="the measurement is on both", timeout_s=30)
    before = _kept(reader)
    reader.focus_viewport()
    reader.press("Control+z")
    expect(reader.page.get_by_text("Nothing of yours to undo")).to_be_visible()
    assert _kept(reader) == before
    chair.press("Escape")
    chair.press("Control+z")
    wait_for(lambda: _kept(reader) == others, what="undone on both screens", timeout_s=30)
    chair.press("Control+Shift+z")
    wait_for(lambda: _kept(reader) == before, what="done again", timeout_s=30)

    # ── revealed, for everybody ─────────────────────────────────────────────────────────────
    chair.page.get_by_role("button", name="Reveal AI").click()
    for screen in screens:
        wait_for(lambda s=screen: not s.live()["ai_hidden"], what="revealed", timeout_s=30)
        expect(screen.page.locator("[data-finding]").first).to_be_visible(timeout=SLOW_MS)
        expect(screen.page.get_by_text("revealed the AI results")).to_be_visible()
        known = {one["id"] for one in screen.live()["snapshot"]["findings"]}
        assert known >= {one["id"] for one in found}  # other models may have read since
    assert _doors(radiologist, case, found) == {200}
    keep_screenshot(reader.page, "2-revealed-reader")

    # ── positions ───────────────────────────────────────────────────────────────────────────
    _draft(stack, case, meeting)
    votes = [screen.page.get_by_test_id("vote") for screen in screens]
    for panel in votes:
        expect(panel).to_be_visible(timeout=SLOW_MS)
    votes[0].get_by_role("button", name="Call for positions").click()
    expect(votes[1].get_by_text("The chair asks for your position")).to_be_visible()
    votes[1].scroll_into_view_if_needed()
    keep_screenshot(reader.page, "3-called-reader")
    votes[1].get_by_role("button", name="Agree", exact=True).press("Enter")
    votes[0].get_by_role("button", name=re.compile("Dissent")).click()
    votes[0].get_by_label("Why do you dissent?").fill(WHY)
    votes[0].get_by_role("button", name="Record my dissent").click()
    for panel in votes:
        expect(panel.get_by_text("1 agree", exact=True)).to_be_visible(timeout=SLOW_MS)
        expect(panel.get_by_text("1 dissent", exact=True)).to_be_visible(timeout=SLOW_MS)
        expect(panel.get_by_text(WHY)).to_be_visible()
    votes[0].scroll_into_view_if_needed()
    keep_screenshot(chair.page, "4-positions-chair")
    votes[1].scroll_into_view_if_needed()
    keep_screenshot(reader.page, "4-positions-reader")

    # ── the clock ───────────────────────────────────────────────────────────────────────────
    face = reader.page.get_by_test_id("clock")
    shown = face.inner_text()
    chair.page.get_by_role("button", name="Time for this case").click()
    keep_screenshot(chair.page, "5-clock")
    chair.page.get_by_role("menuitem", name="5 minutes more").click()
    wait_for(lambda: _minutes(face.inner_text()) == _minutes(shown) + 5, what="five more minutes")
    chair.page.get_by_role("button", name="Time for this case").click()
    chair.page.get_by_role("menuitem", name="Pause the clock").click()
    expect(face).to_contain_text("paused")
    assert reader.page.get_by_role("button", name="Time for this case").count() == 0


def _read_first(
    stack: Stack, radiologist: httpx.Client
) -> tuple[dict[str, Any], str, list[dict[str, Any]]]:
    """A board of its own that reads first in its meetings, with the case on one that is soon."""
    coordinator = stack.client(role="coordinator")
    (case,) = demo_cases(coordinator, PET_CT)
    wait_for(
        lambda: any(one["id"] == case["id"] for one in _complete(radiologist)),
        what="the images of the case",
        timeout_s=180,
    )
    found = wait_for(lambda: _findings(radiologist, case), what="AI has read them", timeout_s=180)
    seats = {"chair": "chair", "radiologist": "core", "surgeon": "core"}
    board = found_board(stack, BOARD, seats=seats, ai_reading="in_meeting")
    meeting = plan_meeting(coordinator, [case], board_id=board)
    return case, meeting, found


def _findings(client: httpx.Client, case: dict[str, Any]) -> list[dict[str, Any]]:
    return list(client.get("/api/findings", params={"case": case["id"]}).json()["results"])


def _complete(client: httpx.Client) -> list[dict[str, Any]]:
    return [one for one in cases_with_images(client) if one["images"]["state"] == "complete"]


def _doors(client: httpx.Client, case: dict[str, Any], found: list[dict[str, Any]]) -> set[int]:
    """How each door answers that is asked for one result by its id."""
    codes = set()
    for one in found:
        for url in (
            f"/api/findings/{one['id']}?case={case['id']}",
            f"/api/findings/{one['id']}/mask",
            f"/api/findings/{one['id']}/mask-geometry",
            f"/api/jobs/{one['job']}",
        ):
            answer = client.get(url)
            codes.add(answer.status_code)
            if answer.status_code == 403:
                assert answer.json()["code"] == "ai_hidden", url
    return codes


def _draft(stack: Stack, case: dict[str, Any], meeting: str) -> None:
    coordinator = stack.client(role="coordinator")
    standing = coordinator.get("/api/decisions", params={"case": case["id"]}).json()["results"]
    assert not [one for one in standing if one["status"] == "draft"]
    made = coordinator.post(
        "/api/decisions",
        json={
            "case": case["id"],
            "meeting": meeting,
            "recommendations": [{"text": "Chemoradiation, then reassess."}],
            "consensus": "majority",
        },
    )
    assert made.status_code == 201, made.text


def _kept(screen: Screen) -> list[str]:
    return sorted(one["id"] for one in screen.measurements() if not one["pending"])


def _minutes(face: str) -> int:
    found = re.search(r"/ (\d+):", face)
    assert found, face
    return int(found[1])
