"""Lesions in a live room: named by keys, measured in two studies, never twice in one.

Two people see the same: the one who measures, and a surgeon who looks on.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.conftest import OpenPage
from tests.e2e.harness import Stack, wait_for
from tests.e2e.measuring import Bench
from tests.e2e.screen import Screen, join
from tests.e2e.studies import Course, import_cases

pytestmark = [pytest.mark.chromium, pytest.mark.orthanc, pytest.mark.timeout(600)]
Keep = Callable[[Page, str], Path]
NAME = "lesions"
CHIP = "T1 · Liver"
DATES = ("2 Mar 2026", "1 Jun 2026")
MOST_TABS = 8
SLOW_MS = 30_000


@pytest.fixture(scope="module")
def case_id(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A person with two CT studies, three months apart."""
    root = tmp_path_factory.mktemp("lesions")
    folders = []
    for date in ("20260302", "20260601"):
        one = Course(folder=root / date, name=NAME, date=date)
        one.add("Abdomen 4.0", BodyPartExamined="ABDOMEN")
        folders.append(one.folder)
    return import_cases(stack, {NAME: folders})[NAME]


def _room(stack: Stack, case_id: str) -> str:
    surgeon = stack.client(role="surgeon").get("/api/me").json()["id"]
    member = {"user": surgeon}
    stack.client(role="coordinator").post(f"/api/cases/{case_id}/members", json=member)
    opened = stack.client(role="radiologist").post("/api/live/sessions", json={"case": case_id})
    return str(opened.json()["id"])


def _measured(bench: Bench, tens: int) -> dict[str, Any]:
    """So many times ten pixels to the right, by keys."""

    def by_keys() -> None:
        bench.screen.page.locator("[data-viewport='0']").focus()
        for key in ("m", "Enter", "Enter", *["Shift+ArrowRight"] * tens, "Enter"):
            bench.screen.press(key)

    made = bench.drawn("length", by_keys)
    bench.screen.wait_for_measurement(made["id"])
    return made


def _to_the_other_study(screen: Screen) -> None:
    before = screen.viewport()["study_instance_uid"]
    screen.press("Escape")

    def is_there() -> bool:
        return bool(screen.viewport()["study_instance_uid"] != before)

    for key in ("PageDown", "PageUp"):
        screen.press(key)
        try:
            wait_for(is_there, what="the other study", timeout_s=10)
        except AssertionError:
            continue
        screen.wait_for_picture()
        return
    pytest.fail("the case has one study only")


def _tab_to(page: Page, name: str) -> None:
    for _ in range(MOST_TABS):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent") == name:
            return
    pytest.fail(f"{name!r} is not reached by keys")


def _row(screen: Screen, measurement: dict[str, Any]) -> Locator:
    return screen.page.locator(f"[data-measured='{measurement['id']}']")


def _value(measurement: dict[str, Any]) -> str:
    (length,) = measurement["values"]
    return f"{length['value']:.1f} mm"


