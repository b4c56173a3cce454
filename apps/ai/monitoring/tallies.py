"""What is counted of a version, per period and group: plain numbers, straight from PostgreSQL.

Runs are counted once, however many cases show the study; what people think of a finding is
counted once per finding and case, as each case decides for itself. Everything belongs to the
period in which its job ended, so a week's acceptance still moves while reviews come in.

The rows are read by one of a few fixed statements: seven, however many periods and groups.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from apps.ai.monitoring.limits import FAST_DISMISSAL_MS

GROUPS: Mapping[str, str] = {
    "": "''",
    "sex": "coalesce(profile.sex, '')",
    "age_band": """CASE WHEN profile.age_years IS NULL THEN ''
        WHEN profile.age_years < 18 THEN '0-17' WHEN profile.age_years < 40 THEN '18-39'
        WHEN profile.age_years < 60 THEN '40-59' WHEN profile.age_years < 80 THEN '60-79'
        ELSE '80+' END""",
    "manufacturer": "coalesce(profile.manufacturer, '')",
    "scanner": "coalesce(profile.scanner, '')",
    "site": "coalesce(profile.site, '')",
    "slice_thickness": """CASE WHEN profile.slice_thickness_mm IS NULL THEN ''
        WHEN profile.slice_thickness_mm <= 1.0 THEN '<=1' WHEN profile.slice_thickness_mm <= 2.0
        THEN '1-2' WHEN profile.slice_thickness_mm <= 3.0 THEN '2-3'
        WHEN profile.slice_thickness_mm <= 5.0 THEN '3-5' ELSE '>5' END""",
}
"""Subgroups by name, as SQL over the job's profile; empty where the headers did not say."""

_RUN = """
WITH run AS (
    SELECT job.id, job.state, job.reason_code, job.superseded_by_id, series.study_id,
        study.synthetic, job.finished_at,
        extract(epoch FROM job.started_at - job.queued_at)::float8 AS queue_s,
        extract(epoch FROM job.finished_at - job.started_at)::float8 AS run_s,
        width_bucket(job.finished_at, %(starts)s::timestamptz[]) - 1 AS period,
        {group} AS grp
    FROM ai_job job
    JOIN imaging_series series ON series.id = job.series_id
    JOIN imaging_study study ON study.id = series.study_id
    LEFT JOIN ai_jobprofile profile ON profile.job_id = job.id
    WHERE job.version_id = %(version)s
        AND job.finished_at >= %(first)s AND job.finished_at < %(last)s
        AND job.state IN ('findings', 'no_findings', 'out_of_scope', 'failed', 'cancelled')
)
"""

_RUNS = """
SELECT period, grp,
    count(*) FILTER (WHERE state <> 'cancelled') AS ended,
    count(*) FILTER (WHERE state = 'failed') AS failed,
    count(*) FILTER (WHERE state = 'out_of_scope') AS out_of_scope,
    count(*) FILTER (WHERE state = 'cancelled') AS cancelled,
    count(*) FILTER (WHERE state IN ('findings', 'no_findings')) AS ran,
    count(*) FILTER (WHERE state = 'findings') AS positive,
    count(DISTINCT study_id) FILTER (WHERE state IN ('findings', 'no_findings')) AS studies,
    count(*) FILTER (WHERE synthetic) AS synthetic,
    percentile_cont(ARRAY[0.5, 0.95]) WITHIN GROUP (ORDER BY queue_s)
        FILTER (WHERE state IN ('findings', 'no_findings')) AS queue_s,
    percentile_cont(ARRAY[0.5, 0.95]) WITHIN GROUP (ORDER BY run_s)
        FILTER (WHERE state IN ('findings', 'no_findings')) AS run_s
FROM run GROUP BY period, grp
"""

_REASONS = """
SELECT period, grp, state, reason_code, count(*) FROM run
WHERE state IN ('out_of_scope', 'failed') GROUP BY period, grp, state, reason_code
"""

_FINDINGS = """
SELECT period, grp, count(*) AS findings,
    count(DISTINCT run.id) FILTER (WHERE finding.urgency <> 'routine') AS urgent
FROM run JOIN ai_finding finding ON finding.job_id = run.id GROUP BY period, grp
"""

_UNREVIEWED = """
SELECT period, grp,
    count(*) FILTER (WHERE superseded_by_id IS NULL) AS unreviewed,
    count(*) FILTER (WHERE superseded_by_id IS NOT NULL) AS superseded
FROM run
JOIN ai_finding finding ON finding.job_id = run.id
JOIN imaging_casestudy shown ON shown.study_id = run.study_id
LEFT JOIN ai_findingreview review
    ON review.finding_id = finding.id AND review.case_id = shown.case_id AND review.stands
WHERE review.id IS NULL GROUP BY period, grp
"""

_REVIEWS = """
SELECT period, grp, review.decision, review.reason_code, count(*) AS reviews,
    count(amendment.id) AS amended,
    count(review.dwell_ms) AS timed,
    count(*) FILTER (WHERE review.dwell_ms < %(fast_ms)s) AS fast,
    count(*) FILTER (WHERE said.opinions > 0) AS with_opinion,
    count(*) FILTER (WHERE said.against > 0) AS contradicted
FROM run
JOIN ai_finding finding ON finding.job_id = run.id
JOIN ai_findingreview review ON review.finding_id = finding.id AND review.stands
LEFT JOIN ai_findingamendment amendment ON amendment.review_id = review.id
LEFT JOIN LATERAL (
    SELECT count(*) AS opinions,
        count(*) FILTER (WHERE opinion.decision <> review.decision) AS against
    FROM ai_findingopinion opinion
    WHERE opinion.finding_id = finding.id AND opinion.case_id = review.case_id AND opinion.stands
) said ON true
GROUP BY period, grp, review.decision, review.reason_code
"""

