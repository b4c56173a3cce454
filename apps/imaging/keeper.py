"""Keeps what is needed at hand: hands out checks, calls evicted series back, plans prefetch.

Called every second by the leading ticker; only rows are moved here, the work is the workers'.
"""

import time
from datetime import timedelta

from django.db import transaction
from django.db.models import Count
from django.utils import timezone

from apps.core.actors import Actor
from apps.core.outbox import enqueue
from apps.imaging.models import IngestJob, PacsConnection, Series, Study
from apps.imaging.services import ingesting, needs, prefetching

CHECK_TASK = "apps.imaging.tasks.check_study"
KEEP_TASK = "apps.imaging.tasks.keep_archive"
ACTOR = Actor.system("keeper")
CHECKS_PER_PACS = 2
CHECK_LEASE = timedelta(minutes=5)
RECALL_PAUSE = timedelta(seconds=20)
RECALLS = 20
RETRIES = 20
PLAN_EVERY_S = 10.0
KEEP_EVERY_S = 300.0
_last = {"plan": 0.0, "keep": 0.0}


def keep() -> int:
    moved = recall_wanted() + hand_out_checks() + retry_failed()
    if _is_time("plan", PLAN_EVERY_S):
        prefetching.plan_prefetch()
        prefetching.schedule_needed(needs=needs.collect_needs())
        prefetching.recall_evicted(case_ids=needs.near_needs())
    if _is_time("keep", KEEP_EVERY_S):
        with transaction.atomic():
            enqueue(task=KEEP_TASK)
    return moved


def hand_out_checks() -> int:
    """Due studies to the workers, a few at a time per PACS: it has other users."""
    now = timezone.now()
    due = Study.objects.filter(check_due_at__lte=now, pacs__is_active=True)
    if not due.exists():
        return 0
    busy = dict(
        Study.objects.filter(checking_until__gt=now)
        .values_list("pacs_id")
        .annotate(n=Count("pk"))
        .order_by()
    )
    handed = 0
    for pacs_id in PacsConnection.objects.filter(is_active=True).values_list("pk", flat=True):
        room = CHECKS_PER_PACS - busy.get(pacs_id, 0)
        if room <= 0:
            continue
        with transaction.atomic():
            rows = (
                Study.objects.select_for_update(skip_locked=True, of=("self",))
                .filter(pacs_id=pacs_id, check_due_at__lte=now)
                .exclude(checking_until__gt=now)
                .order_by("check_due_at")[:room]
            )
            for study in list(rows):
                # Due again after the lease: a worker that dies delays the check, no more.
                Study.objects.filter(pk=study.pk).update(
                    checking_until=now + CHECK_LEASE, check_due_at=now + CHECK_LEASE
                )
                enqueue(task=CHECK_TASK, kwargs={"study_id": str(study.pk)})
                handed += 1
    return handed


def recall_wanted() -> int:
    """Somebody waits for evicted series: queue the ingest of their studies."""
    now = timezone.now()
    studies = (
        Series.objects.filter(wanted_at__isnull=False, evicted_at__isnull=False)
        .exclude(source_warnings__contains=[{"code": "series_lost"}])
        .order_by("wanted_at")
        .values_list("study_id", "evicted_at")[:RECALLS]
    )
    recalled = 0
    for study_id, evicted_at in dict(studies).items():
        if IngestJob.objects.filter(
            study_id=study_id, created_at__gt=evicted_at, finished_at__gt=now - RECALL_PAUSE
        ).exists():
            continue  # it was just tried in vain
        with transaction.atomic():
            ingesting.queue_ingest(actor=ACTOR, study_id=study_id)
            Series.objects.filter(study_id=study_id).update(wanted_at=None)
        recalled += 1
    return recalled


def retry_failed() -> int:
    """Studies whose PACS was away, once their time has come."""
    due = Study.objects.filter(retry_at__lte=timezone.now(), case_studies__isnull=False).distinct()
    study_ids = list(due.order_by("retry_at").values_list("pk", flat=True)[:RETRIES])
    for study_id in study_ids:
        with transaction.atomic():
            ingesting.queue_ingest(actor=ACTOR, study_id=study_id)
    return len(study_ids)


def _is_time(what: str, every_s: float) -> bool:
    if time.monotonic() - _last[what] < every_s:
        return False
    _last[what] = time.monotonic()
    return True
