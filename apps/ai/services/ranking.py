"""Where a job stands in the queue: by its turn, its urgency, and the meetings its cases are for."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.utils import timezone

from apps.ai.choices import JobState
from apps.ai.models import Job
from apps.ai.queueing import Rank, rank
from apps.core.registry import case_needs
from apps.imaging.models import CaseStudy

OWN_NEEDS = "ai.jobs"
"""A case is needed because a job reads it: no reason to read it sooner."""


def rank_of_study(*, study_id: UUID, queued_at: datetime, is_urgent: bool, now: datetime) -> Rank:
    """The rank of a job on this study."""
    needed_at = needs_of_studies([study_id]).get(study_id)
    return rank(queued_at=queued_at, is_urgent=is_urgent, needed_at=needed_at, now=now)


def needs_of_studies(study_ids: Iterable[UUID]) -> dict[UUID, datetime]:
    """When each is needed first, of those that are on a coming agenda or in an open room."""
    needs: dict[UUID, datetime] = {}
    for name, provider in case_needs.items():
        if name == OWN_NEEDS:
            continue
        for case_id, at in provider().items():
            needs[case_id] = min(at, needs.get(case_id, at))
    links = CaseStudy.objects.filter(study_id__in=list(study_ids), case_id__in=needs)
    found: dict[UUID, datetime] = {}
    for study_id, case_id in links.values_list("study_id", "case_id"):
        found[study_id] = min(needs[case_id], found.get(study_id, needs[case_id]))
    return found


def rerank_waiting_jobs() -> int:
    """Meetings come nearer, and agendas change: waiting jobs are placed anew; how many moved.

    Nothing is locked: whoever claims meanwhile would skip a locked job. A job that was claimed, or
    asked for again, since it was read is left as it is.
    """
    now = timezone.now()
    waiting = list(Job.objects.select_related("series").filter(state=JobState.QUEUED))
    if not waiting:
        return 0
    needs = needs_of_studies({job.series.study_id for job in waiting})
    return sum(
        _place(job, None if job.is_shadow else needs.get(job.series.study_id), now)
        for job in waiting
    )


def _place(job: Job, needed_at: datetime | None, now: datetime) -> int:
    found = rank(queued_at=job.queued_at, is_urgent=job.is_urgent, needed_at=needed_at, now=now)
    if (job.rank_at, job.rank_reason) == (found.at, found.reason):
        return 0
    unchanged = Job.objects.filter(
        pk=job.pk, state=JobState.QUEUED, queued_at=job.queued_at, is_urgent=job.is_urgent
    )
    return unchanged.update(rank_at=found.at, rank_reason=found.reason)
