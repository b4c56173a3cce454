"""Where drawn voxels are kept: one immutable file per revision, named by its content.

::

    annotations/<segmentation>/<sha256>          a revision: its tree, and the frames it changed
    annotations/<segmentation>/chunks/<sha256>   sent, not committed yet; swept after an hour

A revision's tree names every frame of every segment that has a voxel, and the file that holds it:
this one, or that of an earlier revision. So each revision is whole, and costs what it changed.
Nothing here can be fetched again from a PACS: it belongs into the backup (docs/operations.md).
"""

import hashlib
import os
import re
import struct
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import numpy as np
import orjson
from django.conf import settings

from apps.annotations.segmentations.bits import Box, Mask, pack_bits, tight_box, unpack_bits
from apps.core.exceptions import Unavailable

MAGIC = b"CSR1"
_HEAD = struct.Struct("<4sI")
_SHA = re.compile(r"^[0-9a-f]{64}$")


@dataclass(frozen=True, slots=True)
class StoredFrame:
    """One frame of one segment: where its bits are, and what they amount to."""

    file: str  # empty: the file that this tree is in
    offset: int
    length: int
    voxels: int
    box: tuple[int, int, int, int]  # rows and columns, half-open

    def as_list(self) -> list[Any]:
        return [self.file, self.offset, self.length, self.voxels, *self.box]


Tree = dict[int, dict[int, StoredFrame]]
"""Segment number → frame of the grid → where it is; frames without a voxel are absent."""


@dataclass(frozen=True, slots=True)
class Labelmap:
    """The voxels of one revision, read frame by frame."""

    segmentation_id: UUID
    rows: int
    columns: int
    tree: Tree = field(default_factory=dict)

    def frame(self, segment: int, frame: int) -> Mask:
        stored = self.tree.get(segment, {}).get(frame)
        if stored is None:
            return np.zeros((self.rows, self.columns), dtype=np.bool_)
        raw = _read_range(_path(self.segmentation_id, stored.file), stored.offset, stored.length)
        return unpack_bits(zlib.decompress(raw), shape=(self.rows, self.columns))

    def cut(self, segment: int, box: Box) -> Mask:
        """The voxels of a box."""
        out = np.zeros(box.shape, dtype=np.bool_)
        (first, top, left), (end, bottom, right) = box.first, box.end
        for frame in self.tree.get(segment, {}):
            if first <= frame < end:
                out[frame - first] = self.frame(segment, frame)[top:bottom, left:right]
        return out

    def stats(self) -> dict[str, dict[str, Any]]:
        """Voxels and extent of each segment that has any; JSON."""
        found: dict[str, dict[str, Any]] = {}
        for segment, frames in sorted(self.tree.items()):
            box: Box | None = None
            for frame, stored in frames.items():
                top, bottom, left, right = stored.box
                box = Box((frame, top, left), (frame + 1, bottom, right)).joined(box)
            if box is not None:
                voxels = sum(stored.voxels for stored in frames.values())
                found[str(segment)] = {"voxels": voxels, "box": box.as_list()}
        return found


def open_labelmap(
    *, segmentation_id: UUID, content_sha256: str, rows: int, columns: int
) -> Labelmap:
    """The voxels of a revision; an empty name is that of an empty one.

    Raises
    ------
    Unavailable
        The file is gone or damaged: never an empty mask in its place.
    """
    if not content_sha256:
        return Labelmap(segmentation_id, rows, columns)
    try:
        with _path(segmentation_id, content_sha256).open("rb") as file:
            magic, length = _HEAD.unpack(file.read(_HEAD.size))
            tree = orjson.loads(zlib.decompress(file.read(length)))
    except (OSError, struct.error, zlib.error, orjson.JSONDecodeError):
        raise Unavailable("Its voxels cannot be read.", code="voxels_unavailable") from None
    if magic != MAGIC:
        raise Unavailable("Its voxels cannot be read.", code="voxels_unavailable")
    return Labelmap(segmentation_id, rows, columns, _tree_from(tree, own=content_sha256))


