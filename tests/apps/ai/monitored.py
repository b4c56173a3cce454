"""Runs of a version and what people made of them, written straight to the tables, many at once.

The services are tested elsewhere; monitoring counts rows, and needs them in past weeks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from django.db import connection

from apps.ai.models import Finding, FindingReview, FindingViewing, Job, JobProfile, ModelVersion
from apps.cases.models import Case
from apps.imaging.choices import StudyState
from apps.imaging.models import CaseStudy, Series, Study

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
"""A Wednesday: its week, 2026-W48, is not over."""
TODAY = NOW.date()
LAST_WEEK = datetime(2026, 11, 18, 9, 0, tzinfo=UTC)


@dataclass
class Runs:
    """Rows of one call, in their order."""

    jobs: list[Job] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)


def write_runs(
    version: ModelVersion,
    count: int,
    *,
    at: datetime = LAST_WEEK,
    every: timedelta = timedelta(0),
    state: str = "no_findings",
    reason: str = "",
    queue_s: float = 10.0,
    run_s: float = 30.0,
    findings: int = 0,
    urgency: str = "routine",
    scores: Sequence[float] = (),
    cases: Sequence[Case] = (),
    profile: dict[str, Any] | None = None,
    profiles: Sequence[dict[str, Any]] = (),
) -> Runs:
    """``count`` runs that ended at ``at``, ``every`` so much later than the one before.

    The findings take ``scores`` in turn: drawn by lot they would drift by chance.
    """
    done = Runs()
    studies, series, shown, described = [], [], [], []
    for number in range(count):
        ended = at + number * every
        study = Study(study_instance_uid=f"2.25.{uuid4().int}", state=StudyState.READY)
        one = Series(study=study, series_instance_uid=f"2.25.{uuid4().int}", modality="CT",
                     content_sha256=uuid4().hex * 2)  # fmt: skip
        started = ended - timedelta(seconds=run_s)
        asked = started - timedelta(seconds=queue_s)
        job = Job(
            version=version, series=one, series_content_sha256=one.content_sha256, state=state,
            parameters_sha256="0" * 64, reason_code=reason, queued_at=asked, rank_at=asked,
            not_before=asked, rung_at=asked, started_at=started, first_started_at=started,
            finished_at=ended,
        )  # fmt: skip
        studies.append(study)
        series.append(one)
        done.jobs.append(job)
        shown += [CaseStudy(case=case, study=study) for case in cases]
        said = profiles[number % len(profiles)] if profiles else profile
        if said is not None:
            described.append(JobProfile(job=job, **said))
        for place in range(findings):
            score = scores[len(done.findings) % len(scores)] if scores else None
            done.findings.append(_finding(job, study, place + 1, urgency, score))
    for table, rows in (
        (Study, studies), (Series, series), (Job, done.jobs), (JobProfile, described),
        (CaseStudy, shown), (Finding, done.findings),
    ):  # fmt: skip
        table.objects.bulk_create(rows, batch_size=5_000)
    return done


def _finding(job: Job, study: Study, number: int, urgency: str, score: float | None) -> Finding:
    return Finding(
        job=job, study=study, number=number, label="Thing", code={}, category={}, urgency=urgency,
        probability=score, tracking_uid="1", sop_instance_uid="1",
        centroid_lps=[], bbox_lps=[], report_uid=f"2.25.{uuid4().int}", report_sha256="",
    )  # fmt: skip


def write_reviews(
    findings: Sequence[Finding],
    case: Case,
    reviewer: Any,
    *,
    decision: str = "accepted",
    reason: str = "",
    dwell_ms: int | None = None,
    after: timedelta = timedelta(hours=1),
) -> list[FindingReview]:
    """A standing review of each finding, so long after its job ended."""
    reviews = FindingReview.objects.bulk_create(
        FindingReview(
            finding=one, case=case, version=2, decision=decision, reason_code=reason,
            reviewer=reviewer, dwell_ms=dwell_ms,
        )
        for one in findings
    )  # fmt: skip
    set_created("ai_findingreview", {
        review.pk: one.job.finished_at + after
        for review, one in zip(reviews, findings, strict=True)
    })  # fmt: skip
    return reviews


def write_viewings(findings: Sequence[Finding], case: Case, user: Any, after: timedelta) -> None:
    rows = FindingViewing.objects.bulk_create(
        FindingViewing(finding=one, case=case, user=user) for one in findings
    )
    set_created("ai_findingviewing", {
        row.pk: one.job.finished_at + after for row, one in zip(rows, findings, strict=True)
    })  # fmt: skip


def set_created(table: str, at: dict[UUID, datetime]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {table} row SET created_at = told.at "
            "FROM unnest(%s::uuid[], %s::timestamptz[]) AS told(id, at) WHERE row.id = told.id",
            [list(at), list(at.values())],
        )
