"""One meeting, from the door to the record, by four people on four screens of three shapes.

The chair sits at 1920 x 1080, the radiologist presents at 1280 x 800, the surgeon follows on a
tablet, and a consultant from elsewhere follows in de-identified guise: to them no byte that names
the patient is ever sent, in whatever the others write, draw or link.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import OpenPage
from tests.e2e.devices import OpenDevice, open_device
from tests.e2e.harness import Stack, wait_for
from tests.e2e.listening import Ear
from tests.e2e.meetings import PET_CT, open_session
from tests.e2e.screen import Screen, distance_mm, same_view

__all__ = ["open_device"]

pytestmark = [pytest.mark.chromium, pytest.mark.orthanc, pytest.mark.timeout(900)]
Keep = Callable[[Page, str], Path]
SECRET = "ZQ{:05d}XV".format
RECOVER_S = 60


def test_a_meeting(
    stack: Stack, open_page: OpenPage, open_device: OpenDevice, keep_screenshot: Keep
) -> None:
    case, _, session = open_session(stack, PET_CT)
    chair_rest = stack.client(role="chair")
    _invite(stack, case["id"])
    path = f"/live/{session}"

    # ── the door ──────────────────────────────────────────────────────────────────────
    chair = _join(open_page(role="chair", width=1920, height=1080, path=path))
    presenter = _join(open_page(role="radiologist", width=1280, height=800, path=path))
    tablet = _join(
        open_device(role="surgeon", path=path, width=1024, height=1366, has_touch=True,
                    storage={"consilium.mode": "volume"})
    )  # fmt: skip
    page = open_page(role="consultant", width=1280, height=800, path="/")
    ear = Ear(page, secrets=_secrets(case, chair_rest))
    page.goto(path)
    guest = _join(page)
    followers = [chair, tablet, guest]
    assert guest.live()["projection"] == "deidentified"

    # ── hand-over: the chair gives the token to the radiologist ─────────────────────────
    if not presenter.live()["presenting"]:
        _give(chair, "radiologist", stack)
    wait_for(lambda: presenter.live()["presenting"], what="the radiologist presents", timeout_s=15)
    wait_for(lambda: presenter.live()["followers"] == 3, what="three follow", timeout_s=20)
    expect(presenter.page.get_by_test_id("live-mark")).to_contain_text("You are presenting to 3")

    # ── one screen ──────────────────────────────────────────────────────────────────────
    presenter.focus_viewport()
    presenter.press("ArrowDown", times=6)
    presenter.press("+", times=2)
    _all_follow(presenter, followers)
    keep_screenshot(presenter.page, "1-presenter")
    keep_screenshot(tablet.page, "1-tablet")
    keep_screenshot(guest.page, "1-guest")

    # ── own ways, and back ──────────────────────────────────────────────────────────────
    chair.focus_viewport()
    chair.press("ArrowUp", times=2)
    wait_for(lambda: not chair.live()["following"], what="the chair is on their own")
    presenter.press("ArrowDown")
    _all_follow(presenter, [tablet, guest])
    assert not same_view(presenter.viewport(), chair.viewport())
    chair.page.get_by_role("button", name="Return to presenter").click()
    _all_follow(presenter, followers)

    # ── what is written and drawn says a secret; the guest hears none of it ─────────────────
    centre = presenter.focus_viewport()
    presenter.press("m")
    presenter.drag((centre[0] - 60, centre[1]), (centre[0] + 60, centre[1] + 20))
    mine = wait_for(
        lambda: [one for one in presenter.measurements() if not one["pending"]],
        what="the measurement",
    )[0]
    presenter.press("Escape")
    _say_secrets(stack, case["id"], mine["id"], chair)
    for screen in followers:
        wait_for(lambda s=screen: s.measurements(), what="it is on every screen", timeout_s=30)
    assert guest.measurements()[0]["points_lps"] == mine["points_lps"]

    # ── the web process dies while the presenter drags the window ─────────────────────────
    presenter.page.mouse.move(*centre)
    presenter.page.mouse.down()
    presenter.page.mouse.move(centre[0] + 30, centre[1] + 10, steps=4)
    stack.kill("web")
    presenter.page.mouse.move(centre[0] + 60, centre[1] + 20, steps=4)
    presenter.page.mouse.up()
    for screen in (presenter, *followers):
        wait_for(lambda s=screen: _is_back(s), what="back by itself", timeout_s=RECOVER_S)
    _all_follow(presenter, followers)
    heads = [screen.live()["head"] for screen in (presenter, *followers)]
    assert len(set(heads)) == 1, heads

    assert ear.heard > 100 and ear.frames > 20, "the guest's traffic was not listened to"
    assert ear.found() == {}
    shown = guest.page.content()
    assert [one for one in ear.secrets if one in shown.encode()] == []
    # The same ear hears them where they may be heard: it is not deaf.
    known = chair_rest.get(f"/api/live/sessions/{session}/events?after=0").content
    assert SECRET(1).encode() in known


def _join(page: Page) -> Screen:
    screen = Screen(page)
    wait_for(lambda: screen.live().get("status") == "open", what="joined", timeout_s=90)
    screen.wait_for_picture()
    return screen


def _invite(stack: Stack, case_id: str) -> None:
    """The consultant, for a day, in de-identified guise."""
    consultant = stack.client(role="consultant").get("/api/me").json()["id"]
    invited = stack.client(role="coordinator").post(
        f"/api/cases/{case_id}/members",
        json={
            "user": consultant,
            "capacity": "consultant",
            "guise": "deidentified",
            "expires_at": (datetime.now(UTC) + timedelta(days=1)).isoformat(),
        },
    )
    assert invited.status_code == 201, invited.text


def _secrets(case: dict[str, Any], chair: Any) -> list[bytes]:
    """All that names the patient: in words, numbers, and the UIDs of the hospital's own files."""
    patient = case["patient"]
    family, given = patient["name"].split("^")[:2]
    studies = chair.get(f"/api/cases/{case['id']}/studies?limit=200").json()["results"]
    uids = [one["study_instance_uid"] for one in studies]
    uids += [series["series_instance_uid"] for one in studies for series in one["series"]]
    words = [patient["name"], f"{family}, {given}", patient["patient_id"], patient["birth_date"]]
    return [word.encode() for word in [*words, *uids] if word]


