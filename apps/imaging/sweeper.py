"""Re-queues from PostgreSQL what a dead worker left, and what the broker forgot."""

import time
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from apps.core.outbox import enqueue
from apps.imaging.choices import ImportState, JobState
from apps.imaging.models import Import, IngestJob, PixelTicket, TokenFailure

FORGOTTEN_AFTER = timedelta(seconds=45)
BATCH = 50
TICKETS_KEPT = timedelta(hours=1)
FAILURES_KEPT = timedelta(days=1)
HOUSEKEEPING_S = 300.0
_last_housekeeping = [0.0]


def sweep_ingest() -> int:
    """Called every second by the ticker, in any number of processes."""
    swept = _sweep_ingest_jobs() + _sweep_imports()
    _housekeep()
    return swept


def _sweep_ingest_jobs() -> int:
    now = timezone.now()
    with transaction.atomic():
        dead = IngestJob.objects.filter(state=JobState.RUNNING, lease_expires_at__lt=now)
        forgotten = IngestJob.objects.filter(
            state=JobState.QUEUED, updated_at__lt=now - FORGOTTEN_AFTER
        )
        jobs = list((dead | forgotten).select_for_update(skip_locked=True)[:BATCH])
        for job in jobs:
            job.state = JobState.QUEUED
            job.lease_expires_at = None
            job.save(update_fields=["state", "lease_expires_at", "updated_at"])
            enqueue(task="apps.imaging.tasks.ingest_study", kwargs={"job_id": str(job.pk)})
    return len(jobs)


def _sweep_imports() -> int:
    now = timezone.now()
    with transaction.atomic():
        dead = Import.objects.filter(state=ImportState.RUNNING, lease_expires_at__lt=now)
        forgotten = Import.objects.filter(
            state=ImportState.PENDING, updated_at__lt=now - FORGOTTEN_AFTER
        )
        imports = list((dead | forgotten).select_for_update(skip_locked=True)[:BATCH])
        for one in imports:
            one.state = ImportState.PENDING
            one.lease_expires_at = None
            one.save(update_fields=["state", "lease_expires_at", "updated_at"])
            enqueue(task="apps.imaging.tasks.process_import", kwargs={"import_id": str(one.pk)})
    return len(imports)


def _housekeep() -> None:
    if time.monotonic() - _last_housekeeping[0] < HOUSEKEEPING_S:
        return
    _last_housekeeping[0] = time.monotonic()
    PixelTicket.objects.filter(expires_at__lt=timezone.now() - TICKETS_KEPT).delete()
    TokenFailure.objects.filter(updated_at__lt=timezone.now() - FAILURES_KEPT).delete()
