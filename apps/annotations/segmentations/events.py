"""What happened to drawn segmentations. Recorded by services only; no voxel travels in them."""

from typing import Any, ClassVar
from uuid import UUID

from apps.core.events import CaseEvent


class SegmentationPut(CaseEvent):
    """A segmentation is there, is called something else, or has other segments."""

    kind: ClassVar[str] = "segmentation.put"

    entity: str = "segmentation"
    segmentation: dict[str, Any]


class SegmentationRevised(CaseEvent):
    """Its voxels changed, inside ``box`` only (LIVE-S2)."""

    kind: ClassVar[str] = "segmentation.revised"

    entity: str = "segmentation"
    segmentation: dict[str, Any]
    revision: int
    parent: int
    box: list[int]
    segments: list[int]


class SegmentationRemoved(CaseEvent):
    kind: ClassVar[str] = "segmentation.removed"

    entity: str = "segmentation"
    id: UUID
    version: int
