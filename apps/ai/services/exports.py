"""The way of an accepted finding to the PACS: owed with the acceptance, verified, retried.

SEG, the AI's UNVERIFIED SR and the VERIFIED SR that names it as predecessor go together. All
three have deterministic UIDs and bytes encoded once, so storing them again changes nothing.
"""

from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from apps.ai import policies
from apps.ai.events import FindingExported
from apps.ai.exceptions import StaleFence
from apps.ai.models import FindingAmendment, FindingExport, FindingReview
from apps.ai.services import sending
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
    sending.queue_again(export)
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
    export = (
        sending.due(FindingExport.objects.filter(pk=export_id))
        .select_for_update(of=("self",), skip_locked=True)
        .select_related("review")
        .first()
    )
    # Only what stands accepted leaves the house, whatever the row says.
    if export is None or not export.review.stands or export.review.decision != "accepted":
        return None
    sending.claim(export)
    return export


def renew_export(*, export_id: UUID, fence: int) -> bool:
    """Extend the lease; False when the export belongs to another worker (or to none) now."""
    return sending.renew(FindingExport.objects.filter(pk=export_id), fence=fence)


def keep_report(*, export_id: UUID, fence: int, uid: str, sha256: str) -> None:
    """Remember the bytes of the VERIFIED report, so that every later attempt sends the same."""
    kept = {"verified_report_uid": uid, "verified_report_sha256": sha256}
    if not _owned(export_id, fence).update(**kept):
        raise StaleFence


@transaction.atomic
def keep_amended_segmentation(
    *, export_id: UUID, fence: int, amendment_id: UUID, sha256: str
) -> None:
    """Remember the bytes of the amended SEG, for the same reason."""
    _lock_owned(export_id, fence)
    FindingAmendment.objects.filter(pk=amendment_id).update(segmentation_sha256=sha256)


@transaction.atomic
def complete_export(*, export_id: UUID, fence: int) -> FindingExport:
    """The PACS has shown all three objects."""
    export = _lock_owned(export_id, fence)
    sending.complete(export)
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
    put_export_back(export=export, code=code, message=message)
    return export


def put_export_back(
    *, export: FindingExport, code: str, message: str, delay: timedelta | None = None
) -> None:
    """After a lost attempt: wait and try again, or stop after the last. Export is locked."""
    if sending.put_back(export, code=code, message=message, delay=delay):
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
    return sending.owned(FindingExport.objects.filter(pk=export_id), fence=fence)


def _lock_owned(export_id: UUID, fence: int) -> FindingExport:
    rows = FindingExport.objects.filter(pk=export_id).select_related("review", "finding")
    return sending.lock_owned(rows, fence=fence)


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
