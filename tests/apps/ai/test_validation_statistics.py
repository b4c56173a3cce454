"""Bootstrap, calibration and subgroups, against numbers worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from apps.ai.validation.calibration import calibrate
from apps.ai.validation.intervals import bootstrap, mean_of
from apps.ai.validation.subgroups import (
    Traits,
    group_cases,
    name_age,
    name_scanner,
    name_sex,
    name_thickness,
    read_age,
)

# --- intervals ---------------------------------------------------------------------------------


def test_the_bootstrap_of_a_mean_is_near_the_normal_one_for_many_cases() -> None:
    values = np.random.default_rng(5).normal(10.0, 2.0, 400)
    found = mean_of(list(values))
    reach = 1.96 * values.std(ddof=1) / 20

    assert found.value == pytest.approx(values.mean())
    assert found.lower == pytest.approx(values.mean() - reach, abs=0.03)
    assert found.upper == pytest.approx(values.mean() + reach, abs=0.03)


def test_it_draws_cases_and_not_lesions() -> None:
    """Ten cases of twenty lesions, five found whole, five missed whole: lesions alone would give
    half the width (Wilson of 100 in 200 is 0.43 to 0.57)."""
    found = np.array([20.0] * 5 + [0.0] * 5)

    estimate = bootstrap(10, lambda index: float(found[index].sum() / (20.0 * len(index))))

    assert estimate.value == 0.5
    assert estimate.lower == pytest.approx(0.2, abs=0.01)
    assert estimate.upper == pytest.approx(0.8, abs=0.01)


def test_of_one_case_there_is_no_interval() -> None:
    assert mean_of([0.7]).as_dict() == {"value": 0.7, "lower": None, "upper": None, "n": 1}
    assert mean_of([]).as_dict() == {"value": None, "lower": None, "upper": None, "n": 0}


# --- calibration -------------------------------------------------------------------------------


def test_ece_and_brier_by_hand() -> None:
    found = calibrate(probabilities=[0.1, 0.1, 0.9, 0.9], outcomes=[False, True, True, True])

    assert found.n == 4
    assert [(one.n, one.mean_probability, one.observed.value) for one in found.bins] == [
        (2, pytest.approx(0.1), 0.5),
        (2, pytest.approx(0.9), 1.0),
    ]
    assert found.ece == pytest.approx(0.5 * 0.4 + 0.5 * 0.1)
    assert found.brier == pytest.approx((0.01 + 0.81 + 0.01 + 0.01) / 4)


def test_perfect_and_worst_calibration() -> None:
    perfect = calibrate(probabilities=[0.0, 1.0, 1.0], outcomes=[False, True, True])
    worst = calibrate(probabilities=[1.0, 0.0], outcomes=[False, True])

    assert (perfect.ece, perfect.brier) == (0.0, 0.0)
    assert (worst.ece, worst.brier) == (1.0, 1.0)
    assert [one.lower for one in perfect.bins] == [0.0, 0.9], "1.0 belongs to the last bin"


def test_without_probabilities_there_is_no_number() -> None:
    found = calibrate(probabilities=[], outcomes=[])
    assert (found.n, found.ece, found.brier, found.bins) == (0, None, None, ())


@pytest.mark.parametrize("wrong", [[-0.1], [1.1], [float("nan")]])
def test_what_is_no_probability_is_refused(wrong: list[float]) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        calibrate(probabilities=wrong, outcomes=[True])


# --- subgroups ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "years"),
    [("063Y", 63), ("018M", 1.5), ("010D", 10 / 365.25), ("63Y", None), ("", None)],
)
def test_patients_age(said: str, years: float | None) -> None:
    found = read_age(said)
    assert found == (None if years is None else pytest.approx(years, abs=0.01))


@pytest.mark.parametrize(
    ("years", "band"),
    [(0, "0-17"), (17.9, "0-17"), (18, "18-39"), (59.5, "40-59"), (80, "80+"), (101, "80+"),
     (None, "unknown"), (-1, "unknown"), (400, "unknown")],
)  # fmt: skip
def test_age_bands(years: float | None, band: str) -> None:
    assert name_age(years) == band


@pytest.mark.parametrize(
    ("mm", "band"),
    [(0.6, "up to 1 mm"), (1.0, "up to 1 mm"), (1.25, "1-2 mm"), (3.0, "2-3 mm"), (5.0, "3-5 mm"),
     (7.5, "over 5 mm"), (None, "unknown"), (0.0, "unknown")],
)  # fmt: skip
def test_slice_thickness_bands(mm: float | None, band: str) -> None:
    assert name_thickness(mm) == band


def test_what_a_header_does_not_say_is_unknown() -> None:
    assert name_sex("f ") == "F"
    assert name_sex("female") == "unknown"
    assert name_scanner("ACME\n", " One\x00") == "ACME One"
    assert name_scanner("", "") == "unknown"


def test_groups_of_fewer_than_ten_are_suppressed() -> None:
    traits = [Traits(sex="F")] * 10 + [Traits(sex="M")] * 9
    groups = {(one.axis, one.value): one for one in group_cases(traits)}

    assert not groups["sex", "F"].is_suppressed
    assert groups["sex", "M"].is_suppressed
    assert len(groups["site", "unknown"].members) == 19
