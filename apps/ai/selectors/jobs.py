"""Reading jobs and their queue."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from statistics import median
from uuid import UUID

from django.db.models import F, Q, QuerySet
from django.utils import timezone

from apps.ai import conf, policies
from apps.ai.choices import OPEN_JOB_STATES, JobState
from apps.ai.models import Job
from apps.ai.queueing import Running, expect_starts
from apps.ai.selectors.cases import ResultCases
from apps.core.actors import Actor
from apps.core.exceptions import NotVisible
from apps.core.heartbeats import count_alive

QUEUE_SHOWN = 1_000


WORKER = "worker-ai@"

LISTED_FOR = timedelta(weeks=2)
LISTED_LONGER = (*OPEN_JOB_STATES, JobState.FAILED)


def list_jobs(*, actor: Actor, cases: ResultCases) -> "QuerySet[Job]":
    """Jobs on the studies of one case, or of all cases whose results the actor may see.

    One row per job and case, with ``case_pk`` and ``case_title``. The AI administrator's list
    without a case holds each job once, those in shadow too, without either: those of the last two
    weeks, and of older ones what is open or failed. Figures of all are in monitoring.
    """
    jobs = Job.objects.select_related("version__model", "series__study")
    if cases.case_id is None and actor.has_role(policies.AI_ADMIN):
        since = timezone.now() - LISTED_FOR
        return jobs.filter(Q(created_at__gte=since) | Q(state__in=LISTED_LONGER))
    shown = jobs.filter(series__study__case_studies__case_id__in=cases.shown, is_shadow=False)
    return shown.annotate(
        case_pk=F("series__study__case_studies__case_id"),
        case_title=F("series__study__case_studies__case__title"),
    )


def get_job(*, actor: Actor, job_id: UUID) -> Job:
    policies.view_job(actor=actor, job_id=job_id)
    job = Job.objects.select_related("version__model", "series__study").filter(pk=job_id).first()
    if job is None:
        raise NotVisible()
    return job


@dataclass(frozen=True, slots=True)
class QueuePlace:
    """Where a waiting job stands, from 1, and in how many seconds it should begin, if known."""

    position: int
    starts_in_s: float | None


def queue_places() -> dict[UUID, QueuePlace]:
    """Every waiting job's place."""
    rows = Job.objects.filter(state=JobState.QUEUED).order_by("rank_at", "id")
    waiting = list(rows.values_list("pk", "version_id")[:QUEUE_SHOWN])
    if not waiting:
        return {}
    now = timezone.now()
    at_work = Job.objects.filter(state=JobState.RUNNING, lease_until__gte=now)
    running = [
        Running(version_id, (now - started_at).total_seconds(), progress)
        for version_id, started_at, progress in at_work.values_list(
            "version_id", "started_at", "progress"
        )
        if started_at is not None
    ]
    versions = {version_id for _, version_id in waiting} | {one.version_id for one in running}
    starts = expect_starts(
        waiting=waiting,
        running=running,
        durations_s=usual_durations_s(version_ids=versions),
        workers=max(count_alive(name=WORKER), len(running)),
    )
    return {
        job_id: QueuePlace(position, starts.get(job_id))
        for position, (job_id, _) in enumerate(waiting, start=1)
    }


def usual_durations_s(*, version_ids: Iterable[UUID]) -> dict[UUID, float]:
    """The median of each version's last runs that came to an end of their own."""
    took = F("finished_at") - F("started_at")
    found: dict[UUID, float] = {}
    for version_id in version_ids:
        ended = Job.objects.filter(
            version_id=version_id, state__in=[JobState.FINDINGS, JobState.NO_FINDINGS]
        ).order_by("-finished_at")
        last = ended.annotate(took=took).values_list("took", flat=True)[: conf.USUAL_OF_LAST]
        if seconds := [one.total_seconds() for one in last if one is not None]:
            found[version_id] = median(seconds)
    return found
