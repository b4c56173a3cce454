"""Whether two sets of values look alike: population stability index and Kolmogorov–Smirnov.

PSI = Σ (aᵢ − rᵢ) ln(aᵢ / rᵢ) over the shares of the reference ``r`` and of what came later ``a``
(Siddiqi, Credit Risk Scorecards, 2006): 0.1 warns, 0.25 acts. Of few values it is large by chance
alone: without any drift it is distributed as (1/N + 1/M) χ² with bins − 1 degrees of freedom
(Yurdakul, Statistical Properties of Population Stability Index, Western Michigan University 2018).
So each index comes with the bound that chance exceeds once in twenty times.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import log

import numpy as np
from numpy.typing import NDArray
from scipy.stats import chi2, ks_2samp

from apps.ai.monitoring.limits import PSI_BINS

EMPTY_COUNTS_AS = 0.5
"""Of a case: an empty bin would make the index infinite."""
CHANCE = 0.95


@dataclass(frozen=True, slots=True)
class Drift:
    """How far ``n`` later values are from ``reference_n`` earlier ones.

    ``ks`` and ``ks_p`` are the two-sample statistic and its p-value; None for categories.
    """

    psi: float
    psi_by_chance: float
    bins: int
    reference_n: int
    n: int
    ks: float | None = None
    ks_p: float | None = None


def stability_index(reference: Sequence[float], actual: Sequence[float]) -> float:
    """PSI of two lists of shares in the same bins.

    Raises
    ------
    ValueError
        The lists differ in length, or a share is not above 0.
    """
    if len(reference) != len(actual) or not reference:
        raise ValueError("The shares do not stand for the same bins.")
    if min(*reference, *actual) <= 0.0:
        raise ValueError("An empty bin has no logarithm.")
    return sum((a - r) * log(a / r) for r, a in zip(reference, actual, strict=True))


def by_chance(*, bins: int, reference_n: int, n: int) -> float:
    """What the index exceeds once in twenty times though nothing has changed."""
    if bins < 2:
        return 0.0
    return float(chi2.ppf(CHANCE, bins - 1) * (1.0 / reference_n + 1.0 / n))


def drift_of_numbers(reference: Sequence[float], actual: Sequence[float]) -> Drift:
    """Index over the deciles of the reference, and the two-sample test.

    Where the reference has no more than ten different values, each is a bin of its own, and so is
    one that is new.

    Raises
    ------
    ValueError
        One of the two is empty.
    """
    if not len(reference) or not len(actual):
        raise ValueError("Nothing to compare.")
    first, later = np.asarray(reference, dtype=float), np.asarray(actual, dtype=float)
    test = ks_2samp(first, later)
    drift = _drift_of_counts(*_bin(first, later))
    return Drift(
        psi=drift.psi, psi_by_chance=drift.psi_by_chance, bins=drift.bins,
        reference_n=drift.reference_n, n=drift.n,
        ks=float(test.statistic), ks_p=float(test.pvalue),
    )  # fmt: skip


def drift_of_categories(reference: Mapping[str, int], actual: Mapping[str, int]) -> Drift:
    """Index over the values of a category; one that is new counts as a bin of its own.

    Raises
    ------
    ValueError
        One of the two is empty.
    """
    names = sorted({*reference, *actual})
    return _drift_of_counts(
        [reference.get(one, 0) for one in names], [actual.get(one, 0) for one in names]
    )


def _bin(first: NDArray[np.float64], later: NDArray[np.float64]) -> tuple[list[int], list[int]]:
    values = np.unique(first)
    if len(values) <= PSI_BINS:  # such as slice thickness: each value counts for itself
        every = np.unique(np.concatenate([first, later]))
        binned = [np.searchsorted(every, one) for one in (first, later)]
        bins = len(every)
    else:
        inner = np.unique(np.quantile(first, np.linspace(0.0, 1.0, PSI_BINS + 1)[1:-1]))
        # A value equal to an edge belongs to the bin below it: (…, edge].
        binned = [np.searchsorted(inner, one, side="left") for one in (first, later)]
        bins = len(inner) + 1
    reference, actual = (np.bincount(one, minlength=bins).tolist() for one in binned)
    return reference, actual


def _drift_of_counts(reference: list[int], actual: list[int]) -> Drift:
    if not sum(reference) or not sum(actual):
        raise ValueError("Nothing to compare.")
    used = [(r, a) for r, a in zip(reference, actual, strict=True) if r or a]
    shares = [_shares([pair[side] for pair in used]) for side in (0, 1)]
    return Drift(
        psi=stability_index(*shares),
        psi_by_chance=by_chance(bins=len(used), reference_n=sum(reference), n=sum(actual)),
        bins=len(used),
        reference_n=sum(reference),
        n=sum(actual),
    )


def _shares(counts: list[int]) -> list[float]:
    filled = [count or EMPTY_COUNTS_AS for count in counts]
    return [one / sum(filled) for one in filled]
