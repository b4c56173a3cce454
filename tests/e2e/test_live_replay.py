"""A short meeting, then its replay: the same pictures at the same numbers, by their pixels."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import OpenPage
from tests.e2e.harness import Stack, wait_for
from tests.e2e.meetings import open_session
from tests.e2e.replaying import (
    fit_canvas,
    logged_view,
    pictures_of,
    replay_of,
    same_pictures,
    settle,
)
from tests.e2e.screen import Screen, same_view

pytestmark = [pytest.mark.chromium, pytest.mark.orthanc, pytest.mark.timeout(600)]

KeepScreenshot = Callable[[Page, str], Path]
WIDTH, HEIGHT = 1280, 800


def _decide(chair: httpx.Client, case: str, meeting: str) -> dict[str, Any]:
    known = chair.get("/api/decisions", params={"case": case}).json()["results"]
    draft = next((one for one in known if one["status"] == "draft"), None)
    body = {
        "meeting": meeting,
        "recommendations": [{"text": "Resection of the lesion shown", "intent": "curative"}],
        "consensus": "consensus",
    }
    if draft is None:
        made = chair.post("/api/decisions", json={"case": case, **body})
    else:
        made = chair.patch(
            f"/api/decisions/{draft['id']}", json={**body, "version": draft["version"]}
        )
    assert made.status_code in (200, 201), made.text
    one = made.json()
    read = {"version": one["version"], "digest": one["digest"]}
    signed = chair.post(f"/api/decisions/{one['id']}/sign", json=read)
    assert signed.status_code == 200, signed.text
    return dict(signed.json())


def test_a_replay_shows_the_same_pictures_and_a_decision_keeps_its_view(
    stack: Stack, open_page: OpenPage, keep_screenshot: KeepScreenshot
) -> None:
    chair = stack.client(role="chair")
    case, meeting, session = open_session(stack, "Alder")
    live = Screen(open_page(role="chair", path=f"/live/{session}", width=WIDTH, height=HEIGHT))
    wait_for(lambda: live.live().get("status") == "open", what="the chair is in", timeout_s=90)
    expect(live.page.get_by_test_id("recording-mark")).to_contain_text("Recorded")
    live.wait_for_picture()
    centre = live.focus_viewport()
    live.press("ArrowDown", times=3)
    first, first_pictures = logged_view(live, chair, session)
    live_size = (live.viewport()["size"]["height"], live.viewport()["size"]["width"])
    before = {one["id"] for one in live.measurements()}
    live.press("m")
    live.drag((centre[0] - 50, centre[1]), (centre[0] + 40, centre[1] + 30))
    (mine,) = wait_for(
        lambda: {one["id"] for one in live.measurements() if not one["pending"]} - before,
        what="measured",
        timeout_s=30,
    )
    live.press("Escape")
    live.press("ArrowDown", times=6)
    live.press("2")
    second, second_pictures = logged_view(live, chair, session)
    keep_screenshot(live.page, "live")
    shown = live.viewport()
    decision = _decide(chair, case["id"], meeting)
    assert decision["view"]["session"] == session
    assert second > first
    assert not same_pictures(first_pictures, second_pictures), "the comparison can fail"

    path = f"/live/{session}/replay?case={case['id']}&at={first}"
    replay = Screen(open_page(role="radiologist", path=path, width=WIDTH, height=HEIGHT))
    wait_for(lambda: replay_of(replay).get("seq") == first, what="at the number", timeout_s=60)
    expect(replay.page.get_by_test_id("replay-mark")).to_contain_text("Replay")
    replay.wait_for_picture()
    fit_canvas(replay, live_size)
    settle(replay)
    assert mine not in {one["id"] for one in replay.measurements()}
    assert same_pictures(first_pictures, pictures_of(replay))
    keep_screenshot(replay.page, "first")

    replay.focus_viewport()
    while replay_of(replay)["seq"] < second:
        was = replay_of(replay)["seq"]
        replay.press("Shift+ArrowRight")
        assert replay_of(replay)["seq"] > was
    assert replay_of(replay)["seq"] == second
    settle(replay)
    wait_for(
        lambda: same_pictures(second_pictures, pictures_of(replay)),
        what="the second picture",
        timeout_s=30,
    )
    assert same_view(shown, replay.viewport())
    assert mine in {one["id"] for one in replay.measurements()}
    replay.press("Shift+ArrowRight")  # to the decision
    wait_for(
        lambda: any(one["status"] in ("draft", "signed") for one in replay_of(replay)["decisions"]),
        what="the decision",
    )
    keep_screenshot(replay.page, "decision")

    replay.press("Shift+ArrowLeft", times=10)
    start = replay_of(replay)["position_ms"]
    replay.press(" ")
    wait_for(lambda: replay_of(replay)["position_ms"] > start + 300, what="it plays", timeout_s=20)
    replay.press(" ")
    assert not replay_of(replay)["playing"]
    replay.press("ArrowDown")  # looking around for oneself
    assert not replay_of(replay)["following"]
    replay.page.get_by_role("button", name="Return to the replay").click()
    assert replay_of(replay)["following"]
    replay.page.set_viewport_size({"width": 1920, "height": 1080})
    replay.page.wait_for_timeout(500)
    keep_screenshot(replay.page, "wide")

    kept = Screen(open_page(role="radiologist", path=f"/cases/{case['id']}", width=WIDTH))
    kept.page.get_by_role("link", name="Replay from here").first.wait_for()
    keep_screenshot(kept.page, "case")
    kept.page.get_by_role("link", name="Open the view").first.click()
    expect(kept.page.get_by_test_id("decision-view")).to_be_visible()
    wait_for(lambda: same_view(shown, kept.viewport()), what="the decision's view", timeout_s=60)
    keep_screenshot(kept.page, "kept-view")


def _tours(client: httpx.Client, case: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.get("/api/tours", params={"case": case}).json()["results"]
    return found


def test_views_are_left_walked_with_a_key_and_presented(
    stack: Stack, open_page: OpenPage, keep_screenshot: KeepScreenshot
) -> None:
    """A radiologist leaves two views; the chair finds them, and walks them in the room."""
    radiologist, chair = stack.client(role="radiologist"), stack.client(role="chair")
    case, _, session = open_session(stack, "Alder")
    path = f"/cases/{case['id']}/view"
    author = Screen(open_page(role="radiologist", path=path, width=WIDTH, height=HEIGHT))
    author.wait_for_picture()
    known = {one["id"] for one in _tours(radiologist, case["id"])}
    author.focus_viewport()
    views = []
    for number in (1, 2):
        author.press("ArrowDown", times=4)
        settle(author)
        author.press("Shift+K")
        (tour,) = wait_for(
            lambda n=number: [
                one
                for one in _tours(radiologist, case["id"])
                if one["id"] not in known and len(one["steps"]) == n
            ],
            what="the view is kept",
        )
        views.append(author.viewport())
    author.page.locator("label").filter(has_text="Views").first.click()
    panel = author.page.get_by_test_id("tour-panel")
    panel.get_by_role("button", name="View 2: title and comment").click()
    dialog = author.page.get_by_role("dialog")
    dialog.get_by_label("Comment").fill("The vessel is not crossed.")
    dialog.get_by_role("button", name="Save").click()
    expect(panel).to_contain_text("The vessel is not crossed.")
    author.page.get_by_role("button", name="For whom, and until when").click()
    dialog.get_by_label("Left for").click()
    author.page.get_by_role("option", name="Dr Henrik Wold").click()
    dialog.get_by_label("Look at it before").fill("2027-01-14")
    keep_screenshot(author.page, "form")
    dialog.get_by_role("button", name="Save").click()
    expect(panel).to_contain_text("seen by 0 of 1")
    author.focus_viewport()
    author.press("Shift+G")
    wait_for(lambda: same_view(views[0], author.viewport()), what="one back", timeout_s=30)
    keep_screenshot(author.page, "panel")

    reader = Screen(open_page(role="chair", path="/", width=WIDTH, height=HEIGHT))
    reader.page.get_by_role("heading", name="Views left for you").wait_for()
    keep_screenshot(reader.page, "home")
    reader.page.goto(f"{path}?tour={tour['id']}")
    reader.wait_for_picture()
    wait_for(lambda: same_view(views[0], reader.viewport()), what="the first view", timeout_s=60)
    reader.press("g")
    wait_for(lambda: same_view(views[1], reader.viewport()), what="the next view", timeout_s=30)
    wait_for(
        lambda: chair.get("/api/tours/waiting").json()["results"] == [], what="it waits no more"
    )

    presenter = Screen(open_page(role="chair", path=f"/live/{session}", width=1920, height=1080))
    follower = Screen(open_page(role="radiologist", path=f"/live/{session}", width=1024))
    for screen in (presenter, follower):
        wait_for(lambda one=screen: one.live().get("status") == "open", what="in", timeout_s=90)
        screen.wait_for_picture()
    presenter.focus_viewport()
    presenter.press("ArrowDown")
    for key, view in (("g", views[0]), ("PageDown", views[1])):
        presenter.press(key)
        for screen in (presenter, follower):
            wait_for(
                lambda one=screen, wanted=view: same_view(wanted, one.viewport()),
                what=f"{key} brings the view",
                timeout_s=30,
            )
    assert follower.live()["following"]
    keep_screenshot(presenter.page, "presented")
    follower.focus_viewport()
    follower.press("g")  # one's own step leaves the presenter
    wait_for(lambda: not follower.live()["following"], what="detached", timeout_s=10)
    radiologist.delete(
        f"/api/tours/{tour['id']}",
        headers={"If-Match": f'"{_tours(radiologist, case["id"])[-1]["version"]}"'},
    )
