"""A job's life on screen: from a study's arrival by a rule to a report in the PACS, by keyboard.

One small bundle marks what is bright. What it is to do with a series stands in the series: some it
waits for (`PATIENCE_HU`), one it cannot read (`FAULT_HU`), one is outside its scope.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Locator, Page, expect
from pydicom.uid import generate_uid

from tests.apps.ai.bundles import BRIGHT, INFERENCE, SIDE_CAR, write_bundle
from tests.apps.imaging.dicom import make_slice, to_bytes
from tests.e2e.access import find_accessibility_faults
from tests.e2e.ai_scenes import (
    FIRST_RUN_MS,
    NOT_VALIDATED,
    SLOW_MS,
    ask_model,
    findings_of,
    held_by_pacs,
    job_row,
    link_from_pacs,
    store_in_pacs,
    tab_to,
)
from tests.e2e.conftest import OpenPage
from tests.e2e.harness import Stack, account, wait_for
from tests.e2e.imports import new_case, person
from tests.e2e.screen import Screen

pytestmark = [pytest.mark.chromium, pytest.mark.orthanc, pytest.mark.timeout(900)]

Keep = Callable[[Page, str], Path]
MODEL, LABEL = "Trial of bright regions", "Bright region"
RULE = "Bright regions of the portal phase"
CASE_TITLE = "Bright regions, from arrival to the PACS"
PATIENT = {"patient_id": "AIJOB-1", "name": "Bright^Region"}
BORN = "19610504"
SHAPE = (20, 48, 56)
PIXEL_MM, SLICE_MM = 2.0, 3.0
PATIENCE_HU, FAULT_HU = 2_500, 2_700
FAULT = "The image holds a reconstruction fault."
SCRIPT = f"""
import time


class Marks:
    \"\"\"Waits for long where the image says so, and refuses one that is broken.\"\"\"

    def __call__(self, data):
        brightest = float(data["image"].max())
        if brightest == {FAULT_HU}:
            raise ValueError("{FAULT}")
        if brightest == {PATIENCE_HU}:
            time.sleep(400)
        return data
"""
#: Series description -> HU of its boxes, and whether it says that it is synthetic.
STUDY = "CT abdomen, synthetic"
SERIES = {
    "Portal venous": (BRIGHT, True),
    "Whole body, thin slices": (PATIENCE_HU, True),
    "Arterial": (BRIGHT, True),
    "Native": (0, True),
    "Scanner next door": (BRIGHT, False),
    "Broken reconstruction": (FAULT_HU, True),
}
#: A large one at the first place and a small one at the second: (slice, row, column) ranges.
BOXES = ((slice(4, 10), slice(10, 20), slice(30, 42)), (slice(13, 16), slice(30, 36), slice(8, 14)))
USE = """
from pathlib import Path
from apps.accounts.models import User
from apps.accounts.selectors import actor_for
from apps.ai import services
from apps.core.actors import Actor
admin, reader = (actor_for(user=User.objects.get(email=one)) for one in {people!r})
version = services.install_bundle(actor=Actor.system("test"), source=Path({root!r}))
for one in (admin, reader):
    services.approve_version(actor=one, version_id=version.pk)
