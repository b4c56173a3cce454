"""A chunk: the voxels of a stroke, sent before they count (LIVE-S2)."""

import hashlib
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from apps.annotations.models import Segmentation, SegmentationChunk
from apps.annotations.segmentations import policies, store
from apps.annotations.segmentations.bits import MAX_CHUNK_BYTES, Box, check_size
from apps.annotations.segmentations.exceptions import (
    BadChunk,
    BadSegments,
    ChunkTooLarge,
    ShaMismatch,
)
from apps.annotations.segmentations.services.locking import require_parent
from apps.core.actors import Actor
from apps.core.exceptions import Conflict, Forbidden, NotVisible

CHUNK_LIFETIME = timedelta(hours=1)
MAX_WAITING_CHUNKS = 32
"""Of one person for one segmentation: a client commits what it sent before it sends more."""

SWEEP_BATCH = 200


def put_chunk(
    *,
    actor: Actor,
    segmentation_id: UUID,
    parent: int,
    sha256: str,
    box: Box,
    segments: Sequence[int],
    body: bytes,
) -> None:
    """Keep the bytes for revision ``parent + 1``; nothing changes until they are committed.

    Not unpacked here: what is never committed costs its bytes, and an hour.

    Raises
    ------
    StaleVersion
        Somebody was quicker; the current segmentation is in the details.
    ShaMismatch, ChunkTooLarge, BadChunk, BadSegments
        The bytes are not what they are said to be.
    """
    policies.change_segmentation(actor=actor, segmentation_id=segmentation_id)
    if actor.id is None:
        raise Forbidden("Only a person paints.")
    if len(body) > MAX_CHUNK_BYTES:
        raise ChunkTooLarge("The chunk is too large.")
    if hashlib.sha256(body).hexdigest() != sha256:
        raise ShaMismatch("The chunk did not arrive as it was sent.")
    segmentation = Segmentation.objects.filter(pk=segmentation_id, removed_at__isnull=True).first()
    if segmentation is None:
        raise NotVisible()
    require_parent(segmentation, parent=parent)
    grid = segmentation.grid
    if not box.lies_in((len(grid["frames"]), grid["rows"], grid["columns"])):
        raise BadChunk("The box does not lie in the grid.", code="bad_box")
    numbers = {one["number"] for one in segmentation.segments if not one["removed"]}
    if not segments or len(set(segments)) < len(segments) or not set(segments) <= numbers:
        raise BadSegments("The chunk names a segment that is not there.")
    check_size(box, segments=len(segments))
    waiting = SegmentationChunk.objects.filter(segmentation=segmentation, author_id=actor.id)
    if waiting.exclude(sha256=sha256).count() >= MAX_WAITING_CHUNKS:
        raise Conflict("Commit what was sent first.", code="too_many_chunks")
    store.keep_chunk(segmentation_id=segmentation_id, sha256=sha256, body=body)
    SegmentationChunk.objects.update_or_create(
        segmentation=segmentation,
        parent=parent,
        sha256=sha256,
        author_id=actor.id,
        defaults={"box": box.as_list(), "segments": list(segments)},
    )


def sweep_chunks() -> int:
    """Forget what nobody committed; how many."""
    with transaction.atomic():
        late = list(
            SegmentationChunk.objects.select_for_update(skip_locked=True)
            .filter(at__lt=timezone.now() - CHUNK_LIFETIME)
            .order_by("pk")[:SWEEP_BATCH]
        )
        SegmentationChunk.objects.filter(pk__in=[one.pk for one in late]).delete()
    for one in late:
        drop_unused(segmentation_id=one.segmentation_id, sha256=one.sha256)
    return len(late)


def drop_unused(*, segmentation_id: UUID, sha256: str) -> None:
    """Equal chunks of two people share their bytes."""
    rows = SegmentationChunk.objects.filter(segmentation_id=segmentation_id, sha256=sha256)
    if not rows.exists():
        store.drop_chunk(segmentation_id=segmentation_id, sha256=sha256)
