"""What imaging and cases are told about findings: objects that are theirs, and how many wait."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db.models import Count, F

from apps.ai.choices import (
    FindingState,
)
from apps.ai.models import FindingReview
from apps.ai.selectors.external import claim_external_segments
from apps.ai.selectors.findings import findings_of_case, standing_review
from apps.cases.embargo import hidden_cases
from apps.core.actors import Actor
from apps.imaging.models import CaseStudy


def claim_segmentations(
    *, case_id: UUID, sop_instance_uids: Iterable[str]
) -> dict[str, dict[str, Any]]:
    """Which archived segmentations are findings of this case: they are shown as those.

    Of another vendor's, ``segments`` are those that are; the rest stays a segmentation.
    """
    asked = [uid for uid in sop_instance_uids if uid]
    findings = findings_of_case(case_id=case_id).filter(segmentation_uid__in=asked)
    claimed: dict[str, dict[str, Any]] = {}
    for finding in findings:
        review = standing_review(finding=finding)
        state = review.decision if review else FindingState.UNREVIEWED.value
        claimed[finding.segmentation_uid] = {"finding": finding.pk, "state": state}
    return claimed | claim_external_segments(case_id=case_id, sop_instance_uids=asked)


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

    Where the images are to be read first there is no count, and ``ai_hidden`` says why.
    """
    ids = list(case_ids)
    hidden = hidden_cases(actor=actor, case_ids=ids)
    found = dict(
        CaseStudy.objects.filter(case_id__in=ids)
        .values_list("case_id")
        .annotate(total=Count("study__ai_findings"))
    )
    reviewed = dict(
        FindingReview.objects.filter(
            case_id__in=ids, stands=True, finding__study__case_studies__case_id=F("case_id")
        )
        .values_list("case_id")
        .annotate(total=Count("pk"))
    )
    return {
        case_id: {"findings_unreviewed": None, "ai_hidden": True}
        if case_id in hidden
        else {"findings_unreviewed": found.get(case_id, 0) - reviewed.get(case_id, 0)}
        for case_id in ids
    }
