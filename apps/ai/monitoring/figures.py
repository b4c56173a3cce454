"""From counts to figures: shares with Wilson's interval, quantiles, and what is not said.

Each figure has its own number of cases, and its own hidden cells.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite

from apps.ai.monitoring.suppression import hidden_groups, is_small
from apps.ai.monitoring.tallies import Tallies, Tally
from apps.ai.statistics.wilson import wilson_interval

SHARES: Mapping[str, tuple[str, str]] = {
    "failed": ("failed", "ended"),
    "out_of_scope": ("out_of_scope", "ended"),
    "positive": ("positive", "ran"),
    "urgent": ("urgent", "ran"),
    "accepted": ("accepted", "decided"),
    "amended": ("amended", "accepted"),
    "dismissed": ("dismissed", "decided"),
    "deferred": ("deferred", "shown"),
    "unreviewed": ("unreviewed", "shown"),
    "superseded": ("superseded", "shown"),
    "acknowledged": ("acknowledged", "to_acknowledge"),
    "contradicted": ("contradicted", "with_opinion"),
    "fast_dismissals": ("fast_dismissals", "timed_dismissals"),
}
"""Figure: of what, among what."""

QUANTILES: Mapping[str, tuple[str, str, tuple[float, ...]]] = {
    "queue_s": ("ran", "s", (0.5, 0.95)),
    "run_s": ("ran", "s", (0.5, 0.95)),
    "acknowledge_s": ("to_acknowledge", "s", (0.5, 0.95)),
    "dice": ("edits", "1", (0.25, 0.5, 0.75)),
    "volume_change_ml": ("edits", "mL", (0.25, 0.5, 0.75)),
    "diameter_change_mm": ("edits", "mm", (0.25, 0.5, 0.75)),
}
"""Figure: among what, unit (UCUM), which quantiles."""

REASONS: Mapping[str, str] = {"failed": "ended", "out_of_scope": "ended", "dismissed": "decided"}
"""Of what reasons are given: among what."""

TOGETHER = "+"
"""The group of all hidden ones of a figure and period."""


@dataclass(frozen=True, slots=True)
class Share:
    """``count`` of ``n``, and where the true share lies (Wilson, 95 %); None where hidden."""

    n: int | None
    count: int | None
    share: float | None
    low: float | None
    high: float | None

    @property
    def is_hidden(self) -> bool:
        return self.n is None


@dataclass(frozen=True, slots=True)
class Quantiles:
    """Values at the figure's quantiles; one is None that more than its share has not reached."""

    n: int | None
    values: tuple[float | None, ...]

    @property
    def is_hidden(self) -> bool:
        return self.n is None


@dataclass(frozen=True, slots=True)
class Amount:
    """A number of runs, or findings per study with its number of studies; None where hidden."""

    n: int | None
    value: float | None

    @property
    def is_hidden(self) -> bool:
        return self.n is None


@dataclass(frozen=True, slots=True)
class Cell:
    """Every figure of one group in one period."""

    period: int
    group: str
    ended: Amount
    findings_per_study: Amount
    shares: Mapping[str, Share]
    quantiles: Mapping[str, Quantiles]
    reasons: Mapping[str, Mapping[str, int] | None]


HIDDEN_SHARE = Share(None, None, None, None, None)


def make_share(count: int, n: int) -> Share:
    interval = wilson_interval(count, n)
    if interval is None:
        return Share(0, 0, None, None, None)
    return Share(n, count, count / n, *interval)


def make_cells(
    *, tallies: Tallies, periods: int, groups: Sequence[str]
) -> tuple[list[Cell], dict[tuple[int, str], tuple[Share, tuple[str, ...]]]]:
    """The cells of a partition by period, and what hidden groups are together.

    Returns
    -------
    One cell per period and group; and by period and share the figure of all its hidden groups
    with their names, where it is one of ten cases or more.
    """
    cells: list[Cell] = []
    together: dict[tuple[int, str], tuple[Share, tuple[str, ...]]] = {}
    for period in range(periods):
        row = {group: tallies.get((period, group), Tally()) for group in groups}
        hidden = {
            name: hidden_groups({group: one.counts.get(name, 0) for group, one in row.items()})
            for name in _denominators()
        }
        for group, tally in row.items():
            dark = {name for name, ones in hidden.items() if group in ones}
            cells.append(_make_cell(period, group, tally, dark))
        for name, (count, among) in SHARES.items():
            ones = sorted(hidden[among])
            n = sum(row[one].counts.get(among, 0) for one in ones)
            if ones and not is_small(n):
                counted = sum(row[one].counts.get(count, 0) for one in ones)
                together[period, name] = (make_share(counted, n), tuple(ones))
    return cells, together


def _denominators() -> set[str]:
    shares = {among for _, among in SHARES.values()}
    return shares | {among for among, _, _ in QUANTILES.values()} | {"studies"}


def _make_cell(period: int, group: str, tally: Tally, dark: set[str]) -> Cell:
    counts = tally.counts
    return Cell(
        period=period,
        group=group,
        ended=Amount(None, None) if "ended" in dark
        else Amount(counts.get("ended", 0), float(counts.get("ended", 0))),
        findings_per_study=_findings_per_study(tally, dark),
        shares={
            name: HIDDEN_SHARE if among in dark
            else make_share(counts.get(count, 0), counts.get(among, 0))
            for name, (count, among) in SHARES.items()
        },
        quantiles={
            name: Quantiles(None, (None,) * len(which)) if among in dark
            else _make_quantiles(tally, name, counts.get(among, 0), len(which))
            for name, (among, _, which) in QUANTILES.items()
        },
        reasons={
            of: None if among in dark
            else {code: n for (ending, code), n in sorted(tally.reasons.items()) if ending == of}
            for of, among in REASONS.items()
        },
    )  # fmt: skip


def _findings_per_study(tally: Tally, dark: set[str]) -> Amount:
    if dark & {"studies", "ran"}:
        return Amount(None, None)
    studies = tally.counts.get("studies", 0)
    return Amount(studies, tally.counts.get("findings", 0) / studies if studies else None)


def _make_quantiles(tally: Tally, name: str, n: int, count: int) -> Quantiles:
    values = tally.quantiles.get(name) or (None,) * count
    reached = (value if value is not None and isfinite(value) else None for value in values)
    return Quantiles(n, tuple(reached))
