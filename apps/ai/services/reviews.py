"""Say what a finding is in a case: one standing word, by somebody who may give it."""

from dataclasses import asdict
from datetime import date
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from apps.ai import policies
from apps.ai.amending import AmendedBy, AmendmentDraft, draft_amendment
from apps.ai.amending_boxes import AmendedBox
from apps.ai.choices import (
    EXPORT_MOVES,
    FINDING_MOVES,
    DismissalReason,
    ExportState,
    FindingState,
    ReviewContext,
    check_move,
)
from apps.ai.encoding.identity import derive_uid
from apps.ai.events import FindingReviewed, FindingStamp
from apps.ai.exceptions import AlreadyExported
from apps.ai.models import Finding, FindingAmendment, FindingExport, FindingReview
from apps.ai.selectors.findings import UNREVIEWED_VERSION, state_without_review
from apps.ai.services.contours import refuse_sent_contours
from apps.ai.services.exports import queue_export
from apps.ai.services.people import get_person
from apps.audit.services import record_entry
from apps.cases.embargo import was_read_first
from apps.core import events
from apps.core.actors import Actor
from apps.core.exceptions import InvalidInput, NotVisible, StaleVersion

LONGEST_DWELL_MS = 24 * 3600 * 1000
"""A tab left open overnight is no reading time."""


def accept_finding(
    *,
    actor: Actor,
    finding_id: UUID,
    case_id: UUID,
    version: int,
    amended_by: AmendedBy | AmendedBox | None = None,
    dwell_ms: int | None = None,
) -> FindingReview:
    """Accept the finding in this case; its SEG and SR are owed to the study's PACS.

    Parameters
    ----------
    version : the one the reviewer saw (1 for an unreviewed finding).
    amended_by : what the reviewer made of its mask or its box; that is what is accepted then.

    Raises
    ------
    NotVisible, Forbidden
        Not in this case, or not this person's to say.
    StaleVersion
        Somebody reviewed it first; details carry what stands.
    IllegalMove
        It is accepted already, or superseded.
    CannotAmend
        The painted segment, or the box, cannot stand for it.
    """
    policies.review_finding_in_case(actor=actor, finding_id=finding_id, case_id=case_id)
    amendment = None
    if amended_by is not None:
        finding = (
            Finding.objects.select_related("job__version__model").filter(pk=finding_id).first()
        )
        if finding is None:
            raise NotVisible()
        # Decoding and measuring take their time: before the lock, on a finding that never changes.
        amendment = draft_amendment(finding=finding, case_id=case_id, by=amended_by)
    return _review(
        actor=actor,
        finding_id=finding_id,
        case_id=case_id,
        version=version,
        decision=FindingState.ACCEPTED,
        amendment=amendment,
        dwell_ms=dwell_ms,
    )


def dismiss_finding(
    *,
    actor: Actor,
    finding_id: UUID,
    case_id: UUID,
    version: int,
    reason_code: str,
    comment: str = "",
    dwell_ms: int | None = None,
) -> FindingReview:
    """Dismiss the finding in this case with a reason code (clinical reference, E3).

    Raises
    ------
    InvalidInput
        The reason is unknown, or ``other`` without a comment.
    AlreadyExported
        It was accepted and the PACS holds it: a silent dismissal would contradict the record.
    """
    check_reason(reason_code, comment)
    return _review(
        actor=actor,
        finding_id=finding_id,
        case_id=case_id,
        version=version,
        decision=FindingState.DISMISSED,
        reason_code=reason_code,
        comment=comment.strip(),
        dwell_ms=dwell_ms,
    )


def defer_finding(
    *,
    actor: Actor,
    finding_id: UUID,
    case_id: UUID,
    version: int,
    until: date | None = None,
    comment: str = "",
    dwell_ms: int | None = None,
) -> FindingReview:
    """Put the finding off, by name: it stays unverified, and counts as still to be reviewed.

    The day is told to whoever looks; nothing is sent to anybody when it comes.

    Raises
    ------
    InvalidInput
        The day is past.
    """
    if until is not None and until < timezone.localdate():
        raise InvalidInput("The day is past.", code="day_is_past")
    return _review(
        actor=actor,
        finding_id=finding_id,
        case_id=case_id,
        version=version,
        decision=FindingState.DEFERRED,
        comment=comment.strip(),
        dwell_ms=dwell_ms,
        defer_until=until,
    )


