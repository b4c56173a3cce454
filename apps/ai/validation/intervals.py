"""Intervals beside every number: Wilson for proportions, the bootstrap over cases for the rest.

Lesions of one patient are not independent: an interval that counts lesions is too narrow where
cases hold several. The bootstrap therefore draws whole cases (Rutter, Acad Radiol 2000;7:413;
Efron and Tibshirani 1993, percentile method), with a fixed seed so that a report can be repeated.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from apps.ai.statistics.wilson import wilson_interval

SEED = 20240507
RESAMPLES = 1000
LEAST_CASES = 2
"""Of one case every draw is the same: an interval without width would look like certainty."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A number, its 95 % interval and how many it rests on; None where nothing is known."""

    value: float | None
    lower: float | None
    upper: float | None
    n: int

    def as_dict(self) -> dict[str, float | int | None]:
        return {"value": self.value, "lower": self.lower, "upper": self.upper, "n": self.n}


UNKNOWN = Estimate(None, None, None, 0)


def proportion(successes: int, n: int) -> Estimate:
    """A share with Wilson's 95 % interval."""
    bounds = wilson_interval(successes, n)
    if bounds is None:
        return UNKNOWN
    return Estimate(successes / n, bounds[0], bounds[1], n)


def draw_cases(n: int, *, resamples: int = RESAMPLES, seed: int = SEED) -> NDArray[np.intp]:
    """Indices (resample, case) drawn with replacement; the same for the same ``n`` and seed."""
    return np.random.default_rng(seed).integers(0, n, size=(resamples, n), dtype=np.intp)


def bootstrap(
    n: int,
    statistic: Callable[[NDArray[np.intp]], float | None],
    *,
    resamples: int = RESAMPLES,
    seed: int = SEED,
) -> Estimate:
    """The statistic of all cases, with the 2.5th and 97.5th percentile over drawn ones.

    Parameters
    ----------
    statistic:
        Takes indices of cases (they repeat) and gives a number, or None where these cases have
        none (no lesion was drawn); such draws are left out.
    """
    if n == 0:
        return UNKNOWN
    value = statistic(np.arange(n, dtype=np.intp))
    if value is None or n < LEAST_CASES:
        return Estimate(value, None, None, n)
    drawn = [statistic(row) for row in draw_cases(n, resamples=resamples, seed=seed)]
    known = [one for one in drawn if one is not None]
    if not known:
        return Estimate(value, None, None, n)
    lower, upper = np.percentile(known, [2.5, 97.5])
    return Estimate(value, float(lower), float(upper), n)


def mean_of(values: Sequence[float]) -> Estimate:
    """Mean with the bootstrap's interval over its cases."""
    array = np.asarray(values, dtype=np.float64)
    return bootstrap(len(array), lambda index: float(array[index].mean()))
