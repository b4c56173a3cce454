"""The VERIFIED report of an accepted finding of another vendor: ours, naming the vendor's."""

from io import BytesIO
from uuid import UUID

import pydicom
from pydicom.dataset import Dataset

from apps.ai.conf import MANUFACTURER
from apps.ai.encoding import AlgorithmIdentity, FindingUids, VerifyingObserver
from apps.ai.encoding.external import Outline, VendorObjects, encode_external_report
from apps.ai.external.makers import UNKNOWN
from apps.ai.models import ExternalFinding, Finding, FindingReview
from apps.ai.objects import (
    VERIFIED_SERIES_NUMBER,
    has_place,
    job_key,
    person_name,
    read_mask,
    rebuild_statement,
)
from apps.imaging.archive import read_headers
from apps.imaging.choices import SeriesKind
from apps.imaging.models import Instance
from apps.imaging.selectors import open_published


def encode_verified_external(*, review: FindingReview) -> bytes:
    """The report that goes to the PACS alone: the vendor's objects are there already.

    Raises
    ------
    NotVisible, SeriesEvicted
        The vendor's object, or the images, are not in the archive.
    EncodingRefused
        DICOM cannot say this of these objects.
    """
    finding = review.finding
    external: ExternalFinding = finding.external
    job, reviewer = finding.job, review.reviewer
    card = job.version.card
    return encode_external_report(
        images=_images(finding, external),
        statement=rebuild_statement(finding=finding),
        vendor=VendorObjects(
            pixels=_read(finding.study_id, external.pixels_uid),
            segment=external.segment,
            report=_read(finding.study_id, external.report_uid),
        ),
        outlines=[
            Outline(
                shape=one["shape"],
                points_lps=one["points_lps"],
                points_image=one["points_image"],
                image_uid=next((image["sop_instance_uid"] for image in one["images"]), ""),
            )
            for one in external.outlines
        ],
        frame_of_reference_uid=finding.frame_of_reference_uid,
        algorithm=AlgorithmIdentity(
            name=str(card.get("algorithm") or UNKNOWN),
            version=job.version.version,
            manufacturer=str(card.get("manufacturer") or UNKNOWN),
        ),
        uids=FindingUids.derive(job_key=job_key(job=job), number=finding.number),
        number=finding.number,
        series_number=VERIFIED_SERIES_NUMBER,
        content_at=review.created_at,
        verified_by=VerifyingObserver(
            name=person_name(reviewer.display_name),
            organization=reviewer.institution.name if reviewer.institution else MANUFACTURER,
            verified_at=review.created_at,
        ),
        review_key=str(review.pk),
    )


def _images(finding: Finding, external: ExternalFinding) -> list[Dataset]:
    """Headers of the images it lies on; none where only the vendor's own object is here."""
    if finding.job.series.kind != SeriesKind.IMAGE:
        return []
    wanted = {finding.sop_instance_uid}
    if has_place(finding=finding):
        mask = read_mask(finding=finding)
        uids = finding.job.grid["sop_instance_uids"]
        wanted = {uid for uid, plane in zip(uids, mask, strict=True) if plane.any()}
    for outline in external.outlines:
        wanted |= {image["sop_instance_uid"] for image in outline["images"]}
    headers = read_headers(series_id=finding.job.series_id)
    return [one for one in headers if str(one.SOPInstanceUID) in wanted]


def _read(study_id: UUID, sop_instance_uid: str) -> Dataset | None:
    """The header of the vendor's object, its pixels left out."""
    row = (
        Instance.objects.filter(study_id=study_id, sop_instance_uid=sop_instance_uid)
        .exclude(series__archive_key="")
        .select_related("series")
        .first()
    )
    if row is None:
        return None
    original = open_published(row.series).read_original(row.sop_instance_uid)
    return pydicom.dcmread(BytesIO(original), stop_before_pixels=True)
