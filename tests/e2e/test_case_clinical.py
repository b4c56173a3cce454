"""What is known of a patient, on the case page: recorded by keyboard alone, seen at a glance."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.access import find_accessibility_faults, small_targets
from tests.e2e.conftest import OpenPage
from tests.e2e.harness import Stack

pytestmark = [pytest.mark.chromium, pytest.mark.timeout(600)]
CASE = "Two lung nodules, new in follow-up of melanoma"


def _case_id(stack: Stack, role: str) -> str:
    rows = stack.client(role=role).get("/api/cases").json()["results"]
    return str(next(row["id"] for row in rows if row["title"] == CASE))


def _choose(page: Page, kind: str) -> None:
    """The menu by its keys: Enter opens it, arrows move, Enter takes."""
    page.get_by_role("button", name="Record entry").focus()
    page.keyboard.press("Enter")
    item = page.get_by_role("menuitem", name=kind, exact=True)
    expect(item).to_be_visible()
    for _ in range(12):
        if item.evaluate("(one) => one === document.activeElement"):
            break
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_be_visible()


def _pick(page: Page, label: str) -> None:
    page.get_by_role("dialog").get_by_label(label).first.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")


def test_diagnosis_and_wish_are_recorded_by_keyboard_and_seen_at_a_glance(
    stack: Stack, open_page: OpenPage, keep_screenshot: Callable[[Page, str], Path]
) -> None:
    case = _case_id(stack, "coordinator")
    page = open_page(role="coordinator", path=f"/cases/{case}")
    _choose(page, "Diagnosis")
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("ICD-10").focus()
    page.keyboard.type("melanoma trunk")
    wanted = page.get_by_role("option", name="C43.5 Malignant melanoma of trunk")
    expect(wanted).to_be_visible(timeout=30_000)
    for _ in range(20):
        if wanted.get_attribute("data-combobox-selected") == "true":
            break
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    _pick(page, "Certainty")
    assert find_accessibility_faults(page, within="[role=dialog]") == []
    assert small_targets(page, within="[role=dialog]") == []
    keep_screenshot(page, "diagnosis")
    dialog.get_by_role("button", name="Record").focus()
    page.keyboard.press("Enter")
    expect(dialog).to_be_hidden()
    known = page.get_by_role("region", name="What is known")
    expect(known.get_by_text("Diagnoses").first).to_be_visible()
    _choose(page, "What matters to the patient")
    page.get_by_role("dialog").get_by_label("What matters to this patient?").focus()
    page.keyboard.type("Wants to keep playing the organ.")
    page.get_by_role("dialog").get_by_role("button", name="Record").focus()
    page.keyboard.press("Enter")
    expect(known.get_by_text("Wants to keep playing the organ.").first).to_be_visible()
    line = page.get_by_role("region", name="Timeline")
    expect(line.get_by_text("Malignant melanoma of trunk", exact=False).first).to_be_visible()
    assert find_accessibility_faults(page) == []
    keep_screenshot(page, "case")
    shown = stack.client(role="coordinator").get(f"/api/cases/{case}").json()
    assert shown["diagnosis"]["code"].startswith("C43.5")
