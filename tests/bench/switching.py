"""From a click on the next case of the agenda to its first frame, in real Chromium."""

from __future__ import annotations

import statistics
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from tests.bench.run import Figure, at_most
from tests.e2e.conftest import CHROMIUM_ARGUMENTS, sign_in
from tests.e2e.harness import Stack, wait_for
from tests.e2e.meetings import cases_with_images, phantom_cases, plan_meeting
from tests.e2e.screen import Screen
from tests.system_parts import find_chromium

ROOMS = 12

#: Clicks, and waits for the frame after the one in which the other study's image is drawn.
_SWITCH = """([title, studies]) => new Promise((resolve, reject) => {
  const list = document.querySelector('[aria-label="Agenda"]')
  const item = [...list.querySelectorAll('*')].find((one) =>
    one.children.length === 0 && one.textContent.trim() === title)
  const started = performance.now()
  item.click()
  const look = () => {
    const shown = window.__consilium.viewports()[0]
    if (shown && studies.includes(shown.study_instance_uid) && shown.sop_instance_uid &&
        shown.sop_instance_uid === shown.target_sop_instance_uid && shown.voi) {
      requestAnimationFrame(() => resolve(performance.now() - started))
    } else if (performance.now() - started > 30000) reject(new Error('no picture in 30 s'))
    else requestAnimationFrame(look)
  }
  look()
})"""


def measure_switches(*, directory: Path) -> list[Figure]:
    """p50 and p95 of switches to a case this browser has not shown, and back to one it has."""
    house = Stack(directory=directory)
    try:
        house.start()
        house.manage("demo_hospital", "--small")
        with sync_playwright() as playwright:
            chromium = playwright.chromium.launch(
                executable_path=find_chromium(), headless=True, args=CHROMIUM_ARGUMENTS
            )
            first, again = _switch_in_rooms(house, chromium)
    finally:
        house.stop()
    return [
        Figure("case switch, prefetched, first frame, p50", statistics.median(first), "ms"),
        at_most("case switch, prefetched, first frame, p95", _p95(first), "ms", 300),
        Figure("back to a case seen before, first frame, p95", _p95(again), "ms"),
    ]


def _p95(values: list[float]) -> float:
    return statistics.quantiles(values, n=20, method="inclusive")[-1]


def _switch_in_rooms(house: Stack, chromium: Browser) -> tuple[list[float], list[float]]:
    coordinator, chair = house.client(role="coordinator"), house.client(role="chair")
    cases = phantom_cases(coordinator)[:2]
    meeting = plan_meeting(coordinator, cases)
    wait_for(
        lambda: all(
            one["images"]["state"] == "complete"
            for one in cases_with_images(chair)
            if one["id"] in {case["id"] for case in cases}
        ),
        what="both cases prefetched",
        timeout_s=180,
    )
    session = chair.post("/api/live/sessions", json={"meeting": meeting}).json()["id"]
    studies = {
        case["id"]: [
            study["study_instance_uid"]
            for study in coordinator.get(f"/api/cases/{case['id']}/studies").json()["results"]
        ]
        for case in cases
    }
    first, again = [], []
    for _ in range(ROOMS):
        context = chromium.new_context(
            base_url=house.base_url, viewport={"width": 1920, "height": 1080}
        )
        sign_in(context=context, role="chair", origin=house.base_url)
        page = context.new_page()
        page.goto(f"/live/{session}")
        screen = Screen(page)
        wait_for(lambda s=screen: s.live().get("status") == "open", what="joined", timeout_s=60)
        screen.wait_for_picture()
        current = screen.live()["case_id"]
        here = next(case for case in cases if case["id"] == current)
        other = next(case for case in cases if case["id"] != current)
        page.wait_for_timeout(2000)  # a person looks before they go on
        first.append(_switch(page, other, studies))
        page.wait_for_timeout(500)
        again.append(_switch(page, here, studies))
        context.close()
    return first, again


def _switch(page: Page, case: dict[str, Any], studies: dict[str, list[str]]) -> float:
    return float(page.evaluate(_SWITCH, [case["title"], studies[case["id"]]]))