def write_labelmap(
    *, before: Labelmap, changed: Mapping[tuple[int, int], Mask]
) -> tuple[str, Labelmap]:
    """Keep ``before`` with some frames (by segment and frame) replaced; the name of the file."""
    tree: Tree = {number: dict(frames) for number, frames in before.tree.items()}
    blobs: list[bytes] = []
    offset = 0
    for segment, frame in sorted(changed):  # one mask at a time: they may be cut out of a map
        mask = changed[segment, frame]
        box = tight_box(mask, frame=frame)
        if box is None:
            tree.get(segment, {}).pop(frame, None)
            continue
        blob = zlib.compress(pack_bits(mask))
        bounds = (box.first[1], box.end[1], box.first[2], box.end[2])
        tree.setdefault(segment, {})[frame] = StoredFrame(
            "", offset, len(blob), int(mask.sum()), bounds
        )
        blobs.append(blob)
        offset += len(blob)
    head = zlib.compress(orjson.dumps(_tree_as_json(tree)))
    body = b"".join([_HEAD.pack(MAGIC, len(head)), head, *blobs])
    name = hashlib.sha256(body).hexdigest()
    _install(_path(before.segmentation_id, name), body)
    return name, open_labelmap(
        segmentation_id=before.segmentation_id,
        content_sha256=name,
        rows=before.rows,
        columns=before.columns,
    )


def keep_chunk(*, segmentation_id: UUID, sha256: str, body: bytes) -> None:
    _install(_chunk_path(segmentation_id, sha256), body)


def read_chunk(*, segmentation_id: UUID, sha256: str) -> bytes | None:
    try:
        return _chunk_path(segmentation_id, sha256).read_bytes()
    except FileNotFoundError:
        return None


def drop_chunk(*, segmentation_id: UUID, sha256: str) -> None:
    _chunk_path(segmentation_id, sha256).unlink(missing_ok=True)


def _tree_as_json(tree: Tree) -> dict[str, Any]:
    return {
        str(segment): {str(frame): stored.as_list() for frame, stored in sorted(frames.items())}
        for segment, frames in sorted(tree.items())
        if frames
    }


def _tree_from(raw: dict[str, Any], *, own: str) -> Tree:
    """Frames of this very file have no name in it: its name is the hash of what it says."""
    tree: Tree = {}
    for segment, frames in raw.items():
        for frame, (file, offset, length, voxels, *box) in frames.items():
            top, bottom, left, right = box
            tree.setdefault(int(segment), {})[int(frame)] = StoredFrame(
                file or own, offset, length, voxels, (top, bottom, left, right)
            )
    return tree


def _read_range(path: Path, offset: int, length: int) -> bytes:
    """Blobs follow the tree, whose length the file says."""
    try:
        with path.open("rb") as file:
            _, head = _HEAD.unpack(file.read(_HEAD.size))
            file.seek(_HEAD.size + head + offset)
            raw = file.read(length)
    except (OSError, struct.error):
        raise Unavailable("Its voxels cannot be read.", code="voxels_unavailable") from None
    if len(raw) != length:
        raise Unavailable("Its voxels cannot be read.", code="voxels_unavailable")
    return raw


def _directory(segmentation_id: UUID) -> Path:
    return Path(settings.ARCHIVE_ROOT) / "annotations" / str(segmentation_id)


def _path(segmentation_id: UUID, name: str) -> Path:
    return _directory(segmentation_id) / _checked(name)


def _chunk_path(segmentation_id: UUID, name: str) -> Path:
    return _directory(segmentation_id) / "chunks" / _checked(name)


def _checked(name: str) -> str:
    if not _SHA.match(name):
        raise ValueError("not a content hash")
    return name


def _install(path: Path, body: bytes) -> None:
    """Durable before it is visible, visible at once, never changed after."""
    if path.exists():
        return
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f".{uuid4().hex}")
    try:
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o400)
        with os.fdopen(descriptor, "wb") as file:
            file.write(body)
            file.flush()
            os.fsync(file.fileno())
        draft.rename(path)
    finally:
        draft.unlink(missing_ok=True)
    directory = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
