"""The way of an accepted finding to the PACS: owed with the acceptance, verified, retried.

SEG, the AI's UNVERIFIED SR and the VERIFIED SR that names it as predecessor go together. All
three have deterministic UIDs and bytes encoded once, so storing them again changes nothing.
"""

from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from apps.ai import policies
from apps.ai.choices import EXPORT_MOVES, ExportState, check_move
from apps.ai.conf import (
    EXPORT_FIRST_DELAY,
    EXPORT_LEASE,
    EXPORT_LONGEST_DELAY,
    EXPORT_MAX_ATTEMPTS,
)
from apps.ai.events import FindingExported
from apps.ai.exceptions import StaleFence
from apps.ai.models import FindingExport, FindingReview
from apps.audit.services import record_entry
from apps.core import events
from apps.core.actors import Actor
from apps.core.exceptions import NotVisible
from apps.core.outbox import enqueue

EXPORT_TASK = "apps.ai.tasks.export_finding"
EXPORTER = Actor.system("finding exporter")


def queue_export(*, actor: Actor, review: FindingReview) -> FindingExport:
    """Owe the export; called inside the acceptance's transaction, by nobody else."""
    export = FindingExport.objects.create(
        review=review,
        finding=review.finding,
        not_before=timezone.now(),
    )
    enqueue(task=EXPORT_TASK, kwargs={"export_id": str(export.pk)})
    return export


@transaction.atomic
def retry_export(*, actor: Actor, finding_id: UUID, case_id: UUID) -> FindingExport:
    """Queue a failed export again."""
    policies.review_finding_in_case(actor=actor, finding_id=finding_id, case_id=case_id)
    export = (
        FindingExport.objects.select_for_update(of=("self",))
        .filter(finding_id=finding_id, review__case_id=case_id, review__stands=True)
        .first()
    )
    if export is None:
        raise NotVisible()
    check_move(moves=EXPORT_MOVES, subject="export", source=export.state, to=ExportState.QUEUED)
    export.state = ExportState.QUEUED
    export.attempts = 0
    export.not_before = timezone.now()
    export.save()
    enqueue(task=EXPORT_TASK, kwargs={"export_id": str(export.pk)})
    record_entry(
        actor=actor,
        action="finding.export_retried",
        case_id=case_id,
        entity="finding",
        entity_id=finding_id,
    )
    _announce(export)
    return export


@transaction.atomic
def claim_export(*, export_id: UUID) -> FindingExport | None:
    """Take the export with a lease and a new fence; None when it is not due or not ours."""
    now = timezone.now()
    export = (
        FindingExport.objects.select_for_update(of=("self",), skip_locked=True)
        .select_related("review")
        .filter(pk=export_id)
        .filter(
            Q(state=ExportState.QUEUED, not_before__lte=now)
            | Q(state=ExportState.STORING, lease_until__lt=now)
        )
        .first()
    )
    # Only what stands accepted leaves the house, whatever the row says.
    if export is None or not export.review.stands or export.review.decision != "accepted":
        return None
    export.state = ExportState.STORING
    export.fence += 1
    export.attempts += 1
    export.lease_until = now + EXPORT_LEASE
    export.save()
    return export


def renew_export(*, export_id: UUID, fence: int) -> bool:
    """Extend the lease; False when the export belongs to another worker (or to none) now."""
    return bool(_owned(export_id, fence).update(lease_until=timezone.now() + EXPORT_LEASE))


def keep_report(*, export_id: UUID, fence: int, uid: str, sha256: str) -> None:
    """Remember the bytes of the VERIFIED report, so that every later attempt sends the same."""
    kept = {"verified_report_uid": uid, "verified_report_sha256": sha256}
    if not _owned(export_id, fence).update(**kept):
        raise StaleFence


@transaction.atomic
def complete_export(*, export_id: UUID, fence: int) -> FindingExport:
    """The PACS has shown all three objects."""
    export = _lock_owned(export_id, fence)
    check_move(moves=EXPORT_MOVES, subject="export", source=export.state, to=ExportState.STORED)
    export.state = ExportState.STORED
    export.stored_at = timezone.now()
    export.lease_until = None
    export.error_code = export.error_message = ""
    export.save()
    record_entry(
        actor=EXPORTER,
        action="finding.exported",
        case_id=export.review.case_id,
        entity="finding",
        entity_id=export.finding_id,
        details={
            "segmentation": export.finding.segmentation_uid,
            "report": export.finding.report_uid,
            "verified_report": export.verified_report_uid,
            "attempts": export.attempts,
        },
    )
    _announce(export)
    return export


@transaction.atomic
def fail_export(*, export_id: UUID, fence: int, code: str, message: str) -> FindingExport:
    """Put the export back with a growing delay; after the last attempt it waits for a person."""
    export = _lock_owned(export_id, fence)
    delay = min(EXPORT_FIRST_DELAY * 2 ** (export.attempts - 1), EXPORT_LONGEST_DELAY)
    put_export_back(export=export, code=code, message=message, delay=delay)
    return export


def put_export_back(*, export: FindingExport, code: str, message: str, delay: timedelta) -> None:
    """After a lost attempt: wait and try again, or stop after the last. Export is locked."""
    last = export.attempts >= EXPORT_MAX_ATTEMPTS
    to = ExportState.FAILED if last else ExportState.QUEUED
    check_move(moves=EXPORT_MOVES, subject="export", source=export.state, to=to)
    export.state = to
    export.lease_until = None
    export.error_code, export.error_message = code[:80], message[:1_000]
    export.not_before = timezone.now() + delay
    export.save()
    if last:
        record_entry(
            actor=EXPORTER,
            action="finding.export_failed",
            case_id=export.review.case_id,
            entity="finding",
            entity_id=export.finding_id,
            details={"code": code},
            outcome="failure",
        )
    else:
        enqueue(task=EXPORT_TASK, kwargs={"export_id": str(export.pk)}, eta=export.not_before)
    _announce(export)


def _owned(export_id: UUID, fence: int) -> "QuerySet[FindingExport]":
    return FindingExport.objects.filter(pk=export_id, fence=fence, state=ExportState.STORING)


def _lock_owned(export_id: UUID, fence: int) -> FindingExport:
    export = (
        _owned(export_id, fence)
        .select_for_update(of=("self",))
        .select_related("review", "finding")
        .first()
    )
    if export is None:
        raise StaleFence
    return export


def _announce(export: FindingExport) -> None:
    events.record(
        FindingExported(
            **events.actor_fields(EXPORTER),
            case_id=export.review.case_id,
            entity="finding",
            entity_id=str(export.finding_id),
            entity_version=export.review.version,
            state=export.state,
        )
    )
