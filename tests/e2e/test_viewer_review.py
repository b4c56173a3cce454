"""Words on AI findings in real browsers: by keyboard alone, with a mask changed, beside each other.

The findings are those of the demo hospital's PET/CT, which nobody has reviewed.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.e2e.access import find_accessibility_faults
from tests.e2e.conftest import OpenPage
from tests.e2e.harness import Stack, wait_for
from tests.e2e.meetings import PET_CT, demo_cases, take_away_drawings
from tests.e2e.screen import Screen

pytestmark = [pytest.mark.chromium, pytest.mark.orthanc, pytest.mark.timeout(600)]

Keep = Callable[[Page, str], Path]
MOST_TABS = 200


def _case(client: httpx.Client) -> str:
    (case,) = demo_cases(client, PET_CT)
    return str(case["id"])


def _findings(client: httpx.Client, case_id: str, state: str = "") -> list[dict[str, Any]]:
    asked = client.get("/api/findings", params={"case": case_id, "state": state, "limit": 200})
    return list(asked.json()["results"])


def _now(client: httpx.Client, case_id: str, finding_id: str) -> dict[str, Any]:
    return dict(client.get(f"/api/findings/{finding_id}", params={"case": case_id}).json())


def _tab_to(page: Page, name: str | re.Pattern[str]) -> None:
    """Tab, until what has the focus is called so; the mouse is not touched."""
    wanted = re.compile(re.escape(name)) if isinstance(name, str) else name
    for _ in range(MOST_TABS):
        page.keyboard.press("Tab")
        called = page.evaluate(
            """() => {
              const one = document.activeElement
              const label = one?.labels?.[0]?.textContent
              return one?.getAttribute('aria-label') ?? label ?? one?.textContent ?? ''
            }"""
        )
        if wanted.search(called):
            return
    raise AssertionError(f"the keyboard does not reach {name!r}")


def test_a_finding_is_reviewed_by_keyboard_alone(
    stack: Stack, open_page: OpenPage, keep_screenshot: Keep
) -> None:
    client = stack.client(role="radiologist")
    case_id = _case(client)
    page = open_page(role="radiologist", width=1280, height=800, path=f"/findings?case={case_id}")
    expect(page.get_by_role("listbox", name="Finding inbox")).to_be_visible(timeout=60_000)
    first = page.get_by_role("article").get_attribute("data-finding")
    page.keyboard.press("j")
    chosen = page.get_by_role("article")
    if len(_findings(client, case_id, "unreviewed")) > 1:
        wait_for(
            lambda: chosen.get_attribute("data-finding") != first,
            what="j goes to the next finding",
            timeout_s=10,
        )
    finding_id = str(chosen.get_attribute("data-finding"))
    label = _now(client, case_id, finding_id)["label"]

    # Nothing is said by a stray key.
    page.keyboard.press("Enter")
    page.keyboard.press("a")
    page.wait_for_timeout(300)
    assert _now(client, case_id, finding_id)["state"] == "unreviewed"

    _tab_to(page, f"Defer: {label}")
    page.keyboard.press("Enter")
    _tab_to(page, "Comment")
    page.keyboard.type("Prior PET asked for")
    _tab_to(page, "Defer the finding")
    page.keyboard.press("Enter")
    wait_for(
        lambda: _now(client, case_id, finding_id)["state"] == "deferred",
        what="the finding is deferred",
        timeout_s=30,
    )

    page.get_by_text("Deferred", exact=True).first.focus()
    page.get_by_role("radiogroup", name="Which findings").get_by_text("Deferred").click()
    expect(page.get_by_role("article")).to_contain_text(label)
    expect(page.get_by_role("article")).to_contain_text("Prior PET asked for")
    keep_screenshot(page, "deferred-1280")
    _tab_to(page, f"Dismiss: {label}")
    page.keyboard.press("Enter")
    _tab_to(page, "Why is it dismissed?")
    page.keyboard.type("Already known")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    _tab_to(page, "Dismiss the finding")
    page.keyboard.press("Enter")
    said = wait_for(
        lambda: (one := _now(client, case_id, finding_id))["state"] == "dismissed" and one,
        what="the finding is dismissed",
        timeout_s=30,
    )
    assert said["review"]["reason_code"] == "already-known"
    history = client.get(f"/api/findings/{finding_id}/history", params={"case": case_id}).json()
    assert [one["decision"] for one in history if one["kind"] == "review"] == [
        "deferred",
        "dismissed",
    ]


def test_a_mask_is_edited_and_accepted_as_edited(
    stack: Stack, open_page: OpenPage, keep_screenshot: Keep
) -> None:
    client = stack.client(role="radiologist")
    take_away_drawings(stack)
    case_id = _case(client)
    finding = max(
        _findings(client, case_id, "unreviewed"), key=lambda one: one["measurements"][0]["value"]
    )
    finding_id, label = finding["id"], finding["label"]
    url = f"/cases/{case_id}/view?series={finding['series_instance_uid']}&finding={finding_id}"
    page = open_page(role="radiologist", width=1920, height=1080, path=url)
    screen = Screen(page)
    screen.wait_for_picture()
    card = page.locator(f"[data-finding='{finding_id}']")
    if card.count() == 0:
        page.get_by_text(re.compile(r"^Findings")).first.click()
    card.get_by_role("button", name=f"Show {label} in the images").click()
    card.get_by_role("button", name=f"Edit mask: {label}").click()
    expect(page.get_by_role("button", name="Stop painting")).to_be_visible(timeout=60_000)

    def revision() -> int:
        drawn = client.get("/api/segmentations", params={"case": case_id}).json()["results"]
        return int(drawn[0]["revision"]) if drawn else 0

    wait_for(lambda: revision() == 1, what="the copy is kept", timeout_s=60)
    centre = screen.page_of(tuple(finding["centroid_lps"]))
    screen.drag(centre, (centre[0] + 90, centre[1] + 10), steps=5)
    wait_for(lambda: revision() == 2, what="the stroke is kept", timeout_s=60)
    keep_screenshot(page, "edited-1920")

    page.get_by_text(re.compile(r"^Findings")).first.click()
    card.get_by_role("button", name=re.compile("^Accept as edited by")).click()
    accepted = wait_for(
        lambda: (one := _now(client, case_id, finding_id))["state"] == "accepted" and one,
        what="the finding is accepted",
        timeout_s=60,
    )
    amendment = accepted["review"]["amendment"]
    assert 0 < amendment["dice"] < 1
    assert amendment["volume_ml"]["after"] > amendment["volume_ml"]["before"]
    assert accepted["measurements"] != finding["measurements"]
    assert amendment["of_the_model"]["measurements"] == finding["measurements"]
    expect(card).to_contain_text("Accepted, amended")
    expect(card).to_contain_text("Dice")
    keep_screenshot(page, "amended-1920")
    page.set_viewport_size({"width": 1280, "height": 800})
    keep_screenshot(page, "amended-1280")
    assert find_accessibility_faults(page) == []

    # In Orthanc itself: the model's SEG, the amended one, and a report that a person verified.
    wait_for(
        lambda: (_now(client, case_id, finding_id)["export"] or {}).get("state") == "stored",
        what="the accepted finding is in the PACS",
        timeout_s=180,
    )
    with stack.pacs() as pacs:
        answer = pacs.get(
            f"/dicom-web/studies/{finding['study_instance_uid']}/metadata",
            headers={"Accept": "application/dicom+json"},
        )
    kinds = sorted(
        segment["00620008"]["Value"][0]
        for one in answer.json()
        if one["00080060"]["Value"][0] == "SEG"
        for segment in one["00620002"]["Value"]
        if segment["00620020"]["Value"][0].startswith(label)
    )
    assert kinds == ["AUTOMATIC", "SEMIAUTOMATIC"]
    take_away_drawings(stack)


def test_a_trainee_proposes_and_a_colleague_disagrees(
    stack: Stack, open_page: OpenPage, keep_screenshot: Keep
) -> None:
    client = stack.client(role="radiologist")
    case_id = _case(client)
    finding = _findings(client, case_id, "unreviewed")[-1]
    finding_id, label = finding["id"], finding["label"]
    inbox = f"/findings?case={case_id}"
    trainee = open_page(role="trainee", width=820, height=1180, path=inbox)
    trainee.get_by_role("option").filter(has_text=label).first.click(timeout=60_000)
    article = trainee.get_by_role("article")
    expect(article.get_by_role("button", name=re.compile("^(Accept|Dismiss|Defer)"))).to_have_count(
        0
    )
    article.get_by_role("button", name=f"I think it is wrong: {label}").click()
    article.get_by_label("Why is it dismissed?").first.click()
    trainee.get_by_role("option", name="Duplicate").click()
    article.get_by_role("button", name="Say so").click()
    expect(article).to_contain_text("in training, proposes: wrong", timeout=30_000)
    keep_screenshot(trainee, "proposed-tablet")
    assert _now(client, case_id, finding_id)["state"] == "unreviewed"

    page = open_page(role="radiologist", width=1920, height=1080, path=inbox)
    page.get_by_role("option").filter(has_text=label).first.click(timeout=60_000)
    page.get_by_role("article").get_by_role("button", name=f"Accept: {label}", exact=True).click()
    wait_for(
        lambda: _now(client, case_id, finding_id)["state"] == "accepted",
        what="the finding is accepted",
        timeout_s=30,
    )
    page.get_by_role("radiogroup", name="Which findings").get_by_text("Accepted").click()
    page.get_by_role("option").filter(has_text=label).first.click()
    expect(page.get_by_role("article")).to_contain_text("Disputed")
    page.get_by_text("All that was said").click()
    expect(page.get_by_role("article")).to_contain_text("Proposal")
    keep_screenshot(page, "disputed-1920")
    assert find_accessibility_faults(page) == []
