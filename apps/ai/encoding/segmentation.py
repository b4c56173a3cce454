"""One finding as one binary DICOM SEG (PS3.3 A.51, C.8.20)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import highdicom as hd
import numpy as np
from highdicom.spatial import get_volume_positions
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.uid import ExplicitVRLittleEndian
from pydicom.valuerep import format_number_as_ds

from apps.ai.analyses.results import MaskRegion, SegmentResult
from apps.ai.encoding.concepts import ALGORITHM_FAMILIES, concept
from apps.ai.encoding.errors import EncodingRefused
from apps.ai.encoding.finish import carry_flags, fix_dimension_organization, fix_times, to_bytes
from apps.ai.encoding.identity import AlgorithmIdentity, FindingUids
from apps.ai.encoding.references import (
    REFERENCED_SERIES_SEQUENCE,
    SOURCE_IMAGE_SEQUENCE,
    encode_series,
    insert_sequences,
)
from apps.ai.encoding.source import PreparedSources, local_wall_time, prepare_sources

MODEL_NAME = "Consilium"
#: Amber in CIELab: the colour of a finding nobody has verified, on other viewers too.
_DISPLAY_COLOR = (75.0, 20.0, 70.0)


def encode_segmentation(
    *,
    source_headers: Sequence[Dataset],
    segment: SegmentResult,
    algorithm: AlgorithmIdentity,
    uids: FindingUids,
    number: int,
    series_number: int,
    content_at: datetime,
    amended_by: str = "",
) -> bytes:
    """Encode one finding's mask as a DICOM SEG file.

    Only slices that hold a part of the mask become frames: each frame carries its own position,
    so nothing is lost, and a small finding in a long series stays small.

    Parameters
    ----------
    source_headers:
        Headers of the single-frame source images, one per slice of the mask, in slice order.
        Pixel data is not needed.
    number:
        Number of the finding in its job; the Instance Number.
    content_at:
        Goes into every date and time of the object; the clock is not read.
    amended_by:
        Who changed the model's mask into this one (``Family^Given``); empty for the model's own.

    Raises
    ------
    EncodingRefused
        The source images cannot carry a segmentation.
    """
    sources = prepare_sources(source_headers=source_headers)
    rows, columns = int(sources[0].Rows), int(sources[0].Columns)
    if segment.region.shape != (len(sources), rows, columns):
        raise EncodingRefused(
            code="mask_shape_mismatch",
            reason=f"The mask is {segment.region.shape}, "
            f"the source images are {(len(sources), rows, columns)}.",
        )
    moment = local_wall_time(content_at, source=sources[0])
    planes, pixels = _cut(segment.region)
    document = hd.seg.Segmentation(
        source_images=[sources[plane] for plane in planes],
        pixel_array=pixels,
        segmentation_type=hd.seg.SegmentationTypeValues.BINARY,
        segment_descriptions=[_describe(segment, algorithm, uids, is_amended=bool(amended_by))],
        series_instance_uid=uids.segmentation_series,
        series_number=series_number,
        sop_instance_uid=uids.segmentation,
        instance_number=number,
        manufacturer=algorithm.manufacturer,
        manufacturer_model_name=MODEL_NAME,
        software_versions=f"{algorithm.name} {algorithm.version}"[:64],
        device_serial_number="1",
        content_description=segment.label[:64],
        content_label="AI_AMENDED" if amended_by else "AI_UNVERIFIED",
        content_creator_name=amended_by or None,
        transfer_syntax_uid=ExplicitVRLittleEndian,
        pixel_measures=_pixel_measures(sources),
        omit_empty_frames=True,
        series_description=(
            f"AI segmentation {number}, {'amended' if amended_by else 'not verified'}: "
            f"{algorithm.name}"
        )[:64],
    )
    _say_spacing_of_all(document, sources)
    fix_dimension_organization(document, uid=uids.dimension_organization)
    _add_laterality(document, segment)
    fix_times(document, content_at=moment)
    carry_flags(document, source=sources[0])
    return _to_bytes_with_all_images(document, sources)


def _describe(
    segment: SegmentResult, algorithm: AlgorithmIdentity, uids: FindingUids, *, is_amended: bool
) -> hd.seg.SegmentDescription:
    kinds = hd.seg.SegmentAlgorithmTypeValues
    return hd.seg.SegmentDescription(
        segment_number=1,
        segment_label=segment.label[:64],
        segmented_property_category=concept(segment.category),
        segmented_property_type=concept(segment.code),
        algorithm_type=kinds.SEMIAUTOMATIC if is_amended else kinds.AUTOMATIC,
        algorithm_identification=hd.AlgorithmIdentificationSequence(
            name=algorithm.name[:64],
            family=ALGORITHM_FAMILIES[algorithm.kind],
            version=algorithm.version[:64],
            source=algorithm.manufacturer[:64],
            parameters=dict(algorithm.parameters) or None,
        ),
        tracking_uid=segment.tracking_uid or uids.tracking,
        tracking_id=segment.tracking_identifier or segment.label,
        anatomic_regions=[concept(segment.site)] if segment.site is not None else None,
        display_color=hd.color.CIELabColor(*_DISPLAY_COLOR),
    )


def _cut(region: MaskRegion) -> tuple[list[int], NDArray[np.uint8]]:
    """The images to encode from, and the mask on them (image, row, column).

    Those under the mask, and the first of the series before them: the library takes patient and
    study from it. It looks at every image it is given; an empty one becomes no frame.
    """
    begin, count = region.start[0], region.values.shape[0]
    planes = list(range(begin, begin + count))
    if begin > 0:
        planes.insert(0, 0)
    pixels = np.zeros((len(planes), *region.shape[1:]), dtype=np.uint8)
    pixels[(slice(len(planes) - count, None), *region.box[1:])] = region.values
    return planes, pixels


def _to_bytes_with_all_images(document: Dataset, sources: PreparedSources) -> bytes:
    """The segmentation is of the whole series: every image of it is named."""
    del document.SourceImageSequence
    del document.ReferencedSeriesSequence
    references = sources.encoded_references
    series = encode_series(series_instance_uid=sources[0].SeriesInstanceUID, references=references)
    return insert_sequences(
        to_bytes(document),
        {SOURCE_IMAGE_SEQUENCE: references, REFERENCED_SERIES_SEQUENCE: series},
    )


def _say_spacing_of_all(document: Dataset, sources: PreparedSources) -> None:
    """Where the source does not say it, the spacing is that of its images, all of them."""
    measures = document.SharedFunctionalGroupsSequence[0].PixelMeasuresSequence[0]
    if "SpacingBetweenSlices" in sources[0]:
        return
    if "SpacingBetweenSlices" in measures:
        del measures.SpacingBetweenSlices
    spacing, _ = get_volume_positions(
        image_positions=sources.positions.tolist(),
        image_orientation=sources[0].ImageOrientationPatient,
    )
    if spacing is not None:
        measures.SpacingBetweenSlices = format_number_as_ds(spacing)


def _pixel_measures(sources: PreparedSources) -> hd.PixelMeasuresSequence:
    spacing = sources.spacing_mm
    thickness = sources[0].get("SliceThickness")
    return hd.PixelMeasuresSequence(
        pixel_spacing=[float(value) for value in sources[0].PixelSpacing],
        slice_thickness=float(thickness) if thickness else (spacing or 1.0),
        spacing_between_slices=spacing,
    )


def _add_laterality(document: Dataset, segment: SegmentResult) -> None:
    if segment.laterality is None or segment.site is None:
        return
    region = document.SegmentSequence[0].AnatomicRegionSequence[0]
    region.AnatomicRegionModifierSequence = [concept(segment.laterality)]
