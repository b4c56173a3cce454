"""Triage on the screen, by keyboard: a case turns green as things arrive, several are scheduled."""

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.access import find_accessibility_faults
from tests.e2e.conftest import OpenPage
from tests.e2e.harness import Stack

pytestmark = [pytest.mark.chromium, pytest.mark.orthanc, pytest.mark.timeout(900)]


def new_case(stack: Stack, title: str) -> dict[str, str]:
    coordinator = stack.client(role="coordinator")
    patient = coordinator.get("/api/patients").json()["results"][0]
    made = coordinator.post(
        "/api/cases", json={"patient": patient["id"], "title": title, "tumour_type": "lung"}
    )
    assert made.status_code == 201, made.text
    return dict(made.json())


def test_MDT_5_readiness_turns_green_as_things_arrive(
    stack: Stack, open_page: OpenPage, keep_screenshot: Callable[[Page, str], Path]
) -> None:
    case = new_case(stack, "Readiness, step by step")
    coordinator = stack.client(role="coordinator")
    page = open_page(role="coordinator", path=f"/cases/{case['id']}")
    region = page.get_by_role("region", name="Readiness")
    expect(region.get_by_text("missing", exact=False).first).to_be_visible(timeout=30_000)
    keep_screenshot(page, "missing")
    assert find_accessibility_faults(page) == []

    region.get_by_role("button", name="Change Comorbidity").click()
    page.get_by_role("menuitem", name="It is there").click()
    page.get_by_role("dialog").get_by_role("textbox", name="In words").fill("COPD")
    page.get_by_role("dialog").get_by_role("button", name="Save").click()
    expect(page.get_by_role("dialog")).to_have_count(0)

    said = {
        "radiology_report": {"state": "arrived"},
        "patient_preference": {"state": "arrived"},
        "presenter": {"state": "arrived"},
        "lung_function": {"state": "not_needed", "note": "No operation is considered"},
        "ct_chest": {"state": "not_needed", "note": "Seen elsewhere"},
        "images_complete": {"state": "not_needed", "note": "Seen elsewhere"},
        "pathology_report": {
            "state": "expected",
            "expected_by": (date.today() + timedelta(days=5)).isoformat(),
        },
    }
    for item, words in said.items():
        answer = coordinator.put(f"/api/cases/{case['id']}/readiness/items/{item}", json=words)
        assert answer.status_code == 200, answer.text
    current = coordinator.get(f"/api/cases/{case['id']}").json()
    changed = coordinator.patch(
        f"/api/cases/{case['id']}",
        json={"ecog": 1, "stage": "cT1b N0", "clinical_question": "Resect?"},
        headers={"If-Match": f'"{current["version"]}"'},
    )
    assert changed.status_code == 200, changed.text
    expect(region.get_by_text("Everything is there")).to_be_visible(timeout=40_000)
    page.keyboard.press("Shift+R")
    expect(page.get_by_role("button", name="Undo")).to_be_visible(timeout=15_000)
    assert coordinator.get(f"/api/cases/{case['id']}").json()["status"] == "ready"
    keep_screenshot(page, "ready")


def test_several_cases_are_scheduled_by_keyboard_and_taken_back(
    stack: Stack, open_page: OpenPage
) -> None:
    coordinator = stack.client(role="coordinator")
    cases = [new_case(stack, f"In bulk {number}") for number in (1, 2, 3)]
    page = open_page(role="coordinator", path="/worklist")
    page.get_by_role("textbox", name="Search cases").fill("In bulk")
    for case in cases:
        page.get_by_role("checkbox", name=f"Select {case['title']}").check()
    expect(page.get_by_text("3 cases selected")).to_be_visible()
    page.get_by_role("heading", name="Worklist").click()
    page.keyboard.press("Shift+S")
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("textbox", name="Urgent reason").fill("Asked for by the chair")
    dialog.get_by_role("button", name="Save").click()
    undo = page.get_by_role("button", name="Undo")
    expect(undo).to_be_visible(timeout=15_000)
    states = [coordinator.get(f"/api/cases/{one['id']}").json()["status"] for one in cases]
    assert states == ["scheduled"] * 3
    undo.click()
    rows = page.get_by_role("row").filter(has_text="In bulk")
    expect(rows.filter(has_text="Submitted")).to_have_count(3, timeout=20_000)
    states = [coordinator.get(f"/api/cases/{one['id']}").json()["status"] for one in cases]
    assert states == ["submitted"] * 3


def test_a_template_is_edited_and_offered(stack: Stack, open_page: OpenPage) -> None:
    page = open_page(role="coordinator", path="/templates")
    page.get_by_role("button", name="Sarcoma").click()
    page.get_by_role("button", name="Add an item").click()
    name = page.get_by_role("textbox", name="Name item")
    name.fill("Family tree")
    page.get_by_role("button", name="Save as version 2").click()
    expect(page.get_by_role("button", name="Save as version 3")).to_be_visible(timeout=15_000)
    told = stack.client(role="chair").get("/api/case-templates/sarcoma").json()
    assert told["document"]["items"][-1]["key"] == "family_tree"
    assert find_accessibility_faults(page) == []
