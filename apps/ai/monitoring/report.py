"""The figures of one version over weeks, or by subgroup over blocks, as rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from django.utils import timezone

from apps.ai.monitoring.figures import (
    QUANTILES,
    SHARES,
    TOGETHER,
    Amount,
    Cell,
    Quantiles,
    Share,
    make_cells,
)
from apps.ai.monitoring.periods import Period, instants, last_blocks, last_weeks
from apps.ai.monitoring.tallies import Tallies, count_version


@dataclass(frozen=True, slots=True)
class FigureRow:
    """One figure of one group in one period; the shape of REST and of a line of the CSV.

    ``kind`` is ``amount`` (``value``), ``share`` (``count`` of ``n``, ``value`` with its interval
    ``low`` to ``high``) or ``quantiles`` (``quantiles`` at ``at``, in ``unit``). Hidden: nothing
    but the name. ``together`` names the groups of a row that stands for all hidden ones.
    """

    period: int
    group: str
    name: str
    kind: str
    unit: str
    is_hidden: bool
    n: int | None = None
    count: int | None = None
    value: float | None = None
    low: float | None = None
    high: float | None = None
    at: tuple[float, ...] = ()
    quantiles: tuple[float | None, ...] = ()
    together: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ReasonRow:
    """How often a reason was given for ``of``: failed, out_of_scope or dismissed."""

    period: int
    group: str
    of: str
    code: str
    count: int


@dataclass(frozen=True)
class Report:
    """``synthetic_runs`` of the runs were on images made for demonstration or tests."""

    by: str
    periods: list[Period]
    groups: list[str]
    figures: list[FigureRow] = field(default_factory=list)
    reasons: list[ReasonRow] = field(default_factory=list)
    synthetic_runs: int = 0


def build_report(
    *, version_id: UUID, weeks: int, by: str = "", with_running: bool, today: date | None = None
) -> Report:
    """Figures of a version.

    Parameters
    ----------
    weeks:
        How many complete weeks back; by subgroup as many blocks as hold them.
    by:
        A subgroup of ``tallies.GROUPS``, or nothing for all runs by week.
    with_running:
        Also the week that is not over. Never by subgroup: from day to day its differences
        would be single runs.
    """
    day = today or timezone.localdate()
    if by:
        periods = last_blocks(today=day, weeks=weeks)
    else:
        periods = last_weeks(today=day, count=weeks, with_running=with_running)
    starts = instants(periods, timezone.get_current_timezone())
    tallies = count_version(version_id=version_id, starts=starts, by=by)
    groups = _order_groups(tallies) if by else [""]
    cells, together = make_cells(tallies=tallies, periods=len(periods), groups=groups)
    figures = [row for cell in cells for row in _rows_of(cell)]
    figures += [
        _share_row(period, TOGETHER, name, share, groups)
        for (period, name), (share, groups) in sorted(together.items())
        if by
    ]
    return Report(
        by=by,
        periods=periods,
        groups=groups,
        figures=figures,
        reasons=[row for cell in cells for row in _reasons_of(cell)],
        synthetic_runs=sum(one.counts.get("synthetic", 0) for one in tallies.values()),
    )


def _order_groups(tallies: Tallies) -> list[str]:
    """The largest first, what is not known last."""
    sizes: dict[str, int] = {}
    for (_, group), tally in tallies.items():
        sizes[group] = sizes.get(group, 0) + tally.counts.get("ended", 0)
    return sorted(sizes, key=lambda group: (group == "", -sizes[group], group))


def _rows_of(cell: Cell) -> list[FigureRow]:
    rows = [
        _amount_row(cell, "runs", cell.ended),
        _amount_row(cell, "findings_per_study", cell.findings_per_study),
    ]
    rows += [_share_row(cell.period, cell.group, name, cell.shares[name]) for name in SHARES]
    rows += [_quantiles_row(cell, name, cell.quantiles[name]) for name in QUANTILES]
    return rows


def _amount_row(cell: Cell, name: str, amount: Amount) -> FigureRow:
    return FigureRow(
        period=cell.period, group=cell.group, name=name, kind="amount", unit="1",
        is_hidden=amount.is_hidden, n=amount.n, value=amount.value,
    )  # fmt: skip


def _share_row(
    period: int, group: str, name: str, share: Share, together: Sequence[str] = ()
) -> FigureRow:
    return FigureRow(
        period=period, group=group, name=name, kind="share", unit="1", is_hidden=share.is_hidden,
        n=share.n, count=share.count, value=share.share, low=share.low, high=share.high,
        together=tuple(together),
    )  # fmt: skip


def _quantiles_row(cell: Cell, name: str, quantiles: Quantiles) -> FigureRow:
    _, unit, at = QUANTILES[name]
    return FigureRow(
        period=cell.period, group=cell.group, name=name, kind="quantiles", unit=unit,
        is_hidden=quantiles.is_hidden, n=quantiles.n, at=at, quantiles=quantiles.values,
    )  # fmt: skip


def _reasons_of(cell: Cell) -> list[ReasonRow]:
    return [
        ReasonRow(cell.period, cell.group, of, code, count)
        for of, codes in cell.reasons.items()
        for code, count in (codes or {}).items()
    ]
