"""From segments to stored objects and back: the mask, the SEG and the reports of a finding."""

from __future__ import annotations

import gzip
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, TypedDict

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset

from apps.ai import storage
from apps.ai.analyses.results import (
    Code,
    Corner,
    MaskRegion,
    MeasuredValue,
    SegmentResult,
    SeriesStatement,
)
from apps.ai.choices import ModelKind
from apps.ai.conf import MANUFACTURER
from apps.ai.drafts import FindingDraft
from apps.ai.encoding import (
    AlgorithmIdentity,
    FindingUids,
    VerifyingObserver,
    encode_measurement_report,
    encode_segmentation,
    encode_statement_report,
)
from apps.ai.models import Finding, FindingAmendment, FindingReview, Job
from apps.imaging.mask_packing import pack_region
from apps.imaging.volumes import Volume

SEGMENTATION_SERIES_NUMBER = 9001
REPORT_SERIES_NUMBER = 9002
VERIFIED_SERIES_NUMBER = 9003
AMENDED_SERIES_NUMBER = 9004


def job_key(*, job: Job) -> str:
    """What all UIDs of a job's results derive from: content × model × parameters."""
    return ":".join((job.series_content_sha256, job.version.tree_sha256, job.parameters_sha256))


def verified_report_uid(*, review: FindingReview) -> str:
    uids = FindingUids.derive(job_key=job_key(job=review.finding.job), number=review.finding.number)
    return uids.verified_report(review_key=str(review.pk))


def describe_algorithm(*, job: Job, parameters: dict[str, Any]) -> AlgorithmIdentity:
    builtin = job.version.model.kind == ModelKind.BUILTIN
    return AlgorithmIdentity(
        name=job.version.model.name,
        version=job.version.version,
        manufacturer=str(job.version.card.get("manufacturer", MANUFACTURER))[:64],
        kind="threshold" if builtin else "neural_network",
        parameters={
            name: str(value)
            for name, value in parameters.items()
            if isinstance(value, str | int | float | bool)
        },
    )


def draft_finding(
    *,
    job: Job,
    number: int,
    result: SegmentResult | SeriesStatement,
    headers: Sequence[Dataset],
    volume: Volume,
    parameters: dict[str, Any],
) -> FindingDraft:
    """Encode one result and keep its bytes; the database is not touched."""
    if job.first_started_at is None:
        raise ValueError("A job that never started has no results.")
    uids = FindingUids.derive(job_key=job_key(job=job), number=number)
    common = _Common(
        source_headers=headers,
        algorithm=describe_algorithm(job=job, parameters=parameters),
        uids=uids,
        number=number,
        content_at=job.first_started_at,
    )
    if isinstance(result, SeriesStatement):
        return _draft_statement(result, common, volume)
    return _draft_segment(result, common, volume)


class _Common(TypedDict):
    """What every object of a finding is encoded with."""

    source_headers: Sequence[Dataset]
    algorithm: AlgorithmIdentity
    uids: FindingUids
    number: int
    content_at: datetime


def _draft_segment(segment: SegmentResult, common: _Common, volume: Volume) -> FindingDraft:
    uids = common["uids"]
    segmentation = encode_segmentation(
        **common, segment=segment, series_number=SEGMENTATION_SERIES_NUMBER
    )
    report = encode_measurement_report(
        **common, segment=segment, series_number=REPORT_SERIES_NUMBER, segmentation=segmentation
    )
    centroid_lps, bbox_lps = locate(region=segment.region, affine_lps=volume.affine_lps)
    if segment.box_lps is not None:
        bbox_lps = [list(corner) for corner in segment.box_lps]
    region = segment.region
    mask = pack_region(values=region.values, start=region.start, shape=region.shape)
    mask_sha256, segmentation_sha256, report_sha256 = storage.put_all(
        contents=[mask, segmentation, report]
    )
    return FindingDraft(
        result=segment,
        tracking_uid=segment.tracking_uid or uids.tracking,
        frame_of_reference_uid=volume.frame_of_reference_uid,
        sop_instance_uid=volume.sop_instance_uids[largest_slice(region=segment.region)],
        centroid_lps=centroid_lps,
        bbox_lps=bbox_lps,
        mask_sha256=mask_sha256,
        segmentation_uid=uids.segmentation,
        segmentation_sha256=segmentation_sha256,
        report_uid=uids.report,
        report_sha256=report_sha256,
    )