_EDITS = """
SELECT period, grp, count(*) AS edits,
    percentile_cont(ARRAY[0.25, 0.5, 0.75]) WITHIN GROUP (ORDER BY amendment.dice) AS dice,
    percentile_cont(ARRAY[0.25, 0.5, 0.75]) WITHIN GROUP (
        ORDER BY amendment.volume_after_ml - amendment.volume_before_ml) AS volume_change_ml,
    percentile_cont(ARRAY[0.25, 0.5, 0.75]) WITHIN GROUP (
        ORDER BY amendment.diameter_after_mm - amendment.diameter_before_mm) AS diameter_change_mm
FROM run
JOIN ai_finding finding ON finding.job_id = run.id
JOIN ai_findingreview review ON review.finding_id = finding.id AND review.stands
JOIN ai_findingamendment amendment ON amendment.review_id = review.id
GROUP BY period, grp
"""

_ACKNOWLEDGED = """
, seen AS MATERIALIZED (
    SELECT run.id, min(looked.created_at) AS at
    FROM run
    JOIN ai_finding finding ON finding.job_id = run.id
    JOIN (
        SELECT finding_id, created_at FROM ai_findingviewing
        UNION ALL SELECT finding_id, created_at FROM ai_findingreview
    ) looked ON looked.finding_id = finding.id
    GROUP BY run.id
)
SELECT period, grp, count(*) AS to_acknowledge, count(seen.at) AS acknowledged,
    percentile_disc(ARRAY[0.5, 0.95]) WITHIN GROUP (ORDER BY CASE
        WHEN seen.at IS NULL THEN 'infinity'::float8
        ELSE extract(epoch FROM greatest(seen.at, finished_at) - finished_at)::float8 END
    ) AS acknowledge_s
FROM run LEFT JOIN seen ON seen.id = run.id
WHERE run.state = 'findings'
    AND EXISTS (SELECT 1 FROM imaging_casestudy shown WHERE shown.study_id = run.study_id)
GROUP BY period, grp
"""


@dataclass
class Tally:
    """What was counted of one group in one period.

    ``counts`` by name, ``quantiles`` by name (seconds, mL, mm or none), ``reasons`` by
    ``(failed | out_of_scope | dismissed, code)``.
    """

    counts: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    quantiles: dict[str, tuple[float, ...]] = field(default_factory=dict)
    reasons: dict[tuple[str, str], int] = field(default_factory=lambda: defaultdict(int))


Tallies = dict[tuple[int, str], Tally]
"""By the period's place in the list, and the group."""


def count_version(*, version_id: UUID, starts: Sequence[datetime], by: str = "") -> Tallies:
    """Count the runs of a version that ended in the periods, and what became of them.

    Parameters
    ----------
    starts:
        The start of each period and the end of the last one (``periods.instants``).
    by:
        A key of ``GROUPS``.
    """
    values = {
        "version": version_id,
        "starts": list(starts[:-1]),
        "first": starts[0],
        "last": starts[-1],
        "fast_ms": FAST_DISMISSAL_MS,
    }
    tallies: Tallies = defaultdict(Tally)
    for statement in (_RUNS, _FINDINGS, _UNREVIEWED, _EDITS, _ACKNOWLEDGED):
        for row in _read(statement, by, values):
            _add(tallies[row.pop("period"), row.pop("grp")], row)
    for row in _read(_REASONS, by, values):
        tally = tallies[row["period"], row["grp"]]
        tally.reasons[row["state"], row["reason_code"]] += row["count"]
    for row in _read(_REVIEWS, by, values):
        _add_reviews(tallies[row["period"], row["grp"]], row)
    for tally in tallies.values():
        counts = tally.counts
        counts["decided"] = counts["accepted"] + counts["dismissed"]
        counts["shown"] = (
            counts["decided"] + counts["deferred"] + counts["unreviewed"] + counts["superseded"]
        )
    return dict(tallies)


def _add(tally: Tally, row: dict[str, Any]) -> None:
    for name, value in row.items():
        if isinstance(value, list):
            tally.quantiles[name] = tuple(value)
        elif value is not None:
            tally.counts[name] += value


def _add_reviews(tally: Tally, row: dict[str, Any]) -> None:
    decision, counts = row["decision"], tally.counts
    counts[decision] += row["reviews"]
    if decision == "deferred":
        return
    counts["with_opinion"] += row["with_opinion"]
    counts["contradicted"] += row["contradicted"]
    if decision == "accepted":
        counts["amended"] += row["amended"]
        return
    counts["timed_dismissals"] += row["timed"]
    counts["fast_dismissals"] += row["fast"]
    tally.reasons["dismissed", row["reason_code"]] += row["reviews"]


def _read(statement: str, by: str, values: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Rows by column name. Only the fixed texts above become part of the statement."""
    with connection.cursor() as cursor:
        cursor.execute(_RUN.format(group=GROUPS[by]) + statement, values)
        names = [column.name for column in cursor.description or []]
        for row in cursor.fetchall():
            yield dict(zip(names, row, strict=True))
