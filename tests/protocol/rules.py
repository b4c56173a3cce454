"""The numbered rules of docs/live-session.md, and the tests that carry them in their names.

A Python test carries a rule as ``test_LIVE_O2_…``; a vitest carries it anywhere in its own name
or in that of a ``describe`` around it.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from pathlib import Path

BASE = Path(__file__).resolve().parents[2]
PAGE = BASE / "docs" / "live-session.md"
FRONTEND = BASE / "frontend"

LATER: dict[str, str] = {}
"""Rules that are written down and not built yet. Take a line out with its first test."""

_IN_PYTHON = re.compile(r"^test_LIVE_([A-Z]\d+)_")
_IN_TEXT = re.compile(r"\bLIVE-[A-Z]\d+\b")


@dataclass(frozen=True, slots=True)
class PythonTest:
    """A test function: its file as seen from the repository, and its name."""

    path: str
    name: str
    rule: str

    @property
    def node_id(self) -> str:
        return f"{self.path}::{self.name}"

    @property
    def is_e2e(self) -> bool:
        return self.path.startswith("tests/e2e/")


def read_rules() -> list[str]:
    """Every rule of the page, in its order."""
    return list(dict.fromkeys(re.findall(r"\*\*(LIVE-[A-Z]\d+)\*\*", PAGE.read_text("utf-8"))))


def find_python_tests() -> list[PythonTest]:
    """Test functions of the repository that carry a rule."""
    found = []
    for path in sorted((BASE / "tests").rglob("test_*.py")):
        text = path.read_text("utf-8")
        if "def test_LIVE_" not in text:
            continue
        for node in ast.walk(ast.parse(text)):
            if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                continue
            carried = _IN_PYTHON.match(node.name)
            if carried:
                place = path.relative_to(BASE).as_posix()
                found.append(PythonTest(place, node.name, f"LIVE-{carried[1]}"))
    return found


def find_vitest_files() -> dict[str, set[str]]:
    """Files of vitest that name rules, seen from ``frontend/``, and which."""
    found = {}
    for path in sorted((FRONTEND / "src").rglob("*.test.ts*")):
        if named := rules_in(path.read_text("utf-8")):
            found[path.relative_to(FRONTEND).as_posix()] = named
    return found


def rules_in(text: str) -> set[str]:
    return set(_IN_TEXT.findall(text))