services.propose_activation(actor=admin, version_id=version.pk, reason={reason!r})
services.confirm_activation(actor=reader, version_id=version.pk)
"""
#: A hand on a mouse would be heard; `isTrusted` leaves out what a key makes of itself.
LISTEN = """() => {
  window.__hands = []
  for (const kind of ['pointerdown', 'mousedown', 'mousemove', 'wheel', 'touchstart'])
    addEventListener(kind, (event) => event.isTrusted && window.__hands.push(kind), true)
}"""


@dataclass(frozen=True)
class Scene:
    case_id: str
    study_uid: str


def _write_model(root: Path) -> Path:
    inference, side_car = copy.deepcopy(INFERENCE), copy.deepcopy(SIDE_CAR)
    inference["imports"].append("$from scripts.marks import Marks")
    first = {"_target_": "scripts.marks.Marks"}
    inference["preprocessing"]["transforms"].insert(1, first)
    side_car["title"], side_car["outputs"][0]["label"] = MODEL, LABEL
    side_car["limits"] = {"timeout_s": 500}
    return write_bundle(
        root,
        inference=inference,
        side_car=side_car,
        scripts={"__init__.py": "", "marks.py": SCRIPT},
    )


def _draw(study_uid: str) -> Iterator[bytes]:
    space = generate_uid()
    for number, (description, (value, is_synthetic)) in enumerate(SERIES.items(), start=1):
        hounsfield = np.full(SHAPE, 40 + number, np.int32)
        for box in BOXES:
            hounsfield[box] = value or hounsfield[box]
        series_uid = generate_uid()
        for index, plane in enumerate(hounsfield):
            dataset = make_slice(
                study_uid=study_uid,
                series_uid=series_uid,
                index=index,
                shape=SHAPE[1:],
                birth_date=BORN,
                spacing_mm=SLICE_MM,
                PixelSpacing=[PIXEL_MM, PIXEL_MM],
                SeriesNumber=number,
                SeriesDescription=description,
                StudyDescription=STUDY,
                FrameOfReferenceUID=space,
                RescaleSlope=1,
                PixelData=(plane + 1024).astype("<i2").tobytes(),
                **PATIENT,
            )
            if is_synthetic:
                dataset.add_new(0x0008001C, "CS", "YES")
            yield to_bytes(dataset)


@pytest.fixture(scope="module")
def scene(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """The model is in use, the study in Orthanc, and a case without images waits for it.

    Whatever happens, nothing of it waits or runs by itself in the house afterwards.
    """
    root = _write_model(tmp_path_factory.mktemp("bundles") / "bright")
    people = [account("ai-admin"), account("radiologist")]
    stack.manage("shell", "-c", USE.format(people=people, root=str(root), reason=NOT_VALIDATED))
    study_uid = generate_uid()
    store_in_pacs(stack, _draw(study_uid))
    patient = person(PATIENT["patient_id"], PATIENT["name"], born=BORN, sex="F")
    made = Scene(new_case(stack, patient, CASE_TITLE), study_uid)
    yield made
    reader, admin = stack.client(role="radiologist"), stack.client(role="ai-admin")
    for job in reader.get("/api/jobs", params={"case": made.case_id}).json()["results"]:
        if job["state"] in {"queued", "running"}:
            reader.post(f"/api/jobs/{job['id']}/cancel")
    for rule in admin.get("/api/automation-rules").json()["results"]:
        if rule["name"] == RULE and rule["enabled"]:
            off = admin.patch(
                f"/api/automation-rules/{rule['id']}",
                json={"enabled": False},
                headers={"If-Match": str(rule["version"])},
            )
            assert off.is_success, off.text


def _row(page: Page, series: str) -> Locator:
    return job_row(page, model=MODEL, series=series)


def _in_state(row: Locator, state: str, *, timeout: float = SLOW_MS) -> None:
    expect(row).to_have_attribute("data-state", state, timeout=timeout)


def _look(row: Locator) -> tuple[str, str, str]:
    """Of a run's state: its word, its picture, its colour."""
    chip = row.locator("[class*=chip]").first
    picture = chip.locator("svg").get_attribute("class") or ""
    colour = chip.evaluate("(one) => getComputedStyle(one).color")
    return chip.inner_text(), picture, str(colour)


def _make_rule(page: Page) -> Locator:
    page.get_by_role("button", name="New rule").click(timeout=SLOW_MS)
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name", exact=True).fill(RULE)
    dialog.get_by_role("combobox", name="Model").click()
    page.get_by_role("option", name=MODEL).click()
    dialog.get_by_label("Series description fits").fill("Portal*")
    dialog.get_by_role("button", name="Save").click()
    expect(dialog).to_have_count(0, timeout=SLOW_MS)
    rule = page.get_by_role("listitem").filter(has_text=RULE)
    expect(rule).to_contain_text("Has met no study yet")
    return rule


