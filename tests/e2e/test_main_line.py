"""The main job in two real browsers of different size: from the PACS to a signed decision.

One study is found in a real Orthanc, looked at together, measured, read by a model on a worker,
reviewed by a named radiologist, decided with a dissent - and the accepted result is in Orthanc.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import OpenPage
from tests.e2e.harness import Stack, wait_for
from tests.e2e.meetings import all_cases
from tests.e2e.screen import Screen, distance_mm, same_view

pytestmark = [pytest.mark.chromium, pytest.mark.orthanc, pytest.mark.timeout(900)]

CASE_TITLE = "Two lung nodules, new in follow-up of melanoma"
SLOW_MS = 60_000
Keep = Callable[[Page, str], Path]


def _case_id(client: httpx.Client) -> str:
    return next(str(case["id"]) for case in all_cases(client) if case["title"] == CASE_TITLE)


def _findings(client: httpx.Client, case_id: str) -> list[dict[str, Any]]:
    return list(client.get("/api/findings", params={"case": case_id}).json()["results"])


def _pacs_series(stack: Stack, study_instance_uid: str) -> dict[str, list[str]]:
    """Modality -> SOP Instance UIDs that Orthanc holds in the study, asked at Orthanc itself."""
    with stack.pacs() as pacs:
        answer = pacs.get(
            f"/dicom-web/studies/{study_instance_uid}/instances",
            params={"includefield": "00080060"},
            headers={"Accept": "application/dicom+json"},
        )
    held: dict[str, list[str]] = {}
    for instance in answer.json():
        modality = instance["00080060"]["Value"][0]
        held.setdefault(modality, []).append(instance["00080018"]["Value"][0])
    return held


def test_the_main_line(stack: Stack, open_page: OpenPage, keep_screenshot: Keep) -> None:
    coordinator = stack.client(role="coordinator")
    radiologist = stack.client(role="radiologist")
    case_id = _case_id(coordinator)

    # The coordinator schedules the case and links a study found in Orthanc by QIDO.
    desk = open_page(role="coordinator", path="/worklist")
    desk.get_by_text(CASE_TITLE).first.dblclick()
    expect(desk.get_by_role("heading", name=CASE_TITLE)).to_be_visible(timeout=SLOW_MS)
    desk.get_by_role("button", name="Link from PACS").click()
    dialog = desk.get_by_role("dialog")
    dialog.get_by_role("button", name="Search").click()
    dialog.get_by_role("button", name="Link", exact=True).first.click(timeout=SLOW_MS)
    expect(dialog.get_by_text("Linked").first).to_be_visible(timeout=SLOW_MS)
    desk.keyboard.press("Escape")
    expect(desk.get_by_text("Ready").first).to_be_visible(timeout=120_000)
    keep_screenshot(desk, "1-linked")
    study = coordinator.get(f"/api/cases/{case_id}/studies").json()["results"][0]
    study_uid = study["study_instance_uid"]
    before = _pacs_series(stack, study_uid)
    assert set(before) == {"CT"}

    desk.goto("/meetings")
    desk.get_by_role("link").filter(has_text="Thoracic board").first.click()
    desk.get_by_role("button", name="Add a case").click()
    dialog = desk.get_by_role("dialog")
    dialog.get_by_role("listitem").filter(has_text=CASE_TITLE).get_by_role(
        "button", name="Add"
    ).click()
    expect(
        dialog.get_by_role("listitem").filter(has_text=CASE_TITLE).get_by_text("On the agenda")
    ).to_be_visible(timeout=SLOW_MS)
    desk.keyboard.press("Escape")
    keep_screenshot(desk, "2-agenda")
    meeting_url = desk.url

    # A model reads the study on a worker.
    reader = open_page(role="radiologist", path=f"/cases/{case_id}")
    reader.get_by_role("button", name="Analyse with AI").click(timeout=SLOW_MS)
    dialog = reader.get_by_role("dialog")
    dialog.get_by_role("combobox", name="Model", exact=True).click()
    reader.get_by_role("option", name=re.compile("Phantom tumour")).click()
    dialog.get_by_role("combobox", name="Series", exact=True).click()
    reader.get_by_role("option", name=re.compile("CT")).first.click()
    dialog.get_by_role("button", name=re.compile("Start|Analyse")).click()
    wait_for(lambda: len(_findings(radiologist, case_id)) >= 2, what="two findings", timeout_s=180)
    assert all(one["state"] == "unreviewed" for one in _findings(radiologist, case_id))
    keep_screenshot(reader, "3-findings")

    # A (chair, wide) and B (radiologist, tall, denser pixels) are in the same room.
    page_a = open_page(role="chair", width=1600, height=900, path=meeting_url)
    page_a.get_by_role("button", name=re.compile("Start the meeting|Join the meeting")).click()
    page_a.wait_for_url(re.compile("/live/"), timeout=SLOW_MS)
    a = Screen(page_a)
    wait_for(lambda: a.live().get("status") == "open", what="A joined", timeout_s=60)
    page_a.get_by_role("list", name="Agenda").get_by_text(CASE_TITLE).click()
    wait_for(lambda: a.live().get("case_id") == case_id, what="A at the case", timeout_s=60)
    if not a.live()["presenting"]:
        page_a.get_by_role("button", name="Present").click()
    page_b = open_page(role="radiologist", width=1024, height=1180, scale=1.5, path=page_a.url)
    b = Screen(page_b)
    wait_for(lambda: b.live().get("case_id") == case_id, what="B at the case", timeout_s=60)
    a.wait_for_picture()
    b.wait_for_picture()
    wait_for(lambda: a.live().get("followers", 0) >= 1, what="A has a follower", timeout_s=30)
    expect(page_a.get_by_text(re.compile(r"You are presenting to [1-9]"))).to_be_visible()

    # A scrolls and windows; B shows the same slice, centre, millimetres and window.
    a.focus_viewport()
    first = a.viewport()["sop_instance_uid"]
    a.press("ArrowDown", times=6)
    a.press("2")
    a.press("4")
    a.wait_for_picture()
    assert a.viewport()["sop_instance_uid"] != first
    wait_for(lambda: same_view(a.viewport(), b.viewport()), what="B follows A", timeout_s=30)
    report_a, report_b = a.wait_for_picture(), b.wait_for_picture()
    assert same_view(report_a, report_b)
    assert report_a["size"] != report_b["size"]
    assert report_b["device_pixel_ratio"] == 1.5
    keep_screenshot(page_a, "4-a-presents")
    keep_screenshot(page_b, "4-b-follows")
    wide = a.viewport()["voi"]["upper"]
    a.press("1")  # soft tissue: bone is white, the same bone on both screens
    wait_for(lambda: a.viewport()["voi"]["upper"] < wide, what="the window of key 1", timeout_s=30)
    wait_for(lambda: same_view(a.viewport(), b.viewport()), what="B follows 1", timeout_s=30)
    a.wait_for_picture()
    b.wait_for_picture()
    apart = distance_mm(a.landmark_lps(), b.landmark_lps())
    half_pixel_mm = max(report_a["mm_per_px"], report_b["mm_per_px"]) / 2
    assert apart < max(0.75, half_pixel_mm), f"the landmark is {apart:.2f} mm off"

    # A zooms and moves; B keeps the same millimetres.
    a.press("+", times=2)
    wait_for(lambda: same_view(a.viewport(), b.viewport()), what="B follows the zoom", timeout_s=30)

    # B navigates alone: detached, and back.
    b.focus_viewport()
    b.press("ArrowUp", times=2)
    wait_for(lambda: b.live()["following"] is False, what="B is detached", timeout_s=15)
    page_b.get_by_role("button", name="Return to presenter").click()
    wait_for(lambda: same_view(a.viewport(), b.viewport()), what="B returns", timeout_s=30)

    # A measures; B sees the same millimetres.
    centre = a.focus_viewport()
    a.press("b")
    a.drag((centre[0] - 90, centre[1] - 30), (centre[0] + 60, centre[1] + 40))
    mine = wait_for(
        lambda: [one for one in a.measurements() if not one["pending"]],
        what="A's measurement is kept",
        timeout_s=30,
    )[0]
    theirs = wait_for(b.measurements, what="B sees it", timeout_s=30)[0]
    assert theirs["points_lps"] == mine["points_lps"]
    assert theirs["text"] == mine["text"]
    assert re.search(r"\d+ × \d+ mm|\d+(\.\d)? mm", mine["text"]), mine["text"]
    stored = radiologist.get("/api/measurements", params={"case": case_id}).json()["results"][0]
    long_axis = next(v["value"] for v in stored["values"] if v["quantity"] == "long_axis")
    p, q = (tuple(point) for point in stored["points_lps"][:2])
    assert long_axis == pytest.approx(distance_mm(p, q), abs=0.01)
    keep_screenshot(page_a, "5-a-measures")
    keep_screenshot(page_b, "5-b-sees")

    # A lays the outlines over the pictures: both screens say that nobody has reviewed them.
    unreviewed = "[data-viewport='0'] >> text=AI result, not reviewed"
    page_a.get_by_role("switch", name="Show AI outlines").click(force=True)
    for page in (page_a, page_b):
        expect(page.locator(unreviewed)).to_be_visible(timeout=SLOW_MS)

    # B, the radiologist, dismisses one finding with a reason and accepts another.
    # On an upright screen the sides are drawers.
    page_b.get_by_role("button", name="Fold the right panel").click()
    cards = page_b.locator("[data-finding][data-state='unreviewed']")
    dismissed_id = cards.nth(0).get_attribute("data-finding")
    accepted_id = cards.nth(1).get_attribute("data-finding")
    assert dismissed_id
    assert accepted_id
    card = page_b.locator(f"[data-finding='{dismissed_id}']")
    card.get_by_role("button", name=re.compile("^Dismiss")).click()
    card.get_by_label("Why is it dismissed?").first.click()
    page_b.get_by_role("option").first.click()
    card.get_by_role("button", name="Dismiss the finding").click()
    expect(
        page_b.locator(f"[data-finding='{dismissed_id}'][data-state='dismissed']")
    ).to_be_visible(timeout=SLOW_MS)
    page_b.locator(f"[data-finding='{accepted_id}']").get_by_role(
        "button", name=re.compile("^Accept")
    ).click()
    expect(page_b.locator(f"[data-finding='{accepted_id}'][data-state='accepted']")).to_be_visible(
        timeout=SLOW_MS
    )
    expect(page_a.locator(f"[data-finding='{accepted_id}'][data-state='accepted']")).to_be_visible(
        timeout=SLOW_MS
    )
    for page in (page_a, page_b):
        expect(page.locator(unreviewed)).to_have_count(0, timeout=SLOW_MS)
    keep_screenshot(page_b, "6-reviewed")

    # The chair records the recommendation, with one dissent by name, and signs.
    page_a.get_by_label("Recommendation 1", exact=True).fill(
        "Wedge resection of the larger nodule first."
    )
    page_a.get_by_text(re.compile("^Majority")).first.click()
    page_a.get_by_label("Record a position").first.click()
    page_a.get_by_role("option", name=re.compile("Demir")).click()
    page_a.get_by_label(re.compile("Position of .*Demir")).get_by_text(
        re.compile("Dissent")
    ).click()
    page_a.get_by_label(re.compile("Statement of .*Demir")).fill(
        "Control CT in six weeks is safer."
    )
    page_a.get_by_role("button", name="Save the draft").click()
    expect(page_a.get_by_text(re.compile("Draft saved"))).to_be_visible(timeout=SLOW_MS)
    page_a.get_by_role("button", name="Sign", exact=True).click()
    page_a.get_by_role("dialog").get_by_role("button", name="Sign", exact=True).click()
    expect(page_a.get_by_text(re.compile("Signed by")).first).to_be_visible(timeout=SLOW_MS)
    expect(page_b.get_by_text(re.compile("Signed by")).first).to_be_visible(timeout=SLOW_MS)
    keep_screenshot(page_a, "7-signed")
    decision = radiologist.get("/api/decisions", params={"case": case_id}).json()["results"][0]
    assert decision["status"] == "signed"
    dissents = [one for one in decision["positions"] if one["stance"] == "dissent"]
    assert [one["user"]["display_name"] for one in dissents] == ["Dr Aylin Demir"]
    assert dissents[0]["statement"] == "Control CT in six weeks is safer."

    # Orthanc holds SEG and SR of the accepted finding and nothing of the dismissed one.
    def exported() -> bool:
        by_id = {one["id"]: one for one in _findings(radiologist, case_id)}
        return bool((by_id[accepted_id]["export"] or {}).get("state") == "stored")

    wait_for(exported, what="the accepted finding is stored", timeout_s=90)
    after = _pacs_series(stack, study_uid)
    assert sorted(after["CT"]) == sorted(before["CT"])
    assert len(after.get("SEG", [])) == 1
    assert len(after.get("SR", [])) == 2
    assert set(after) == {"CT", "SEG", "SR"}
    by_id = {one["id"]: one for one in _findings(radiologist, case_id)}
    assert by_id[dismissed_id]["export"] is None or by_id[dismissed_id]["export"]["state"] == "none"
    assert by_id[dismissed_id]["review"]["reason_code"]
