"""The mutations of the live session still apply; `make protocol-mutations` tries them."""

import ast

import pytest

from tests.protocol.mutate import BASE
from tests.protocol.mutation import Mutation
from tests.protocol.mutations import GUARDED, MUTATIONS
from tests.protocol.rules import find_python_tests, read_rules


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda one: one.name)
def test_a_mutation_changes_one_place_and_compiles(mutation: Mutation) -> None:
    text = mutation.mutated()
    assert text != (BASE / mutation.path).read_text("utf-8")
    if mutation.path.endswith(".py"):
        ast.parse(text)


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda one: one.name)
def test_its_tests_are_there(mutation: Mutation) -> None:
    known = {one.node_id for one in find_python_tests()}
    for test in mutation.tests:
        assert test in known or (BASE / test).is_file(), test
    assert mutation.tests


def test_every_rule_that_guards_data_or_privacy_has_one() -> None:
    assert {one.rule for one in MUTATIONS} >= set(GUARDED)
    assert {one.rule for one in MUTATIONS} <= set(read_rules())
    assert len({one.name for one in MUTATIONS}) == len(MUTATIONS)
