"""Which SEG and SR this floor has made about studies, for whoever serves DICOM below."""

from collections.abc import Iterable
from functools import partial
from uuid import UUID

from django.db.models import Prefetch

from apps.ai import storage
from apps.ai.choices import FindingState
from apps.ai.models import (
    Finding,
    FindingAmendment,
    FindingExport,
    FindingReview,
    Job,
    ResultMap,
    StructureSet,
)
from apps.imaging.derived_objects import DerivedObject, ReviewState


def offer_objects(*, case_id: UUID, study_ids: Iterable[UUID]) -> list[DerivedObject]:
    """SEG and SR of every finding, in the state that this case gives it.

    A VERIFIED SR, of whatever case, is an accepted one: it exists in the PACS only.
    """
    standing = FindingReview.objects.filter(case_id=case_id, stands=True).select_related(
        "amendment"
    )
    studies = list(study_ids)
    if not Job.objects.filter(series__study_id__in=studies).exists():
        return []  # all of it comes of jobs, and most studies have none
    findings = (
        Finding.objects.filter(study_id__in=studies)
        .select_related("job")
        .defer("job__grid")
        .prefetch_related(Prefetch("reviews", queryset=standing, to_attr="standing_reviews"))
        .order_by("job_id", "number")
    )
    exports = FindingExport.objects.filter(finding__study_id__in=studies).exclude(
        verified_report_uid=""
    )
    amended = FindingAmendment.objects.filter(review__finding__study_id__in=studies).exclude(
        segmentation_sha256=""
    )
    sent = StructureSet.objects.filter(study_id__in=studies)
    return [
        *(one for finding in findings for one in _objects_of(finding)),
        *(_verified(export) for export in exports.select_related("finding")),
        *(_amended(one) for one in amended.select_related("review__finding")),
        *(_contours(row) for row in sent.exclude(object_sha256="")),
        *_maps(case_id, studies),
    ]


def _maps(case_id: UUID, studies: list[UUID]) -> list[DerivedObject]:
    """Accepted with the first accepted finding of the job in the case; unreviewed before."""
    rows = list(
        ResultMap.objects.filter(job__series__study_id__in=studies).select_related("job__series")
    )
    if not rows:
        return []
    accepted = set(
        FindingReview.objects.filter(
            case_id=case_id, stands=True, decision=FindingState.ACCEPTED
        ).values_list("finding__job_id", flat=True)
    )
    return [
        DerivedObject(
            study_id=row.job.series.study_id,
            sop_instance_uid=row.sop_instance_uid,
            sha256=row.object_sha256,
            state=ReviewState.ACCEPTED if row.job_id in accepted else ReviewState.UNREVIEWED,
            read=partial(storage.get_bytes, sha256=row.object_sha256),
        )
        for row in rows
    ]


def _contours(row: StructureSet) -> DerivedObject:
    """Made of accepted findings only; of whatever case, it exists in the PACS."""
    return DerivedObject(
        study_id=row.study_id,
        sop_instance_uid=row.sop_instance_uid,
        sha256=row.object_sha256,
        state=ReviewState.ACCEPTED,
        read=partial(storage.get_bytes, sha256=row.object_sha256),
    )


def _verified(export: FindingExport) -> DerivedObject:
    sha256 = export.verified_report_sha256
    return DerivedObject(
        study_id=export.finding.study_id,
        sop_instance_uid=export.verified_report_uid,
        sha256=sha256,
        state=ReviewState.ACCEPTED,
        read=partial(storage.get_bytes, sha256=sha256),
    )


def _amended(amendment: FindingAmendment) -> DerivedObject:
    """A person's mask, sent with the VERIFIED report that speaks of it."""
    sha256 = amendment.segmentation_sha256
    return DerivedObject(
        study_id=amendment.review.finding.study_id,
        sop_instance_uid=amendment.segmentation_uid,
        sha256=sha256,
        state=ReviewState.ACCEPTED,
        read=partial(storage.get_bytes, sha256=sha256),
    )


def _state_of(finding: Finding) -> ReviewState:
    """What the case thinks of the model's own objects; deferred is not reviewed."""
    reviews: list[FindingReview] = getattr(finding, "standing_reviews", [])
    if not reviews:
        superseded = finding.job.superseded_by_id is not None
        return ReviewState.REPLACED if superseded else ReviewState.UNREVIEWED
    review = reviews[0]
    if review.decision == FindingState.DEFERRED:
        return ReviewState.UNREVIEWED
    if getattr(review, "amendment", None) is not None:
        return ReviewState.REPLACED
    return ReviewState(review.decision)


def _objects_of(finding: Finding) -> list[DerivedObject]:
    state = _state_of(finding)
    pairs = (
        (finding.segmentation_uid, finding.segmentation_sha256),
        (finding.report_uid, finding.report_sha256),
    )
    return [
        DerivedObject(
            study_id=finding.study_id,
            sop_instance_uid=uid,
            sha256=sha256,
            state=state,
            read=partial(storage.get_bytes, sha256=sha256),
        )
        for uid, sha256 in pairs
        if uid
    ]
