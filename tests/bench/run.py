"""Runs one benchmark and writes what it measured.

    python -m tests.bench.run --list
    python -m tests.bench.run up

A benchmark is a module ``tests/bench/bench_<name>.py`` with a docstring (first line: what is
measured) and a function ``measure() -> list[Figure]``. Its figures go to ``var/bench/<name>.json``
with the machine and the commit; ``docs/benchmarks.md`` is written anew from all such files. Ratios
within one run can be trusted further than times: machines differ and are busy.
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
    return Figure(name, value, unit, f"{goal:g} {unit} or more", value >= goal)


def at_most(name: str, value: float, unit: str, goal: float) -> Figure:
    """A figure whose goal is a ceiling."""
    return Figure(name, value, unit, f"{goal:g} {unit} or less", value <= goal)


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


def render_page(*, results: list[dict[str, Any]]) -> str:
    """The Markdown of ``docs/benchmarks.md``."""
    lines = [
        "# Benchmarks",
        "",
        "Written by `make bench NAME=…`; do not edit. Every figure was measured by the code in",
        "`tests/bench/`, on the machine named under it.",
    ]
    for result in sorted(results, key=lambda result: result["name"]):
        lines += ["", f"## {result['name']}", "", result["title"], ""]
        lines += ["| what | measured | goal | met |", "|---|---:|---|---|"]
        for figure in result["figures"]:
            met = {True: "yes", False: "**no**", None: ""}[figure["met"]]
            number = f"{figure['value']:.4g} {figure['unit']}"
            lines.append(f"| {figure['name']} | {number} | {figure['goal']} | {met} |")
        lines += [
            "",
            f"{result['measured_at']}, commit {result['commit']}, {result['machine']}",
        ]
    return "\n".join(lines) + "\n"


def write_page() -> None:
    results = [json.loads(path.read_text("utf-8")) for path in sorted(RESULTS.glob("*.json"))]
    PAGE.write_text(render_page(results=results), encoding="utf-8")


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
    write_page()
    for figure in result["figures"]:
        print(f"{figure['name']}: {figure['value']:.4g} {figure['unit']}  {figure['goal']}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
