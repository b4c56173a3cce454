"""Series in any orientation and segmentations on them, made by highdicom."""

from __future__ import annotations

from typing import Any

import highdicom as hd
import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset, FileDataset
from pydicom.sr.codedict import codes
from pydicom.uid import generate_uid

from tests.apps.imaging.dicom import make_slice, to_bytes

OBLIQUE = [0.8, 0.6, 0.0, -0.36, 0.48, 0.8]
AXIAL = [1.0, 0.0, 0.0, 0.0, 1.0, 0.0]
SHAPE = (16, 24)


def make_stack(
    *, count: int = 5, orientation: list[float] = AXIAL, step_mm: float = 2.0, **fields: Any
) -> list[FileDataset]:
    """Slices along the normal; a negative step stores them from high to low."""
    normal = np.cross(orientation[:3], orientation[3:])
    stack = []
    for index in range(count):
        position = np.array([-10.0, -20.0, 30.0]) + normal * step_mm * index
        dataset = make_slice(
            index=index,
            ImageOrientationPatient=list(orientation),
            ImagePositionPatient=[round(float(value), 6) for value in position],
            StudyID="1",
            PositionReferenceIndicator="",
            **fields,
        )
        stack.append(dataset)
    return stack


def blob(*, count: int = 5, shape: tuple[int, int] = SHAPE, seed: int = 1) -> NDArray[np.uint8]:
    """An unsymmetric mask, (slice, row, column), empty on its first slice."""
    mask = np.random.default_rng(seed).integers(0, 2, (count, *shape)).astype(np.uint8)
    mask[0] = 0
    mask[:, : shape[0] // 3] = 0
    mask[:, :, shape[1] // 2 :] = 0
    mask[1, -1, 0] = 1
    return mask


def describe_segment(
    number: int = 1,
    *,
    label: str = "Liver",
    algorithm: str = "MANUAL",
    rgb: tuple[int, int, int] = (40, 200, 90),
) -> hd.seg.SegmentDescription:
    identification = None
    if algorithm != "MANUAL":
        identification = hd.AlgorithmIdentificationSequence(
            name="OtherAI", family=codes.DCM.ArtificialIntelligence, version="2"
        )
    return hd.seg.SegmentDescription(
        segment_number=number,
        segment_label=label,
        segmented_property_category=codes.SCT.Organ,
        segmented_property_type=codes.SCT.Liver,
        algorithm_type=algorithm,
        algorithm_identification=identification,
        tracking_uid=generate_uid(),
        tracking_id=f"track-{number}",
        display_color=hd.color.CIELabColor.from_rgb(*rgb),
    )


def make_seg(
    sources: list[FileDataset],
    pixels: NDArray[Any],
    *,
    kind: str = "BINARY",
    segments: list[hd.seg.SegmentDescription] | None = None,
    **options: Any,
) -> hd.seg.Segmentation:
    return hd.seg.Segmentation(
        source_images=sources,
        pixel_array=pixels,
        segmentation_type=kind,
        segment_descriptions=segments or [describe_segment()],
        series_instance_uid=generate_uid(),
        series_number=300,
        sop_instance_uid=generate_uid(),
        instance_number=1,
        manufacturer="Elsewhere",
        manufacturer_model_name="Contour",
        software_versions="1",
        device_serial_number="1",
        content_label="LIVER",
        **options,
    )


def shuffled(seg: Dataset, *, seed: int = 3) -> Dataset:
    """The same segmentation with its frames in another order."""
    count, size = int(seg.NumberOfFrames), int(seg.Rows) * int(seg.Columns)
    order = np.random.default_rng(seed).permutation(count)
    bits = np.unpackbits(np.frombuffer(seg.PixelData, np.uint8), bitorder="little")
    frames = bits[: count * size].reshape(count, size)[order]
    packed = np.packbits(frames.ravel(), bitorder="little").tobytes()
    seg.PixelData = packed + b"\0" * (len(packed) % 2)
    groups = list(seg.PerFrameFunctionalGroupsSequence)
    seg.PerFrameFunctionalGroupsSequence = [groups[index] for index in order]
    return seg


def without_references(seg: Dataset) -> Dataset:
    """As some writers leave them: no word about the source images."""
    for keyword in (
        "ReferencedSeriesSequence",
        "StudiesContainingOtherReferencedInstancesSequence",
    ):
        if keyword in seg:
            delattr(seg, keyword)
    for group in [*seg.PerFrameFunctionalGroupsSequence, *seg.SharedFunctionalGroupsSequence]:
        if "DerivationImageSequence" in group:
            del group.DerivationImageSequence
    return seg


def raw(datasets: list[Any]) -> list[bytes]:
    return [to_bytes(dataset) for dataset in datasets]
