"""FROC: share of lesions found against false positives per scan, over all thresholds.

The rates of LUNA16 (Setio et al., Med Image Anal 2017;42:1): 1/8, 1/4, 1/2, 1, 2, 4 and 8 false
positives per scan; the CPM is the mean sensitivity at these. Between two points of the curve it is
interpolated linearly, and it starts at (0, 0), as their evaluation does. Where a model never
names so many, its last point stands and the rate says ``beyond``: the curve was not seen there.

At each threshold the assignment is made anew, so a weak candidate never counts for a strong one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from apps.ai.validation.detection import CaseDetection, assign
from apps.ai.validation.intervals import UNKNOWN, Estimate, draw_cases

RATES = (0.125, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0)
MOST_THRESHOLDS = 500
"""More scores than this are thinned to so many quantiles: the curve's shape needs no more."""


@dataclass(frozen=True, slots=True)
class FrocPoint:
    threshold: float
    fp_per_scan: float
    sensitivity: float


@dataclass(frozen=True, slots=True)
class RateSensitivity:
    """Sensitivity at a rate of false positives per scan."""

    rate: float
    sensitivity: Estimate
    beyond: bool


@dataclass(frozen=True, slots=True)
class Froc:
    """``reason`` says why there is no curve: ``no_scores``, ``no_lesions``, ``no_cases``."""

    reason: str
    points: tuple[FrocPoint, ...] = ()
    rates: tuple[RateSensitivity, ...] = ()
    cpm: Estimate = UNKNOWN
    scans: int = 0
    lesions: int = 0


def compute_froc(cases: Sequence[CaseDetection]) -> Froc:
    """The curve over all cases, with intervals by drawing cases (1000 times, fixed seed).

    A candidate without a score makes the order unknown: no curve then.
    """
    lesions = sum(one.lesion_count for one in cases)
    scores = [score for one in cases for score in one.scores]
    known = sorted({score for score in scores if score is not None}, reverse=True)
    reason = ""
    if not cases:
        reason = "no_cases"
    elif not lesions:
        reason = "no_lesions"
    elif not known or len(known) < len({*scores}):
        reason = "no_scores"
    if reason:
        return Froc(reason=reason, scans=len(cases), lesions=lesions)
    thresholds = _thin(known)
    found, false = _count(cases, thresholds)
    per_case = np.array([one.lesion_count for one in cases], dtype=np.float64)
    every = np.arange(len(cases), dtype=np.intp)
    curve = _curve(found, false, per_case, every)
    assert curve is not None
    drawn = [_at_rates(_curve(found, false, per_case, row)) for row in draw_cases(len(cases))]
    known_draws = np.array([one for one in drawn if one is not None])
    at_rates = _at_rates(curve)
    assert at_rates is not None
    most = float(curve[0][-1])
    return Froc(
        reason="",
        points=tuple(
            FrocPoint(threshold, float(rate), float(share))
            for threshold, rate, share in zip(thresholds, *curve, strict=True)
        ),
        rates=tuple(
            RateSensitivity(
                rate=rate,
                sensitivity=_estimate(float(at_rates[place]), known_draws[:, place], len(cases)),
                beyond=rate > most,
            )
            for place, rate in enumerate(RATES)
        ),
        cpm=_estimate(float(at_rates.mean()), known_draws.mean(axis=1), len(cases)),
        scans=len(cases),
        lesions=lesions,
    )


def sensitivity_at(
    fp_per_scan: NDArray[np.float64], sensitivity: NDArray[np.float64], rates: Sequence[float]
) -> NDArray[np.float64]:
    """Linear between the points, from (0, 0); of points at one rate the highest counts."""
    x = np.concatenate([[0.0], fp_per_scan])
    y = np.maximum.accumulate(np.concatenate([[0.0], sensitivity]))
    last = np.append(np.diff(x) > 0, True)
    found: NDArray[np.float64] = np.interp(rates, x[last], y[last])
    return found


def _thin(known: list[float]) -> list[float]:
    if len(known) <= MOST_THRESHOLDS:
        return known
    places = np.linspace(0, len(known) - 1, MOST_THRESHOLDS).round().astype(int)
    return [known[place] for place in np.unique(places)]


def _count(
    cases: Sequence[CaseDetection], thresholds: Sequence[float]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Lesions found and false positives, (case, threshold)."""
    found = np.zeros((len(cases), len(thresholds)))
    false = np.zeros_like(found)
    for row, case in enumerate(cases):
        scores = np.array([score if score is not None else np.nan for score in case.scores])
        fits = case.pairs.any(axis=1) if case.pairs.size else np.zeros(len(scores), dtype=bool)
        before = -1
        for column, threshold in enumerate(thresholds):
            kept = scores >= threshold
            count = int(kept.sum())
            if count == before:
                found[row, column] = found[row, column - 1]
                false[row, column] = false[row, column - 1]
                continue
            before = count
            found[row, column] = len(assign(case.pairs[kept], case.overlaps[kept]))
            false[row, column] = int((kept & ~fits).sum())
    return found, false


def _curve(
    found: NDArray[np.float64],
    false: NDArray[np.float64],
    per_case: NDArray[np.float64],
    chosen: NDArray[np.intp],
) -> tuple[NDArray[np.float64], NDArray[np.float64]] | None:
    """False positives per scan and sensitivity at each threshold; None without a lesion."""
    lesions = per_case[chosen].sum()
    if not lesions:
        return None
    return false[chosen].sum(axis=0) / len(chosen), found[chosen].sum(axis=0) / lesions


def _at_rates(
    curve: tuple[NDArray[np.float64], NDArray[np.float64]] | None,
) -> NDArray[np.float64] | None:
    return None if curve is None else sensitivity_at(*curve, RATES)


def _estimate(value: float, drawn: NDArray[np.float64], n: int) -> Estimate:
    if n < 2 or not len(drawn):
        return Estimate(value, None, None, n)
    lower, upper = np.percentile(drawn, [2.5, 97.5])
    return Estimate(value, float(lower), float(upper), n)
