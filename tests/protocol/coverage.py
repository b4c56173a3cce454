"""Runs the tests that carry the rules of the live session, and says which rule holds.

    python -m tests.protocol.coverage [--without-e2e]

Fails when a rule has no test that ran, or one that failed. A skipped test holds nothing.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ET
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from tests.protocol.rules import (
    BASE,
    FRONTEND,
    LATER,
    PythonTest,
    find_python_tests,
    find_vitest_files,
    read_rules,
    rules_in,
)

#: As `make test` runs them, two at a time.
TWO_AT_A_TIME = ("--numprocesses=2", "--dist=loadfile", "--no-loadscope-reorder")


@dataclass(frozen=True, slots=True)
class Outcome:
    """One test that ran, or should have."""

    place: str
    name: str
    state: str  # passed, failed, skipped, missing


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="tests.protocol.coverage", description=__doc__)
    parser.add_argument("--without-e2e", action="store_true", help="no browser")
    arguments = parser.parse_args(argv)
    python = [one for one in find_python_tests() if not (arguments.without_e2e and one.is_e2e)]
    outcomes = defaultdict(list)
    for found in (
        run_python([one for one in python if not one.is_e2e]),
        run_python([one for one in python if one.is_e2e]),
        run_vitest(),
    ):
        for rule, some in found.items():
            outcomes[rule] += some
    rules = read_rules()
    for rule in rules:
        print_rule(rule, outcomes[rule])
    broken = [rule for rule in rules if rule not in LATER and not holds(outcomes[rule])]
    tests = sum(len(outcomes[rule]) for rule in rules)
    print(f"{len(rules)} rules, {tests} tests, {len(LATER)} for later, {len(broken)} do not hold")
    for rule in broken:
        print(f"  {rule}")
    return 1 if broken or not rules else 0


def holds(outcomes: Iterable[Outcome]) -> bool:
    """At least one test passed and none failed or went missing."""
    states = Counter(one.state for one in outcomes)
    return states["passed"] > 0 and states["passed"] + states["skipped"] == states.total()


def run_python(tests: list[PythonTest]) -> dict[str, list[Outcome]]:
    """Each test's worst case: a parametrised one passes when every case does."""
    if not tests:
        return {}
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder, "junit.xml")
        command = [sys.executable, "-m", "pytest", "-q", *TWO_AT_A_TIME, f"--junitxml={report}"]
        subprocess.run([*command, *(one.node_id for one in tests)], cwd=BASE, check=False)
        ran = read_junit(report)
    found = defaultdict(list)
    for one in tests:
        state = ran.get((one.path, one.name), "missing")
        found[one.rule].append(Outcome(one.path, one.name, state))
    return found


def read_junit(report: Path) -> dict[tuple[str, str], str]:
    """(file, function) to ``passed``, ``failed`` or ``skipped``."""
    order = ("skipped", "passed", "failed")
    ran: dict[tuple[str, str], str] = {}
    if not report.exists():
        return ran
    for case in ET.parse(report).getroot().iter("testcase"):
        path = case.get("classname", "").replace(".", "/") + ".py"
        key = path, case.get("name", "").partition("[")[0]
        marks = {child.tag for child in case}
        state = "failed" if marks & {"failure", "error"} else "passed"
        state = "skipped" if "skipped" in marks else state
        ran[key] = max(state, ran.get(key, "skipped"), key=order.index)
    return ran


def run_vitest() -> dict[str, list[Outcome]]:
    files = find_vitest_files()
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder, "vitest.json")
        command = ["npx", "vitest", "run", "--reporter=json", f"--outputFile={report}"]
        subprocess.run([*command, *files], cwd=FRONTEND, check=False)
        results = json.loads(report.read_text("utf-8"))["testResults"] if report.exists() else []
    found = defaultdict(list)
    for result in results:
        place = Path(result["name"]).relative_to(BASE).as_posix()
        for case in result["assertionResults"]:
            state = {"passed": "passed", "failed": "failed"}.get(case["status"], "skipped")
            for rule in rules_in(case["fullName"]):
                found[rule].append(Outcome(place, case["fullName"], state))
    return found


def print_rule(rule: str, outcomes: list[Outcome]) -> None:
    word = "holds" if holds(outcomes) else "later" if rule in LATER else "DOES NOT HOLD"
    print(f"{rule}  {word}")
    if rule in LATER and not outcomes:
        print(f"    {LATER[rule]}")
    for one in outcomes:
        print(f"    {one.state:<8} {one.place}  {one.name}")
    if not outcomes and rule not in LATER:
        print("    no test")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
