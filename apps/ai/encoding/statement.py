"""What a model says of a whole series as one TID 1500 report, without any place in it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import highdicom as hd
from pydicom.dataset import Dataset

from apps.ai.analyses.results import SeriesStatement
from apps.ai.encoding.concepts import concept
from apps.ai.encoding.identity import AlgorithmIdentity, FindingUids, VerifyingObserver
from apps.ai.encoding.report import (
    build_report,
    check_verification,
    encode_measurements,
    finding_sites,
    identify_algorithm,
)
from apps.ai.encoding.source import prepare_images


def encode_statement_report(
    *,
    source_headers: Sequence[Dataset],
    statement: SeriesStatement,
    algorithm: AlgorithmIdentity,
    uids: FindingUids,
    number: int,
    series_number: int,
    content_at: datetime,
    verified_by: VerifyingObserver | None = None,
    predecessor: bytes | None = None,
    review_key: str = "",
) -> bytes:
    """Encode a classification: the class as finding, the probabilities as numbers (TID 1501).

    All source images are the evidence; none is singled out. Parameters as of
    ``report.encode_measurement_report``.

    Raises
    ------
    EncodingRefused
        The source images do not belong together, or a verification is incomplete.
    """
    check_verification(verified_by, predecessor, review_key)
    sources = prepare_images(source_headers=source_headers)
    group = hd.sr.MeasurementsAndQualitativeEvaluations(
        tracking_identifier=hd.sr.TrackingIdentifier(
            uid=statement.tracking_uid or uids.tracking,
            identifier=statement.tracking_identifier or statement.label,
        ),
        source_images=[
            hd.sr.SourceImageForMeasurementGroup(
                referenced_sop_class_uid=source.SOPClassUID,
                referenced_sop_instance_uid=source.SOPInstanceUID,
            )
            for source in sources
        ],
        finding_type=concept(statement.code),
        finding_category=concept(statement.category),
        finding_sites=finding_sites(statement),
        algorithm_id=identify_algorithm(algorithm),
        measurements=encode_measurements(statement),
    )
    return build_report(
        evidence=sources,
        source=sources[0],
        groups=[group],
        algorithm=algorithm,
        uids=uids,
        number=number,
        series_number=series_number,
        content_at=content_at,
        verified_by=verified_by,
        predecessor=predecessor,
        review_key=review_key,
    )
