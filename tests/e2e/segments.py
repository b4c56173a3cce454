"""Masks that came with a study, switched on where the product lists them.

What an algorithm made is a finding of its vendor (docs/external-findings.md): it is switched on
from its card, and hatched until somebody has reviewed it. Everything else has a row of its own.
"""

from __future__ import annotations

import re
from typing import Any

import httpx
from playwright.sync_api import Page

from tests.e2e.harness import wait_for
from tests.e2e.screen import Screen

SLOW_MS = 60_000


def show_segment(screen: Screen, client: httpx.Client, *, case_id: str, listed: Any) -> bool:
    """Switch on the one segment of a listed SEG and go to the slice with most of it.

    A finding is accepted first, so that its mask is drawn whole. By keyboard, both ways. Returns
    whether the segment is a finding.
    """
    page = screen.page
    owner = None
    if listed["segments"][0]["algorithm_type"] != "MANUAL":
        owner = wait_for(
            lambda: _owner_of(client, case_id, listed["id"]),
            what="the segmentation is taken in as a finding",
            timeout_s=60,
        )
    if owner is None:
        page.locator("label", has_text="Segments").click()
        section = page.locator(f"[data-segmentation='{listed['id']}']")
        label = listed["segments"][0]["label"]
        section.get_by_role("checkbox", name=f"Show {label}").focus()
        for key in ("Space", "Tab", "Enter"):
            page.keyboard.press(key)
        return False
    finding = accept_finding(client, case_id=case_id, finding_id=owner["finding"])
    page.reload()
    screen.wait_for_picture()
    card = _card(page, finding["id"])
    card.get_by_role("button", name=f"Show {finding['label']} in the images").focus()
    page.keyboard.press("Enter")
    return True


def _owner_of(client: httpx.Client, case_id: str, segmentation_id: str) -> Any:
    every = client.get(f"/api/cases/{case_id}/segmentations").json()["results"]
    return next(one["finding"] for one in every if one["id"] == segmentation_id)


def accept_finding(client: httpx.Client, *, case_id: str, finding_id: str) -> Any:
    """The finding, accepted once."""
    listed = client.get("/api/findings", params={"case": case_id}).json()["results"]
    (finding,) = (one for one in listed if one["id"] == finding_id)
    if finding["state"] == "unreviewed":
        answer = client.post(
            f"/api/findings/{finding_id}/accept",
            json={"version": finding["version"], "case": case_id},
        )
        assert answer.status_code == 200, answer.text
    return finding


def _card(page: Page, finding_id: str) -> Any:
    card = page.locator(f"[data-finding='{finding_id}']")
    if card.count() == 0:
        page.get_by_text(re.compile(r"^Findings")).first.click(timeout=SLOW_MS)
    return card
