"""Newcombe's examples, and what the interval must be for whatever it is asked."""

from __future__ import annotations

import pytest

from apps.ai.statistics.wilson import wilson_interval


@pytest.mark.parametrize(
    ("successes", "n", "lower", "upper"),
    [
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0000, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_newcombe_1998_table_1_method_3(
    successes: int, n: int, lower: float, upper: float
) -> None:
    """Newcombe RG, Stat Med 1998;17:857-872, Table I, 95 %, four decimals as printed."""
    found = wilson_interval(successes, n)

    assert found is not None
    assert found == pytest.approx((lower, upper), abs=5e-5)


def test_successes_and_failures_mirror_each_other() -> None:
    of_successes, of_failures = wilson_interval(3, 11), wilson_interval(8, 11)

    assert of_successes is not None
    assert of_failures is not None
    assert of_successes[0] == pytest.approx(1.0 - of_failures[1], abs=1e-12)
    assert of_successes[1] == pytest.approx(1.0 - of_failures[0], abs=1e-12)


def test_the_ends_are_exact() -> None:
    none, every = wilson_interval(0, 7), wilson_interval(7, 7)

    assert none is not None
    assert every is not None
    assert none[0] == 0.0
    assert every[1] == 1.0


def test_the_bounds_solve_the_score_equation() -> None:
    """Each bound p satisfies |x/n - p| = z sqrt(p (1 - p) / n); z of 90 % is 1.6448536."""
    found = wilson_interval(9, 40, confidence=0.90)

    assert found is not None
    for bound in found:
        reach = 1.6448536 * (bound * (1.0 - bound) / 40) ** 0.5
        assert abs(9 / 40 - bound) == pytest.approx(reach, abs=1e-7)


def test_of_no_cases_nothing_is_said() -> None:
    assert wilson_interval(0, 0) is None


@pytest.mark.parametrize(("successes", "n"), [(-1, 5), (6, 5), (1, 0)])
def test_what_is_no_proportion_is_refused(successes: int, n: int) -> None:
    with pytest.raises(ValueError, match="no proportion"):
        wilson_interval(successes, n)


@pytest.mark.parametrize("confidence", [0.0, 1.0, 95.0])
def test_a_confidence_in_percent_is_refused(confidence: float) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        wilson_interval(1, 2, confidence=confidence)
