"""The shape of the house: the same files in every app, none too long, no stray names."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
APPS = sorted(path for path in (ROOT / "apps").iterdir() if (path / "apps.py").exists())
MAX_LINES = 400
COMMON = {"Data", "Item", "Manager", "Helper"}

SOURCES = sorted(
    path
    for pattern in (
        "apps/**/*.py",
        "config/**/*.py",
        "tests/**/*.py",
        "frontend/src/**/*.ts",
        "frontend/src/**/*.tsx",
    )
    for path in ROOT.glob(pattern)
    if "migrations" not in path.parts and path.name != "generated.ts" and path.name != "schema.ts"
)


def test_no_file_is_too_long() -> None:
    long = {
        str(path.relative_to(ROOT)): count
        for path in SOURCES
        if (count := len(path.read_text("utf-8").splitlines())) > MAX_LINES
    }
    assert long == {}


@pytest.mark.parametrize("app", APPS, ids=lambda path: path.name)
def test_every_app_keeps_the_common_file_names(app: Path) -> None:
    """A file that plays a known part has the known name; other modules are domain nouns."""
    for alias in ("utils", "helpers", "managers", "signals_handlers", "permissions", "tasks_ai"):
        assert not (app / f"{alias}.py").exists(), f"{app.name}/{alias}.py"
    views = app / "api" / "views.py"
    assert views.exists() or (app / "api" / "views").is_dir() or app.name in {"core", "demo"}


def test_no_class_is_called_by_a_word_that_says_nothing() -> None:
    pattern = re.compile(r"^class (\w+)", re.MULTILINE)
    empty = [
        f"{path.relative_to(ROOT)}: {name}"
        for path in SOURCES
        if path.suffix == ".py"
        for name in pattern.findall(path.read_text("utf-8"))
        if name in COMMON
    ]
    assert empty == []


def test_nothing_committed_names_a_machine() -> None:
    """No absolute home or work path and no registry address in any tracked file."""
    found = subprocess.run(
        [
            "git",
            "grep",
            "-nIE",
            r"(^|[^.\w/])/(work|root|home/[a-z]+)/|registry\.npmjs|files\.pythonhosted",
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    lines = [
        line for line in found.stdout.splitlines() if "tests/contracts/test_house.py" not in line
    ]
    assert lines == []
