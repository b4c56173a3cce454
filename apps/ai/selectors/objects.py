"""What imaging and cases are told about findings: objects that are theirs, and how many wait."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db.models import Count, Exists, F, OuterRef, Q

from apps.ai.choices import FindingState
from apps.ai.models import Finding, FindingAmendment, FindingReview
from apps.ai.selectors.external import claim_external_segments
from apps.ai.selectors.findings import findings_of_case, state_of_finding
from apps.cases.embargo import hidden_cases
from apps.core.actors import Actor

SHOWN = Q(study__ai_findings__job__is_shadow=False)
"""A join goes past the manager that leaves out what ran in shadow."""


def claim_segmentations(
    *, case_id: UUID, sop_instance_uids: Iterable[str]
) -> dict[str, dict[str, Any]]:
    """Which archived segmentations are findings of this case: they are shown as those.

    Of another vendor's, ``segments`` are those that are; the rest stays a segmentation.
    """
    asked = [uid for uid in sop_instance_uids if uid]
    amended = FindingReview.objects.filter(
        case_id=case_id, amendment__segmentation_uid__in=asked
    ).values("finding_id")
    findings = findings_of_case(case_id=case_id).filter(
        Q(segmentation_uid__in=asked) | Q(pk__in=amended)
    )
    claimed: dict[str, dict[str, Any]] = {}
    for finding in findings:
        owner = {"finding": finding.pk, "state": state_of_finding(finding=finding).value}
        claimed[finding.segmentation_uid] = owner
        claimed |= dict.fromkeys(_amended_uids(finding, case_id), owner)
    own = {uid: owner for uid, owner in claimed.items() if uid in asked}
    return own | claim_external_segments(case_id=case_id, sop_instance_uids=asked)


def _amended_uids(finding: Finding, case_id: UUID) -> list[str]:
    rows = FindingAmendment.objects.filter(review__finding=finding, review__case_id=case_id)
    return list(rows.values_list("segmentation_uid", flat=True))


def claim_reports(*, case_id: UUID, sop_instance_uids: Iterable[str]) -> set[str]:
    """Which archived reports, unverified or verified, say what findings of this case show."""
    asked = [uid for uid in sop_instance_uids if uid]
    findings = findings_of_case(case_id=case_id)
    own = findings.filter(report_uid__in=asked).values_list("report_uid", flat=True)
    verified = FindingReview.objects.filter(
        finding__in=findings, export__verified_report_uid__in=asked
    ).values_list("export__verified_report_uid", flat=True)
    return {*own, *verified}


def summarise_cases(*, actor: Actor, case_ids: Iterable[UUID]) -> dict[UUID, dict[str, Any]]:
    """``findings_unreviewed`` per case, in a few queries however many cases.

    Deferred ones are still to be reviewed; superseded ones are not.
    Where the images are to be read first there is no count, and ``ai_hidden`` says why.
    """
    ids = list(case_ids)
    hidden = hidden_cases(actor=actor, case_ids=ids)
    standing = FindingReview.objects.filter(
        finding_id=OuterRef("pk"), case_id=OuterRef("case_pk"), stands=True
    )
    deferred = Exists(standing.filter(decision=FindingState.DEFERRED))
    still_open = dict(
        Finding.objects.filter(study__case_studies__case_id__in=ids)
        .annotate(case_pk=F("study__case_studies__case_id"))
        .filter(deferred | (~Exists(standing) & Q(job__superseded_by=None)))
        .values_list("case_pk")
        .annotate(total=Count("pk"))
    )
    return {
        case_id: {"findings_unreviewed": None, "ai_hidden": True}
        if case_id in hidden
        else {"findings_unreviewed": still_open.get(case_id, 0)}
        for case_id in ids
    }
