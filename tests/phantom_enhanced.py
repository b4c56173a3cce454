"""An enhanced CT or MR: each frame says where it lies, oblique, of pixels that are not square."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset, FileDataset
from pydicom.sequence import Sequence
from pydicom.uid import EnhancedCTImageStorage, EnhancedMRImageStorage, generate_uid

from tests.apps.imaging.dicom import make_slice

ROWS, COLUMNS, FRAMES = 64, 96, 7
ORIENTATION = [0.8, 0.6, 0.0, -0.36, 0.48, 0.8]
SPACING_MM = (0.9, 0.6)  # between rows, between columns
STEP_MM = 1.5
ORIGIN = np.array([-20.0, 15.0, -40.0])


def frame_position(index: int) -> NDArray[np.float64]:
    """The frames are stored against their normal, as a scan from below is."""
    normal = np.cross(ORIENTATION[:3], ORIENTATION[3:])
    place: NDArray[np.float64] = ORIGIN - normal * STEP_MM * index
    return np.round(place, 9)


def voxel_centres() -> NDArray[np.float64]:
    """(frame, row, column, xyz) in LPS mm: PS3.3 C.7.6.2.1-1 written out."""
    rows, columns = np.mgrid[:ROWS, :COLUMNS]
    across, down = np.array(ORIENTATION[:3]), np.array(ORIENTATION[3:])
    within = columns[..., None] * SPACING_MM[1] * across + rows[..., None] * SPACING_MM[0] * down
    return np.stack([within + frame_position(index) for index in range(FRAMES)])


def build_enhanced(*, patient_id: str, name: str, modality: str = "CT") -> FileDataset:
    image = make_slice(
        study_uid=generate_uid(),
        series_uid=generate_uid(),
        patient_id=patient_id,
        name=name,
        shape=(ROWS, COLUMNS),
        modality=modality,
        FrameOfReferenceUID=generate_uid(),
        StudyID="1",
    )
    is_ct = modality == "CT"
    storage = EnhancedCTImageStorage if is_ct else EnhancedMRImageStorage
    image.SOPClassUID = image.file_meta.MediaStorageSOPClassUID = storage
    image.SOPInstanceUID = image.file_meta.MediaStorageSOPInstanceUID = generate_uid()
    for keyword in (
        "ImagePositionPatient",
        "ImageOrientationPatient",
        "PixelSpacing",
        "SliceThickness",
        "RescaleSlope",
        "RescaleIntercept",
        "WindowCenter",
        "WindowWidth",
    ):
        delattr(image, keyword)
    image.ImageType = ["ORIGINAL", "PRIMARY", "VOLUME", "NONE"]
    image.PixelRepresentation = 0
    image.NumberOfFrames = FRAMES
    image.SharedFunctionalGroupsSequence = Sequence([Dataset()])
    image.PerFrameFunctionalGroupsSequence = Sequence(
        [_group(index, is_ct=is_ct) for index in range(FRAMES)]
    )
    pointer = Dataset()
    pointer.DimensionIndexPointer = 0x00200032
    image.DimensionIndexSequence = Sequence([pointer])
    frame, rows, columns = np.mgrid[:FRAMES, :ROWS, :COLUMNS]
    values = 1024 + 2 * rows - columns + 10 * np.sin(columns / 3) + 5 * frame
    image.PixelData = values.astype("<u2").tobytes()
    return image


def _group(index: int, *, is_ct: bool) -> Dataset:
    group = Dataset()
    group.FrameContentSequence = _one(DimensionIndexValues=[index + 1], StackID="1")
    group.PlanePositionSequence = _one(ImagePositionPatient=[*map(float, frame_position(index))])
    group.PlaneOrientationSequence = _one(ImageOrientationPatient=ORIENTATION)
    group.PixelMeasuresSequence = _one(PixelSpacing=[*SPACING_MM], SliceThickness=STEP_MM)
    group.FrameVOILUTSequence = _one(WindowCenter=20, WindowWidth=300)
    group.PixelValueTransformationSequence = _one(
        RescaleSlope=1, RescaleIntercept=-1024 if is_ct else 0, RescaleType="HU" if is_ct else "US"
    )
    return group


def _one(**elements: Any) -> Sequence:
    item = Dataset()
    for keyword, value in elements.items():
        setattr(item, keyword, value)
    return Sequence([item])