def test_LIVE_N4_a_lesion_is_named_by_keys_and_followed_over_two_studies(
    stack: Stack, open_page: OpenPage, keep_screenshot: Keep, case_id: str
) -> None:
    path = f"/live/{_room(stack, case_id)}"
    reader = join(open_page(role="radiologist", width=1920, height=1080, path=path))
    surgeon = join(open_page(role="surgeon", width=1280, height=800, path=path))
    page, bench = reader.page, Bench(stack, reader, case_id)

    # ── a lesion is named where the first measurement was drawn ────────────────────────────
    first = _measured(bench, 2)
    reader.press("Shift+S")
    dialog = page.get_by_role("dialog", name="New lesion")
    expect(dialog.get_by_label("Name")).to_be_focused()
    page.keyboard.type("segment VII")
    reader.press("Tab")
    page.keyboard.type("Liver")
    reader.press("Tab")
    page.keyboard.type("T")
    _tab_to(page, "Save")
    reader.press("Enter")
    for screen in (reader, surgeon):
        expect(_row(screen, first)).to_contain_text(CHIP, timeout=SLOW_MS)
    (lesion,) = bench.listed("lesions")
    said = (lesion["number"], lesion["role"], lesion["site"], lesion["label"])
    assert said == (1, "target", "liver", "segment VII")
    assert [one["id"] for one in surgeon.live()["snapshot"]["lesions"]] == [lesion["id"]]

    # ── and measured again in the other study ──────────────────────────────────────────────
    _to_the_other_study(reader)
    second = _measured(bench, 1)
    assert second["study_instance_uid"] != first["study_instance_uid"]
    reader.press("Shift+S")
    dialog = page.get_by_role("dialog", name="Which lesion is this?")
    expect(dialog.get_by_role("button", name="No lesion")).to_be_focused()
    reader.press("ArrowUp")
    reader.press("Enter")
    expect(dialog).to_have_count(0)
    by_study = {one["study_instance_uid"]: _value(one) for one in (first, second)}
    assert sorted(by_study.values()) == ["20.0 mm", "40.0 mm"]
    dates = _dates(stack, case_id)
    for screen in (reader, surgeon):
        expect(_row(screen, second)).to_contain_text(CHIP, timeout=SLOW_MS)
        row = screen.page.locator(f"[data-lesion='{lesion['id']}']")
        table = screen.page.locator("table", has=row)
        for date in DATES:
            expect(table.get_by_role("columnheader", name=date)).to_be_visible()
        values = row.get_by_role("cell").locator("button[aria-label*='Show it']")
        expect(values).to_have_text([by_study[uid] for uid in dates])
    keep_screenshot(page, "1920")
    keep_screenshot(surgeon.page, "1280")

    # ── a click goes to the image of the first one ─────────────────────────────────────────
    oldest = next(one for one in (first, second) if one["study_instance_uid"] == dates[0])
    page.get_by_role("button", name=f"T1, {DATES[0]}").click()
    wait_for(
        lambda: (
            reader.viewport()["sop_instance_uid"] == oldest["sop_instance_uid"]
            or reader.viewport(1).get("sop_instance_uid") == oldest["sop_instance_uid"]
        ),
        what="the image of the measurement",
        timeout_s=30,
    )

    # ── a second length in the same study is refused, in words ─────────────────────────────
    third = _measured(bench, 2)
    holder = next(
        one for one in (first, second) if one["study_instance_uid"] == third["study_instance_uid"]
    )
    reader.press("Shift+S")
    taken = page.get_by_role("dialog").get_by_role("button", name="T1")
    expect(taken).to_contain_text(f"Length in this study already: {_value(holder)}")
    taken.press("Enter")
    expect(page.get_by_role("dialog")).to_be_visible()
    keep_screenshot(page, "taken")
    answer = bench.client.put(
        f"/api/measurements/{third['id']}/lesion",
        json={"lesion": lesion["id"]},
        headers={"If-Match": '"1"'},
    )
    assert (answer.status_code, answer.json()["code"]) == (409, "lesion_measured_twice")
    reader.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)

    # ── undo: the third measurement, then the second one's assignment, for everybody ───────
    reader.press("Control+z")
    expect(_row(surgeon, third)).to_have_count(0, timeout=SLOW_MS)
    reader.press("Control+z")
    expect(_row(surgeon, second)).not_to_contain_text(CHIP, timeout=SLOW_MS)
    expect(_row(surgeon, first)).to_contain_text(CHIP)


def _dates(stack: Stack, case_id: str) -> list[str]:
    """Study UIDs, oldest first."""
    client = stack.client(role="radiologist")
    studies = client.get(f"/api/cases/{case_id}/studies").json()["results"]
    ordered = sorted(studies, key=lambda one: str(one["study_date"]))
    return [str(one["study_instance_uid"]) for one in ordered]
