"""Runs one benchmark and writes what it measured.

    python -m tests.bench.run --list
    python -m tests.bench.run up

A benchmark is a module ``tests/bench/bench_<name>.py`` (a dash of the name is written ``_``) with a
docstring (first line: what is measured) and a function ``measure() -> list[Figure]``. Its figures
go to ``var/bench/<name>.json`` with the machine and the commit; its section of
``docs/benchmarks.md`` is written anew from that file, those of other benchmarks stay. Ratios within
one run can be trusted further than times: machines differ and are busy.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import platform
import subprocess
import sys
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

BASE = Path(__file__).resolve().parents[2]
RESULTS = BASE / "var" / "bench"
PAGE = BASE / "docs" / "benchmarks.md"
PREFIX = "bench_"


@dataclass(frozen=True)
class Figure:
    """One measured number.

    Parameters
    ----------
    name
        What was measured, as a reader would say it.
    value
        The number.
    unit
        Its unit (``ms``, ``s``, ``frames/s``, ``MB``, ``x`` for a ratio).
    goal
        The target it is held against, in words; empty where there is none.
    met
        Whether the goal was met; None where there is none.
    """

    name: str
    value: float
    unit: str
    goal: str = ""
    met: bool | None = None


def at_least(name: str, value: float, unit: str, goal: float) -> Figure:
    """A figure whose goal is a floor."""
    return Figure(name, value, unit, f"{write_number(goal)} {unit} or more", value >= goal)


def at_most(name: str, value: float, unit: str, goal: float) -> Figure:
    """A figure whose goal is a ceiling."""
    return Figure(name, value, unit, f"{write_number(goal)} {unit} or less", value <= goal)


def list_benchmarks() -> dict[str, str]:
    """Name of each benchmark to the first line of its docstring."""
    found = {}
    for path in sorted(Path(__file__).parent.glob(f"{PREFIX}*.py")):
        name = path.stem.removeprefix(PREFIX).replace("_", "-")
        found[name] = (_load(name).__doc__ or "").strip().splitlines()[0]
    return found


def run_benchmark(*, name: str) -> dict[str, Any]:
    """Measure and write ``var/bench/<name>.json``; its content."""
    module = _load(name)
    figures: list[Figure] = module.measure()
    result = {
        "name": name,
        "title": (module.__doc__ or "").strip().splitlines()[0],
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": _read_commit(),
        "machine": _describe_machine(),
        "figures": [asdict(figure) for figure in figures],
    }
    RESULTS.mkdir(parents=True, exist_ok=True)
    text = json.dumps(result, indent=2, ensure_ascii=False) + "\n"
    (RESULTS / f"{name}.json").write_text(text, encoding="utf-8")
    return result


INTRODUCTION = """# Benchmarks

Written by `make bench NAME=…`; do not edit. Every figure was measured by the code in
`tests/bench/`, on the machine named under it.
"""


def render_section(result: dict[str, Any]) -> str:
    """The Markdown of one benchmark."""
    lines = [f"## {result['name']}", "", result["title"], ""]
    lines += ["| what | measured | goal | met |", "|---|---:|---|---|"]
    for figure in result["figures"]:
        met = {True: "yes", False: "**no**", None: ""}[figure["met"]]
        number = f"{write_number(figure['value'])} {figure['unit']}".strip()
        lines.append(f"| {figure['name']} | {number} | {figure['goal']} | {met} |")
    lines += ["", f"{result['measured_at']}, commit {result['commit']}, {result['machine']}"]
    return "\n".join(lines) + "\n"


def renew_page(page: str, *, result: dict[str, Any]) -> str:
    """The page with the section of this result in place of its older one, sections by name."""
    _, *old = page.split("\n## ")
    sections = {text.split("\n", 1)[0]: f"## {text.strip()}\n" for text in old}
    sections[result["name"]] = render_section(result)
    return "\n".join([INTRODUCTION, *(sections[name] for name in sorted(sections))])


def write_number(value: float) -> str:
    """Four digits; whole from a thousand on."""
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def write_page(*, result: dict[str, Any]) -> None:
    page = PAGE.read_text("utf-8") if PAGE.exists() else ""
    PAGE.write_text(renew_page(page, result=result), encoding="utf-8")


def _load(name: str) -> Any:
    return importlib.import_module(f"tests.bench.{PREFIX}{name.replace('-', '_')}")


def _read_commit() -> str:
    command = ["git", "describe", "--always", "--dirty"]
    outcome = subprocess.run(command, cwd=BASE, capture_output=True, text=True, check=False)
    return outcome.stdout.strip() or "unknown"


def _describe_machine() -> str:
    return f"{os.cpu_count()} cores {platform.machine()}, Python {platform.python_version()}"


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="tests.bench.run", description=__doc__)
    parser.add_argument("name", nargs="?", choices=sorted(list_benchmarks()))
    parser.add_argument("--list", action="store_true", help="name the benchmarks")
    arguments = parser.parse_args(argv)
    if arguments.list or not arguments.name:
        for name, title in list_benchmarks().items():
            print(f"  {name:<12} {title}")
        return 0
    result = run_benchmark(name=arguments.name)
    write_page(result=result)
    for figure in result["figures"]:
        print(
            f"{figure['name']}: {write_number(figure['value'])} {figure['unit']}  {figure['goal']}"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
