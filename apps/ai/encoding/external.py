"""A person's acceptance of another vendor's finding as one VERIFIED TID 1500 report.

The vendor's objects are not written again and not changed: its report is named as predecessor,
its segment is referred to. The algorithm is named as its objects name it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import highdicom as hd
import numpy as np
from pydicom.dataset import Dataset
from pydicom.sr.codedict import codes
from pydicom.uid import ExplicitVRLittleEndian

from apps.ai.analyses.results import SeriesStatement
from apps.ai.encoding.concepts import PROBABILITY, concept, procedure_of
from apps.ai.encoding.errors import EncodingRefused
from apps.ai.encoding.finish import carry_flags, fix_times, to_bytes
from apps.ai.encoding.identity import (
    AlgorithmIdentity,
    FindingUids,
    VerifyingObserver,
    derive_uid,
)
from apps.ai.encoding.report import encode_measurements, finding_sites
from apps.ai.encoding.segmentation import MODEL_NAME
from apps.ai.encoding.source import local_wall_time, prepare_images

HOUSE = "Consilium"
NOT_CODED = "99CONSILIUM"
FIRST_PIXEL_CENTRE = 0.5  # of SCOORD, which counts from the corner (PS3.3 C.18.6.1.2)


@dataclass(frozen=True, slots=True)
class VendorObjects:
    """What the vendor wrote of the finding: a SEG (with the segment) or a map, and a report."""

    pixels: Dataset | None
    segment: int | None
    report: Dataset | None

    @property
    def present(self) -> list[Dataset]:
        return [one for one in (self.pixels, self.report) if one is not None]


@dataclass(frozen=True, slots=True)
class Outline:
    """A drawing of the vendor's report: on an image (column, row), or in space (LPS mm)."""

    shape: str
    points_lps: Sequence[Sequence[float]]
    points_image: Sequence[Sequence[float]]
    image_uid: str


def encode_external_report(
    *,
    images: Sequence[Dataset],
    statement: SeriesStatement,
    vendor: VendorObjects,
    outlines: Sequence[Outline],
    frame_of_reference_uid: str,
    algorithm: AlgorithmIdentity,
    uids: FindingUids,
    number: int,
    series_number: int,
    content_at: datetime,
    verified_by: VerifyingObserver,
    review_key: str,
) -> bytes:
    """Encode one accepted finding.

    Parameters
    ----------
    images : headers of the images it lies on, of one series; may be none.
    statement : what the finding says; its place comes from ``vendor`` and ``outlines``.

    Raises
    ------
    EncodingRefused
        ``no_source_objects``: neither images nor the vendor's objects are at hand.
    """
    if not vendor.present:
        raise EncodingRefused(
            code="no_source_objects", reason="The vendor's object is not in the archive."
        )
    sources = prepare_images(source_headers=images) if images else []
    model = sources[0] if sources else prepare_images(source_headers=vendor.present[:1])[0]
    region = _region(outlines, frame_of_reference_uid, sources)
    group = _group(_common(statement, algorithm, uids), vendor, region, sources)
    content = hd.sr.MeasurementReport(
        observation_context=_context(algorithm, verified_by),
        procedure_reported=procedure_of(str(model.Modality)),
        imaging_measurements=[group],
        title=codes.DCM.ImagingMeasurementReport,
    )
    document = hd.sr.Comprehensive3DSR(
        evidence=[*sources, *([vendor.pixels] if vendor.pixels is not None else [])] or [model],
        content=content[0],
        series_instance_uid=uids.verified_series,
        series_number=series_number,
        sop_instance_uid=uids.verified_report(review_key=review_key),
        instance_number=number,
        manufacturer=HOUSE,
        manufacturer_model_name=MODEL_NAME,
        series_description=f"External AI, verified: {algorithm.name}"[:64],
        is_complete=True,
        is_final=True,
        is_verified=True,
        verifying_observer_name=verified_by.name,
        verifying_organization=verified_by.organization[:64],
        previous_versions=[vendor.report] if vendor.report is not None else None,
        transfer_syntax_uid=ExplicitVRLittleEndian,
        specific_character_set="ISO_IR 192",
    )
    moment = local_wall_time(content_at, source=model)
    verified_at = local_wall_time(verified_by.verified_at, source=model)
    document.VerifyingObserverSequence[0].VerificationDateTime = verified_at.strftime(
        "%Y%m%d%H%M%S.%f"
    )
    fix_times(document, content_at=moment)
    carry_flags(document, source=model)
    return to_bytes(document)


