"""One finding as one TID 1500 report (Comprehensive 3D SR).

The AI's own report is COMPLETE and UNVERIFIED. When a person accepts the finding a new report is
written, VERIFIED, with that person as verifying observer and the AI's report as predecessor; the
AI's report is never changed.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import highdicom as hd
from pydicom.dataset import Dataset
from pydicom.sr.codedict import codes
from pydicom.uid import ExplicitVRLittleEndian

from apps.ai.analyses.results import SegmentResult, SeriesStatement
from apps.ai.encoding.concepts import (
    ALGORITHM_FAMILIES,
    PROBABILITY,
    UNIT_ONE,
    concept,
    procedure_of,
)
from apps.ai.encoding.errors import EncodingRefused
from apps.ai.encoding.finish import carry_flags, fix_times, from_bytes, to_bytes
from apps.ai.encoding.identity import (
    AlgorithmIdentity,
    FindingUids,
    VerifyingObserver,
    derive_uid,
)
from apps.ai.encoding.outline import outline_group
from apps.ai.encoding.segmentation import MODEL_NAME
from apps.ai.encoding.source import PreparedSources, local_wall_time, prepare_sources

MeasurementGroup = (
    hd.sr.MeasurementsAndQualitativeEvaluations
    | hd.sr.PlanarROIMeasurementsAndQualitativeEvaluations
    | hd.sr.VolumetricROIMeasurementsAndQualitativeEvaluations
)


def encode_measurement_report(
    *,
    source_headers: Sequence[Dataset],
    segment: SegmentResult,
    algorithm: AlgorithmIdentity,
    uids: FindingUids,
    number: int,
    series_number: int,
    content_at: datetime,
    segmentation: bytes,
    verified_by: VerifyingObserver | None = None,
    predecessor: bytes | None = None,
    review_key: str = "",
) -> bytes:
    """Encode one finding's measurements as a TID 1500 report.

    The numbers stand in a group about the segment (TID 1411); a second one under the same tracking
    UID draws the outline on the largest slice (``outline``).

    Parameters
    ----------
    segmentation:
        The finding's SEG as ``encode_segmentation`` gave it; the report refers to its segment 1.
    verified_by, predecessor, review_key:
        All three together, or none: who accepted it, the AI's UNVERIFIED report, and what tells
        this review from another one of the same finding.

    Raises
    ------
    EncodingRefused
        The source images cannot be referred to, or only a part of a verification was given.
    """
    check_verification(verified_by, predecessor, review_key)
    sources = prepare_sources(source_headers=source_headers)
    seg = from_bytes(segmentation)
    if seg.SOPInstanceUID != uids.segmentation:
        raise EncodingRefused(
            code="segmentation_mismatch", reason="The segmentation is not this finding's."
        )
    used = _images_under(seg, sources)
    tracking = hd.sr.TrackingIdentifier(
        uid=segment.tracking_uid or uids.tracking,
        identifier=segment.tracking_identifier or segment.label,
    )
    return build_report(
        evidence=[*used, seg],
        source=sources[0],
        groups=[
            _measurement_group(segment, algorithm, tracking, seg, sources[0]),
            outline_group(segment, tracking=tracking, sources=sources),
        ],
        algorithm=algorithm,
        uids=uids,
        number=number,
        series_number=series_number,
        content_at=content_at,
        verified_by=verified_by,
        predecessor=predecessor,
        review_key=review_key,
    )


def build_report(
    *,
    evidence: Sequence[Dataset],
    source: Dataset,
    groups: Sequence[MeasurementGroup],
    algorithm: AlgorithmIdentity,
    uids: FindingUids,
    number: int,
    series_number: int,
    content_at: datetime,
    verified_by: VerifyingObserver | None,
    predecessor: bytes | None,
    review_key: str,
) -> bytes:
    """The document around the measurement groups; arguments as of its callers."""
    content = hd.sr.MeasurementReport(
        observation_context=_observation_context(algorithm, verified_by),
        procedure_reported=procedure_of(str(source.Modality)),
        imaging_measurements=list(groups),
        title=codes.DCM.ImagingMeasurementReport,
    )
    moment = local_wall_time(content_at, source=source)
    status = "verified" if verified_by is not None else "not verified"
    document = hd.sr.Comprehensive3DSR(
        evidence=list(evidence),
        content=content[0],
        series_instance_uid=uids.verified_series if verified_by else uids.report_series,
        series_number=series_number,
        sop_instance_uid=(
            uids.verified_report(review_key=review_key) if verified_by else uids.report
        ),
        instance_number=number,
        manufacturer=algorithm.manufacturer,
        manufacturer_model_name=MODEL_NAME,
        software_versions=f"{algorithm.name} {algorithm.version}"[:64],
        series_description=f"AI measurements {number}, {status}: {algorithm.name}"[:64],
        is_complete=True,
        is_final=verified_by is not None,
        is_verified=verified_by is not None,
        verifying_observer_name=verified_by.name if verified_by else None,
        verifying_organization=verified_by.organization[:64] if verified_by else None,
        previous_versions=[from_bytes(predecessor)] if predecessor else None,
        transfer_syntax_uid=ExplicitVRLittleEndian,
        specific_character_set="ISO_IR 192",
    )
    if verified_by is not None:
        verified_at = local_wall_time(verified_by.verified_at, source=source)
        document.VerifyingObserverSequence[0].VerificationDateTime = verified_at.strftime(
            "%Y%m%d%H%M%S.%f"
        )
    fix_times(document, content_at=moment)
    carry_flags(document, source=source)
    return to_bytes(document)


def check_verification(
    verified_by: VerifyingObserver | None, predecessor: bytes | None, review_key: str
) -> None:
    given = (verified_by is not None, predecessor is not None, bool(review_key))
    if any(given) and not all(given):
        raise EncodingRefused(
            code="incomplete_verification",
            reason="A verified report needs its observer, its predecessor and its review.",
        )


def _images_under(seg: Dataset, sources: PreparedSources) -> list[Dataset]:
    """The source images the segmentation's frames lie on: the evidence of this finding."""
    referenced = {
        str(source.ReferencedSOPInstanceUID)
        for frame in seg.PerFrameFunctionalGroupsSequence
        for derivation in frame.get("DerivationImageSequence") or []
        for source in derivation.SourceImageSequence
    }
    used = [
        sources[index]
        for index, (_, instance_uid) in enumerate(sources.references)
        if str(instance_uid) in referenced
    ]
    if not used:
        raise EncodingRefused(
            code="segmentation_mismatch",
            reason="The segmentation does not refer to these source images.",
        )
    return used


