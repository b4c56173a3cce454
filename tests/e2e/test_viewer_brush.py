"""Painting on a CT in real browsers: the voxels are those that numpy says, and stay so."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from playwright.sync_api import Page, expect

from tests.e2e.access import find_accessibility_faults
from tests.e2e.conftest import OpenPage
from tests.e2e.harness import Stack, wait_for
from tests.e2e.meetings import PET_CT, demo_cases
from tests.e2e.replaying import keyframes, logged, replay_of
from tests.e2e.screen import Screen

pytestmark = [pytest.mark.chromium, pytest.mark.orthanc, pytest.mark.timeout(600)]

Keep = Callable[[Page, str], Path]
RADIUS_MM = 5.0


class Image:
    """One CT image as Orthanc itself describes it."""

    def __init__(self, stack: Stack, report: dict[str, Any]) -> None:
        study, series = report["study_instance_uid"], report["series_instance_uid"]
        uid = report["sop_instance_uid"]
        path = f"/dicom-web/studies/{study}/series/{series}/instances/{uid}"
        with stack.pacs() as pacs:
            (header,) = pacs.get(
                f"{path}/metadata", headers={"Accept": "application/dicom+json"}
            ).json()
            raw = pacs.get(
                f"{path}/frames/1",
                headers={
                    "Accept": 'multipart/related; type="application/octet-stream";'
                    " transfer-syntax=1.2.840.10008.1.2.1"
                },
            ).content

        def of(tag: str) -> list[float]:
            return [float(value) for value in header[tag]["Value"]]

        self.position, axes = np.array(of("00200032")), np.array(of("00200037"))
        self.along_row, self.down = axes[:3], axes[3:]
        self.row_mm, self.column_mm = of("00280030")
        self.rows, self.columns = int(of("00280010")[0]), int(of("00280011")[0])
        size = self.rows * self.columns * 2
        start = raw.index(b"\r\n\r\n") + 4
        is_signed = int(of("00280103")[0])
        stored = np.frombuffer(raw[start : start + size], dtype="<i2" if is_signed else "<u2")
        slope, intercept = of("00281053")[0], of("00281052")[0]
        self.hu = (stored.astype(float) * slope + intercept).reshape(self.rows, self.columns)

    def swept(self, one: list[float], other: list[float]) -> np.ndarray:
        """Pixels whose centres lie within the radius of the way between two points."""
        row, column = np.mgrid[: self.rows, : self.columns]
        centres = (
            self.position
            + column[..., None] * self.column_mm * self.along_row
            + row[..., None] * self.row_mm * self.down
        )
        a, way = np.array(one), np.array(other) - np.array(one)
        length2 = float(way @ way)
        t = np.clip(((centres - a) @ way) / length2, 0, 1) if length2 else np.zeros(row.shape)
        return np.linalg.norm(centres - a - t[..., None] * way, axis=-1) <= RADIUS_MM + 1e-6


class Server:
    """What the server has of the case's first drawn segmentation."""

    def __init__(self, client: httpx.Client, case_id: str) -> None:
        self.client, self.case_id = client, case_id

    def first(self) -> dict[str, Any]:
        found = self.client.get("/api/segmentations", params={"case": self.case_id}).json()
        return dict(found["results"][0]) if found["results"] else {}

    def clear(self) -> None:
        """Nothing that another test drew is there."""
        while one := self.first():
            self.client.delete(
                f"/api/segmentations/{one['id']}", headers={"If-Match": str(one["version"])}
            )

    def at_revision(self, number: int) -> dict[str, Any]:
        found: dict[str, Any] = wait_for(
            lambda: (one := self.first()) and one["revision"] >= number and one,
            what=f"revision {number}",
            timeout_s=30,
        )
        assert found["revision"] == number
        return found

    def image(self, sop_instance_uid: str) -> np.ndarray:
        """The voxels on one image, as anybody fetches them."""
        one = self.first()
        path = f"/api/segmentations/{one['id']}"
        grid = self.client.get(f"{path}/grid").json()
        frame, (_, rows, columns) = grid["sop_instance_uids"].index(sop_instance_uid), grid["shape"]
        raw = self.client.get(
            f"{path}/revisions/{one['revision']}/voxels",
            params={"segment": 1, "box": f"{frame},0,0,{frame + 1},{rows},{columns}"},
        ).content
        bits = np.unpackbits(np.frombuffer(raw, np.uint8), bitorder="little")
        return bits[: rows * columns].reshape(rows, columns).astype(bool)


def _ct(stack: Stack, client: httpx.Client) -> tuple[str, str]:
    """The demo hospital's PET/CT, which the PACS has."""
    (case,) = demo_cases(client, PET_CT)
    (study,) = client.get(f"/api/cases/{case['id']}/studies").json()["results"]
    (ct,) = [one for one in study["series"] if one["modality"] == "CT"]
    return str(case["id"]), str(ct["series_instance_uid"])


def _open_drawn(page: Page) -> None:
    """It opens by itself with the first segmentation; a click would close it then."""
    section = page.locator("details").filter(has=page.locator("summary", has_text="Drawn"))
    section.evaluate("section => { section.open = true }")


