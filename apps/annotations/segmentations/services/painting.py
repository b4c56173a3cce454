"""Voxels change: a chunk becomes revision r + 1, or the inverse of an earlier revision does."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

import numpy as np
from django.db import transaction

from apps.annotations.models import (
    Segmentation,
    SegmentationChunk,
    SegmentationRevision,
)
from apps.annotations.segmentations import policies, store
from apps.annotations.segmentations.bits import Box, Mask, tight_box, unpack_chunk
from apps.annotations.segmentations.events import SegmentationRevised
from apps.annotations.segmentations.exceptions import ChunkUnknown, RevisionUnknown
from apps.annotations.segmentations.guards import require_free
from apps.annotations.segmentations.selectors import labelmap_of, state_of
from apps.annotations.segmentations.services.chunks import drop_unused
from apps.annotations.segmentations.services.describing import audit
from apps.annotations.segmentations.services.locking import lock_segmentation, require_parent
from apps.core.actors import Actor
from apps.core.events import actor_fields, after_commit, record
from apps.core.exceptions import Forbidden

Changes = Mapping[tuple[int, int], Mask]
"""New frames by (segment, frame)."""


@dataclass(frozen=True, slots=True)
class Change:
    """What a revision does to the one before it."""

    frames: Changes
    box: Box
    segments: tuple[int, ...]


@transaction.atomic
def commit_chunk(
    *,
    actor: Actor,
    segmentation_id: UUID,
    parent: int,
    sha256: str,
    client_id: UUID | None = None,
) -> Segmentation:
    """Make a chunk that was sent the next revision (LIVE-S2). Sent twice, it counts once.

    A chunk that changes no voxel makes no revision and says no event.

    Raises
    ------
    StaleVersion
        Somebody was quicker; the current segmentation is in the details.
    LeaseHeld
        Somebody else edits it in a live room now.
    ChunkUnknown
        Nothing was sent for this revision under this name.
    BadChunk
        It does not unpack to its box.
    """
    person_id = _require_person(actor, segmentation_id=segmentation_id)
    segmentation = lock_segmentation(segmentation_id)
    if _is_repeat(segmentation, parent=parent, sha256=sha256, person_id=person_id):
        return segmentation
    require_parent(segmentation, parent=parent)
    require_free(actor=actor, segmentation_id=segmentation_id, client_id=client_id)
    chunk = SegmentationChunk.objects.filter(
        segmentation=segmentation, parent=parent, sha256=sha256, author_id=person_id
    ).first()
    body = store.read_chunk(segmentation_id=segmentation_id, sha256=sha256) if chunk else None
    if chunk is None or body is None:
        raise ChunkUnknown("Send the voxels first.")
    box = Box.of(chunk.box)
    masks = unpack_chunk(body, box=box, segments=chunk.segments)
    before = labelmap_of(segmentation, revision=segmentation.head)
    change = _difference(before, box=box, masks=masks)
    chunk.delete()
    after_commit(lambda: drop_unused(segmentation_id=segmentation_id, sha256=sha256))
    if change is not None:
        revise(
            actor=actor,
            person_id=person_id,
            segmentation=segmentation,
            before=before,
            change=change,
            chunk_sha256=sha256,
        )
    return segmentation


@transaction.atomic
def revert_revision(
    *,
    actor: Actor,
    segmentation_id: UUID,
    parent: int,
    revision: int,
    client_id: UUID | None = None,
) -> Segmentation:
    """Take back what one's own revision did, as a new revision; taking that back is redo.

    A voxel that somebody changed since stays as they left it: only what still stands as this
    revision made it goes back.

    Raises
    ------
    RevisionUnknown
        There is no such revision, or it is somebody else's.
    StaleVersion, LeaseHeld
        As for a chunk.
    """
    person_id = _require_person(actor, segmentation_id=segmentation_id)
    segmentation = lock_segmentation(segmentation_id)
    require_parent(segmentation, parent=parent)
    require_free(actor=actor, segmentation_id=segmentation_id, client_id=client_id)
    row = segmentation.revisions.filter(number=revision, author_id=person_id).first()
    if row is None:
        raise RevisionUnknown("Only one's own strokes are taken back.")
    before = labelmap_of(segmentation, revision=segmentation.head)
    change = _inverse(
        made=labelmap_of(segmentation, revision=row.number),
        found=labelmap_of(segmentation, revision=row.parent),
        now=before,
        box=Box.of(row.box),
        segments=row.segments,
    )
    if change is not None:
        revise(
            actor=actor,
            person_id=person_id,
            segmentation=segmentation,
            before=before,
            change=change,
            inverse_of=row.number,
        )
    return segmentation


def _require_person(actor: Actor, *, segmentation_id: UUID) -> UUID:
    policies.change_segmentation(actor=actor, segmentation_id=segmentation_id)
    if actor.id is None:
        raise Forbidden("Only a person paints.")
    return actor.id


def _is_repeat(segmentation: Segmentation, *, parent: int, sha256: str, person_id: UUID) -> bool:
    """The answer to this very commit was lost on its way."""
    return segmentation.revisions.filter(
        number=parent + 1, chunk_sha256=sha256, author_id=person_id
    ).exists()


def _difference(before: store.Labelmap, *, box: Box, masks: dict[int, Mask]) -> Change | None:
    (first, top, left), (end, bottom, right) = box.first, box.end
    frames: dict[tuple[int, int], Mask] = {}
    for segment, mask in masks.items():
        for frame in range(first, end):
            old = before.frame(segment, frame)
            new = old.copy()
            new[top:bottom, left:right] = mask[frame - first]
            if not np.array_equal(old, new):
                frames[segment, frame] = new
    return describe_change(before, frames)


def _inverse(
    *,
    made: store.Labelmap,
    found: store.Labelmap,
    now: store.Labelmap,
    box: Box,
    segments: list[int],
) -> Change | None:
    frames: dict[tuple[int, int], Mask] = {}
    for segment in segments:
        for frame in range(box.first[0], box.end[0]):
            new, old = made.frame(segment, frame), found.frame(segment, frame)
            current = now.frame(segment, frame)
            back = np.where((new != old) & (current == new), old, current)
            if not np.array_equal(back, current):
                frames[segment, frame] = back
    return describe_change(now, frames)


def describe_change(before: store.Labelmap, frames: Changes) -> Change | None:
    """Exactly where voxels change: what everybody else has to fetch, and no more."""
    box: Box | None = None
    for (segment, frame), mask in frames.items():
        touched = tight_box(before.frame(segment, frame) ^ mask, frame=frame)
        if touched is not None:
            box = touched.joined(box)
    if box is None:
        return None
    return Change(frames, box, tuple(sorted({segment for segment, _ in frames})))


def revise(
    *,
    actor: Actor,
    person_id: UUID,
    segmentation: Segmentation,
    before: store.Labelmap,
    change: Change,
    chunk_sha256: str = "",
    inverse_of: int | None = None,
) -> None:
    """Files first, then the row that names them: a crash between leaves a file nobody names."""
    name, after = store.write_labelmap(before=before, changed=change.frames)
    parent = segmentation.head
    SegmentationRevision.objects.create(
        segmentation=segmentation,
        number=parent + 1,
        parent=parent,
        content_sha256=name,
        chunk_sha256=chunk_sha256,
        box=change.box.as_list(),
        segments=list(change.segments),
        stats=after.stats(),
        inverse_of=inverse_of,
        author_id=person_id,
    )
    segmentation.head = parent + 1
    segmentation.save(update_fields=["head", "updated_at"])
    audit(
        actor=actor,
        segmentation=segmentation,
        action="segmentation.revised",
        segments=list(change.segments),
        inverse_of=inverse_of,
    )
    record(
        SegmentationRevised(
            **actor_fields(actor),
            case_id=segmentation.case_id,
            entity_id=str(segmentation.pk),
            entity_version=segmentation.version,
            segmentation=state_of(segmentation),
            revision=segmentation.head,
            parent=parent,
            box=change.box.as_list(),
            segments=list(change.segments),
        )
    )
