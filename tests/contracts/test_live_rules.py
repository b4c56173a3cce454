"""Every numbered rule of docs/live-session.md has a test, or is on the list for later.

Whether they pass is said by `make protocol-coverage`, which runs them.
"""

from tests.protocol import coverage
from tests.protocol.coverage import Outcome
from tests.protocol.rules import LATER, find_python_tests, find_vitest_files, read_rules


def _tested() -> set[str]:
    tested = {one.rule for one in find_python_tests()}
    return tested.union(*find_vitest_files().values())


def test_every_rule_is_tested_or_on_the_list_for_later() -> None:
    missing = set(read_rules()) - _tested() - set(LATER)
    assert missing == set(), f"rules without a test: {sorted(missing)}"


def test_the_list_for_later_holds_nothing_that_is_done_or_unknown() -> None:
    assert set(LATER) <= set(read_rules()) - _tested()


def test_no_test_names_a_rule_that_does_not_exist() -> None:
    assert _tested() <= set(read_rules())


def test_a_rule_holds_when_a_test_passed_and_none_did_not() -> None:
    def states(*given: str) -> list[Outcome]:
        return [Outcome("file", "test", state) for state in given]

    assert coverage.holds(states("passed", "skipped"))
    for broken in ((), ("skipped",), ("passed", "failed"), ("passed", "missing")):
        assert not coverage.holds(states(*broken))
