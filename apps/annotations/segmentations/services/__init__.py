"""Begin, describe and paint segmentations. REST and the live session come through here alike."""

from apps.annotations.segmentations.services.chunks import put_chunk, sweep_chunks
from apps.annotations.segmentations.services.describing import (
    Origin,
    SegmentDraft,
    change_segmentation,
    put_segmentation,
    remove_segmentation,
    restore_segmentation,
)
from apps.annotations.segmentations.services.importing import import_masks
from apps.annotations.segmentations.services.painting import commit_chunk, revert_revision

__all__ = [
    "Origin",
    "SegmentDraft",
    "change_segmentation",
    "commit_chunk",
    "import_masks",
    "put_chunk",
    "put_segmentation",
    "remove_segmentation",
    "restore_segmentation",
    "revert_revision",
    "sweep_chunks",
]