def _context(
    algorithm: AlgorithmIdentity, verified_by: VerifyingObserver
) -> hd.sr.ObservationContext:
    person = hd.sr.ObserverContext(
        observer_type=codes.DCM.Person,
        observer_identifying_attributes=hd.sr.PersonObserverIdentifyingAttributes(
            name=verified_by.name, organization_name=verified_by.organization
        ),
    )
    device = hd.sr.ObserverContext(
        observer_type=codes.DCM.Device,
        observer_identifying_attributes=hd.sr.DeviceObserverIdentifyingAttributes(
            uid=derive_uid("device", algorithm.manufacturer, algorithm.name, algorithm.version),
            name=algorithm.name,
            manufacturer_name=algorithm.manufacturer,
        ),
    )
    return hd.sr.ObservationContext(observer_person_context=person, observer_device_context=device)


def _group(
    common: dict[str, Any], vendor: VendorObjects, region: Any, sources: Sequence[Dataset]
) -> Any:
    """On the vendor's segment, on its one outline, or about the images as a whole."""
    if vendor.segment is not None and vendor.pixels is not None and sources:
        return hd.sr.VolumetricROIMeasurementsAndQualitativeEvaluations(
            **common,
            referenced_segment=hd.sr.ReferencedSegment(
                sop_class_uid=vendor.pixels.SOPClassUID,
                sop_instance_uid=vendor.pixels.SOPInstanceUID,
                segment_number=vendor.segment,
                source_series=hd.sr.SourceSeriesForSegmentation(sources[0].SeriesInstanceUID),
            ),
        )
    if region is not None:
        return hd.sr.PlanarROIMeasurementsAndQualitativeEvaluations(
            **common, referenced_region=region
        )
    return hd.sr.MeasurementsAndQualitativeEvaluations(
        **common,
        source_images=[
            hd.sr.SourceImageForMeasurementGroup(
                referenced_sop_class_uid=source.SOPClassUID,
                referenced_sop_instance_uid=source.SOPInstanceUID,
            )
            for source in sources
        ]
        or None,
    )


def _common(
    statement: SeriesStatement, algorithm: AlgorithmIdentity, uids: FindingUids
) -> dict[str, Any]:
    """What every kind of group takes; what its maker did not code is not written."""
    said_before = any(one.concept.value == PROBABILITY.value for one in statement.measurements)
    told = replace(statement, probability=None) if said_before else statement
    code, category = statement.code, statement.category
    return {
        "tracking_identifier": hd.sr.TrackingIdentifier(
            uid=statement.tracking_uid or uids.tracking,
            identifier=statement.tracking_identifier or statement.label,
        ),
        "finding_type": concept(code) if code.system != NOT_CODED else None,
        "finding_category": concept(category) if category.system != NOT_CODED else None,
        "finding_sites": finding_sites(statement),
        "algorithm_id": hd.sr.AlgorithmIdentification(
            name=algorithm.name, version=algorithm.version, manufacturer=algorithm.manufacturer
        ),
        "measurements": encode_measurements(told),
    }


def _region(
    outlines: Sequence[Outline], frame_of_reference_uid: str, sources: Sequence[Dataset]
) -> Any:
    """A single closed outline can be said again; of others the vendor's report keeps the word."""
    if len(outlines) != 1:
        return None
    (outline,) = outlines
    try:
        if outline.points_image:
            by_uid = {str(source.SOPInstanceUID): source for source in sources}
            source = by_uid.get(outline.image_uid)
            if source is None:
                return None
            return hd.sr.ImageRegion(
                graphic_type=outline.shape,
                graphic_data=np.asarray(outline.points_image, float) + FIRST_PIXEL_CENTRE,
                source_image=hd.sr.SourceImageForRegion(
                    referenced_sop_class_uid=source.SOPClassUID,
                    referenced_sop_instance_uid=source.SOPInstanceUID,
                ),
            )
        if not frame_of_reference_uid:
            return None
        return hd.sr.ImageRegion3D(
            graphic_type=outline.shape,
            graphic_data=np.asarray(outline.points_lps, float),
            frame_of_reference_uid=frame_of_reference_uid,
        )
    except (TypeError, ValueError):
        return None  # a drawing that the template does not allow in a group
