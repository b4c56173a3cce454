"""A whole mask at once: a new segmentation with all its voxels as its first revision."""

from collections.abc import Iterator, Mapping, Sequence
from uuid import UUID

import numpy as np
import numpy.typing as npt
from django.db import transaction

from apps.annotations.models import Segmentation
from apps.annotations.segmentations import store
from apps.annotations.segmentations.bits import Mask
from apps.annotations.segmentations.exceptions import BadSegments, ChunkTooLarge
from apps.annotations.segmentations.services.describing import (
    Origin,
    SegmentDraft,
    put_segmentation,
)
from apps.annotations.segmentations.services.locking import lock_segmentation
from apps.annotations.segmentations.services.painting import describe_change, revise
from apps.core.actors import Actor

MAX_IMPORTED_VOXELS = 1 << 31
"""Of all frames that hold a voxel of a segment, counted whole: at most 256 MiB of bits."""

Labels = npt.NDArray[np.uint16]


@transaction.atomic
def import_masks(
    *,
    actor: Actor,
    case_id: UUID,
    study_instance_uid: str,
    series_instance_uid: str,
    stack: int,
    name: str,
    origin: Origin,
    made_by: str,
    labels: Labels,
    segments: Sequence[tuple[int, SegmentDraft]],
) -> Segmentation:
    """A segmentation of a label map; nothing is kept where anything of it is refused.

    Parameters
    ----------
    labels : uint16 array (frame, row, column) on the grid of the stack, frames in its order.
    segments : the label of each segment, with what it is; they are numbered from 1 as given.

    Raises
    ------
    NotVisible, Forbidden, ImageNotInCase, NoSuchStack
        As ``put_segmentation``.
    BadSegments
        The labels are not those of ``segments``, or the grid is another one (``wrong_grid``).
    ChunkTooLarge
        More voxels than one revision may hold.
    """
    segmentation = put_segmentation(
        actor=actor,
        case_id=case_id,
        study_instance_uid=study_instance_uid,
        series_instance_uid=series_instance_uid,
        stack=stack,
        name=name,
        segments=[draft for _, draft in segments],
        origin=origin,
        made_by=made_by,
    )
    grid = segmentation.grid
    if labels.shape != (len(grid["frames"]), grid["rows"], grid["columns"]):
        raise BadSegments("The mask has another size than the images.", code="wrong_grid")
    frames = _FramesOfLabels(labels, [value for value, _ in segments])
    if len(frames) * grid["rows"] * grid["columns"] > MAX_IMPORTED_VOXELS:
        raise ChunkTooLarge("The mask holds more voxels than one revision may.")
    before = store.Labelmap(segmentation.pk, grid["rows"], grid["columns"])
    change = describe_change(before, frames)
    if change is not None and actor.id is not None:
        revise(
            actor=actor,
            person_id=actor.id,
            segmentation=segmentation,
            before=before,
            change=change,
        )
    return lock_segmentation(segmentation.pk)


class _FramesOfLabels(Mapping[tuple[int, int], Mask]):
    """Frames by (segment, frame), cut out of the label map when they are asked for: a map of many
    labels is never there as many masks.
    """

    def __init__(self, labels: Labels, values: Sequence[int]) -> None:
        self._labels = labels
        self._values = values
        number_of = {value: number for number, value in enumerate(values, start=1)}
        self._keys: list[tuple[int, int]] = []
        for frame, plane in enumerate(labels):
            for value in np.unique(plane):
                if value and int(value) not in number_of:
                    raise BadSegments("The mask has a label that no segment names.")
                if value:
                    self._keys.append((number_of[int(value)], frame))
        self._known = frozenset(self._keys)

    def __getitem__(self, key: tuple[int, int]) -> Mask:
        if key not in self._known:
            raise KeyError(key)
        segment, frame = key
        mask: Mask = self._labels[frame] == self._values[segment - 1]
        return mask

    def __iter__(self) -> Iterator[tuple[int, int]]:
        return iter(self._keys)

    def __len__(self) -> int:
        return len(self._keys)
