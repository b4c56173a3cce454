"""Painting through the services, as a browser does: a chunk is sent, then committed."""

import hashlib
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from apps.annotations.models import Segmentation
from apps.annotations.segmentations import services
from apps.annotations.segmentations.bits import Box
from apps.annotations.segmentations.selectors import labelmap_of
from apps.core.actors import Actor
from tests.people import CaseTeam
from tests.scans import Scan

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Chunk:
    box: Box
    segments: tuple[int, ...]
    body: bytes

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.body).hexdigest()


def make_chunk(masks: Mapping[int, Mask], *, first: tuple[int, int, int] = (0, 0, 0)) -> Chunk:
    """The bytes as ``bits`` describes them, written here by hand."""
    shape = next(iter(masks.values())).shape
    end = tuple(a + b for a, b in zip(first, shape, strict=True))
    packed = b"".join(_pack(mask) for mask in masks.values())
    return Chunk(Box.of([*first, *end]), tuple(masks), zlib.compress(packed))


def _pack(mask: Mask) -> bytes:
    out = bytearray((mask.size + 7) // 8)
    for index in np.flatnonzero(mask.ravel()):
        out[index // 8] |= 1 << (index % 8)
    return bytes(out)


def block(shape: tuple[int, int, int]) -> Mask:
    return np.ones(shape, dtype=np.bool_)


def begin(team: CaseTeam, scan: Scan, who: str = "surgeon", **changes: Any) -> Segmentation:
    arguments: dict[str, Any] = {
        "study_instance_uid": scan.study_instance_uid,
        "series_instance_uid": scan.series_instance_uid,
        "stack": 1,
        "segments": [services.SegmentDraft(label="Lesion S7")],
        "name": "Target",
    }
    return services.put_segmentation(
        actor=team.actor(who), case_id=team.case_id, **{**arguments, **changes}
    )


def send(actor: Actor, segmentation: Segmentation, chunk: Chunk, *, parent: int) -> None:
    services.put_chunk(
        actor=actor,
        segmentation_id=segmentation.pk,
        parent=parent,
        sha256=chunk.sha256,
        box=chunk.box,
        segments=chunk.segments,
        body=chunk.body,
    )


def paint(
    actor: Actor,
    segmentation: Segmentation,
    masks: Mapping[int, Mask],
    *,
    parent: int,
    first: tuple[int, int, int] = (0, 0, 0),
) -> Segmentation:
    chunk = make_chunk(masks, first=first)
    send(actor, segmentation, chunk, parent=parent)
    return services.commit_chunk(
        actor=actor, segmentation_id=segmentation.pk, parent=parent, sha256=chunk.sha256
    )


def voxels(segmentation: Segmentation, *, segment: int = 1, revision: int | None = None) -> Mask:
    """All of one segment, ``(frame, row, column)``."""
    fresh = Segmentation.objects.get(pk=segmentation.pk)
    grid = fresh.grid
    box = Box((0, 0, 0), (len(grid["frames"]), grid["rows"], grid["columns"]))
    number = fresh.head if revision is None else revision
    return labelmap_of(fresh, revision=number).cut(segment, box)
