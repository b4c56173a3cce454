"""The demo hospital's months of runs, as charts and as the tables that say the same."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.access import find_accessibility_faults
from tests.e2e.conftest import OpenPage
from tests.e2e.harness import Stack

pytestmark = [pytest.mark.chromium, pytest.mark.orthanc, pytest.mark.timeout(600)]

Keep = Callable[[Page, str], Path]
SLOW_MS = 60_000
MODEL = "Phantom tumour segmentation"
WEEKS = 12
#: Charts of the screen, with how many of the twelve weeks have a value in each at least. Weeks
#: hold about thirty runs: what happens seldom is hidden in most of them, and said so.
CHARTS = {
    "runs": 12, "notRun": 0, "positive": 10, "perStudy": 10, "decisions": 8, "waiting": 0,
    "run": 10, "queue": 10, "acknowledge": 8, "dice": 0, "volume": 0, "diameter": 0,
    "contradicted": 0, "fast": 0,
}  # fmt: skip
OVERFLOW = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.fixture(scope="module")
def _history(stack: Stack) -> None:
    """What `make demo` writes; the small hospital of these tests leaves it out."""
    stack.manage("demo_hospital", "--small", "--history")


def _rows(chart: Locator) -> list[list[str]]:
    """The chart's table, opened: each row's head and cells."""
    details = chart.locator("details")
    if not details.evaluate("(one) => one.open"):
        chart.locator("summary").click()
    rows = chart.locator("tbody tr")
    return [row.locator("th, td").all_inner_texts() for row in rows.all()]


@pytest.mark.usefixtures("_history")
def test_the_demo_hospitals_months_are_charts_with_their_tables(
    open_page: OpenPage, keep_screenshot: Keep, tmp_path: Path
) -> None:
    page = open_page(role="ai-admin", width=1920, height=1080, path="/models")
    page.get_by_role("link", name=f"Monitoring of {MODEL}").click(timeout=SLOW_MS)
    expect(page.get_by_role("heading", name=f"Monitoring of {MODEL}")).to_be_visible(
        timeout=SLOW_MS
    )
    expect(page.get_by_role("note")).to_contain_text("made for demonstration or tests")
    charts = page.locator("[data-chart]")
    expect(charts).to_have_count(len(CHARTS), timeout=SLOW_MS)
    keep_screenshot(page, "1-by-week")
    assert page.evaluate(OVERFLOW) == 0

    for key, least in CHARTS.items():
        chart = page.locator(f"[data-chart='{key}']")
        picture = chart.get_by_role("img")
        expect(picture).to_have_accessible_name(re.compile("The table below has every value"))
        rows = _rows(chart)
        assert len(rows) in {WEEKS, WEEKS + 1}, f"{key}: {len(rows)} weeks"
        weeks = [row for row in rows if "not over" not in row[0]][-WEEKS:]
        assert len(weeks) == WEEKS, f"{key}: {rows}"
        told = [row for row in weeks if re.search("[0-9]", re.sub("fewer than [0-9]+", "", row[1]))]
        drawn = picture.locator("[data-line]").first.locator("title").count()
        assert len(told) >= least, f"{key}: {weeks}"
        # A value is in the picture exactly where the table has one.
        valued = [row for row in rows if re.match("^-?[0-9]", row[1])]
        assert drawn == len(valued), f"{key}: {drawn} drawn, {len(valued)} in the table"
        hidden = [row for row in rows if any("fewer than" in cell for cell in row[1:])]
        assert picture.locator("[data-hidden]").count() == len(hidden), key
    page.locator("[data-chart='decisions']").scroll_into_view_if_needed()
    keep_screenshot(page, "2-charts-and-tables")
    assert find_accessibility_faults(page) == []

    # The story of the second scanner: it is told, by rule, and by subgroup.
    alerts = page.get_by_role("list", name="Alerts of this model")
    expect(alerts.get_by_text("Unanswered").first).to_be_visible()
    drift = page.get_by_role("region", name="Drift of each feature")
    expect(drift).to_contain_text("Act")
    page.get_by_role("combobox", name="Subgroups").click()
    page.get_by_role("option", name="Scanner manufacturer").click()
    runs = page.locator("[data-chart='runs']")
    expect(runs.get_by_role("img")).to_have_accessible_name(re.compile("GE"), timeout=SLOW_MS)
    blocks = _rows(runs)
    assert len(blocks) == WEEKS // 4
    keep_screenshot(page, "3-by-manufacturer")
    assert page.evaluate(OVERFLOW) == 0

    with page.expect_download() as download:
        page.get_by_role("link", name="Download CSV").click()
    kept = tmp_path / "figures.csv"
    download.value.save_as(kept)
    with kept.open(encoding="utf-8", newline="") as file:
        lines = list(csv.DictReader(file))
    assert len(lines) > len(CHARTS)
