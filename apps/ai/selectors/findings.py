"""Reading findings. What a case thinks of one is decided here, once."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db.models import Exists, F, OuterRef, Prefetch, Q, QuerySet

from apps.ai import policies
from apps.ai.choices import (
    ExportState,
    FindingState,
)
from apps.ai.models import Finding, FindingReview
from apps.ai.selectors.cases import ResultCases
from apps.ai.selectors.external import describe_external
from apps.cases.embargo import require_ai_shown
from apps.core.actors import Actor
from apps.core.exceptions import InvalidInput, NotVisible

UNREVIEWED_VERSION = 1


def list_findings(*, cases: ResultCases, state: str = "") -> "QuerySet[Finding]":
    """Findings on the studies of one case, or of all cases whose results the actor may see.

    One row per finding and case, with that case's standing review and its export.
    """
    findings = _findings_of_cases(cases.shown)
    if not state:
        return findings
    standing = FindingReview.objects.filter(
        finding_id=OuterRef("pk"), case_id=OuterRef("case_pk"), stands=True
    )
    if state == FindingState.UNREVIEWED:
        return findings.filter(~Exists(standing))
    return findings.filter(Exists(standing.filter(decision=state)))


def findings_of_case(*, case_id: UUID) -> "QuerySet[Finding]":
    """Findings of one case for callers that have checked access (live snapshot, documents)."""
    return _findings_of_cases([case_id])


def _findings_of_cases(case_ids: Sequence[UUID]) -> "QuerySet[Finding]":
    standing = FindingReview.objects.filter(case_id__in=case_ids, stands=True).select_related(
        "reviewer", "export"
    )
    return (
        Finding.objects.filter(study__case_studies__case_id__in=case_ids)
        .annotate(
            case_pk=F("study__case_studies__case_id"),
            case_title=F("study__case_studies__case__title"),
        )
        .select_related("job__version__model", "job__series", "study", "external")
        .prefetch_related(Prefetch("reviews", queryset=standing, to_attr="standing_reviews"))
        .defer("job__grid")
    )


def get_finding(*, actor: Actor, finding_id: UUID, case_id: UUID) -> Finding:
    policies.view_results(actor=actor, case_id=case_id)
    require_ai_shown(actor=actor, case_id=case_id)
    finding = findings_of_case(case_id=case_id).filter(pk=finding_id).first()
    if finding is None:
        raise NotVisible()
    return finding


def accepted_findings(*, case_id: UUID) -> "QuerySet[Finding]":
    """The only findings that sums, reports, agenda and exports may use."""
    return findings_of_case(case_id=case_id).filter(
        Q(
            pk__in=FindingReview.objects.filter(
                case_id=case_id, stands=True, decision=FindingState.ACCEPTED
            ).values("finding_id")
        )
    )


def resolve_case(*, actor: Actor, finding_id: UUID, case_id: UUID | None) -> UUID:
    """The case a review is meant for: named, or the only one that shows the study.

    Raises
    ------
    InvalidInput
        Several cases show it and none was named (``case_required``).
    """
    study_id = Finding.objects.filter(pk=finding_id).values_list("study_id", flat=True).first()
    if study_id is None:
        raise NotVisible()
    cases = policies.cases_showing_study(actor=actor, study_id=study_id)
    if case_id is not None:
        if case_id not in cases:
            raise NotVisible()
        return case_id
    if not cases:
        raise NotVisible()
    if len(cases) > 1:
        raise InvalidInput("Several cases show this study; name one.", code="case_required")
    return cases[0]


def standing_review(*, finding: Finding) -> FindingReview | None:
    """The standing review of the row's case, as fetched by the lists above."""
    reviews: list[FindingReview] = getattr(finding, "standing_reviews", [])
    case_id = getattr(finding, "case_pk", None)
    return next((review for review in reviews if review.case_id == case_id), None)


def describe_finding(*, finding: Finding) -> dict[str, Any]:
    """A finding as one case sees it: the shape of REST and of the live snapshot."""
    review = standing_review(finding=finding)
    version = finding.job.version
    return {
        "id": finding.pk,
        "version": review.version if review else UNREVIEWED_VERSION,
        "case": getattr(finding, "case_pk", None),
        "case_title": getattr(finding, "case_title", ""),
        "job": finding.job_id,
        "number": finding.number,
        "model": {"name": version.model.name, "version": version.version},
        "external": describe_external(finding=finding),
        "study_instance_uid": finding.study.study_instance_uid,
        "series_instance_uid": finding.job.series.series_instance_uid,
        "frame_of_reference_uid": finding.frame_of_reference_uid or None,
        "sop_instance_uid": finding.sop_instance_uid,
        "frame": finding.frame,
        "label": finding.label,
        "code": finding.code,
        "site": finding.site,
        "measurements": [
            {name: measured[name] for name in ("quantity", "value", "unit")}
            for measured in finding.measurements
        ],
        "probability": finding.probability,
        "urgency": finding.urgency,
        "state": review.decision if review else FindingState.UNREVIEWED.value,
        "review": _describe_review(review) if review else None,
        "centroid_lps": finding.centroid_lps or None,
        "bbox_lps": finding.bbox_lps or None,
        "mask_url": f"/api/findings/{finding.pk}/mask" if finding.mask_sha256 else None,
        "export": _describe_export(review) if review else None,
    }


def _describe_review(review: FindingReview) -> dict[str, Any]:
    return {
        "reviewer": {
            "id": review.reviewer_id,
            "display_name": review.reviewer.display_name,
            "discipline": review.reviewer.discipline,
        },
        "at": review.created_at,
        "reason_code": review.reason_code or None,
        "comment": review.comment,
    }


def _describe_export(review: FindingReview) -> dict[str, Any] | None:
    export = getattr(review, "export", None)
    if export is None or export.state == ExportState.WITHDRAWN:
        return None
    error = {"code": export.error_code, "message": export.error_message}
    return {
        "state": export.state,
        "attempts": export.attempts,
        "error": error if export.error_code else None,
        "stored_at": export.stored_at,
    }
