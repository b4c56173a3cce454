"""What was on a presenter's screen, and what its replay shows: pictures compared by pixel."""

from __future__ import annotations

from typing import Any

import httpx
import numpy as np

from tests.e2e.harness import wait_for
from tests.e2e.screen import Screen

Pictures = list[np.ndarray]


def replay_of(screen: Screen) -> dict[str, Any]:
    return dict(screen.read("replay") or {})


def pictures_of(screen: Screen) -> Pictures:
    """Of every viewport that shows something, without overlays."""
    reports = screen.read("viewports")
    return [screen.picture(one["index"]) for one in reports if one["series_instance_uid"]]


def settle(screen: Screen) -> None:
    """Every viewport shows the image or the plane that was asked for, drawn, with its colours."""

    def is_drawn(one: dict[str, Any]) -> bool:
        if one["plane_settled"] is False or one["preview"]:
            return False
        shown = one["sop_instance_uid"], one["frame"]
        asked = one["target_sop_instance_uid"], one["target_frame"]
        return one["reformat"] is not None or shown == asked

    def there() -> bool:
        reports = [one for one in screen.read("viewports") if one["series_instance_uid"]]
        return bool(reports) and all(map(is_drawn, reports))

    wait_for(there, what="all pictures are there", timeout_s=60)
    screen.page.wait_for_timeout(400)


def logged(client: httpx.Client, session: str, kind: str) -> list[dict[str, Any]]:
    """Events of a kind in the newest chapter of a recording."""
    path = f"/api/live/sessions/{session}/recording"
    chapter = client.get(path).json()["chapters"][-1]
    events = client.get(f"{path}/events", params={"after": chapter["from_seq"]}).json()["events"]
    return [one for one in events if one["kind"] == kind]


def keyframes(client: httpx.Client, session: str) -> list[dict[str, Any]]:
    return logged(client, session, "stage.keyframe")


def _shows(keyframe: dict[str, Any], report: dict[str, Any]) -> bool:
    (viewport,) = [
        one
        for index, one in enumerate(keyframe["payload"]["stage"]["state"]["viewports"])
        if index == report["index"]
    ]
    return bool(
        viewport["reference"]["sop_instance_uid"] == report["sop_instance_uid"]
        and viewport["camera"]["fit_mm"] == report["fit_mm"]
        and viewport["voi"] == report["voi"]
    )


def logged_view(screen: Screen, client: httpx.Client, session: str) -> tuple[int, Pictures]:
    """What is on the presenter's screen once it has settled into the log, and its number."""
    settle(screen)

    def logged() -> int | None:
        known = keyframes(client, session)
        return known[-1]["seq"] if known and _shows(known[-1], screen.viewport()) else None

    seq = int(wait_for(logged, what="the view settles into the log", timeout_s=30))
    return seq, pictures_of(screen)


def same_pictures(before: Pictures, after: Pictures) -> bool:
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


def fit_canvas(screen: Screen, size: tuple[int, ...]) -> None:
    """Another strip lies above the pictures here: the window grows until they are as large."""
    rows, window = screen.viewport()["size"]["height"], screen.page.viewport_size
    assert window is not None
    grown = window["height"] + (size[0] - rows) * screen.read("layout")["rows"]
    screen.page.set_viewport_size({"width": window["width"], "height": grown})
    wait_for(
        lambda: abs(screen.viewport()["size"]["height"] - size[0]) < 1,
        what="as large",
        timeout_s=20,
    )
