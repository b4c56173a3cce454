"""Findings of other vendors: what a case is told of them, and which archived objects they are."""

from collections.abc import Iterable
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from django.db.models import Prefetch, Q

from apps.ai.choices import ExternalOutcome, FindingState
from apps.ai.models import (
    ExternalFinding,
    ExternalObject,
    Finding,
    FindingAmendment,
    FindingExport,
    FindingReview,
    ResultMap,
    StructureSet,
)
from apps.imaging.derived_objects import DerivedObject, ReviewState
from apps.imaging.models import Instance
from apps.imaging.selectors import open_published


def own_objects(*, sop_instance_uids: Iterable[str]) -> set[str]:
    """Which of these this house wrote for findings, in whatever study or case."""
    asked = list(sop_instance_uids)
    return {
        *Finding.objects.filter(segmentation_uid__in=asked).values_list(
            "segmentation_uid", flat=True
        ),
        *Finding.objects.filter(report_uid__in=asked).values_list("report_uid", flat=True),
        *FindingExport.objects.filter(verified_report_uid__in=asked).values_list(
            "verified_report_uid", flat=True
        ),
        *FindingAmendment.objects.filter(segmentation_uid__in=asked).values_list(
            "segmentation_uid", flat=True
        ),
        *ResultMap.objects.filter(sop_instance_uid__in=asked).values_list(
            "sop_instance_uid", flat=True
        ),
        *StructureSet.objects.filter(sop_instance_uid__in=asked).values_list(
            "sop_instance_uid", flat=True
        ),
    } - {""}


def describe_external(*, finding: Finding) -> dict[str, Any] | None:
    """Whose it is and where it stands there; ``None`` for a finding of this house."""
    external: ExternalFinding | None = getattr(finding, "external", None)
    if external is None:
        return None
    version = finding.job.version
    sources = (("pixels", external.pixels_uid), ("report", external.report_uid))
    return {
        "manufacturer": str(version.card.get("manufacturer", "")),
        "algorithm": str(version.card.get("algorithm", "")),
        "version": version.version,
        "verification": external.verification,
        "verified_by": external.verified_by,
        "verified_at": _read_moment(external.verified_at),
        "segment": external.segment,
        "sources": [{"kind": kind, "sop_instance_uid": uid} for kind, uid in sources if uid],
        "outlines": external.outlines,
        "evaluations": external.evaluations,
        "remarks": external.remarks,
    }


def claim_external_segments(
    *, case_id: UUID, sop_instance_uids: Iterable[str]
) -> dict[str, dict[str, Any]]:
    """Which segments of archived segmentations are findings of this case."""
    rows = (
        ExternalFinding.objects.filter(
            pixels_uid__in=[uid for uid in sop_instance_uids if uid],
            segment__isnull=False,
            finding__study__case_studies__case_id=case_id,
        )
        .prefetch_related(_standing(case_id))
        .order_by("created_at")
    )
    claimed: dict[str, dict[str, Any]] = {}
    for row in rows:
        state = _state_of(row)
        claim = claimed.setdefault(
            row.pixels_uid, {"finding": row.finding_id, "state": state, "segments": []}
        )
        claim["segments"].append(row.segment)
        if state == FindingState.UNREVIEWED:
            claim["state"] = state
    return claimed


def offer_external(*, case_id: UUID, study_ids: Iterable[UUID]) -> list[DerivedObject]:
    """Objects of other vendors that are AI results, in the state that this case gives them.

    An object leaves whole. So it is accepted where everything in it is, dismissed where
    everything is; whatever else, and what could not be read, is unreviewed.
    """
    studies = list(study_ids)
    if not ExternalObject.objects.filter(study_id__in=studies).exists():
        return []
    states: dict[tuple[UUID, str], set[str]] = {}
    rows = ExternalFinding.objects.filter(finding__study_id__in=studies)
    for row in rows.prefetch_related(_standing(case_id)).select_related("finding"):
        for uid in filter(None, (row.pixels_uid, row.report_uid)):
            states.setdefault((row.finding.study_id, uid), set()).add(_state_of(row))
    unread = ExternalObject.objects.filter(
        study_id__in=studies, outcome__in=[ExternalOutcome.REFUSED, ExternalOutcome.EMPTY]
    )
    for study_id, uid in unread.values_list("study_id", "sop_instance_uid"):
        states.setdefault((study_id, uid), set()).add(FindingState.UNREVIEWED)
    wanted = Q(study_id__in=studies, sop_instance_uid__in={uid for _, uid in states})
    instances = Instance.objects.filter(wanted).select_related("series") if states else ()
    return [
        DerivedObject(
            study_id=one.study_id,
            sop_instance_uid=one.sop_instance_uid,
            sha256=one.sha256,
            state=_object_state(states[one.study_id, one.sop_instance_uid]),
            read=partial(_read_original, one),
        )
        for one in instances
        if (one.study_id, one.sop_instance_uid) in states
    ]


def _object_state(states: set[str]) -> ReviewState:
    if states == {FindingState.ACCEPTED}:
        return ReviewState.ACCEPTED
    if states == {FindingState.DISMISSED}:
        return ReviewState.DISMISSED
    return ReviewState.UNREVIEWED


def _read_original(one: Instance) -> bytes:
    return open_published(one.series).read_original(one.sop_instance_uid)


def _standing(case_id: UUID) -> "Prefetch[Any]":
    return Prefetch(
        "finding__reviews",
        queryset=FindingReview.objects.filter(case_id=case_id, stands=True),
        to_attr="reviews_here",
    )


def _state_of(row: ExternalFinding) -> str:
    reviews: list[FindingReview] = row.finding.reviews_here  # type: ignore[attr-defined]
    return str(reviews[0].decision) if reviews else FindingState.UNREVIEWED.value


def _read_moment(text: str) -> datetime | None:
    """A DICOM DT, local to whoever wrote it; nothing where it is none."""
    digits = text[:14]
    for shape, length in (("%Y%m%d%H%M%S", 14), ("%Y%m%d", 8)):
        try:
            return datetime.strptime(digits[:length], shape)
        except ValueError:
            continue
    return None