def _room(client: httpx.Client, case_id: str) -> str:
    """Where the case is met."""
    opened = client.post("/api/live/sessions", json={"case": case_id})
    assert opened.status_code in (200, 201), opened.text
    return str(opened.json()["id"])


def _begin(screen: Screen) -> tuple[float, float]:
    """A new segmentation to paint on; the middle of the picture."""
    middle = screen.focus_viewport()
    screen.press("o")
    _open_drawn(screen.page)
    screen.page.get_by_role("button", name="New segmentation").click()
    expect(screen.page.get_by_role("button", name="Stop painting")).to_be_visible()
    return middle


def _point(screen: Screen, place: tuple[float, float]) -> list[float]:
    found = screen.read("patientAt", 0, list(place))
    assert found is not None
    return list(found)


def _stroke(
    screen: Screen, one: tuple[float, float], other: tuple[float, float]
) -> tuple[list[float], list[float]]:
    """One straight stroke; its ends in patient space."""
    ends = _point(screen, one), _point(screen, other)
    screen.drag(one, other, steps=4)
    return ends


def test_what_is_painted_is_what_numpy_says_and_stays(
    stack: Stack, open_page: OpenPage, keep_screenshot: Keep
) -> None:
    client = stack.client(role="radiologist")
    case_id, series = _ct(stack, client)
    server = Server(client, case_id)
    server.clear()
    url = f"/cases/{case_id}/view?series={series}"
    page = open_page(role="radiologist", width=1920, height=1080, path=url)
    screen = Screen(page)
    report = screen.wait_for_picture()
    image = Image(stack, report)
    x, y = screen.focus_viewport()
    uid = report["sop_instance_uid"]
    screen.press("o")
    page.get_by_role("button", name="New segmentation").click()
    expect(page.get_by_test_id("drawn-panel").get_by_text("not AI")).to_be_visible()
    expect(page.get_by_role("button", name="Stop painting")).to_be_visible()

    # Brush: a stroke, exactly the pixels whose centres lie within 5 mm of its way.
    ends = _stroke(screen, (x - 60, y - 20), (x + 70, y + 30))
    server.at_revision(1)
    expected = image.swept(*ends)
    assert expected.sum() > 30
    np.testing.assert_array_equal(server.image(uid), expected)

    # Eraser: a dab out of the middle.
    screen.press("q")
    ends = _stroke(screen, (x, y), (x, y))
    server.at_revision(2)
    expected &= ~image.swept(*ends)
    np.testing.assert_array_equal(server.image(uid), expected)

    # Undo and redo are new revisions.
    screen.press("Control+z")
    server.at_revision(3)
    assert server.image(uid).sum() > expected.sum()
    screen.press("Control+y")
    server.at_revision(4)
    np.testing.assert_array_equal(server.image(uid), expected)

    # Threshold brush: only values in the range, in Hounsfield units.
    screen.press("Shift+O")
    lower, upper = -50.0, 200.0
    ends = _stroke(screen, (x - 150, y - 110), (x + 150, y - 110))
    below = image.swept(*ends)
    chosen = below & (image.hu >= lower) & (image.hu <= upper)
    if (chosen & ~expected).any():
        server.at_revision(5)
    expected |= chosen
    np.testing.assert_array_equal(server.image(uid), expected)

    # The volume is the server's: voxels × slice distance × pixel size.
    one = server.first()
    (segment,) = one["segments"]
    assert segment["voxels"] == expected.sum()
    per_voxel = segment["volume_ml"] * 1000 / segment["voxels"] / image.row_mm / image.column_mm
    grid = client.get(f"/api/segmentations/{one['id']}/grid").json()
    names = grid["sop_instance_uids"]
    other = names[names.index(uid) + (1 if names.index(uid) + 1 < len(names) else -1)]
    beside = Image(stack, {**report, "sop_instance_uid": other})
    normal = np.cross(image.along_row, image.down)
    assert per_voxel == pytest.approx(abs((beside.position - image.position) @ normal), rel=1e-6)
    shown = f"{segment['volume_ml']:.2f} mL"
    expect(page.get_by_test_id("drawn-panel").get_by_text(shown)).to_be_visible()
    keep_screenshot(page, "1920")
    assert find_accessibility_faults(page) == []

    # The same after a reload: mask where a painted pixel lies, none beside it.
    page.reload()
    screen.wait_for_picture()
    screen.focus_viewport()
    row, column = (int(value[len(value) // 2]) for value in np.nonzero(expected))
    inside = image.position + column * image.column_mm * image.along_row
    inside = inside + row * image.row_mm * image.down
    beyond = image.position + 2 * image.along_row + 2 * image.down
    wait_for(lambda: screen.overlay_at([tuple(inside)])[0] > 0, what="the mask again", timeout_s=30)
    assert screen.overlay_at([tuple(beyond)])[0] == 0
    page.set_viewport_size({"width": 1280, "height": 800})
    page.get_by_text(re.compile(r"^Drawn")).first.click()
    page.wait_for_timeout(300)
    keep_screenshot(page, "1280")
    server.clear()


def test_LIVE_S1_in_a_room_one_paints_and_the_other_sees_it_and_cannot(
    stack: Stack, open_page: OpenPage, keep_screenshot: Keep
) -> None:
    client = stack.client(role="radiologist")
    case_id, _ = _ct(stack, client)
    server = Server(client, case_id)
    server.clear()
    path = f"/live/{_room(client, case_id)}"
    page_a = open_page(role="radiologist", width=1600, height=900, path=path)
    a = Screen(page_a)
    a.wait_for_picture()
    page_b = open_page(role="chair", width=1280, height=800, path=path)
    b = Screen(page_b)
    b.wait_for_picture()
    x, y = _begin(a)
    _open_drawn(page_b)
    expect(page_b.get_by_text("is painting on it now")).to_be_visible(timeout=15_000)
    painted = _point(a, (x, y))
    a.drag((x - 20, y), (x + 20, y), steps=4)
    server.at_revision(1)
    place: tuple[float, float, float] = (painted[0], painted[1], painted[2])
    wait_for(lambda: b.overlay_at([place])[0] > 0, what="B sees the stroke", timeout_s=30)
    keep_screenshot(page_a, "a")
    keep_screenshot(page_b, "b")

    # Nobody paints beside the window with the lease, A's own other one neither.
    one = server.first()
    back = {"parent": 1, "inverse_of": 1}
    refused = client.post(f"/api/segmentations/{one['id']}/revisions", json=back)
    assert (refused.status_code, refused.json()["code"]) == (409, "lease_held")
    assert server.first()["revision"] == 1
    page_a.get_by_role("button", name="Stop painting").click()
    expect(page_b.get_by_text("is painting on it now")).to_be_hidden(timeout=15_000)
    server.clear()
    client.delete(path.replace("/live/", "/api/live/sessions/"))


def test_a_replay_shows_what_had_been_painted_by_then(
    stack: Stack, open_page: OpenPage, keep_screenshot: Keep
) -> None:
    client = stack.client(role="radiologist")
    case_id, _ = _ct(stack, client)
    server = Server(client, case_id)
    server.clear()
    session = _room(client, case_id)
    page = open_page(role="radiologist", width=1280, height=800, path=f"/live/{session}")
    live = Screen(page)
    wait_for(lambda: live.live().get("status") == "open", what="in the room", timeout_s=90)
    if not live.live()["presenting"]:
        page.get_by_role("button", name="Present").click()
    live.wait_for_picture()
    x, y = _begin(live)
    wait_for(lambda: live.live()["may_paint"], what="the lease", timeout_s=30)
    early, late = _point(live, (x - 40, y)), _point(live, (x + 40, y))
    live.drag((x - 50, y), (x - 30, y), steps=4)
    server.at_revision(1)
    name = f"drawn:{server.first()['id']}:1"

    def shown_from() -> int | None:
        """The number by which the stroke was there and the room showed it."""
        strokes = logged(client, session, "segmentation.revised")
        for one in keyframes(client, session) if strokes else []:
            viewports = one["payload"]["stage"]["state"]["viewports"]
            if any(name in viewport["overlays"] for viewport in viewports if viewport):
                return max(int(one["seq"]), int(strokes[0]["seq"]))
        return None

    then = wait_for(shown_from, what="the outline is in the log", timeout_s=30)
    live.drag((x + 30, y), (x + 50, y), steps=4)
    server.at_revision(2)

    def both_strokes() -> int | None:
        """By the log, not by the window: it may not have heard of its own stroke yet."""
        strokes = logged(client, session, "segmentation.revised")
        return int(strokes[1]["seq"]) if len(strokes) > 1 else None

    both = wait_for(both_strokes, what="the second stroke is in the log", timeout_s=30)
    page.close()

    replay = Screen(
        open_page(
            role="radiologist",
            path=f"/live/{session}/replay?case={case_id}&at={then}",
            width=1280,
            height=800,
        )
    )
    wait_for(lambda: replay_of(replay).get("seq") == then, what="at the number", timeout_s=60)
    replay.wait_for_picture()

    def has(place: list[float]) -> bool:
        return bool(replay.overlay_at([(place[0], place[1], place[2])])[0] > 0)

    wait_for(lambda: has(early), what="the first stroke", timeout_s=30)
    assert not has(late)
    keep_screenshot(replay.page, "one")
    replay.page.goto(f"/live/{session}/replay?case={case_id}&at={both}")
    wait_for(lambda: replay_of(replay).get("seq") == both, what="at the end", timeout_s=60)
    replay.wait_for_picture()
    wait_for(lambda: has(early) and has(late), what="both strokes", timeout_s=30)
    keep_screenshot(replay.page, "both")

    # What has been removed since is said, and nothing else is shown in its place.
    server.clear()
    replay.page.reload()
    expect(replay.page.get_by_text("has been removed since")).to_be_visible(timeout=30_000)
    replay.wait_for_picture()
    assert not has(early)
