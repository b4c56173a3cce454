"""The few formulas, pure. Every number comes with what it was counted from.

What is not recorded is said to be so and is never 0. Where a number is about people it is
suppressed when it rests on fewer than ``SMALL`` of them.
"""

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

SMALL = 5
"""Cells about fewer people are not shown."""

State = Literal["value", "none", "suppressed", "not_recorded"]
Unit = Literal["count", "share", "minutes", "days"]


@dataclass(frozen=True, slots=True)
class Part:
    """One slice of an indicator: so many of its ``n``."""

    key: str
    count: int
    share: float | None


@dataclass(frozen=True, slots=True)
class Indicator:
    """One number of a board.

    Attributes
    ----------
    state
        ``value``; ``none``: there was nothing to count; ``suppressed``: fewer than 5 people;
        ``not_recorded``: nobody wrote it down, which is not 0.
    value
        Share as a fraction of 1; minutes and days as their median; counts as they are.
    low, high
        Quartiles of a median.
    count, n
        Numerator and denominator; of medians only ``n``.
    known_of
        How many there were in all, where ``n`` are those of which it is known.
    target
        What the rule asks for, as a fraction of 1.
    """

    key: str
    group: str
    unit: Unit
    state: State
    value: float | None = None
    low: float | None = None
    high: float | None = None
    count: int | None = None
    n: int | None = None
    known_of: int | None = None
    target: float | None = None
    parts: tuple[Part, ...] = field(default=())


def median_and_quartiles(values: Sequence[float]) -> tuple[float, float, float]:
    """(first quartile, median, third quartile), by linear interpolation.

    Source: Hyndman & Fan 1996 (Am Stat 50:361), definition 7, as R, NumPy and PostgreSQL's
    ``percentile_cont`` have it. Check value: 1, 2, 3, 4 gives 1.75, 2.5, 3.25.
    """
    if len(values) == 1:
        return (values[0], values[0], values[0])
    low, middle, high = statistics.quantiles(values, n=4, method="inclusive")
    return (low, middle, high)


def spread(
    *,
    key: str,
    group: str,
    unit: Unit,
    values: Sequence[float],
    known_of: int | None = None,
) -> Indicator:
    """Median and interquartile range of something about people."""
    n = len(values)
    if n == 0:
        state: State = "not_recorded" if known_of else "none"
        return Indicator(key, group, unit, state, n=0, known_of=known_of)
    if n < SMALL:
        return Indicator(key, group, unit, "suppressed", known_of=_known(known_of))
    low, middle, high = median_and_quartiles(values)
    return Indicator(key, group, unit, "value", middle, low, high, n=n, known_of=known_of)


def share(
    *,
    key: str,
    group: str,
    count: int,
    n: int,
    known_of: int | None = None,
    target: float | None = None,
    parts: Mapping[str, int] | None = None,
    about_people: bool = True,
) -> Indicator:
    """``count`` of ``n``, as a fraction of 1. ``parts`` are counts of the same ``n``."""
    if n == 0:
        state: State = "not_recorded" if known_of else "none"
        return Indicator(key, group, "share", state, n=0, known_of=known_of, target=target)
    if about_people and n < SMALL:
        return Indicator(
            key, group, "share", "suppressed", known_of=_known(known_of), target=target
        )
    slices = tuple(Part(name, of_it, of_it / n) for name, of_it in (parts or {}).items() if of_it)
    return Indicator(
        key, group, "share", "value", count / n, count=count, n=n, known_of=known_of,
        target=target, parts=slices,
    )  # fmt: skip


def not_recorded(*, key: str, group: str, unit: Unit, target: float | None = None) -> Indicator:
    """Nobody writes this down here."""
    return Indicator(key, group, unit, "not_recorded", target=target)


def _known(known_of: int | None) -> int | None:
    return known_of if known_of is not None and known_of >= SMALL else None
