"""What became of AI on a case, in one word each: none of them looks like another."""

from typing import Any
from uuid import UUID

from django.db import models
from django.db.models import Count

from apps.ai.choices import OPEN_JOB_STATES, JobState
from apps.ai.models import Job
from apps.ai.selectors import summarise_cases
from apps.core.actors import Actor


class AiState(models.TextChoices):
    """Of a case; where several hold, the first in this order is told."""

    FAILED = "failed", "A run failed"
    RUNNING = "running", "Running or waiting"
    UNREVIEWED = "unreviewed", "Findings nobody has reviewed"
    REVIEWED = "reviewed", "Every finding reviewed"
    NO_FINDINGS = "no_findings", "Ran: no findings"
    OUT_OF_SCOPE = "out_of_scope", "Not run: out of scope"
    NONE = "none", "Not asked for"


def describe_ai(*, case_id: UUID) -> dict[str, Any]:
    """``{state, unreviewed, jobs: {state: count}}``. Runs in shadow are nobody's to know."""
    jobs = Job.objects.filter(
        series__study__case_studies__case_id=case_id, is_shadow=False, superseded_by=None
    ).exclude(state=JobState.CANCELLED)
    counts: dict[str, int] = dict(
        jobs.order_by().values_list("state").annotate(total=Count("pk", distinct=True))
    )
    told = summarise_cases(actor=Actor.system("readiness"), case_ids=[case_id])
    unreviewed = told[case_id].get("findings_unreviewed") or 0
    return {"state": _state(counts, unreviewed), "unreviewed": unreviewed, "jobs": counts}


def _state(counts: dict[str, int], unreviewed: int) -> str:
    if counts.get(JobState.FAILED):
        return AiState.FAILED
    if any(counts.get(state) for state in OPEN_JOB_STATES):
        return AiState.RUNNING
    if unreviewed:
        return AiState.UNREVIEWED
    if counts.get(JobState.FINDINGS):
        return AiState.REVIEWED
    if counts.get(JobState.NO_FINDINGS):
        return AiState.NO_FINDINGS
    if counts.get(JobState.OUT_OF_SCOPE):
        return AiState.OUT_OF_SCOPE
    return AiState.NONE