def _observation_context(
    algorithm: AlgorithmIdentity, verified_by: VerifyingObserver | None
) -> hd.sr.ObservationContext:
    device = hd.sr.ObserverContext(
        observer_type=codes.DCM.Device,
        observer_identifying_attributes=hd.sr.DeviceObserverIdentifyingAttributes(
            uid=derive_uid("device", algorithm.manufacturer, algorithm.name, algorithm.version),
            name=algorithm.name,
            manufacturer_name=algorithm.manufacturer,
            model_name=MODEL_NAME,
        ),
    )
    if verified_by is None:
        return hd.sr.ObservationContext(observer_device_context=device)
    person = hd.sr.ObserverContext(
        observer_type=codes.DCM.Person,
        observer_identifying_attributes=hd.sr.PersonObserverIdentifyingAttributes(
            name=verified_by.name, organization_name=verified_by.organization
        ),
    )
    return hd.sr.ObservationContext(observer_person_context=person, observer_device_context=device)


def _measurement_group(
    segment: SegmentResult,
    algorithm: AlgorithmIdentity,
    tracking: hd.sr.TrackingIdentifier,
    seg: Dataset,
    source: Dataset,
) -> hd.sr.VolumetricROIMeasurementsAndQualitativeEvaluations:
    return hd.sr.VolumetricROIMeasurementsAndQualitativeEvaluations(
        tracking_identifier=tracking,
        referenced_segment=hd.sr.ReferencedSegment(
            sop_class_uid=seg.SOPClassUID,
            sop_instance_uid=seg.SOPInstanceUID,
            segment_number=1,
            source_series=hd.sr.SourceSeriesForSegmentation(source.SeriesInstanceUID),
        ),
        finding_type=concept(segment.code),
        finding_category=concept(segment.category),
        finding_sites=finding_sites(segment),
        algorithm_id=identify_algorithm(algorithm),
        measurements=encode_measurements(segment),
    )


def identify_algorithm(algorithm: AlgorithmIdentity) -> hd.sr.AlgorithmIdentification:
    return hd.sr.AlgorithmIdentification(
        name=algorithm.name,
        version=algorithm.version,
        manufacturer=algorithm.manufacturer,
        family=ALGORITHM_FAMILIES[algorithm.kind],
        parameters=algorithm.parameter_lines() or None,
    )


def finding_sites(segment: SegmentResult | SeriesStatement) -> list[hd.sr.FindingSite] | None:
    if segment.site is None:
        return None
    return [
        hd.sr.FindingSite(
            anatomic_location=concept(segment.site),
            laterality=concept(segment.laterality) if segment.laterality is not None else None,
        )
    ]


def encode_measurements(segment: SegmentResult | SeriesStatement) -> list[hd.sr.Measurement]:
    encoded = [
        hd.sr.Measurement(
            name=concept(measured.concept),
            value=float(measured.value),
            unit=concept(measured.unit_code),
            derivation=concept(measured.derivation) if measured.derivation else None,
        )
        for measured in segment.measurements
    ]
    if segment.probability is not None:
        encoded.append(
            hd.sr.Measurement(
                name=concept(PROBABILITY),
                value=float(segment.probability),
                unit=concept(UNIT_ONE),
            )
        )
    return encoded
