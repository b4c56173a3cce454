"""The archive's budget: what is least recently needed leaves, never what is pinned.

Derived files go first, then whole series that their PACS holds object for object. The index
knows of an eviction before the files move, and both happen under the study's lock, so that a
crash leaves a series whole or absent.
"""

import errno
import logging
import os
import shutil
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Avg, Exists, F, OuterRef, Q, QuerySet, Sum
from django.db.models.functions import Coalesce
from django.utils import timezone

from apps.audit.services import record_entry
from apps.core.actors import Actor
from apps.core.exceptions import Unavailable
from apps.imaging.archive.layout import DERIVED, archive_root
from apps.imaging.archive.place import series_store
from apps.imaging.choices import FETCHABLE_STATES, JobState, SeriesKind
from apps.imaging.models import CaseStudy, IngestJob, Instance, PriorStudy, Series, Study
from apps.imaging.services import sources
from apps.imaging.services.leftovers import delete_leftovers
from apps.imaging.services.needs import collect_needs

logger = logging.getLogger(__name__)

IN_USE = timedelta(minutes=15)
NEED_WRITTEN_EVERY = timedelta(minutes=5)
SUPERSEDED_KEPT_S = 24 * 3600.0
FREE_DISK_BYTES = 256 * 1024 * 1024
OBJECT_BYTES = 768 * 1024  # of an archived 512 x 512 slice, before any is known here
ACTOR = Actor.system("retention")


# --- what is there ---------------------------------------------------------------------------


def used_bytes() -> int:
    """Of published series and what is derived from them."""
    series = Series.objects.filter(evicted_at__isnull=True).aggregate(n=Sum("stored_bytes"))["n"]
    return (series or 0) + sum(size for _, size, _ in _derived_files())


def note_need(*, study_id: UUID) -> None:
    """Somebody opens the study: at most one write in five minutes, none per frame."""
    now = timezone.now()
    series = Series.objects.filter(study_id=study_id).exclude(archive_key="")
    stale = Q(needed_at__isnull=True) | Q(needed_at__lt=now - NEED_WRITTEN_EVERY)
    series.filter(stale).update(needed_at=now)
    series.filter(evicted_at__isnull=False, wanted_at__isnull=True).update(wanted_at=now)


def evictable_series() -> "QuerySet[Series]":
    """What may leave, least recently needed first."""
    cases = list(collect_needs())
    pinned = CaseStudy.objects.filter(case_id__in=cases, study=OuterRef("study"))
    offered = PriorStudy.objects.filter(
        case_id__in=cases, study_instance_uid=OuterRef("study__study_instance_uid")
    )
    only_here = Instance.objects.filter(series=OuterRef("pk")).exclude(
        source_state__in=FETCHABLE_STATES
    )
    ingesting = IngestJob.objects.filter(
        study=OuterRef("study"), state__in=[JobState.QUEUED, JobState.RUNNING]
    )
    return (
        Series.objects.filter(
            ~Exists(pinned),
            ~Exists(offered),
            ~Exists(only_here),
            ~Exists(ingesting),
            kind=SeriesKind.IMAGE,  # reports, SEG and RT are small and read without being opened
            evicted_at__isnull=True,
            study__pacs__is_active=True,
            study__pacs__unreachable_since__isnull=True,
            study__ready_at__isnull=False,
        )
        .exclude(archive_key="")
        .annotate(last_needed_at=Coalesce(F("needed_at"), F("created_at")))
        .filter(last_needed_at__lt=timezone.now() - IN_USE)
        .order_by("last_needed_at", "pk")
    )


# --- making room -----------------------------------------------------------------------------


def make_room(*, study_id: UUID, objects: int) -> None:
    """Room for so many more objects of a study, before the first of them is fetched.

    Raises
    ------
    Unavailable
        ``storage_full``: the disk itself; ``archive_budget``: nothing may leave, and no coming
        meeting needs the study.
    """
    known = Series.objects.filter(stored_bytes__gt=0, instance_count__gt=0)
    average = known.aggregate(n=Avg(F("stored_bytes") / F("instance_count")))["n"]
    needed_bytes = int(objects * float(average or OBJECT_BYTES))
    if settings.ARCHIVE_BUDGET_BYTES:
        missing = enforce_budget(reserve_bytes=needed_bytes)
        if missing and not _is_pinned(study_id):
            raise Unavailable(
                "The image archive is full of what coming meetings need.",
                code="archive_budget",
                details={"missing_bytes": missing},
            )
    if shutil.disk_usage(archive_root()).free < needed_bytes + FREE_DISK_BYTES:
        raise OSError(errno.ENOSPC, "no room for the study")