def check_reason(reason_code: str, comment: str) -> None:
    """A dismissal says why, in one of the known words; ``other`` in its own."""
    if reason_code not in DismissalReason.values:
        raise InvalidInput(
            "Say why, with one of the reason codes.",
            code="reason_unknown",
            details={"reason_codes": list(DismissalReason.values)},
        )
    if reason_code == DismissalReason.OTHER and not comment.strip():
        raise InvalidInput("Other needs a comment.", code="comment_required")


@transaction.atomic
def _review(
    *,
    actor: Actor,
    finding_id: UUID,
    case_id: UUID,
    version: int,
    decision: FindingState,
    reason_code: str = "",
    comment: str = "",
    amendment: AmendmentDraft | None = None,
    dwell_ms: int | None = None,
    defer_until: date | None = None,
) -> FindingReview:
    policies.review_finding_in_case(actor=actor, finding_id=finding_id, case_id=case_id)
    finding = _lock_finding(finding_id)
    standing = finding.reviews.filter(case_id=case_id, stands=True).first()
    current = standing.version if standing else UNREVIEWED_VERSION
    state = FindingState(standing.decision) if standing else state_without_review(finding)
    if version != current:
        raise StaleVersion(
            "Somebody reviewed this finding first.",
            details={"current": {"id": str(finding.pk), "version": current, "state": state}},
        )
    check_move(moves=FINDING_MOVES, subject="finding", source=state, to=decision)
    if standing is not None:
        _withdraw(standing)
    review = FindingReview.objects.create(
        finding=finding,
        case_id=case_id,
        version=current + 1,
        decision=decision,
        reason_code=reason_code,
        comment=comment,
        reviewer=get_person(actor=actor),
        discipline=actor.discipline or "",
        context=_context(case_id),
        dwell_ms=None if dwell_ms is None else min(dwell_ms, LONGEST_DWELL_MS),
        defer_until=defer_until,
    )
    if amendment is not None:
        _keep_amendment(review, amendment)
    if decision == FindingState.ACCEPTED:
        queue_export(actor=actor, review=review)
    record_entry(
        actor=actor,
        action=f"finding.{decision.value}",
        case_id=case_id,
        entity="finding",
        entity_id=finding.pk,
        details={
            "version": review.version,
            "reason_code": reason_code,
            "model": finding.job.version.model.slug,
            "model_version": finding.job.version.version,
            "context": review.context,
            "dwell_ms": review.dwell_ms,
            **({"dice": round(amendment.dice, 4)} if amendment else {}),
        },
    )
    stamp = FindingStamp(id=finding.pk, version=review.version, state=decision)
    events.record(
        FindingReviewed(
            **events.actor_fields(actor),
            case_id=case_id,
            entity="finding",
            entity_id=str(finding.pk),
            entity_version=review.version,
            finding=stamp,
            reason_code=reason_code or None,
        )
    )
    return review


def _context(case_id: UUID) -> ReviewContext:
    read_first = was_read_first(case_id=case_id)
    return ReviewContext.READ_FIRST if read_first else ReviewContext.CONCURRENT


def _keep_amendment(review: FindingReview, draft: AmendmentDraft) -> None:
    FindingAmendment.objects.create(
        review=review,
        segmentation_uid=derive_uid("amended-segmentation", str(review.pk)),
        **asdict(draft),
    )


def _withdraw(standing: FindingReview) -> None:
    """Take back the standing review; its export must not have left the house."""
    export = FindingExport.objects.select_for_update().filter(review=standing).first()
    if export is not None:
        if export.state in {ExportState.STORED, ExportState.STORING}:
            raise AlreadyExported(
                "The accepted result is in the PACS already.", details={"state": export.state}
            )
        if export.attempts:
            raise AlreadyExported(
                "Parts of the accepted result may be in the PACS already.",
                details={"state": export.state},
            )
        check_move(
            moves=EXPORT_MOVES, subject="export", source=export.state, to=ExportState.WITHDRAWN
        )
        export.state = ExportState.WITHDRAWN
        export.save(update_fields=["state", "updated_at"])
    refuse_sent_contours(standing)
    standing.stands = False
    standing.updated_at = timezone.now()
    standing.save(update_fields=["stands", "updated_at"])


def _lock_finding(finding_id: UUID) -> Finding:
    finding = (
        Finding.objects.select_for_update(of=("self",))
        .select_related("job__version__model", "study")
        .filter(pk=finding_id)
        .first()
    )
    if finding is None:
        raise NotVisible()
    return finding