def _give(chair: Screen, role: str, stack: Stack) -> None:
    me = stack.client(role=role).get("/api/me").json()
    name = me["display_name"]
    chair.page.get_by_role("button", name=f"More about {name}").click()
    chair.page.get_by_role("menuitem", name="Let them present").click()


def _all_follow(presenter: Screen, followers: list[Screen]) -> None:
    """The same place, millimetres and window on each; the guest knows the images otherwise."""
    presenter.wait_for_picture()
    for screen in followers:
        wait_for(
            lambda s=screen: _same(presenter.viewport(), s.viewport()),
            what="they follow",
            timeout_s=RECOVER_S,
        )


def _same(one: dict[str, Any], other: dict[str, Any]) -> bool:
    if not other.get("focal_point_lps") or not one.get("focal_point_lps"):
        return False
    centre = distance_mm(tuple(one["focal_point_lps"]), tuple(other["focal_point_lps"]))
    fit = abs(one["fit_mm"] - other["fit_mm"])
    return bool(centre < 0.01 and fit < 0.01 and one["voi"] == other["voi"])


def _say_secrets(stack: Stack, case_id: str, measurement_id: str, chair: Screen) -> None:
    """In chat, in a label, and in a note."""
    radiologist = stack.client(role="radiologist")
    box = chair.page.get_by_label("Write to the room")
    if not box.is_visible():
        chair.page.locator("summary", has_text="Chat").click()
    box.fill(f"This is {SECRET(1)}.")
    box.press("Enter")
    (kept,) = radiologist.get("/api/measurements", params={"case": case_id}).json()["results"]
    assert kept["id"] == measurement_id
    revised = radiologist.patch(
        f"/api/measurements/{measurement_id}",
        json={"version": kept["version"], "label": SECRET(2)},
    )
    assert revised.status_code == 200, revised.text
    marked = radiologist.post(
        "/api/key-images",
        json={
            "case": case_id,
            **{
                name: kept[name]
                for name in ("study_instance_uid", "series_instance_uid", "sop_instance_uid")
            },
            "frame": kept["frame"],
            "note": SECRET(3),
        },
    )
    assert marked.status_code == 201, marked.text


def _is_back(screen: Screen) -> bool:
    live = screen.live()
    return bool(live.get("status") == "open" and live.get("pending_ops") == 0)


def _pixels_apart(one: np.ndarray, other: np.ndarray) -> float:
    return float(np.abs(one.astype(int) - other.astype(int)).mean())
