"""Every second: give back what dead workers held, and ring for what nobody heard.

The broker may have lost everything (a crash, a FLUSHALL): the queue is in PostgreSQL, so a
bell that was lost is simply rung again. Quick by construction: three indexed queries.
"""

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any, TypeVar
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from apps.ai.choices import ExportState, JobState
from apps.ai.conf import BELL_EVERY, BELLS_PER_SWEEP, RERANK_EVERY_S
from apps.ai.models import FindingExport, Job, StructureSet
from apps.ai.models.sending import Sending
from apps.ai.services.exports import EXPORT_TASK, put_export_back
from apps.ai.services.external import ring_for_owed_readings
from apps.ai.services.jobs import WORKER_LOST, requeue_or_quarantine, ring_bell
from apps.ai.services.ranking import rerank_waiting_jobs
from apps.ai.services.sending import STRUCTURE_SET_TASK
from apps.ai.services.structure_sets import put_structure_set_back
from apps.ai.validation_runs.services import sweep_runs
from apps.core.outbox import enqueue

BATCH = 100
Row = TypeVar("Row", bound=Sending)
_done_at: dict[str, float] = {}


def sweep() -> None:
    """One round; safe to run in several processes at once."""
    requeue_expired_jobs()
    rerank_now_and_then()
    ring_for_waiting_jobs()
    ring_for_due_exports()
    sweep_runs()
    ring_for_owed_readings()


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
    findings = FindingExport.objects.select_related("review")
    lost: dict[str, Any] = {
        "code": WORKER_LOST,
        "message": "The worker stopped reporting.",
        "delay": timedelta(0),
    }
    return _ring_for_due(
        findings, EXPORT_TASK, "export_id", lambda row: put_export_back(export=row, **lost)
    ) + _ring_for_due(
        StructureSet.objects.all(),
        STRUCTURE_SET_TASK,
        "structure_set_id",
        lambda row: put_structure_set_back(row=row, **lost),
    )


def _ring_for_due(
    rows: "QuerySet[Row]", task: str, name: str, put_back: Callable[[Row], None]
) -> int:
    now = timezone.now()
    overdue = now - BELL_EVERY
    due = list(
        rows.select_for_update(of=("self",), skip_locked=True)
        .filter(
            Q(state=ExportState.QUEUED, not_before__lt=overdue)
            | Q(state=ExportState.STORING, lease_until__lt=now)
        )
        .order_by("not_before")[:BATCH]
    )
    for row in due:
        if row.state == ExportState.STORING:
            put_back(row)
            continue
        row.not_before = now - timedelta(milliseconds=1)
        row.save()
        enqueue(task=task, kwargs={name: str(row.pk)})
    return len(due)
