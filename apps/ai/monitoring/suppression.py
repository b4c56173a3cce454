"""Small cells: what is said of fewer than ten people may say something of one.

A figure's cells of one period are a partition of its total, which is published as well. A single
hidden cell could be computed as total less the others (Hundepool et al., Statistical Disclosure
Control, 2012, chapter 4: secondary suppression). So cells are hidden until there are at least two,
and at least ten cases among them; what is then left over is the figure of all hidden ones
together, and that is published as such.
"""

from __future__ import annotations

from collections.abc import Mapping

from apps.ai.monitoring.limits import SMALL_CELL


def is_small(n: int) -> bool:
    """Nothing may be said of it. Of none at all it may be said that there are none."""
    return 0 < n < SMALL_CELL


def hidden_groups(sizes: Mapping[str, int]) -> frozenset[str]:
    """Which cells of a partition are hidden.

    Parameters
    ----------
    sizes:
        Group to its number of cases.

    Returns
    -------
    The small groups, and the smallest others that are needed to protect them. Where nothing is
    small, none.
    """
    order = sorted((n, group) for group, n in sizes.items() if n > 0)
    hidden = [group for n, group in order if is_small(n)]
    if not hidden:
        return frozenset()
    others = [group for n, group in order if not is_small(n)]
    while others and (len(hidden) < 2 or sum(sizes[one] for one in hidden) < SMALL_CELL):
        hidden.append(others.pop(0))
    return frozenset(hidden)
