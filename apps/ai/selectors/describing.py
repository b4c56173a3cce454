"""The one shape a finding has on every wire, as one case sees it."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from apps.ai.choices import ExportState, FindingState
from apps.ai.models import Finding, FindingAmendment, FindingOpinion, FindingReview
from apps.ai.selectors.external import describe_external
from apps.ai.selectors.findings import (
    UNREVIEWED_VERSION,
    standing_amendment,
    standing_review,
    state_of_finding,
)

CLASS_PROBABILITY = "probability_"
_SHOWN = ("quantity", "value", "unit")


def describe_finding(*, finding: Finding) -> dict[str, Any]:
    """What stands: of an amended finding the amended place and numbers, the model's beside."""
    review = standing_review(finding=finding)
    amendment = standing_amendment(finding=finding)
    version = finding.job.version
    newer = finding.job.superseded_by
    opinions = _standing_opinions(finding)
    said = amendment or finding
    return {
        "id": finding.pk,
        "version": review.version if review else UNREVIEWED_VERSION,
        "case": getattr(finding, "case_pk", None),
        "case_title": getattr(finding, "case_title", ""),
        "job": finding.job_id,
        "number": finding.number,
        "model": {"name": version.model.name, "version": version.version},
        "external": describe_external(finding=finding),
        "superseded_by": newer.version.version if newer else None,
        "study_instance_uid": finding.study.study_instance_uid,
        "series_instance_uid": finding.job.series.series_instance_uid,
        "frame_of_reference_uid": finding.frame_of_reference_uid or None,
        "sop_instance_uid": said.sop_instance_uid,
        "frame": finding.frame,
        "label": finding.label,
        "code": finding.code,
        "site": finding.site,
        "measurements": _shown(said.measurements),
        "probability": finding.probability,
        "urgency": finding.urgency,
        "state": state_of_finding(finding=finding).value,
        "review": describe_review(review) if review else None,
        "opinions": [describe_opinion(one) for one in opinions],
        "is_disputed": _is_disputed(review, opinions),
        "centroid_lps": said.centroid_lps or None,
        "bbox_lps": said.bbox_lps or None,
        "mask_url": _mask_url(finding, amendment),
        "export": _describe_export(review) if review else None,
    }


def history_of_finding(*, finding: Finding, case_id: UUID) -> list[dict[str, Any]]:
    """Every word ever said about it in the case, oldest first, withdrawn ones too."""
    reviews: QuerySet[FindingReview] = finding.reviews.filter(case_id=case_id).select_related(
        "reviewer", "export", "amendment"
    )
    opinions: QuerySet[FindingOpinion] = finding.opinions.filter(case_id=case_id).select_related(
        "author"
    )
    said = [
        *({**describe_review(one), "kind": "review"} for one in reviews),
        *(describe_opinion(one) for one in opinions),
    ]
    return sorted(said, key=lambda one: one["at"])


def describe_review(review: FindingReview) -> dict[str, Any]:
    amendment = getattr(review, "amendment", None)
    return {
        "decision": review.decision,
        "reviewer": _person(review.reviewer, review.discipline or review.reviewer.discipline),
        "at": review.created_at,
        "reason_code": review.reason_code or None,
        "comment": review.comment,
        "context": review.context,
        "defer_until": review.defer_until,
        "amendment": _describe_amendment(amendment, review) if amendment else None,
        "stands": review.stands,
    }


def describe_opinion(opinion: FindingOpinion) -> dict[str, Any]:
    return {
        "kind": opinion.kind,
        "decision": opinion.decision,
        "reviewer": _person(opinion.author, opinion.discipline),
        "at": opinion.created_at,
        "reason_code": opinion.reason_code or None,
        "comment": opinion.comment,
        "stands": opinion.stands,
    }


def _describe_amendment(amendment: FindingAmendment, review: FindingReview) -> dict[str, Any]:
    finding = review.finding
    return {
        "segmentation": amendment.segmentation_id,
        "segment": amendment.segment,
        "revision": amendment.revision,
        "dice": amendment.dice,
        "volume_ml": {"before": amendment.volume_before_ml, "after": amendment.volume_after_ml},
        "diameter_mm": {
            "before": amendment.diameter_before_mm,
            "after": amendment.diameter_after_mm,
        },
        "box": (
            {"lps": amendment.box_lps, "of_the_model": finding.bbox_lps, "iou": amendment.box_iou}
            if amendment.box_lps
            else None
        ),
        "not_measured": amendment.not_measured,
        "of_the_model": {
            "measurements": _shown(finding.measurements),
            "mask_url": f"/api/findings/{finding.pk}/mask",
        },
    }


def _person(user: Any, discipline: str) -> dict[str, Any]:
    return {"id": user.pk, "display_name": user.display_name, "discipline": discipline}


def _shown(measurements: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    shown = [{name: measured[name] for name in _SHOWN} for measured in measurements]
    for one, measured in zip(shown, measurements, strict=True):
        # Classes of a bundle are named by the bundle; everything else has words of the house.
        if one["quantity"].startswith(CLASS_PROBABILITY):
            one["name"] = measured["concept"]["display"]
    return shown


def _standing_opinions(finding: Finding) -> list[FindingOpinion]:
    opinions: list[FindingOpinion] = getattr(finding, "standing_opinions", [])
    case_id = getattr(finding, "case_pk", None)
    return [one for one in opinions if one.case_id == case_id]


def _is_disputed(review: FindingReview | None, opinions: Sequence[FindingOpinion]) -> bool:
    """Not everybody says the same, of those who said yes or no."""
    words = {one.decision for one in opinions}
    if review is not None and review.decision != FindingState.DEFERRED:
        words.add(review.decision)
    return len(words) > 1


def _mask_url(finding: Finding, amendment: FindingAmendment | None) -> str | None:
    if not finding.mask_sha256:
        return None
    if amendment is None:
        return f"/api/findings/{finding.pk}/mask"
    return f"/api/findings/{finding.pk}/amendments/{amendment.review_id}/mask"


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
