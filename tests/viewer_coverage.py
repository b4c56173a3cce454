"""Holds docs/viewer-coverage.md against the tests: every capability names one that exists.

    python -m tests.viewer_coverage

A row whose test is "-" is a gap; a test that is named and not there is one too. Either fails.
"""

from __future__ import annotations

import ast
import re
import sys
from pathlib import Path

BASE = Path(__file__).resolve().parents[1]
PAGE = BASE / "docs" / "viewer-coverage.md"
_ROW = re.compile(r"^\| (?P<noun>[^|]+?) \| (?P<tests>[^|]+?) \|$")
_TEST = re.compile(r"`(?P<file>[\w/]+\.py)::(?P<name>\w+)`")


def read_rows(text: str) -> dict[str, list[tuple[str, str]]]:
    """Capability to the tests named for it, each as (file below tests/, function)."""
    rows = {}
    for line in text.splitlines():
        row = _ROW.match(line)
        if row is None or row["noun"] == "capability" or set(row["noun"]) <= set("-: "):
            continue
        rows[row["noun"]] = [(one["file"], one["name"]) for one in _TEST.finditer(row["tests"])]
    return rows


def find_gaps(rows: dict[str, list[tuple[str, str]]]) -> list[str]:
    """One line per capability without a test, or with one that does not exist."""
    gaps = []
    for noun, tests in rows.items():
        if not tests:
            gaps.append(f"no test: {noun}")
        gaps += [
            f"no such test: {file}::{name} ({noun})"
            for file, name in tests
            if name not in _functions(file)
        ]
    return gaps


def _functions(file: str) -> set[str]:
    path = BASE / "tests" / file
    if not path.is_file():
        return set()
    tree = ast.parse(path.read_text("utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


def main() -> int:
    rows = read_rows(PAGE.read_text("utf-8"))
    gaps = find_gaps(rows)
    for gap in gaps:
        print(gap)
    print(f"{len(rows)} capabilities, {len(gaps)} gaps")
    return 1 if gaps or not rows else 0


if __name__ == "__main__":
    sys.exit(main())
