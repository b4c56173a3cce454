"""What end-to-end tests of AI share: objects for the PACS, archives, hands on screens."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import httpx
from playwright.sync_api import Locator, Page, expect

from tests.e2e.harness import Stack

SLOW_MS = 60_000
#: The first run of a house also starts the model runner, which reads torch and MONAI.
FIRST_RUN_MS = 180_000
MOST_TABS = 200
NOT_VALIDATED = "Made by a test of this house, with random weights."
FOCUSED = """() => {
  const one = document.activeElement
  const label = one?.labels?.[0]?.textContent
  return one?.getAttribute('aria-label') ?? label ?? one?.textContent ?? ''
}"""


def store_in_pacs(stack: Stack, objects: Iterable[bytes]) -> None:
    """Into the house's Orthanc, as a scanner would have left them there."""
    with stack.pacs() as pacs:
        for raw in objects:
            answer = pacs.post("/instances", content=raw)
            assert answer.is_success, answer.text


def held_by_pacs(stack: Stack, study_uid: str) -> list[tuple[str, str, str]]:
    """(modality, SOP Instance UID, series description) of a study, by QIDO at Orthanc itself."""
    wanted = {"includefield": ["00080060", "0008103E"]}
    with stack.pacs() as pacs:
        answer = pacs.get(
            f"/dicom-web/studies/{study_uid}/instances",
            params=wanted,
            headers={"Accept": "application/dicom+json"},
        )
    found = []
    for one in answer.json():
        values = [one.get(tag, {}).get("Value", [""])[0] for tag in ("00080060", "00080018")]
        described = one.get("0008103E", {}).get("Value", [""])[0]
        found.append((str(values[0]), str(values[1]), str(described)))
    return sorted(found)


def findings_of(client: httpx.Client, case_id: str) -> list[dict[str, Any]]:
    asked = client.get("/api/findings", params={"case": case_id, "limit": 200})
    return list(asked.json()["results"])


def pack(root: Path, archive: Path) -> Path:
    """A bundle's directory as the ZIP file in which it travels."""
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as into:
        for path in sorted(root.rglob("*")):
            if path.is_file():
                into.write(path, f"{root.name}/{path.relative_to(root).as_posix()}")
    return archive


def link_from_pacs(page: Page, *, studies: int) -> None:
    """On a case's page, its coordinator links every study that the PACS has of the patient."""
    page.get_by_role("button", name="Link from PACS").click(timeout=SLOW_MS)
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Search").click()
    for number in range(1, studies + 1):
        dialog.get_by_role("button", name="Link", exact=True).first.click(timeout=SLOW_MS)
        linked = dialog.get_by_role("cell").filter(has_text=re.compile("^Linked$"))
        expect(linked).to_have_count(number, timeout=SLOW_MS)
    page.keyboard.press("Escape")
    expect(page.get_by_text("Ready", exact=True)).to_have_count(studies, timeout=120_000)


def ask_model(
    page: Page,
    *,
    model: str,
    study: str,
    series: str = "",
    inputs: Mapping[str, str] | None = None,
) -> None:
    """On a case's page, ask one model about a study: its one series, or those of its inputs.

    What is not named stays as the model's rules propose it.
    """
    page.get_by_role("button", name="Analyse with AI").click(timeout=SLOW_MS)
    dialog = page.get_by_role("dialog")
    _choose(page, "Model", re.compile(f"^{re.escape(model)} "))
    if dialog.get_by_role("combobox", name="Study").count():
        _choose(page, "Study", re.compile(f"^{re.escape(study)} · "))
    named = {"Series": series} if series else dict(inputs or {})
    for label, chosen in named.items():
        _choose(page, label, re.compile(rf"· {re.escape(chosen)} \("))
    dialog.get_by_role("button", name="Start the analysis").click()
    expect(dialog).to_have_count(0, timeout=SLOW_MS)


def _choose(page: Page, label: str, option: re.Pattern[str]) -> None:
    field = page.get_by_role("dialog").get_by_role("combobox", name=label, exact=True)
    field.click(timeout=SLOW_MS)
    page.get_by_role("option", name=option).click()


def job_row(page: Page, *, model: str, series: str = "") -> Locator:
    """The run of a model on a series, among the AI jobs of a case's page."""
    rows = page.locator("[data-job]").filter(has_text=model)
    return rows.filter(has_text=series) if series else rows


def tab_to(page: Page, name: str | re.Pattern[str]) -> None:
    """Tab, until what has the focus is called so; the mouse is not touched."""
    wanted = re.compile(re.escape(name)) if isinstance(name, str) else name
    for _ in range(MOST_TABS):
        page.keyboard.press("Tab")
        if wanted.search(page.evaluate(FOCUSED)):
            return
    raise AssertionError(f"the keyboard does not reach {name!r}")
