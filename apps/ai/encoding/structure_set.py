"""Regions of one series as one DICOM RT Structure Set (PS3.3 A.19), for radiotherapy planning.

Contours lie in the planes of the images they were found on, along pixel edges (``contours``), so
that whoever fills them at pixel centres gets the mask back voxel for voxel. Points are written to a
ten-thousandth of a millimetre.

The object is always UNAPPROVED: a radiologist's word that a finding is there is no approval of a
contour to plan on, which a radiation oncologist gives in the planning system.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import numpy as np
from highdicom.base import SOPClass
from numpy.typing import NDArray
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.tag import Tag
from pydicom.uid import ImplicitVRLittleEndian, RTStructureSetStorage

from apps.ai.analyses.results import Code, MaskRegion
from apps.ai.encoding.concepts import concept
from apps.ai.encoding.contours import trace_plane
from apps.ai.encoding.errors import EncodingRefused
from apps.ai.encoding.finish import carry_flags, fix_times, to_bytes
from apps.ai.encoding.identity import derive_uid
from apps.ai.encoding.segmentation import MODEL_NAME
from apps.ai.encoding.source import local_wall_time, place_points, prepare_sources

#: Written into the UID: an encoder that says other things makes another object.
ENCODING = "structure-set-1"
MANUFACTURER = "Consilium"
#: Detached Study Management (retired), which PS3.3 C.8.8.5 names for the study.
_STUDY_CLASS = "1.2.840.10008.3.1.2.3.1"
_CONTOUR_DATA = Tag(0x3006, 0x0050)
_DECIMALS = 4
_SAME_DIRECTION = 1e-3
_SAME_PLANE_MM = 0.01
_COLOURS = (
    (230, 75, 53), (77, 187, 213), (0, 160, 135), (243, 155, 127), (132, 145, 180),
    (145, 209, 194), (220, 160, 0), (126, 97, 72), (176, 156, 133), (60, 84, 136),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class StructureRegion:
    """One region: its name by TG-263, what it is, its voxels, and who stands behind it.

    ``interpreted_type`` is RT ROI Interpreted Type, empty where none is claimed; ``interpreter`` a
    DICOM person name; ``origin`` says what made the contour, in words.
    """

    name: str
    interpreted_type: str
    code: Code
    description: str
    region: MaskRegion
    interpreter: str
    origin: str
    algorithm: Literal["AUTOMATIC", "SEMIAUTOMATIC", "MANUAL"] = "AUTOMATIC"


@dataclass(frozen=True, slots=True)
class StructureSetUids:
    series: str
    instance: str

    @classmethod
    def derive(cls, *, series_key: str, contents: Sequence[str]) -> StructureSetUids:
        """UIDs of what is in it: the same regions of the same images make the same object."""
        return cls(
            series=derive_uid(ENCODING, series_key, "series"),
            instance=derive_uid(ENCODING, series_key, "instance", *contents),
        )


def encode_structure_set(
    *,
    source_headers: Sequence[Dataset],
    regions: Sequence[StructureRegion],
    uids: StructureSetUids,
    label: str,
    series_number: int,
    content_at: datetime,
) -> bytes:
    """Encode the regions of one series.

    Parameters
    ----------
    source_headers:
        Headers of the single-frame images, one per slice of the masks, in slice order.
    regions:
        At least one, each on the grid of the images: (slice, row, column).
    label:
        Structure Set Label, 16 characters at most.
    content_at:
        Goes into every date and time of the object; the clock is not read.

    Raises
    ------
    EncodingRefused
        ``no_regions``, ``no_frame_of_reference``, ``not_parallel``, ``duplicate_position``,
        ``mask_shape_mismatch``, ``multi_frame_source``, ``mixed_source_images``.
    """
    if not regions:
        raise EncodingRefused(code="no_regions", reason="There is no region to write.")
    sources = prepare_sources(source_headers=source_headers)
    _check_planes(sources)
    for region in regions:
        _check_grid(region, sources)
    moment = local_wall_time(content_at, source=sources[0])
    document = _start(sources[0], uids=uids, series_number=series_number)
    document.StructureSetLabel = label[:16]
    document.StructureSetName = "Accepted AI findings"
    document.StructureSetDescription = (
        "Contours of AI findings that a clinician accepted. Not approved for planning."
    )
    document.StructureSetDate = moment.strftime("%Y%m%d")
    document.StructureSetTime = moment.strftime("%H%M%S.%f")
    document.ApprovalStatus = "UNAPPROVED"
    document.ReferencedFrameOfReferenceSequence = [_frame_of_reference(sources)]
    numbered = list(enumerate(regions, start=1))
    frame = str(sources[0].FrameOfReferenceUID)
    document.StructureSetROISequence = [_describe(n, one, frame) for n, one in numbered]
    document.ROIContourSequence = [_outline(n, one, sources) for n, one in numbered]
    document.RTROIObservationsSequence = [_observe(n, one) for n, one in numbered]
    fix_times(document, content_at=moment)
    for keyword in ("ContentDate", "ContentTime"):  # no attributes of this object
        delattr(document, keyword)
    carry_flags(document, source=sources[0])
    return to_bytes(document)


def _start(source: Dataset, *, uids: StructureSetUids, series_number: int) -> Dataset:
    """Patient, study, series and equipment.

    Implicit VR: a contour of more than some 2,500 points is longer than the 64 kB that Explicit VR
    can say of a decimal string.
    """
    document = SOPClass(
        study_instance_uid=source.StudyInstanceUID,
        series_instance_uid=uids.series,
        series_number=series_number,
        sop_instance_uid=uids.instance,
        sop_class_uid=RTStructureSetStorage,
        instance_number=1,
        modality="RTSTRUCT",
        manufacturer=MANUFACTURER,
        manufacturer_model_name=MODEL_NAME,
        software_versions=ENCODING,
        device_serial_number="1",
        transfer_syntax_uid=ImplicitVRLittleEndian,
        series_description="Accepted AI findings, contours, not approved",
    )
    document.copy_patient_and_study_information(source)
    document.OperatorsName = ""
    document.FrameOfReferenceUID = source.FrameOfReferenceUID
    document.PositionReferenceIndicator = source.get("PositionReferenceIndicator") or ""
    return document


def _check_planes(sources: Sequence[Dataset]) -> None:
    """A contour lies in the plane of one image: planes are parallel, and no two are one."""
    first = np.array(sources[0].ImageOrientationPatient, dtype=float)
    for source in sources:
        if np.abs(np.array(source.ImageOrientationPatient, dtype=float) - first).max() > (
            _SAME_DIRECTION
        ):
            raise EncodingRefused(
                code="not_parallel", reason="The slices do not lie parallel to each other."
            )
    normal = np.cross(first[:3], first[3:])
    heights = np.sort([np.array(s.ImagePositionPatient, dtype=float) @ normal for s in sources])
    if len(heights) > 1 and float(np.diff(heights).min()) < _SAME_PLANE_MM:
        raise EncodingRefused(
            code="duplicate_position", reason="Several slices lie at the same position."
        )


def _check_grid(region: StructureRegion, sources: Sequence[Dataset]) -> None:
    shape = (len(sources), int(sources[0].Rows), int(sources[0].Columns))
    if region.region.shape != shape:
        raise EncodingRefused(
            code="mask_shape_mismatch",
            reason=f"The mask of {region.name} is {region.region.shape}, the images are {shape}.",
        )


def _frame_of_reference(sources: Sequence[Dataset]) -> Dataset:
    series = Dataset()
    series.SeriesInstanceUID = sources[0].SeriesInstanceUID
    series.ContourImageSequence = [_refer(source) for source in sources]
    study = Dataset()
    study.ReferencedSOPClassUID = _STUDY_CLASS
    study.ReferencedSOPInstanceUID = sources[0].StudyInstanceUID
    study.RTReferencedSeriesSequence = [series]
    frame = Dataset()
    frame.FrameOfReferenceUID = sources[0].FrameOfReferenceUID
    frame.RTReferencedStudySequence = [study]
    return frame


def _refer(source: Dataset) -> Dataset:
    image = Dataset()
    image.ReferencedSOPClassUID = source.SOPClassUID
    image.ReferencedSOPInstanceUID = source.SOPInstanceUID
    return image


def _describe(number: int, region: StructureRegion, frame_of_reference_uid: str) -> Dataset:
    item = Dataset()
    item.ROINumber = number
    item.ReferencedFrameOfReferenceUID = frame_of_reference_uid
    item.ROIName = region.name
    item.ROIDescription = region.description[:1024]
    item.ROIGenerationAlgorithm = region.algorithm
    item.ROIGenerationDescription = region.origin[:64]
    return item


def _observe(number: int, region: StructureRegion) -> Dataset:
    item = Dataset()
    item.ObservationNumber = number
    item.ReferencedROINumber = number
    item.ROIObservationLabel = region.name
    item.RTROIIdentificationCodeSequence = [concept(region.code)]
    item.RTROIInterpretedType = region.interpreted_type
    item.ROIInterpreter = region.interpreter
    return item


def _outline(number: int, region: StructureRegion, sources: Sequence[Dataset]) -> Dataset:
    item = Dataset()
    item.ROIDisplayColor = list(_COLOURS[(number - 1) % len(_COLOURS)])
    item.ReferencedROINumber = number
    contours: list[Dataset] = []
    first, row, column = region.region.start
    for offset, plane in enumerate(region.region.values):
        source = sources[first + offset]
        for points in trace_plane(plane):
            placed = place_points(points + np.array([column, row]), source)
            contours.append(_contour(len(contours) + 1, placed, source))
    item.ContourSequence = contours
    return item


def _contour(number: int, points_lps: NDArray[np.float64], source: Dataset) -> Dataset:
    item = Dataset()
    item.ContourNumber = number
    item.ContourImageSequence = [_refer(source)]
    item.ContourGeometricType = "CLOSED_PLANAR"
    item.NumberOfContourPoints = len(points_lps)
    rounded = np.round(points_lps, _DECIMALS) + 0.0  # no negative zero
    texts = [f"{value:.{_DECIMALS}f}" for value in rounded.ravel()]
    # As text already: a decimal string object for each of a million numbers would take seconds.
    item.add(DataElement(_CONTOUR_DATA, "DS", texts, already_converted=True))
    return item
