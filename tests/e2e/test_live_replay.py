"""A short meeting, then its replay: the same pictures at the same numbers, by their pixels."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import OpenPage
from tests.e2e.harness import Stack, wait_for
from tests.e2e.meetings import open_session
from tests.e2e.screen import Screen, same_view

pytestmark = [pytest.mark.chromium, pytest.mark.orthanc, pytest.mark.timeout(600)]

KeepScreenshot = Callable[[Page, str], Path]
WIDTH, HEIGHT = 1280, 800
Pictures = list[np.ndarray]


def _replay(screen: Screen) -> dict[str, Any]:
    return dict(screen.read("replay") or {})


def _pictures(screen: Screen) -> Pictures:
    """Of every viewport that shows something, without overlays."""
    reports = screen.read("viewports")
    return [screen.picture(one["index"]) for one in reports if one["sop_instance_uid"]]


def _settled(screen: Screen) -> None:
    """Every viewport shows the image that was asked for, drawn."""

    def there() -> bool:
        reports = [one for one in screen.read("viewports") if one["target_sop_instance_uid"]]
        return bool(reports) and all(
            one["sop_instance_uid"] == one["target_sop_instance_uid"] and not one["preview"]
            for one in reports
        )

    wait_for(there, what="all pictures are there", timeout_s=60)
    screen.page.wait_for_timeout(400)


def _keyframes(client: httpx.Client, session: str) -> list[dict[str, Any]]:
    path = f"/api/live/sessions/{session}/recording"
    chapter = client.get(path).json()["chapters"][-1]
    events = client.get(f"{path}/events", params={"after": chapter["from_seq"]}).json()["events"]
    return [one for one in events if one["kind"] == "stage.keyframe"]


def _shows(keyframe: dict[str, Any], report: dict[str, Any]) -> bool:
    (viewport,) = [
        one
        for index, one in enumerate(keyframe["payload"]["stage"]["state"]["viewports"])
        if index == report["index"]
    ]
    return bool(viewport["reference"]["sop_instance_uid"] == report["sop_instance_uid"])


def _present(screen: Screen, client: httpx.Client, session: str) -> tuple[int, Pictures]:
    """What is on the presenter's screen once it has settled into the log, and its number."""
    _settled(screen)

    def logged() -> int | None:
        known = _keyframes(client, session)
        return known[-1]["seq"] if known and _shows(known[-1], screen.viewport()) else None

    seq = int(wait_for(logged, what="the view settles into the log", timeout_s=30))
    return seq, _pictures(screen)


def _same(before: Pictures, after: Pictures) -> bool:
    """Pixel by pixel, but for a rounding here and there."""
    if len(before) != len(after):
        return False
    for one, other in zip(before, after, strict=True):
        if one.shape != other.shape:
            return False
        apart = np.abs(one.astype(int) - other.astype(int))
        if apart.mean() > 0.2 or (apart > 8).mean() > 0.002:
            return False
    return True


def _fit_canvas(screen: Screen, size: tuple[int, ...]) -> None:
    """Another strip lies above the pictures here: the window grows until they are as large."""
    rows = screen.viewport()["size"]["height"]
    grown = HEIGHT + size[0] - rows
    screen.page.set_viewport_size({"width": WIDTH, "height": grown})
    wait_for(lambda: screen.viewport()["size"]["height"] == size[0], what="as large", timeout_s=20)


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
    signed = chair.post(f"/api/decisions/{one['id']}/sign", json={"version": one["version"]})
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
    first, first_pictures = _present(live, chair, session)
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
    second, second_pictures = _present(live, chair, session)
    keep_screenshot(live.page, "live")
    shown = live.viewport()
    decision = _decide(chair, case["id"], meeting)
    assert decision["view"]["session"] == session
    assert second > first
    assert not _same(first_pictures, second_pictures), "the comparison can fail"

    path = f"/live/{session}/replay?case={case['id']}&at={first}"
    replay = Screen(open_page(role="radiologist", path=path, width=WIDTH, height=HEIGHT))
    wait_for(lambda: _replay(replay).get("seq") == first, what="at the number", timeout_s=60)
    expect(replay.page.get_by_test_id("replay-mark")).to_contain_text("Replay")
    replay.wait_for_picture()
    _fit_canvas(replay, live_size)
    _settled(replay)
    assert mine not in {one["id"] for one in replay.measurements()}
    assert _same(first_pictures, _pictures(replay))
    keep_screenshot(replay.page, "first")

    replay.focus_viewport()
    while _replay(replay)["seq"] < second:
        was = _replay(replay)["seq"]
        replay.press("Shift+ArrowRight")
        assert _replay(replay)["seq"] > was
    assert _replay(replay)["seq"] == second
    _settled(replay)
    wait_for(
        lambda: _same(second_pictures, _pictures(replay)), what="the second picture", timeout_s=30
    )
    assert same_view(shown, replay.viewport())
    assert mine in {one["id"] for one in replay.measurements()}
    replay.press("Shift+ArrowRight")  # to the decision
    wait_for(
        lambda: any(one["status"] in ("draft", "signed") for one in _replay(replay)["decisions"]),
        what="the decision",
    )
    keep_screenshot(replay.page, "decision")

    replay.press("Shift+ArrowLeft", times=10)
    start = _replay(replay)["position_ms"]
    replay.press(" ")
    wait_for(lambda: _replay(replay)["position_ms"] > start + 300, what="it plays", timeout_s=20)
    replay.press(" ")
    assert not _replay(replay)["playing"]
    replay.press("ArrowDown")  # looking around for oneself
    assert not _replay(replay)["following"]
    replay.page.get_by_role("button", name="Return to the replay").click()
    assert _replay(replay)["following"]
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
