"""Every second: give back what dead workers held, and ring for what nobody heard.

The broker may have lost everything (a crash, a FLUSHALL): the queue is in PostgreSQL, so a
bell that was lost is simply rung again. Quick by construction: three indexed queries.
"""

import time
from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from apps.ai.choices import ExportState, JobState
from apps.ai.conf import BELL_EVERY, BELLS_PER_SWEEP, RERANK_EVERY_S
from apps.ai.models import FindingExport, Job
from apps.ai.services.exports import EXPORT_TASK, put_export_back
from apps.ai.services.jobs import WORKER_LOST, requeue_or_quarantine, ring_bell
from apps.ai.services.ranking import rerank_waiting_jobs
from apps.core.outbox import enqueue

BATCH = 100
_done_at: dict[str, float] = {}


def sweep() -> None:
    """One round; safe to run in several processes at once."""
    requeue_expired_jobs()
    rerank_now_and_then()
    ring_for_waiting_jobs()
    ring_for_due_exports()


def requeue_expired_jobs() -> int:
    """Jobs whose worker stopped reporting go back to the queue, or into quarantine."""
    expired = Job.objects.filter(
        state=JobState.RUNNING, lease_until__lt=timezone.now()
    ).values_list("pk", flat=True)[:BATCH]
    return sum(_requeue_one(job_id) for job_id in expired)


def rerank_now_and_then() -> None:
    """Once in a while in each process: what changes is the time left until meetings."""
    now = time.monotonic()
    if now - _done_at.get("rerank", float("-inf")) >= RERANK_EVERY_S:
        _done_at["rerank"] = now
        rerank_waiting_jobs()


@transaction.atomic
def _requeue_one(job_id: UUID) -> int:
    job = (
        Job.objects.select_for_update(of=("self",), skip_locked=True)
        .select_related("version__model", "series__study")
        .filter(pk=job_id, state=JobState.RUNNING, lease_until__lt=timezone.now())
        .first()
    )
    if job is None:
        return 0
    requeue_or_quarantine(
        job=job, code=WORKER_LOST, message=f"The worker {job.worker} stopped reporting."
    )
    return 1


@transaction.atomic
def ring_for_waiting_jobs() -> int:
    """Ring again for jobs that are due and were rung for too long ago."""
    now = timezone.now()
    waiting = list(
        Job.objects.select_for_update(skip_locked=True)
        .filter(state=JobState.QUEUED, not_before__lte=now, rung_at__lt=now - BELL_EVERY)
        .order_by("rank_at")
        .values_list("pk", flat=True)[:BELLS_PER_SWEEP]
    )
    if waiting:
        # One bell drains the whole queue of a worker; so all are marked, a few bells are rung.
        Job.objects.filter(state=JobState.QUEUED, not_before__lte=now).update(rung_at=now)
        for _ in waiting:
            ring_bell()
    return len(waiting)


@transaction.atomic
def ring_for_due_exports() -> int:
    """Exports whose bell was lost or whose worker died while storing."""
    now = timezone.now()
    overdue = now - BELL_EVERY
    due = list(
        FindingExport.objects.select_for_update(of=("self",), skip_locked=True)
        .select_related("review")
        .filter(
            Q(state=ExportState.QUEUED, not_before__lt=overdue)
            | Q(state=ExportState.STORING, lease_until__lt=now)
        )
        .order_by("not_before")[:BATCH]
    )
    for export in due:
        if export.state == ExportState.STORING:
            put_export_back(
                export=export,
                code=WORKER_LOST,
                message="The worker stopped reporting.",
                delay=timedelta(0),
            )
            continue
        export.not_before = now - timedelta(milliseconds=1)
        export.save()
        enqueue(task=EXPORT_TASK, kwargs={"export_id": str(export.pk)})
    return len(due)
