"""Breaks the code in one named way after the other, in a copy, and sees whether a test notices.

    python -m tests.protocol.mutate [PART OF A NAME OR RULE …]

A mutation is killed when a test that is named for it fails by what it asserts. Before the first
all named tests are run on the code as it is: they must pass. The result of a full run goes to
docs/live-mutations.md.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.engines import engines_of_their_own
from tests.protocol.mutation import Mutation
from tests.protocol.mutations import MUTATIONS
from tests.protocol.rules import BASE

PAGE = BASE / "docs" / "live-mutations.md"
#: What is not in git and the tests need.
LENT = (".venv", "frontend/node_modules", "frontend/dist")
#: A test that fails so did not assert anything: the mutation only broke the program.
NO_ASSERTION = (
    "ImportError",
    "ModuleNotFoundError",
    "SyntaxError",
    "IndentationError",
    "NameError",
    "UnboundLocalError",
)
TEST_LIMIT_S = 120


@dataclass(frozen=True, slots=True)
class Verdict:
    """``failed``: test to why; ``broken``: what failed without asserting anything."""

    failed: dict[str, str]
    broken: dict[str, str]
    ran: int

    @property
    def is_killed(self) -> bool:
        return bool(self.failed) and not self.broken

    def __str__(self) -> str:
        if self.is_killed:
            return "killed"
        return f"BROKEN {self.broken}" if self.broken else f"SURVIVED {self.ran} tests"


def main(argv: list[str]) -> int:
    chosen = [one for one in MUTATIONS if matches(one, argv)]
    with a_copy() as copy, engines_of_their_own(root=copy.parent / "engines") as engines:
        environment = {**os.environ, **engines}
        before = run_tests((t for one in chosen for t in one.tests), copy=copy, env=environment)
        if before.failed or before.broken or not before.ran:
            print(f"the tests do not pass as the code is: {before.failed | before.broken}")
            return 2
        verdicts = [(one, try_one(one, copy=copy, env=environment)) for one in chosen]
    survivors = [one.name for one, verdict in verdicts if not verdict.is_killed]
    print(f"{len(verdicts)} mutations, {len(survivors)} not killed")
    if not argv and not survivors:
        PAGE.write_text(render(verdicts), "utf-8")
    return 1 if survivors else 0


def matches(mutation: Mutation, words: list[str]) -> bool:
    return not words or any(word in f"{mutation.rule} {mutation.name}" for word in words)


@contextmanager
def a_copy() -> Iterator[Path]:
    """The working tree as git sees it, elsewhere; what was installed is lent to it."""
    with tempfile.TemporaryDirectory(prefix="consilium-mutations-") as folder:
        copy = Path(folder, "tree")
        listed = ("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
        files = subprocess.run(listed, cwd=BASE, capture_output=True, check=True, text=True).stdout
        for name in filter(None, files.split("\0")):
            source, target = BASE / name, copy / name
            if source.is_file():
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(source, target)
        for name in LENT:
            if (BASE / name).exists():
                (copy / name).symlink_to((BASE / name).resolve())
        yield copy


def try_one(mutation: Mutation, *, copy: Path, env: dict[str, str]) -> Verdict:
    started = time.monotonic()
    place = copy / mutation.path
    before = place.read_text("utf-8")
    place.write_text(mutation.mutated(base=copy), "utf-8")
    try:
        verdict = run_tests(mutation.tests, copy=copy, env=env)
    finally:
        place.write_text(before, "utf-8")
    print(f"{mutation.rule}  {mutation.name}: {verdict} ({time.monotonic() - started:.0f} s)")
    return verdict


def run_tests(tests: Iterable[str], *, copy: Path, env: dict[str, str]) -> Verdict:
    wanted = list(dict.fromkeys(tests))
    python = [one for one in wanted if not one.startswith("frontend/")]
    browser = [one.removeprefix("frontend/") for one in wanted if one.startswith("frontend/")]
    verdict = Verdict({}, {}, 0)
    if python:
        verdict = run_pytest(python, copy=copy, env=env)
    if browser:
        other = run_vitest(browser, copy=copy)
        verdict = Verdict(
            verdict.failed | other.failed, verdict.broken | other.broken, verdict.ran + other.ran
        )
    return verdict


def run_pytest(tests: list[str], *, copy: Path, env: dict[str, str]) -> Verdict:
    report = copy.parent / "junit.xml"
    report.unlink(missing_ok=True)
    options = ("-q", "--reuse-db", f"--timeout={TEST_LIMIT_S}", f"--junitxml={report}")
    command = [sys.executable, "-m", "pytest", *options, *tests]
    done = subprocess.run(command, cwd=copy, env=env, capture_output=True, text=True, check=False)
    if not report.exists():
        return Verdict({}, {"pytest": done.stdout[-2000:]}, 0)
    failed, broken, ran = {}, {}, 0
    for case in ET.parse(report).getroot().iter("testcase"):
        ran += 1
        for mark in case:
            if mark.tag in ("failure", "error"):
                why = (mark.get("message") or "").splitlines()[0][:160]
                asserted = mark.tag == "failure" and not why.startswith(NO_ASSERTION)
                (failed if asserted else broken)[case.get("name", "")] = why
    return Verdict(failed, broken, ran)


def run_vitest(files: list[str], *, copy: Path) -> Verdict:
    report = copy.parent / "vitest.json"
    report.unlink(missing_ok=True)
    command = ["npx", "vitest", "run", "--reporter=json", f"--outputFile={report}", *files]
    done = subprocess.run(command, cwd=copy / "frontend", capture_output=True, check=False)
    if not report.exists():
        return Verdict({}, {"vitest": done.stderr.decode()[-2000:]}, 0)
    failed, broken, ran = {}, {}, 0
    for result in json.loads(report.read_text("utf-8"))["testResults"]:
        if not result["assertionResults"]:
            broken[result["name"]] = result["message"][:160]
        for case in result["assertionResults"]:
            ran += 1
            if case["status"] == "failed":
                why = case["failureMessages"][0].splitlines()[0][:160]
                asserted = why.startswith(("AssertionError", "Error: Test timed out"))
                (failed if asserted else broken)[case["fullName"]] = why
    return Verdict(failed, broken, ran)


def render(verdicts: list[tuple[Mutation, Verdict]]) -> str:
    """The page of a run in which every mutation was killed."""
    lines = [
        "# Mutations of the live session",
        "",
        "Written by `make protocol-mutations`; do not edit. Each line is a change of one place in",
        "the code that breaks a rule of [the live session](live-session.md), and a test that fails",
        "by what it asserts when the change is made (`tests/protocol/mutations/`).",
        "",
        "| rule | with this change | in | this fails |",
        "|---|---|---|---|",
    ]
    for mutation, verdict in sorted(verdicts, key=lambda pair: pair[0].rule):
        test = next(iter(verdict.failed)).replace("|", "/")
        lines.append(f"| {mutation.rule} | {mutation.name} | `{mutation.path}` | {test} |")
    lines += ["", f"{len(verdicts)} mutations, all killed."]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
