"""Going to the next case: in no frame does one patient's picture stand beside another's name."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import OpenPage
from tests.e2e.harness import Stack, wait_for
from tests.e2e.meetings import PET_CT, cases_with_images, demo_cases, plan_meeting
from tests.e2e.screen import Screen

pytestmark = [pytest.mark.chromium, pytest.mark.orthanc, pytest.mark.timeout(600)]

#: Looks at every frame and at every change between frames.
_WATCH = """() => {
  window.__pairs = new Set()
  const words = (element) => element?.firstElementChild?.textContent ?? element?.textContent ?? ''
  const look = () => {
    const head = document.querySelector("[data-testid='patient-name']")?.textContent ?? ''
    const banners = document.querySelectorAll("[data-testid='patient-banner']")
    for (const banner of banners) window.__pairs.add(`${head}|${words(banner)}`)
    if (banners.length === 0) window.__pairs.add(`${head}|`)
  }
  const all = { subtree: true, childList: true, characterData: true }
  new MutationObserver(look).observe(document.body, all)
  const everyFrame = () => { look(); requestAnimationFrame(everyFrame) }
  everyFrame()
}"""


def _pairs(page: Page) -> set[tuple[str, str]]:
    """(name in the head, name on a picture) as they were on the screen together."""
    seen: list[str] = page.evaluate("() => [...window.__pairs]")
    return {(one.split("|")[0], one.split("|")[1]) for one in seen}


def _drawn(screen: Screen) -> set[str]:
    """Ids of the measurements on the screen that the server has."""
    return {one["id"] for one in screen.measurements() if not one["pending"]}


def _join(open_page: OpenPage, *, role: str, path: str, width: int) -> Screen:
    screen = Screen(open_page(role=role, path=path, width=width, height=900))
    wait_for(lambda: screen.live().get("status") == "open", what=f"{role} joined", timeout_s=90)
    screen.wait_for_picture()
    return screen


def test_nothing_of_the_former_patient_stays_with_the_next(
    stack: Stack, open_page: OpenPage, keep_screenshot: Callable[[Page, str], Path]
) -> None:
    coordinator, chair = stack.client(role="coordinator"), stack.client(role="chair")
    # Of the demo: cases of other tests may hold images of other patients, on purpose.
    cases = demo_cases(coordinator, PET_CT, "Alder")
    ids = {case["id"] for case in cases}
    meeting = plan_meeting(coordinator, cases)

    def prefetched() -> bool:
        held = [one for one in cases_with_images(chair) if one["id"] in ids]
        return len(held) == 2 and all(one["images"]["state"] == "complete" for one in held)

    wait_for(prefetched, what="both cases prefetched", timeout_s=180)
    made = chair.post("/api/live/sessions", json={"meeting": meeting}).json()
    path = f"/live/{made['id']}"
    a = _join(open_page, role="chair", path=path, width=1600)
    b = _join(open_page, role="radiologist", path=path, width=1024)
    names: dict[str, str] = {}

    def go_to(case: dict[str, Any]) -> None:
        a.page.get_by_role("list", name="Agenda").get_by_text(case["title"]).click()
        for screen in (a, b):
            wait_for(
                lambda one=screen: one.live().get("case_id") == case["id"],
                what="at the case",
                timeout_s=30,
            )
            screen.wait_for_picture()
            name = screen.page.get_by_test_id("patient-name").first.inner_text()
            expect(screen.page.get_by_test_id("patient-banner").first).to_contain_text(name)
            assert names.setdefault(case["id"], name) == name

    current = a.live()["case_id"]
    here = next(case for case in cases if case["id"] == current)
    other = next(case for case in cases if case["id"] != current)
    for screen in (a, b):
        screen.page.evaluate(_WATCH)
    draft = a.page.get_by_label("Recommendation 1", exact=True)
    draft.fill("For the first patient only.")
    go_to(other)
    expect(draft).to_have_value("")
    keep_screenshot(a.page, "next")
    go_to(here)
    go_to(other)
    before = _drawn(b)  # by tests before this one
    centre = a.focus_viewport()
    a.press("m")
    a.drag((centre[0] - 60, centre[1]), (centre[0] + 60, centre[1] + 20))
    (mine,) = wait_for(lambda: _drawn(b) - before, what="B sees the measurement", timeout_s=30)
    go_to(here)
    assert mine not in _drawn(a) | _drawn(b)
    a.press("Control+z")  # what was drawn for the other patient is not taken back from here
    a.page.wait_for_timeout(1000)
    go_to(other)
    wait_for(lambda: mine in _drawn(b), what="it is still there", timeout_s=30)

    assert len(set(names.values())) == 2
    for screen in (a, b):
        mixed = {
            (head, picture) for head, picture in _pairs(screen.page) if picture not in ("", head)
        }
        assert not mixed, mixed
        assert {(name, name) for name in names.values()} <= _pairs(screen.page)
