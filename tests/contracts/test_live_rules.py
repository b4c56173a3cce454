"""Every numbered rule of docs/live-session.md is tested by name, or is on the list for later."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SPECIFICATION = ROOT / "docs" / "live-session.md"

LATER = {
    "LIVE-R1": "issue 5: replay and retention (the log and its keyframes are written already)",
    "LIVE-R2": "issue 5: a decision copies its view; deep links into a recording",
}
IN_THE_BROWSER = {"LIVE-L2", "LIVE-V2", "LIVE-V3"}
"""Rules that only a browser can keep; a vitest names them."""


def _rules() -> set[str]:
    return set(re.findall(r"\*\*(LIVE-[A-Z]\d+)\*\*", SPECIFICATION.read_text()))


def _tested() -> set[str]:
    found: set[str] = set()
    for path in (ROOT / "tests").rglob("test_*.py"):
        found |= set(re.findall(r"def test_(LIVE_[A-Z]\d+)_", path.read_text()))
    return {name.replace("_", "-") for name in found}


def test_every_rule_is_tested_or_on_the_list_for_later() -> None:
    missing = _rules() - _tested() - set(LATER) - IN_THE_BROWSER
    assert missing == set(), f"rules without a test: {sorted(missing)}"


def test_the_lists_hold_nothing_that_is_done_or_unknown() -> None:
    assert set(LATER) <= _rules()
    assert _rules() >= IN_THE_BROWSER
    assert not set(LATER) & _tested()


def test_no_test_names_a_rule_that_does_not_exist() -> None:
    assert _tested() <= _rules()


def test_rules_of_the_browser_are_tested_there() -> None:
    sources = [
        path.read_text()
        for pattern in ("*.test.ts", "*.test.tsx")
        for path in (ROOT / "frontend" / "src").rglob(pattern)
    ]
    for rule in IN_THE_BROWSER:
        assert any(rule in text for text in sources), f"{rule}: no vitest names it"
