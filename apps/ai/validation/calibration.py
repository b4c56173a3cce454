"""Whether a probability means what it says: reliability bins, ECE, Brier score.

Of results that carry a probability, and only of those the model reported: what it kept below its
own threshold was never seen, so nothing is known of low probabilities.

ECE: Naeini et al., AAAI 2015; Guo et al., ICML 2017, eq. 3 (equal bins). Brier: Brier 1950, in the
form for one class, mean((p - y)²).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from apps.ai.validation.intervals import Estimate, proportion

BINS = 10


@dataclass(frozen=True, slots=True)
class ReliabilityBin:
    """Probabilities in [lower, upper), the last bin with its end; ``observed`` with Wilson."""

    lower: float
    upper: float
    n: int
    mean_probability: float
    observed: Estimate


@dataclass(frozen=True, slots=True)
class Calibration:
    """``ece`` and ``brier`` are None where there is no probability at all."""

    n: int
    ece: float | None
    brier: float | None
    bins: tuple[ReliabilityBin, ...]


def calibrate(
    *, probabilities: Sequence[float], outcomes: Sequence[bool], bins: int = BINS
) -> Calibration:
    """Compare stated probabilities with what was true; empty bins are left out.

    Raises
    ------
    ValueError
        A probability outside 0 to 1, or not as many outcomes as probabilities.
    """
    if len(probabilities) != len(outcomes):
        raise ValueError("as many outcomes as probabilities")
    if not len(probabilities):
        return Calibration(n=0, ece=None, brier=None, bins=())
    p = np.asarray(probabilities, dtype=np.float64)
    y = np.asarray(outcomes, dtype=np.float64)
    if not np.isfinite(p).all() or p.min() < 0.0 or p.max() > 1.0:
        raise ValueError("a probability lies between 0 and 1")
    place = np.minimum((p * bins).astype(int), bins - 1)
    found = []
    for index in range(bins):
        here = place == index
        if not here.any():
            continue
        found.append(
            ReliabilityBin(
                lower=index / bins,
                upper=(index + 1) / bins,
                n=int(here.sum()),
                mean_probability=float(p[here].mean()),
                observed=proportion(int(y[here].sum()), int(here.sum())),
            )
        )
    ece = sum(one.n * abs((one.observed.value or 0.0) - one.mean_probability) for one in found)
    return Calibration(
        n=len(p),
        ece=float(ece / len(p)),
        brier=float(((p - y) ** 2).mean()),
        bins=tuple(found),
    )