def test_a_jobs_life_from_arrival_to_its_four_endings(
    stack: Stack, open_page: OpenPage, keep_screenshot: Keep, scene: Scene
) -> None:
    rules = open_page(role="ai-admin", path="/automation")
    rule = _make_rule(rules)

    # The study arrives from the PACS; nobody asks for an analysis, and there is one.
    desk = open_page(role="coordinator", path=f"/cases/{scene.case_id}")
    link_from_pacs(desk, studies=1)
    page = open_page(role="radiologist", width=1440, height=1200, path=f"/cases/{scene.case_id}")
    first = _row(page, "Portal venous")
    _in_state(first, "findings", timeout=FIRST_RUN_MS)
    expect(page.locator("li[data-finding]")).to_have_count(2, timeout=10_000)
    rules.reload()
    expect(rule).to_contain_text("Last: asked for an analysis", timeout=SLOW_MS)
    keep_screenshot(rules, "0-rule")
    switch = rule.get_by_role("switch", name=f"{RULE} runs by itself")
    switch.click(force=True)
    expect(switch).not_to_be_checked(timeout=SLOW_MS)

    # One run takes long; those asked for after it wait, each with its place and its time.
    asked = list(SERIES)[1:]
    slow, arterial, native, outside, broken = (_row(page, one) for one in asked)
    ask_model(page, model=MODEL, study=STUDY, series=asked[0])
    _in_state(slow, "running")
    bar = slow.get_by_role("progressbar")
    expect(bar).to_have_attribute("aria-valuenow", re.compile("^[1-9]"), timeout=SLOW_MS)
    expect(slow).to_contain_text("Preprocess")
    for series in asked[1:]:
        ask_model(page, model=MODEL, study=STUDY, series=series)
    for place, row in enumerate((arterial, native, outside, broken), start=1):
        _in_state(row, "queued")
        expect(row).to_contain_text(f"Place {place} in the queue")
        expect(row).to_contain_text(re.compile("starts in about [0-9]+ (s|min)"))
    page.locator("[data-job]").first.scroll_into_view_if_needed()
    keep_screenshot(page, "1-queue")
    assert find_accessibility_faults(page) == []

    # Whoever asked takes one back: at once while it waits, soon while it runs.
    arterial.get_by_role("button", name=f"Cancel {MODEL}").click()
    _in_state(arterial, "cancelled", timeout=15_000)
    expect(native).to_contain_text("Place 1 in the queue")
    slow.get_by_role("button", name=f"Cancel {MODEL}").click()
    _in_state(slow, "cancelled", timeout=30_000)

    # The others go on by themselves, to endings that nobody takes for one another.
    _in_state(native, "no_findings", timeout=FIRST_RUN_MS)
    _in_state(outside, "out_of_scope")
    expect(outside).to_contain_text("This model was trained on procedural phantoms only.")
    _in_state(broken, "failed")
    expect(broken).to_contain_text(FAULT)
    endings = {name: _look(row) for name, row in {
        "Findings": first, "No findings": native, "Out of scope": outside, "Failed": broken,
    }.items()}  # fmt: skip
    assert {name: look[0] for name, look in endings.items()} == {name: name for name in endings}
    for part in (1, 2):
        assert len({look[part] for look in endings.values()}) == len(endings), endings
    page.locator("[data-job]").first.scroll_into_view_if_needed()
    keep_screenshot(page, "2-endings")
    assert find_accessibility_faults(page) == []
    states = {row.get_attribute("data-state") for row in page.locator("[data-job]").all()}
    assert states == {"findings", "no_findings", "out_of_scope", "failed", "cancelled"}
    # Beside the images, too: what left no finding is said, each with its own words.
    page.goto(f"/cases/{scene.case_id}/view")
    Screen(page).wait_for_picture()
    told = page.get_by_role("list", name="What AI did without leaving a finding")
    for words in ("That is not the same as healthy", "procedural phantoms only", FAULT):
        expect(told).to_contain_text(words)
    keep_screenshot(page, "3-beside-the-images")
    # Nothing was sent: nobody has reviewed anything yet.
    kinds = {modality for modality, _, _ in held_by_pacs(stack, scene.study_uid)}
    assert kinds == {"CT"}


