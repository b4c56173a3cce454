"""One meeting, from the door to the record, by four people on four screens of three shapes.

The chair sits at 1920 x 1080, the radiologist presents at 1280 x 800, the surgeon follows on a
tablet, and a consultant from elsewhere follows in de-identified guise: to them no byte that names
the patient is ever sent, in whatever the others write, draw or link.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import OpenPage
from tests.e2e.devices import OpenDevice, open_device
from tests.e2e.harness import Stack, wait_for
from tests.e2e.listening import Ear
from tests.e2e.meetings import PET_CT, found_board, open_session
from tests.e2e.replaying import (
    fit_canvas,
    logged_view,
    pictures_of,
    replay_of,
    same_pictures,
    settle,
)
from tests.e2e.screen import Screen, distance_mm, join, same_view
from tests.security.canaries import CANARY

__all__ = ["open_device"]

pytestmark = [pytest.mark.chromium, pytest.mark.orthanc, pytest.mark.timeout(900)]
Keep = Callable[[Page, str], Path]
SECRET = "ZQ{:05d}XV".format
RECOVER_S = 60
SOON_MS = 30_000
BOARD = "Zonal board of a meeting"
SEATS = {"chair": "chair", "radiologist": "core", "surgeon": "core"}


def test_a_meeting(
    stack: Stack, open_page: OpenPage, open_device: OpenDevice, keep_screenshot: Keep
) -> None:
    board = found_board(stack, BOARD, seats=SEATS, ai_reading="in_meeting")
    case, meeting, session = open_session(stack, PET_CT, board_id=board)
    chair_rest = stack.client(role="chair")
    _invite(stack, case["id"])
    path = f"/live/{session}"

    # ── the door ──────────────────────────────────────────────────────────────────────
    chair = join(open_page(role="chair", width=1920, height=1080, path=path))
    presenter = join(open_page(role="radiologist", width=1280, height=800, path=path))
    tablet = join(
        open_device(role="surgeon", path=path, width=1024, height=1366, has_touch=True,
                    storage={"consilium.mode": "volume"})
    )  # fmt: skip
    page = open_page(role="consultant", width=1280, height=800, path="/")
    ear = Ear(page, secrets=_secrets(case, chair_rest))
    page.goto(path)
    chair.page.get_by_role("button", name=re.compile("^Admit")).click(timeout=60_000)
    guest = join(page)
    followers = [chair, tablet, guest]
    everybody = [presenter, *followers]
    assert guest.live()["projection"] == "deidentified"

    # ── hand-over: the chair gives the token to the radiologist ─────────────────────────
    if not presenter.live()["presenting"]:
        _give(chair, "radiologist", stack)
    wait_for(lambda: presenter.live()["presenting"], what="the radiologist presents", timeout_s=15)
    wait_for(lambda: presenter.live()["followers"] == 3, what="three follow", timeout_s=20)
    expect(presenter.page.get_by_test_id("live-mark")).to_contain_text("You are presenting to 3")

    # ── one screen; this is the first view that is kept ─────────────────────────────────
    presenter.focus_viewport()
    presenter.press("ArrowDown", times=6)
    presenter.press("+", times=2)
    _all_follow(presenter, followers)
    first, first_pictures = logged_view(presenter, chair_rest, session)
    size = (presenter.viewport()["size"]["height"], presenter.viewport()["size"]["width"])
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
    # The chair has found something, and calls; the presenter goes there and takes all along.
    chair.page.mouse.move(*chair.focus_viewport())
    chair.press("Shift+P")
    expect(presenter.page.get_by_text("look here")).to_be_visible(timeout=SOON_MS)
    expect(guest.page.get_by_text("look here")).to_be_visible(timeout=SOON_MS)
    presenter.press("Shift+T")
    wait_for(
        lambda: presenter.viewport()["slice"] == chair.viewport()["slice"],
        what="the presenter is where the chair calls to",
        timeout_s=SOON_MS / 1000,
    )
    chair.page.get_by_role("button", name="Return to presenter").click()
    _all_follow(presenter, followers)

    # ── AI is hidden until the images were read ─────────────────────────────────────────
    for screen in everybody:
        assert screen.live()["ai_hidden"] is True
        assert screen.live()["snapshot"]["findings"] == []
    asked = chair_rest.get("/api/findings", params={"case": case["id"]}).json()
    assert (asked["results"], asked["ai_hidden"]) == ([], True)
    presenter.page.get_by_role("button", name="Reveal AI").click()
    for screen in everybody:
        wait_for(lambda s=screen: not s.live()["ai_hidden"], what="revealed", timeout_s=30)
    assert chair.live()["snapshot"]["findings"]

    # ── what is written and drawn says a secret; the guest hears none of it ─────────────────
    centre = presenter.focus_viewport()
    presenter.press("m")
    presenter.drag((centre[0] - 60, centre[1]), (centre[0] + 60, centre[1] + 20))
    mine = wait_for(
        lambda: [one for one in presenter.measurements() if not one["pending"]],
        what="the measurement",
    )[-1]
    presenter.press("Escape")
    _say_secrets(stack, case["id"], mine["id"], chair)
    for screen in followers:
        wait_for(lambda s=screen: _has(s, mine), what="it is on every screen", timeout_s=30)

    # ── a vote on the draft ───────────────────────────────────────────────────────────────
    draft = _draft(stack, case["id"], meeting)
    panel = presenter.page.get_by_test_id("vote")
    expect(panel).to_be_visible(timeout=SOON_MS)
    panel.get_by_role("button", name="Agree", exact=True).click()
    tablet.page.get_by_role("button", name="Fold the right panel").click()  # drawers, upright
    theirs = tablet.page.get_by_test_id("vote")
    theirs.get_by_role("button", name=re.compile("Dissent")).click()
    theirs.get_by_label("Why do you dissent?").fill(SECRET(5))
    theirs.get_by_role("button", name="Record my dissent").click()
    for told in (panel, chair.page.get_by_test_id("vote")):
        expect(told.get_by_text("1 agree", exact=True)).to_be_visible(timeout=SOON_MS)
        expect(told.get_by_text("1 dissent", exact=True)).to_be_visible(timeout=SOON_MS)
    keep_screenshot(chair.page, "2-chair-votes")
    keep_screenshot(guest.page, "2-guest-votes")
    tablet.page.get_by_role("button", name="Fold the right panel").click()

    # ── the web process dies while the presenter drags the window ─────────────────────────
    presenter.page.mouse.move(*centre)
    presenter.page.mouse.down()
    presenter.page.mouse.move(centre[0] + 30, centre[1] + 10, steps=4)
    stack.kill("web")
    presenter.page.mouse.move(centre[0] + 60, centre[1] + 20, steps=4)
    presenter.page.mouse.up()
    for screen in everybody:
        wait_for(lambda s=screen: _is_back(s), what="back by itself", timeout_s=RECOVER_S)
    _all_follow(presenter, followers)
    second, second_pictures = logged_view(presenter, chair_rest, session)
    shown = presenter.viewport()

    # ── the decision is signed: frozen, with its dissent and with what was on screen ──────────
    signed = _sign(chair_rest, draft["id"])
    assert [one["stance"] for one in signed["positions"]].count("dissent") == 1
    assert signed["view"]["session"] == session
    refused = chair_rest.patch(
        f"/api/decisions/{draft['id']}",
        json={
            "version": signed["version"],
            "recommendations": [{"text": "Something else."}],
            "consensus": "consensus",
        },
    )
    assert refused.status_code == 409, refused.text
    for screen in everybody:
        wait_for(lambda s=screen: _signed(s, draft["id"]), what="signed on every screen")
    heads = {screen.live()["head"] for screen in everybody}
    assert len(heads) == 1, heads

    # ── and what the guest heard of all this ──────────────────────────────────────────────────
    assert ear.heard > 100, "the guest's traffic was not listened to"
    assert ear.frames > 20
    assert ear.ask_again() == []  # what the kill cut off, or a page that went on
    assert ear.found() == {}
    seen = guest.page.content()
    assert [one for one in ear.secrets if one in seen.encode()] == []
    assert CANARY.search(seen.encode()) is None
    # The same ear hears them where they may be heard: it is not deaf.
    known = chair_rest.get(f"/api/live/sessions/{session}/events?after=0").content
    assert SECRET(1).encode() in known

    # ── the replay shows the same pictures at the same numbers ────────────────────────────────
    assert second > first
    assert not same_pictures(first_pictures, second_pictures), "the comparison can fail"
    at = f"{path}/replay?case={case['id']}&at="
    replay = Screen(open_page(role="surgeon", path=f"{at}{first}"))
    wait_for(lambda: replay_of(replay).get("seq") == first, what="at the number", timeout_s=60)
    replay.wait_for_picture()
    fit_canvas(replay, size)
    settle(replay)
    wait_for(
        lambda: same_pictures(first_pictures, pictures_of(replay)), what="the first", timeout_s=60
    )
    replay.page.goto(f"{at}{second}")
    wait_for(lambda: replay_of(replay).get("seq") == second, what="at the number", timeout_s=60)
    settle(replay)
    wait_for(
        lambda: same_pictures(second_pictures, pictures_of(replay)), what="the second", timeout_s=60
    )
    assert same_view(shown, replay.viewport())
    keep_screenshot(replay.page, "3-replay")


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


def _has(screen: Screen, mine: dict[str, Any]) -> bool:
    return any(one["points_lps"] == mine["points_lps"] for one in screen.measurements())


def _draft(stack: Stack, case_id: str, meeting: str) -> dict[str, Any]:
    """The coordinator writes down what the board is about to recommend, with a secret in it."""
    made = stack.client(role="coordinator").post(
        "/api/decisions",
        json={
            "case": case_id,
            "meeting": meeting,
            "recommendations": [{"text": f"Resection; {SECRET(4)} agrees."}],
            "consensus": "majority",
        },
    )
    assert made.status_code == 201, made.text
    return dict(made.json())


def _sign(chair: httpx.Client, decision_id: str) -> dict[str, Any]:
    one = chair.get(f"/api/decisions/{decision_id}").json()
    read = {"version": one["version"], "digest": one["digest"]}
    signed = chair.post(f"/api/decisions/{decision_id}/sign", json=read)
    assert signed.status_code == 200, signed.text
    return dict(signed.json())


def _signed(screen: Screen, decision_id: str) -> bool:
    decisions = screen.live()["snapshot"]["decisions"]
    return any(one["id"] == decision_id and one["status"] == "signed" for one in decisions)
