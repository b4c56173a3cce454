"""Refusals of a drawn segmentation. The user sees them where it was painted."""

from typing import ClassVar

from apps.core.exceptions import Conflict, InvalidInput, TooLarge


class NoSuchStack(InvalidInput):
    """The series has no stack of this number, or its frames differ in size."""

    code: ClassVar[str] = "no_such_stack"


class BadSegments(InvalidInput):
    """The list of segments cannot be what it says."""

    code: ClassVar[str] = "bad_segments"


class BadChunk(InvalidInput):
    """The bytes are not the voxels of the box they are said to fill."""

    code: ClassVar[str] = "bad_chunk"


class ShaMismatch(InvalidInput):
    """What arrived is not what was sent."""

    code: ClassVar[str] = "sha256_mismatch"


class ChunkUnknown(Conflict):
    """No such chunk was sent for this revision; send it again."""

    code: ClassVar[str] = "chunk_unknown"


class ChunkTooLarge(TooLarge):
    code: ClassVar[str] = "chunk_too_large"


class RevisionUnknown(InvalidInput):
    """There is no such revision, or it is not this person's to take back."""

    code: ClassVar[str] = "revision_unknown"


class SegmentationExists(Conflict):
    """The id is taken by another segmentation."""

    code: ClassVar[str] = "segmentation_exists"


class LeaseHeld(Conflict):
    """Somebody else is editing it in a live room now; ``details['holder']`` says who."""

    code: ClassVar[str] = "lease_held"
