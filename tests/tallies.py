"""Counts that issues ask for, printed when the tests end: how many cases, how many went wrong.

A test adds to a named list of numbers; in parallel runs they travel with its report.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from typing import Any

import pytest

PROPERTY = "tally"
Tally = Callable[..., None]


@pytest.fixture
def tally(request: pytest.FixtureRequest) -> Tally:
    """``tally("PACS faults", cases=1, hung=0)``: added up over the whole run."""

    def add(name: str, **numbers: int) -> None:
        request.node.user_properties.append((PROPERTY, [name, numbers]))

    return add


def pytest_terminal_summary(terminalreporter: Any) -> None:
    lists: dict[str, Counter[str]] = defaultdict(Counter)
    for reports in list(terminalreporter.stats.values()):
        for report in reports:
            if getattr(report, "when", "") != "teardown":  # once per test, whatever its outcome
                continue
            for key, value in report.user_properties:
                if key == PROPERTY:
                    name, numbers = value
                    for what, number in numbers.items():
                        lists[name][what] += number
    if not lists:
        return
    terminalreporter.section("counts")
    for name in sorted(lists):
        numbers = ", ".join(f"{n} {what.replace('_', ' ')}" for what, n in lists[name].items())
        terminalreporter.write_line(f"{name}: {numbers}")
