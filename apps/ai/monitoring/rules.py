"""When AI administration is told: five rules over the last four complete weeks.

A rule goes by the end of Wilson's interval that speaks against it, so that few runs raise no
alarm, and says nothing of fewer than twenty. Rules give advice to people; none acts.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.utils import timezone

from apps.ai.choices import AlertRule
from apps.ai.monitoring.distributions import SCORE, DriftReport, report_drift
from apps.ai.monitoring.figures import SHARES
from apps.ai.monitoring.limits import (
    EARLIER_WEEKS,
    FAILURES_ALLOWED,
    FAST_DISMISSALS_ALLOWED,
    RULE_MIN_N,
    URGENT_ALLOWED,
    WATCHED_WEEKS,
)
from apps.ai.monitoring.periods import WEEK, Period, instants, last_weeks
from apps.ai.monitoring.tallies import Tally, count_version
from apps.ai.statistics.wilson import wilson_interval


@dataclass(frozen=True, slots=True)
class Broken:
    """A rule that is broken, with its figures: never of fewer than twenty."""

    rule: AlertRule
    figures: dict[str, Any]
    suggests_shadow: bool = False


def check_rules(*, version_id: UUID, today: date | None = None) -> list[Broken]:
    """What is to be said about a version now."""
    day = today or timezone.localdate()
    watched = last_weeks(today=day, count=WATCHED_WEEKS, with_running=False)
    start = watched[0].starts_on
    earlier = Period(start - EARLIER_WEEKS * WEEK, start, True)
    recent = Period(start, watched[-1].ends_before, True)
    counted = count_version(
        version_id=version_id,
        starts=instants([earlier, recent], timezone.get_current_timezone()),
    )
    before, now = counted.get((0, ""), Tally()), counted.get((1, ""), Tally())
    drift = report_drift(version_id=version_id, today=day)
    found = [
        _too_many(AlertRule.FAILURES, now, "failed", FAILURES_ALLOWED, suggests_shadow=True),
        _too_many(AlertRule.FAST_DISMISSALS, now, "fast_dismissals", FAST_DISMISSALS_ALLOWED),
        _too_many(AlertRule.BUDGET, now, "urgent", URGENT_ALLOWED),
        _dropped(before, now),
        _drifted(drift),
    ]
    weeks = {"from": recent.starts_on.isoformat(), "before": recent.ends_before.isoformat()}
    return [
        Broken(one.rule, {**one.figures, "weeks": weeks}, one.suggests_shadow)
        for one in found
        if one is not None
    ]


def _too_many(
    rule: AlertRule, now: Tally, share: str, allowed: float, *, suggests_shadow: bool = False
) -> Broken | None:
    """Surely more than is allowed: the lower bound lies above it."""
    figures = _share_figures(now, share)
    if figures is None or figures["low"] <= allowed:
        return None
    return Broken(rule, {**figures, "allowed": allowed}, suggests_shadow)


def _dropped(before: Tally, now: Tally) -> Broken | None:
    """Acceptance surely lower than in the twelve weeks before: the intervals lie apart."""
    earlier, recent = _share_figures(before, "accepted"), _share_figures(now, "accepted")
    if earlier is None or recent is None or recent["high"] >= earlier["low"]:
        return None
    return Broken(AlertRule.ACCEPTANCE, {**recent, "earlier": earlier}, suggests_shadow=True)


def _drifted(report: DriftReport) -> Broken | None:
    moved = [one for one in report.features if one.state == "act" and one.drift is not None]
    moved = [one for one in moved if one.drift and one.drift.n >= RULE_MIN_N]
    if not moved:
        return None
    features = [
        {"name": one.name, "psi": round(one.drift.psi, 4), "n": one.drift.n,
         "psi_by_chance": round(one.drift.psi_by_chance, 4)}
        for one in moved if one.drift
    ]  # fmt: skip
    figures = {"features": features, "reference": report.source}
    return Broken(AlertRule.DRIFT, figures, suggests_shadow=any(one.name == SCORE for one in moved))


def _share_figures(tally: Tally, share: str) -> dict[str, Any] | None:
    count_name, among = SHARES[share]
    count, n = tally.counts.get(count_name, 0), tally.counts.get(among, 0)
    interval = wilson_interval(count, n)
    if n < RULE_MIN_N or interval is None:
        return None
    low, high = interval
    return {
        "figure": share, "count": count, "n": n,
        "share": round(count / n, 4), "low": round(low, 4), "high": round(high, 4),
    }  # fmt: skip