def _draft_statement(statement: SeriesStatement, common: _Common, volume: Volume) -> FindingDraft:
    uids = common["uids"]
    report = encode_statement_report(
        **common, statement=statement, series_number=REPORT_SERIES_NUMBER
    )
    images = volume.sop_instance_uids
    return FindingDraft(
        result=statement,
        tracking_uid=statement.tracking_uid or uids.tracking,
        frame_of_reference_uid=volume.frame_of_reference_uid,
        sop_instance_uid=images[len(images) // 2],
        centroid_lps=[],
        bbox_lps=[],
        mask_sha256="",
        segmentation_uid="",
        segmentation_sha256="",
        report_uid=uids.report,
        report_sha256=storage.put_bytes(content=report),
    )


def encode_verified_report(
    *, review: FindingReview, headers: Sequence[Dataset], segmentation: bytes, report: bytes
) -> bytes:
    """The VERIFIED report of one review, naming the AI's own report as predecessor.

    ``segmentation`` is the model's, or the amended one; empty for a finding without a place.
    """
    finding = review.finding
    reviewer = review.reviewer
    institution = reviewer.institution.name if reviewer.institution else MANUFACTURER
    common = _common_of_review(review, headers)
    observer = VerifyingObserver(
        name=person_name(reviewer.display_name),
        organization=institution,
        verified_at=review.created_at,
    )
    if not has_place(finding=finding):
        return encode_statement_report(
            **common,
            statement=rebuild_statement(finding=finding),
            series_number=VERIFIED_SERIES_NUMBER,
            verified_by=observer,
            predecessor=report,
            review_key=str(review.pk),
        )
    return encode_measurement_report(
        **common,
        segment=_reviewed_segment(review),
        series_number=VERIFIED_SERIES_NUMBER,
        segmentation=segmentation,
        verified_by=observer,
        predecessor=report,
        review_key=str(review.pk),
    )


def encode_amended_segmentation(*, review: FindingReview, headers: Sequence[Dataset]) -> bytes:
    """The SEG of what the reviewer made of the model's mask; SEMIAUTOMATIC, under its own UID."""
    return encode_segmentation(
        **_common_of_review(review, headers),
        segment=_reviewed_segment(review),
        series_number=AMENDED_SERIES_NUMBER,
        amended_by=person_name(review.reviewer.display_name),
    )


def _common_of_review(review: FindingReview, headers: Sequence[Dataset]) -> _Common:
    finding = review.finding
    uids = FindingUids.derive(job_key=job_key(job=finding.job), number=finding.number)
    amendment = getattr(review, "amendment", None)
    if amendment is not None:
        uids = uids.amended(segmentation=amendment.segmentation_uid)
    return _Common(
        source_headers=headers,
        algorithm=describe_algorithm(job=finding.job, parameters=finding.job.results_parameters),
        uids=uids,
        number=finding.number,
        content_at=review.created_at,
    )


def _reviewed_segment(review: FindingReview) -> SegmentResult:
    """What was accepted. Of an amended one the model's probability goes: it was of its own mask."""
    segment = rebuild_segment(finding=review.finding)
    amendment = getattr(review, "amendment", None)
    if amendment is None:
        return segment
    mask = read_mask(finding=review.finding, amendment=amendment)
    return replace(
        segment,
        region=MaskRegion.from_mask(mask),
        measurements=_rebuild_measurements(amendment.measurements),
        probability=None,
        box_lps=_corners(amendment.box_lps) if amendment.box_lps else None,
    )


def _corners(box: list[list[float]]) -> tuple[Corner, Corner]:
    low, high = ((float(x), float(y), float(z)) for x, y, z in box)
    return low, high


def person_name(display_name: str) -> str:
    """``Ada B. Lovelace`` as a DICOM person name, ``Lovelace^Ada B.`` (PS3.5 6.2.1)."""
    cleaned = display_name.replace("^", " ").replace("=", " ").replace("\\", " ").split()
    if len(cleaned) < 2:
        return (" ".join(cleaned) or "Unknown")[:64]
    return f"{cleaned[-1]}^{' '.join(cleaned[:-1])}"[:64]


def has_place(*, finding: Finding) -> bool:
    """Whether the finding marks voxels; a classification does not."""
    return bool(finding.mask_sha256)


def rebuild_segment(*, finding: Finding) -> SegmentResult:
    """The segment of a stored finding, from its row and its mask."""
    return SegmentResult(
        **_rebuild_shared(finding), region=MaskRegion.from_mask(read_mask(finding=finding))
    )


def rebuild_statement(*, finding: Finding) -> SeriesStatement:
    """The statement of a stored finding that marks no voxels."""
    return SeriesStatement(**_rebuild_shared(finding))


def _rebuild_shared(finding: Finding) -> dict[str, Any]:
    return {
        "label": finding.label,
        "code": _read_code(finding.code),
        "category": _read_code(finding.category),
        "site": _read_code(finding.site) if finding.site else None,
        "laterality": _read_code(finding.laterality) if finding.laterality else None,
        "measurements": _rebuild_measurements(finding.measurements),
        "probability": finding.probability,
        "tracking_identifier": finding.label,
        "tracking_uid": finding.tracking_uid,
    }


def _rebuild_measurements(kept: Sequence[dict[str, Any]]) -> tuple[MeasuredValue, ...]:
    return tuple(
        MeasuredValue(
            quantity=item["quantity"],
            value=item["value"],
            unit=item["unit"],
            concept=_read_code(item["concept"]),
            unit_code=_read_code(item["unit_code"]),
            derivation=_read_code(item["derivation"]) if item["derivation"] else None,
        )
        for item in kept
    )


def read_mask(*, finding: Finding, amendment: FindingAmendment | None = None) -> NDArray[np.bool_]:
    """The model's mask, or what a person made of it, on the source grid (slice, row, column)."""
    sha256 = amendment.mask_sha256 if amendment else finding.mask_sha256
    packed = storage.get_bytes(sha256=sha256)
    flat = np.frombuffer(gzip.decompress(packed), dtype=np.uint8)
    return flat.reshape(finding.job.grid["shape"]).astype(bool)


def largest_slice(*, region: MaskRegion) -> int:
    areas = region.values.reshape(region.values.shape[0], -1).sum(axis=1)
    return int(region.start[0] + int(areas.argmax()))


def locate(
    *, region: MaskRegion, affine_lps: NDArray[np.float64]
) -> tuple[list[float], list[list[float]]]:
    """Centroid and bounding box in LPS mm; the box includes the voxels' extent."""
    indices = np.argwhere(region.values) + np.asarray(region.start)
    column_row_slice = indices[:, ::-1].astype(float)
    centroid = affine_lps @ np.append(column_row_slice.mean(axis=0), 1.0)
    lowest = column_row_slice.min(axis=0) - 0.5
    highest = column_row_slice.max(axis=0) + 0.5
    corners = np.array(
        [
            [*(highest[axis] if bits >> axis & 1 else lowest[axis] for axis in range(3)), 1.0]
            for bits in range(8)
        ]
    )
    points = (affine_lps @ corners.T).T[:, :3]
    return (
        [round(float(value), 3) for value in centroid[:3]],
        [
            [round(float(value), 3) for value in points.min(axis=0)],
            [round(float(value), 3) for value in points.max(axis=0)],
        ],
    )


def _read_code(code: dict[str, str]) -> Code:
    return Code(code["system"], code["code"], code["display"])
