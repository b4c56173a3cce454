"""Kills in mid-session: nothing acknowledged is lost, both browsers recover by themselves."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import OpenPage
from tests.e2e.harness import Stack, wait_for
from tests.e2e.meetings import all_cases
from tests.e2e.screen import Screen, join, same_view

pytestmark = [pytest.mark.chromium, pytest.mark.orthanc, pytest.mark.timeout(600)]

CASE_TITLE = "Adenocarcinoma of the right lung, growing on treatment"
RECOVER_S = 60
Keep = Callable[[Page, str], Path]


def _say(screen: Screen, text: str) -> None:
    box = screen.page.get_by_label("Write to the room")
    if not box.is_visible():
        screen.page.locator("summary", has_text="Chat").click()
    box.fill(text)
    box.press("Enter")


def test_a_session_survives_the_web_process_and_a_flush(
    stack: Stack, open_page: OpenPage, keep_screenshot: Keep
) -> None:
    chair = stack.client(role="chair")
    case = next(one for one in all_cases(chair) if one["title"] == CASE_TITLE)
    made = chair.post("/api/live/sessions", json={"case": case["id"]})
    assert made.status_code in {200, 201}, made.text
    path = f"/live/{made.json()['id']}"
    a = join(open_page(role="chair", width=1280, height=800, path=path))
    if not a.live()["presenting"]:
        a.page.get_by_role("button", name="Present").click()
    b = join(open_page(role="radiologist", width=1024, height=768, path=path))
    b.page.get_by_role("button", name="Fold the right panel").click()  # a drawer, on a small screen
    _say(a, "before the kill")
    expect(b.page.get_by_text("before the kill")).to_be_attached(timeout=30_000)

    centre = a.focus_viewport()
    a.page.mouse.click(*centre)  # out of the chat, or the keys are typed there
    a.press("m")
    a.drag((centre[0] - 60, centre[1]), (centre[0] + 60, centre[1] + 20))
    wait_for(
        lambda: [one for one in b.measurements() if not one["pending"]],
        what="B sees the measurement",
        timeout_s=30,
    )
    a.press("Escape")

    # The web process dies while A is dragging the window.
    a.page.mouse.move(*centre)
    a.page.mouse.down()
    a.page.mouse.move(centre[0] + 30, centre[1] + 10, steps=4)
    stack.kill("web")
    a.page.mouse.move(centre[0] + 60, centre[1] + 20, steps=4)
    a.page.mouse.up()
    expect(b.page.get_by_test_id("reconnecting")).to_be_visible(timeout=30_000)
    keep_screenshot(b.page, "reconnecting")
    _say(a, "while it was away")

    def back(screen: Screen) -> bool:
        live = screen.live()
        return bool(live.get("status") == "open" and live.get("pending_ops") == 0)

    for screen in (a, b):
        wait_for(lambda s=screen: back(s), what="back by itself", timeout_s=RECOVER_S)
    expect(b.page.get_by_text("while it was away")).to_be_attached(timeout=30_000)
    assert len([one for one in b.measurements() if not one["pending"]]) == 1

    stack.flush_redis()
    a.page.mouse.click(*a.focus_viewport())
    a.press("ArrowDown", times=3)
    _say(a, "after the flush")
    expect(b.page.get_by_text("after the flush")).to_be_attached(timeout=30_000)
    wait_for(
        lambda: same_view(a.viewport(), b.viewport()), what="B follows again", timeout_s=RECOVER_S
    )
    heads = wait_for(
        lambda: a.live()["head"] if a.live()["head"] == b.live()["head"] else None,
        what="both at the same event",
        timeout_s=15,
    )
    events = chair.get(f"/api{path.replace('/live/', '/live/sessions/')}/events?after=0").json()
    numbers = [event["seq"] for event in events["events"]]
    assert numbers == list(range(1, heads + 1)), "gaps, doubles or disorder in the log"
    said = [event for event in events["events"] if event["kind"] == "chat.posted"]
    assert len(said) == 3
