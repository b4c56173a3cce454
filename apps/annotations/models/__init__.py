"""What people put on images, with every version it ever had."""

from apps.annotations.models.lesions import Lesion, LesionRevision
from apps.annotations.models.measurements import KeyImage, Measurement, MeasurementRevision
from apps.annotations.models.segmentations import (
    Segmentation,
    SegmentationChunk,
    SegmentationRevision,
)

__all__ = [
    "KeyImage",
    "Lesion",
    "LesionRevision",
    "Measurement",
    "MeasurementRevision",
    "Segmentation",
    "SegmentationChunk",
    "SegmentationRevision",
]
