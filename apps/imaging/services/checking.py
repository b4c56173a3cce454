"""One study against its PACS: what is new is fetched, what changed is told, nothing is swapped."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from apps.audit.services import record_entry
from apps.core.actors import Actor
from apps.core.exceptions import DomainError
from apps.imaging import identity as identities
from apps.imaging.archive import open_series
from apps.imaging.choices import JobState, SourceState
from apps.imaging.corrections import find_corrected
from apps.imaging.exceptions import PatientMismatch
from apps.imaging.models import CaseStudy, IngestJob, Instance, Series, Study
from apps.imaging.pacs import PacsClient, QidoSeries, QidoStudy, open_client
from apps.imaging.services import indexing, ingesting, sources
from apps.imaging.services.needs import collect_needs

logger = logging.getLogger(__name__)

ACTOR = Actor.system("recheck")
LIST_EVERY = timedelta(hours=1)
NOT_SEEN_THERE = (SourceState.OURS, SourceState.GONE, SourceState.ELSEWHERE)


@dataclass(slots=True)
class _Seen:
    """What the PACS says now. ``listing`` is empty for a study that is gone."""

    study: QidoStudy | None
    listing: dict[str, list[str]] = field(default_factory=dict)
    corrected: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    is_listed: bool = True


def check_study(*, study_id: UUID) -> None:
    """Compare one study with its PACS and act on it. Safe to repeat; cheap when nothing changed."""
    study = Study.objects.select_related("pacs").filter(pk=study_id).first()
    if study is None or study.pacs is None or not study.pacs.is_active:
        Study.objects.filter(pk=study_id).update(checking_until=None, check_due_at=None)
        return
    is_pulling = IngestJob.objects.filter(
        study=study, state__in=[JobState.QUEUED, JobState.RUNNING]
    ).exists()
    if not is_pulling:
        try:
            with open_client(study.pacs, connections=1) as client:
                seen = _look(client, study)
        except DomainError as error:
            sources.note_reached(pacs_id=study.pacs.pk, error=error)
            logger.info("check of study %s: %s", study.pk, error.error_code)
        else:
            sources.note_reached(pacs_id=study.pacs.pk, error=None)
            _note(study_id=study.pk, seen=seen)
    Study.objects.filter(pk=study.pk).update(checking_until=None, check_due_at=next_check(study))


def next_check(study: Study) -> datetime | None:
    """Soon near a meeting, seldom before any, not at all for what nobody is going to discuss."""
    needs = collect_needs()
    linked = CaseStudy.objects.filter(study=study).values_list("case_id", flat=True)
    needed = [needs[case_id] for case_id in linked if case_id in needs]
    if not needed:
        return None
    now = timezone.now()
    is_near = min(needed) <= now + timedelta(hours=settings.PREFETCH_HOURS)
    return now + timedelta(seconds=settings.RECHECK_NEAR_S if is_near else settings.RECHECK_S)


# --- asking ----------------------------------------------------------------------------------


def _look(client: PacsClient, study: Study) -> _Seen:
    """Two queries when the counts agree; else every object, and headers once in a while."""
    found = client.find_study(study_instance_uid=study.study_instance_uid)
    if found is None:
        return _Seen(study=None, warnings=[_why_gone(client, study)])
    every_series = client.list_series(study_instance_uid=study.study_instance_uid)
    warnings = _patient_warnings(study, found)
    due = study.source_listed_at is None or timezone.now() - study.source_listed_at > LIST_EVERY
    if not due and _counts_agree(study, every_series):
        return _Seen(study=found, warnings=warnings, is_listed=False)
    seen = _Seen(study=found, warnings=warnings)
    for series in every_series:
        uid = series.series_instance_uid
        seen.listing[uid] = client.list_instances(
            study_instance_uid=study.study_instance_uid, series_instance_uid=uid
        )
        if due:
            seen.corrected += _find_corrected(client, study, uid)
    return seen


def _why_gone(client: PacsClient, study: Study) -> str:
    """A merge keeps the objects and moves them; a deletion does not."""
    sop_uid = (
        Instance.objects.filter(study=study).values_list("sop_instance_uid", flat=True).first()
    )
    elsewhere = client.find_study_of_instance(sop_instance_uid=sop_uid) if sop_uid else None
    is_merged = elsewhere is not None and elsewhere != study.study_instance_uid
    return "study_merged_at_source" if is_merged else "study_deleted_at_source"


def _patient_warnings(study: Study, found: QidoStudy) -> list[str]:
    assert study.pacs is not None
    if study.ready_at is None:
        return []
    stored = identities.identity_of_study(study)
    now = identities.identity_of_answer(found, default_issuer=study.pacs.default_issuer)
    return [] if identities.same_person(stored, now) else ["patient_changed_at_source"]


def _counts_agree(study: Study, every_series: Sequence[QidoSeries]) -> bool:
    """Every series has as many objects there as were seen there before."""
    archived: dict[str, int] = {}
    states = Instance.objects.filter(study=study).exclude(source_state__in=NOT_SEEN_THERE)
    for uid in states.values_list("series__series_instance_uid", flat=True):
        archived[uid] = archived.get(uid, 0) + 1
    listed = {one.series_instance_uid: one.instance_count for one in every_series}
    return listed == archived


def _find_corrected(client: PacsClient, study: Study, series_uid: str) -> list[str]:
    """Headers there against headers here; an evicted series is compared when it comes back."""
    series = Series.objects.filter(
        study=study, series_instance_uid=series_uid, evicted_at__isnull=True
    ).first()
    if series is None or not series.archive_key:
        return []
    try:
        archived = open_series(series.archive_key).metadata()
    except FileNotFoundError:
        return []
    listed = client.retrieve_metadata(
        study_instance_uid=study.study_instance_uid, series_instance_uid=series_uid
    )
    return find_corrected(archived=archived, listed=listed)


# --- acting ----------------------------------------------------------------------------------


def _note(*, study_id: UUID, seen: _Seen) -> None:
    with transaction.atomic():
        study = Study.objects.select_for_update().get(pk=study_id)
        before = list(study.source_warnings)
        study.source_warnings = sources.study_warnings(seen.warnings)
        study.source_checked_at = timezone.now()
        has_new = is_changed = False
        if seen.is_listed:
            study.source_listed_at = study.source_checked_at
            if study.pacs_id is not None:
                sources.note_listing(study=study, pacs_id=study.pacs_id, listing=seen.listing)
            result = sources.compare_listing(study=study, listing=seen.listing)
            corrected = sources.mark_changed(study=study, sop_instance_uids=seen.corrected)
            has_new, is_changed = result.has_new, result.has_changes or corrected
            sources.count_images(study=study, listing=seen.listing)
        study.save(update_fields=CHECKED_FIELDS)
        is_changed = is_changed or before != study.source_warnings
        if is_changed:
            _tell(study)
        is_refused = study.error_code == PatientMismatch.code  # a person has to decide
        is_unread = seen.study is not None and study.ready_at is None and not is_refused
        if has_new or is_unread:
            ingesting.queue_ingest(actor=ACTOR, study_id=study.pk)
        if has_new or is_changed:
            indexing.record_progress(actor=ACTOR, study=study)


CHECKED_FIELDS = (
    "source_warnings",
    "source_checked_at",
    "source_listed_at",
    "done_instances",
    "total_instances",
    "updated_at",
)


def _tell(study: Study) -> None:
    codes = {one["code"] for one in study.source_warnings}
    for warnings in Series.objects.filter(study=study).values_list("source_warnings", flat=True):
        codes |= {one["code"] for one in warnings}
    record_entry(
        actor=ACTOR,
        action="study.source_changed",
        entity="study",
        entity_id=study.pk,
        details={"warnings": sorted(codes)},
    )
