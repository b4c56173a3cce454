"""Send one accepted finding to its PACS: the work between claiming and completing an export."""

import logging
from dataclasses import dataclass
from uuid import UUID

from django.db import InterfaceError, OperationalError

from apps.ai import services, storage
from apps.ai.choices import ModelKind
from apps.ai.encoding import EncodingRefused
from apps.ai.exceptions import StaleFence
from apps.ai.external_export import encode_verified_external
from apps.ai.maps import read_maps
from apps.ai.models import FindingExport, FindingReview
from apps.ai.objects import (
    encode_amended_segmentation,
    encode_verified_report,
    verified_report_uid,
)
from apps.ai.services.exports import (
    EXPORTER,
    keep_amended_segmentation,
    keep_report,
    renew_export,
)
from apps.core.exceptions import DomainError, Unavailable
from apps.imaging.archive import read_headers
from apps.imaging.services import store_objects
from apps.imaging.services.leases import kept_alive

logger = logging.getLogger(__name__)


def export_accepted_finding(*, export_id: UUID) -> None:
    """Store SEG, if any, and the reports together; a failure is put back with delay."""
    export = services.claim_export(export_id=export_id)
    if export is None:
        return
    try:
        with kept_alive(_ExportLease(row_id=export.pk, fence=export.fence)):
            _store(export)
        services.complete_export(export_id=export.pk, fence=export.fence)
    except StaleFence:
        logger.info("export %s: another worker has it", export.pk)
    except (DomainError, EncodingRefused) as error:
        code = error.error_code if isinstance(error, DomainError) else error.code
        _put_back(export, code, str(error))
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:
        logger.exception("export %s failed", export.pk)
        _put_back(export, "internal_error", type(error).__name__)


@dataclass(frozen=True, slots=True)
class _ExportLease:
    """Renewed while a slow PACS takes its time; a dead exporter's ends within half a minute."""

    row_id: UUID
    fence: int

    def renew(self) -> bool:
        return renew_export(export_id=self.row_id, fence=self.fence)


def _put_back(export: FindingExport, code: str, message: str) -> None:
    try:
        services.fail_export(export_id=export.pk, fence=export.fence, code=code, message=message)
    except StaleFence:
        logger.info("export %s: another worker has it", export.pk)


def _store(export: FindingExport) -> None:
    review = FindingReview.objects.select_related(
        "finding__job__version__model",
        "finding__job__series",
        "finding__external",
        "reviewer__institution",
        "amendment",
    ).get(pk=export.review_id)
    finding = review.finding
    segmentation = report = b""  # of another vendor's finding the PACS has its own already
    if finding.segmentation_sha256:
        segmentation = storage.get_bytes(sha256=finding.segmentation_sha256)
    if finding.report_sha256:
        report = storage.get_bytes(sha256=finding.report_sha256)
    amended = _amended_segmentation(export, review)
    verified = _verified_report(export, review, amended or segmentation, report)
    outcome = store_objects(
        actor=EXPORTER,
        study_id=finding.study_id,
        objects=[
            *(one for one in (segmentation, report, amended, verified) if one),
            *read_maps(job_id=finding.job_id),
        ],
    )
    if not outcome.complete:
        reasons = "; ".join(f"{uid}: {why}" for uid, why in sorted(outcome.failed.items()))
        raise Unavailable(f"The PACS did not keep everything. {reasons}", code="store_incomplete")


def _amended_segmentation(export: FindingExport, review: FindingReview) -> bytes:
    """Encoded at the first attempt and kept, as the report is; empty where nothing was amended."""
    amendment = getattr(review, "amendment", None)
    if amendment is None:
        return b""
    if amendment.segmentation_sha256:
        return storage.get_bytes(sha256=amendment.segmentation_sha256)
    encoded = encode_amended_segmentation(
        review=review, headers=read_headers(series_id=review.finding.job.series_id)
    )
    keep_amended_segmentation(
        export_id=export.pk,
        fence=export.fence,
        amendment_id=amendment.pk,
        sha256=storage.put_bytes(content=encoded),
    )
    return encoded


def _verified_report(
    export: FindingExport, review: FindingReview, segmentation: bytes, report: bytes
) -> bytes:
    if export.verified_report_sha256:
        return storage.get_bytes(sha256=export.verified_report_sha256)
    if review.finding.job.version.model.kind == ModelKind.EXTERNAL:
        verified = encode_verified_external(review=review)
    else:
        verified = encode_verified_report(
            review=review,
            headers=read_headers(series_id=review.finding.job.series_id),
            segmentation=segmentation,
            report=report,
        )
    keep_report(
        export_id=export.pk,
        fence=export.fence,
        uid=verified_report_uid(review=review),
        sha256=storage.put_bytes(content=verified),
    )
    return verified
