"""Re-queues from PostgreSQL what a dead worker left, and what the broker forgot."""

import shutil
import time
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from apps.core.outbox import enqueue
from apps.imaging.archive.layout import spool_directory
from apps.imaging.choices import FileVerdict, ImportState, JobState
from apps.imaging.models import Import, IngestJob, PixelTicket, TokenFailure

FORGOTTEN_AFTER = timedelta(seconds=45)
BATCH = 50
TICKETS_KEPT = timedelta(hours=1)
FAILURES_KEPT = timedelta(days=1)
UPLOADS_KEPT = timedelta(days=1)  # without a byte
QUESTIONS_KEPT = timedelta(days=14)
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
    end_stale_imports()


def end_stale_imports() -> int:
    """Uploads that nobody went on with, and questions that nobody answered; how many."""
    now = timezone.now()
    uploads = Import.objects.filter(
        state=ImportState.RECEIVING, updated_at__lt=now - UPLOADS_KEPT
    ).values_list("pk", flat=True)
    ended = list(uploads)
    Import.objects.filter(pk__in=ended, state=ImportState.RECEIVING).update(
        state=ImportState.CANCELLED,
        error_code="upload_abandoned",
        error_message="Nothing came for a day; upload the files again.",
    )
    for parent in Import.objects.filter(
        state=ImportState.WAITING, updated_at__lt=now - QUESTIONS_KEPT
    )[:BATCH]:
        with transaction.atomic():
            parent.files.filter(verdict=FileVerdict.HELD).update(
                verdict=FileVerdict.REJECTED,
                reason="Nobody said in time whose images these are; upload them again.",
            )
            Import.objects.filter(pk=parent.pk).update(state=ImportState.DONE)
        ended.append(parent.pk)
    for import_id in ended:
        shutil.rmtree(spool_directory(import_id), ignore_errors=True)
    return len(ended)
