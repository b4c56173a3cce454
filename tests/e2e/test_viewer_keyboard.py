"""From the door to the next case with nothing but keys: no mouse and no touch anywhere in here.

At each step something has the focus, and the screen is another one where it has not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.access import focused
from tests.e2e.harness import PASSWORD, Stack, account, wait_for
from tests.e2e.meetings import all_cases, cases_with_images, phantom_cases, plan_meeting
from tests.e2e.screen import Screen

pytestmark = [pytest.mark.chromium, pytest.mark.orthanc, pytest.mark.timeout(600)]
Keep = Callable[[Page, str], Path]
MOST_TABS = 60
#: A hand on a mouse or a screen would be heard; `isTrusted` leaves out what a key makes of itself.
LISTEN = """
window.__hands = []
for (const kind of ['pointerdown', 'mousedown', 'mousemove', 'wheel', 'touchstart']) {
  addEventListener(kind, (event) => event.isTrusted && window.__hands.push(kind), true)
}
"""


@pytest.fixture
def keyboard(stack: Stack, browser: Browser) -> Iterator[Page]:
    """A machine with a keyboard and nothing else; nobody has signed in."""
    context = browser.new_context(
        base_url=stack.base_url, viewport={"width": 1280, "height": 800}, locale="en-GB"
    )
    context.add_init_script("localStorage['consilium.mode'] ??= 'volume'")
    context.add_init_script(LISTEN)
    errors: list[str] = []
    page = context.new_page()
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    assert page.evaluate("window.__hands") == []
    context.close()
    assert not errors, "\n".join(errors)


class Keys:
    """What a person does who has a keyboard only, and what they would see."""

    def __init__(self, page: Page) -> None:
        self.page, self.screen = page, Screen(page)

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def tab_to(self, name: str) -> None:
        """Tab by tab to what is called so; the focus is seen all the way."""
        for _ in range(MOST_TABS):
            self.press("Tab")
            if name in focused(self.page)["name"]:
                return
        raise AssertionError(f"{name!r} is not reached within {MOST_TABS} tabs")

    def on_viewport(self) -> int:
        """Which viewport has the focus; fails where something else has."""
        wait_for(
            lambda: self.page.evaluate("document.activeElement.hasAttribute('data-viewport')"),
            what="the focus on a viewport",
            timeout_s=10,
        )
        # The page looks after its focus once more when a key has been let go for a while.
        self.page.wait_for_timeout(400)
        return int(focused(self.page)["viewport"])


def _sign_in(keys: Keys, role: str) -> None:
    page = keys.page
    page.goto("/worklist")
    expect(page.get_by_label("E-mail address")).to_be_focused()
    focused(page)
    page.keyboard.type(account(role))
    keys.tab_to("Password")
    page.keyboard.type(PASSWORD)
    keys.press("Enter")
    expect(page.get_by_role("heading", name="Worklist")).to_be_visible(timeout=30_000)
    expect(page.locator("tr[aria-selected=true]")).to_be_visible(timeout=30_000)
    focused(page)


def _case_of(page: Page) -> str:
    return str(page.url.split("/cases/")[1].split("/")[0])


def _listed(client: Any, case_id: str) -> list[dict[str, Any]]:
    return list(client.get("/api/measurements", params={"case": case_id}).json()["results"])


def test_from_the_door_to_the_next_case_by_keys_alone(
    stack: Stack, keyboard: Page, keep_screenshot: Keep
) -> None:
    keys, page = Keys(keyboard), keyboard
    screen = keys.screen
    client = stack.client(role="radiologist")
    _sign_in(keys, "radiologist")

    # The worklist is searched and walked by keys; Enter opens what is chosen.
    rows = page.locator("tr[aria-selected]")
    cases = {one["id"]: one for one in phantom_cases(client)}
    (known, title) = rows.count(), next(iter(cases.values()))["title"]
    keys.tab_to("Search cases")
    page.keyboard.type(title)
    wait_for(lambda: 1 <= rows.count() < known, what="cases of that title", timeout_s=15)
    # From here on the demo's own: what other tests brought may have no place in a patient.
    page.keyboard.press("Control+a")
    page.keyboard.type("PHX-")
    own = [one for one in all_cases(client) if one["patient"]["patient_id"].startswith("PHX-")]
    wait_for(lambda: rows.count() == len(own), what="the demo's cases", timeout_s=15)
    keys.press("Escape")
    focused(page)
    order = [str(one) for one in page.locator("tbody tr a[href^='/cases/']").evaluate_all(
        "all => [...new Set(all.map((one) => one.getAttribute('href').split('/')[2]))]"
    )]  # fmt: skip
    ready = [one for one in order if one in cases and cases[one]["images"]["ready"]]
    for _ in range(order.index(ready[0])):
        keys.press("j")
    expect(rows.nth(order.index(ready[0]))).to_have_attribute("aria-selected", "true")
    focused(page)
    keep_screenshot(page, "worklist")
    keys.press("Enter")
    page.wait_for_url(f"**/cases/{ready[0]}")
    expect(page.get_by_role("heading", level=1)).to_be_visible(timeout=30_000)
    focused(page)
    keys.tab_to("Open images")
    keep_screenshot(page, "case")
    keys.press("Enter")
    page.wait_for_url("**/view")
    before = screen.wait_for_picture()
    assert keys.on_viewport() == 0
    keep_screenshot(page, "viewer")

    # Scrolled by one, by ten, to the ends; each said by the viewport.
    keys.press("Home")
    assert screen.wait_for_picture()["slice"] == 1
    keys.press("ArrowDown")
    assert screen.wait_for_picture()["slice"] == 2
    keys.press("Shift+ArrowDown")
    assert screen.wait_for_picture()["slice"] == min(12, before["slices"])
    keys.on_viewport()

    # A window by preset, then wider and higher by arrows, and back by the same keys.
    keys.press("2")
    preset = screen.viewport()["voi"]
    if before["modality"] == "CT":
        assert (preset["lower"], preset["upper"]) == (-1350, 149)
    keys.press("Control+Shift+ArrowRight")
    wider = screen.viewport()["voi"]
    assert wider["upper"] - wider["lower"] > preset["upper"] - preset["lower"]
    keys.press("Control+Shift+ArrowDown")
    higher = screen.viewport()["voi"]
    assert higher["lower"] > wider["lower"]
    assert higher["upper"] - higher["lower"] == pytest.approx(wider["upper"] - wider["lower"])
    keys.press("1")
    keys.on_viewport()

    # Measured with a cross, named, and as long as the pixels say.
    case_id = _case_of(page)
    known = {one["id"] for one in _listed(client, case_id)}
    shown = screen.viewport()
    keys.press("m", "Enter", "Enter", *["Shift+ArrowRight"] * 2, "Enter")

    def drawn() -> dict[str, Any] | None:
        return next((one for one in _listed(client, case_id) if one["id"] not in known), None)

    made = wait_for(drawn, what="a length", timeout_s=20)
    assert made["sop_instance_uid"] == shown["sop_instance_uid"]
    (length,) = made["values"]
    start, end = made["points_lps"]
    spacing = float(np.linalg.norm(np.subtract(end, start))) / 20
    assert length["unit"] == "mm"
    assert length["value"] == pytest.approx(20 * spacing) and 0.2 < spacing < 6
    keys.on_viewport()
    keep_screenshot(page, "measured")
    keys.press("t")
    expect(page.get_by_label("Label", exact=True)).to_be_focused()
    focused(page)
    page.keyboard.type("Segment 7")
    keys.press("Tab")
    focused(page)
    page.keyboard.type("Liver")
    keys.press("Enter", "Enter")
    named = wait_for(
        lambda: (one := drawn()) and one["label"] and one, what="the name is kept", timeout_s=20
    )
    assert (named["label"], named["site"]) == ("Segment 7", "liver")
    expect(page.get_by_role("dialog")).to_have_count(0)
    keys.on_viewport()

    # Another viewport, maximised and back, the tool bar and back: the focus goes along.
    if screen.read("layout")["columns"] > 1:
        keys.press("Control+ArrowRight")
        assert keys.on_viewport() == 1
        keys.press("Enter")
        assert keys.on_viewport() == 1
        keys.press("Enter", "Control+ArrowLeft")
        assert keys.on_viewport() == 0
    keys.press("?")
    expect(page.get_by_role("dialog")).to_contain_text("Next case")
    keys.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    keys.on_viewport()

    # The next case, in the order of the worklist; nothing of the former one is there.
    keys.press("Shift+n")
    page.wait_for_url(f"**/cases/{ready[1]}/view")
    wait_for(
        lambda: (
            screen.viewport().get("study_instance_uid") not in (None, before["study_instance_uid"])
        ),
        what="images of the next case",
        timeout_s=60,
    )
    screen.wait_for_picture()
    wait_for(
        lambda: named["id"] not in {one["id"] for one in screen.measurements()},
        what="no measurement of the former case",
    )
    keys.on_viewport()
    keep_screenshot(page, "next")
    keys.press("Shift+b")
    page.wait_for_url(f"**/cases/{ready[0]}/view")
    screen.wait_for_picture()
    screen.wait_for_measurement(named["id"])
    keys.press("Shift+b")
    expect(page.get_by_text("This is the first case with images.")).to_be_visible()
    keys.on_viewport()


def test_the_chair_goes_through_the_agenda_by_keys(stack: Stack, keyboard: Page) -> None:
    coordinator, chair = stack.client(role="coordinator"), stack.client(role="chair")
    cases = phantom_cases(coordinator)[:2]
    meeting = plan_meeting(coordinator, cases)
    ids = {one["id"] for one in cases}

    def here() -> bool:
        held = [one for one in cases_with_images(chair) if one["id"] in ids]
        return len(held) == 2 and all(one["images"]["state"] == "complete" for one in held)

    wait_for(here, what="the images of both cases", timeout_s=180)
    session = chair.post("/api/live/sessions", json={"meeting": meeting}).json()
    keys = Keys(keyboard)
    _sign_in(keys, "chair")
    keyboard.goto(f"/live/{session['id']}")
    keys.screen.wait_for_picture()
    assert keys.screen.live()["case_id"] == cases[0]["id"]
    keys.on_viewport()
    keys.press("Shift+n")
    wait_for(
        lambda: keys.screen.live()["case_id"] == cases[1]["id"], what="next case", timeout_s=30
    )
    keys.screen.wait_for_picture()
    keys.on_viewport()
    keys.press("Shift+n")
    expect(keyboard.get_by_text("This is the last case of the agenda.")).to_be_visible()
    keys.press("Shift+b")
    wait_for(
        lambda: keys.screen.live()["case_id"] == cases[0]["id"], what="back again", timeout_s=30
    )