def test_its_findings_are_reviewed_by_keyboard_and_sent(
    stack: Stack, open_page: OpenPage, keep_screenshot: Keep, scene: Scene
) -> None:
    client = stack.client(role="radiologist")
    found = findings_of(client, scene.case_id)
    assert sorted(one["label"] for one in found) == [f"{LABEL} 1", f"{LABEL} 2"]
    page = open_page(role="radiologist", width=1920, height=1080, path=f"/cases/{scene.case_id}")
    expect(page.get_by_role("heading", name=CASE_TITLE)).to_be_visible(timeout=SLOW_MS)
    page.evaluate(LISTEN)

    def press(*keys: str) -> None:
        for key in keys:
            page.keyboard.press(key)

    def inbox() -> dict[str, Any]:
        """To the inbox, to this case's findings; the one that is open there."""
        press("g", "f")
        expect(page.get_by_role("heading", name="Finding inbox")).to_be_visible(timeout=SLOW_MS)
        tab_to(page, re.compile("^Case$"))
        page.keyboard.type(CASE_TITLE)
        option = page.get_by_role("option", name=re.compile(re.escape(CASE_TITLE)))
        expect(option.first).to_be_visible(timeout=SLOW_MS)
        press("ArrowDown", "Enter")
        page.wait_for_url(f"**/findings?case={scene.case_id}", timeout=SLOW_MS)
        return dict(wait_for(opened, what="a finding of the case", timeout_s=30))

    def opened() -> dict[str, Any] | None:
        shown = page.get_by_role("article").get_attribute("data-finding")
        return next((one for one in found if one["id"] == shown), None)

    def state(finding: dict[str, Any]) -> str:
        now = findings_of(client, scene.case_id)
        return str(next(one for one in now if one["id"] == finding["id"])["state"])

    # Jump to the finding: its slice is on the screen, and its card is beside it.
    accepted = inbox()
    keep_screenshot(page, "1-inbox")
    tab_to(page, "Show in the images")
    press("Enter")
    page.wait_for_url(re.compile("/view"), timeout=SLOW_MS)
    screen = Screen(page)
    screen.wait_for_picture()
    shown = wait_for(
        lambda: (
            (one := screen.viewport()).get("sop_instance_uid") == accepted["sop_instance_uid"]
            and one
        ),
        what="the image that the finding names",
        timeout_s=30,
    )
    (x, y, z), (low, high) = shown["focal_point_lps"], accepted["bbox_lps"]
    assert [x, y] == pytest.approx(accepted["centroid_lps"][:2], abs=0.01)
    assert low[2] <= z <= high[2]
    card = page.locator(f"[data-finding='{accepted['id']}']")
    expect(card).to_be_visible(timeout=SLOW_MS)
    keep_screenshot(page, "2-jumped")
    press("Enter", "a")  # nothing is bound to either
    assert state(accepted) == "unreviewed"
    tab_to(page, f"Accept: {accepted['label']}")
    press("Enter")
    expect(card).to_contain_text("Stored and verified in the PACS", timeout=120_000)
    assert state(accepted) == "accepted"
    keep_screenshot(page, "3-sent")

    # The other one is dismissed, with the reason that is chosen and no other.
    (dismissed,) = (one for one in found if one["id"] != accepted["id"])
    page.go_back()
    page.wait_for_url(f"**/findings?case={scene.case_id}", timeout=SLOW_MS)
    wait_for(
        lambda: (one := opened()) and one["id"] == dismissed["id"],
        what="what is left to review",
        timeout_s=30,
    )
    tab_to(page, f"Dismiss: {dismissed['label']}")
    press("Enter")
    tab_to(page, "Why is it dismissed?")
    page.keyboard.type("artefact")
    press("ArrowDown", "Enter")
    tab_to(page, "Dismiss the finding")
    press("Enter")
    wait_for(lambda: state(dismissed) == "dismissed", what="dismissed", timeout_s=30)
    assert page.evaluate("() => window.__hands") == []
    after = {one["id"]: one for one in findings_of(client, scene.case_id)}
    assert after[dismissed["id"]]["review"]["reason_code"] == "false-positive-artefact"
    assert (after[dismissed["id"]]["export"] or {"state": "none"})["state"] == "none"
    expect(page.get_by_text("Nothing is waiting for review")).to_be_visible(timeout=SLOW_MS)
    keep_screenshot(page, "4-nothing-left")

    # In Orthanc itself: mask and reports of the accepted one, and nothing of the other.
    held = held_by_pacs(stack, scene.study_uid)
    assert sorted(modality for modality, _, _ in held if modality != "CT") == ["SEG", "SR", "SR"]
    with stack.pacs() as pacs:
        answer = pacs.get(
            f"/dicom-web/studies/{scene.study_uid}/metadata",
            headers={"Accept": "application/dicom+json"},
        )
    said = [one for one in answer.json() if one["00080060"]["Value"][0] in {"SEG", "SR"}]
    (mask,) = (one for one in said if one["00080060"]["Value"][0] == "SEG")
    segments = [one["00620005"]["Value"][0] for one in mask["00620002"]["Value"]]
    assert segments == [accepted["label"]]
    flags = sorted(one["0040A493"]["Value"][0] for one in said if "0040A493" in one)
    assert flags == ["UNVERIFIED", "VERIFIED"]
