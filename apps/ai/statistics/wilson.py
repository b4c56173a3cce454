"""Wilson's score interval for a proportion (Wilson, J Am Stat Assoc 1927;22:209).

Newcombe (Stat Med 1998;17:857, "method 3") recommends it over the usual p ± 1.96 standard errors:
it never leaves 0 to 1 and stays honest for few cases and for proportions near 0 or 1. His table of
examples is the check (``tests/apps/ai/test_wilson.py``).
"""

from __future__ import annotations

from math import sqrt
from statistics import NormalDist


def wilson_interval(
    successes: int, n: int, confidence: float = 0.95
) -> tuple[float, float] | None:
    """Lower and upper bound of the proportion ``successes / n``, without continuity correction.

    Returns ``None`` where ``n`` is 0: of no cases nothing is known, and (0, 1) would look like a
    measurement.

    Raises
    ------
    ValueError
        ``successes`` is not within 0 to ``n``, or ``confidence`` not between 0 and 1.
    """
    if not 0 <= successes <= n:
        raise ValueError(f"{successes} of {n} is no proportion.")
    if not 0.0 < confidence < 1.0:
        raise ValueError(f"A confidence lies between 0 and 1, not {confidence}.")
    if n == 0:
        return None
    z = NormalDist().inv_cdf(0.5 + confidence / 2.0)
    share = successes / n
    middle = share + z * z / (2.0 * n)
    reach = z * sqrt(share * (1.0 - share) / n + z * z / (4.0 * n * n))
    scale = 1.0 + z * z / n
    # The bound at 0 of n and at n of n is exact; arithmetic would leave 1e-18 behind.
    lower = 0.0 if successes == 0 else (middle - reach) / scale
    upper = 1.0 if successes == n else (middle + reach) / scale
    return lower, upper