def enforce_budget(*, reserve_bytes: int = 0) -> int:
    """Evict until the budget holds with ``reserve_bytes`` to spare; the bytes still missing."""
    budget = settings.ARCHIVE_BUDGET_BYTES
    if not budget:
        return 0
    excess = used_bytes() + reserve_bytes - budget
    if excess <= 0:
        return 0
    excess -= _delete_derived(excess)
    passed_over: set[UUID] = set()
    while excess > 0:
        series = evictable_series().exclude(pk__in=passed_over).first()
        if series is None:
            break
        passed_over.add(series.pk)
        excess -= evict_series(series_id=series.pk)
    return max(0, excess)


def evict_series(*, series_id: UUID) -> int:
    """Take one series out of the archive; the bytes freed, 0 when it may not leave (any more)."""
    with transaction.atomic():
        study = Study.objects.select_for_update(of=("self",)).filter(series=series_id).first()
        series = evictable_series().filter(pk=series_id).first()
        if study is None or series is None:
            return 0
        Series.objects.filter(pk=series_id).update(evicted_at=timezone.now(), wanted_at=None)
        sources.count_images(study=study)
        study.save(update_fields=["done_instances", "total_instances", "updated_at"])
        record_entry(
            actor=ACTOR,
            action="series.evicted",
            entity="study",
            entity_id=study.pk,
            details={"series": str(series_id), "bytes": series.stored_bytes},
        )
    _drop_files(study_id=study.pk, series_id=series_id)
    return int(series.stored_bytes)


def _drop_files(*, study_id: UUID, series_id: UUID) -> None:
    """Under the lock that publishing takes: a series fetched again meanwhile is left alone."""
    with transaction.atomic():
        Study.objects.select_for_update().get(pk=study_id)
        key = (
            Series.objects.filter(pk=series_id, evicted_at__isnull=False)
            .values_list("archive_key", flat=True)
            .first()
        )
        if key:
            series_store().delete(key)


def keep_archive() -> None:
    """Every few minutes, by a worker: finish what was cut off, then hold the budget."""
    counts = tidy()
    missing = enforce_budget()
    if missing:
        logger.warning("archive: %s bytes over its budget, all of it needed", missing)
    if any(counts.values()):
        logger.info("archive: tidied %s", counts)


# --- after a crash ---------------------------------------------------------------------------


def tidy() -> dict[str, int]:
    """Finish what was cut off and learn sizes that older rows do not know; counts by kind."""
    counts = {"trash": series_store().sweep(), "evicted": 0, "measured": 0}
    counts["superseded"] = _delete_superseded()
    counts["leftovers"] = delete_leftovers()
    for pk, study_id, key in Series.objects.filter(evicted_at__isnull=False).values_list(
        "pk", "study_id", "archive_key"
    ):
        if series_store().exists(key):
            _drop_files(study_id=study_id, series_id=pk)
            counts["evicted"] += 1
    unmeasured = Series.objects.filter(stored_bytes=0, evicted_at__isnull=True)
    for pk, key in unmeasured.exclude(archive_key="").values_list("pk", "archive_key"):
        try:
            size = series_store().size_bytes(key)
        except FileNotFoundError:
            continue
        Series.objects.filter(pk=pk).update(stored_bytes=size)
        counts["measured"] += 1
    return counts


def _is_pinned(study_id: UUID) -> bool:
    cases = list(collect_needs())
    uid = Study.objects.values_list("study_instance_uid", flat=True).get(pk=study_id)
    return (
        CaseStudy.objects.filter(study_id=study_id, case_id__in=cases).exists()
        or PriorStudy.objects.filter(study_instance_uid=uid, case_id__in=cases).exists()
    )


def _derived_files() -> Iterator[tuple[Path, int, float]]:
    for name in DERIVED:
        folder = archive_root() / name
        if not folder.is_dir():
            continue
        with os.scandir(folder) as entries:
            for entry in entries:
                try:
                    facts = entry.stat()
                except FileNotFoundError:
                    continue
                if entry.is_file():
                    yield Path(entry.path), facts.st_size, facts.st_mtime


def _delete_derived(excess: int) -> int:
    """Least recently used first, a volume with its note; who has one mapped keeps it."""
    groups: dict[str, list[tuple[Path, int, float]]] = {}
    for path, size, used_at in _derived_files():
        if not path.name.endswith(".draft"):
            groups.setdefault(path.stem, []).append((path, size, used_at))
    freed = 0
    for files in sorted(groups.values(), key=lambda group: max(one[2] for one in group)):
        if freed >= excess:
            break
        for path, size, _ in files:
            path.unlink(missing_ok=True)
            freed += size
    return freed


def _delete_superseded() -> int:
    """Former versions of series that grew, a day after: nobody has them open any more."""
    named = set(Series.objects.exclude(archive_key="").values_list("archive_key", flat=True))
    before = time.time() - SUPERSEDED_KEPT_S
    old = [
        stored.archive_key
        for stored in series_store().list_keys()
        if stored.archive_key not in named and stored.modified_at < before
    ]
    return sum(series_store().delete(key) for key in old)
