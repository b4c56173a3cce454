"""Binary voxels as packed bits: the box of a change, its bytes on the wire, bounded unpacking.

On the wire a chunk is, for one segment after the other, the box's voxels in the order frame, row,
column, packed least significant bit first, each segment from a new byte; all of it compressed by
zlib (RFC 1950). The size is known from the box before a byte is unpacked.
"""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from apps.annotations.segmentations.exceptions import BadChunk, ChunkTooLarge

Mask = npt.NDArray[np.bool_]

MAX_CHUNK_BYTES = 8 * 1024 * 1024
MAX_CHUNK_VOXELS = 1 << 28
"""32 MiB packed: a whole CT of 512 × 512 × 1000."""


@dataclass(frozen=True, slots=True)
class Box:
    """Half-open, on the segmentation's own grid; frames counted from 0."""

    first: tuple[int, int, int]
    end: tuple[int, int, int]

    @classmethod
    def of(cls, numbers: Sequence[int]) -> "Box":
        a, b, c, d, e, f = (int(number) for number in numbers)
        return cls((a, b, c), (d, e, f))

    def as_list(self) -> list[int]:
        return [*self.first, *self.end]

    @property
    def shape(self) -> tuple[int, int, int]:
        frames, rows, columns = (b - a for a, b in zip(self.first, self.end, strict=True))
        return frames, rows, columns

    @property
    def voxels(self) -> int:
        frames, rows, columns = self.shape
        return frames * rows * columns

    def lies_in(self, shape: Sequence[int]) -> bool:
        return all(
            0 <= a < b <= size for a, b, size in zip(self.first, self.end, shape, strict=True)
        )

    def joined(self, other: "Box | None") -> "Box":
        if other is None:
            return self
        a, b, c = map(min, self.first, other.first)
        d, e, f = map(max, self.end, other.end)
        return Box((a, b, c), (d, e, f))


def tight_box(mask: Mask, *, frame: int) -> Box | None:
    """The smallest box around what is set in one frame."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if not rows.size:
        return None
    return Box(
        (frame, int(rows[0]), int(columns[0])), (frame + 1, int(rows[-1]) + 1, int(columns[-1]) + 1)
    )


def pack_bits(mask: Mask) -> bytes:
    return np.packbits(mask.ravel(), bitorder="little").tobytes()


def unpack_bits(raw: bytes, *, shape: Sequence[int]) -> Mask:
    count = int(np.prod(shape))
    bits = np.unpackbits(np.frombuffer(raw, dtype=np.uint8), count=count, bitorder="little")
    return bits.reshape(shape).view(np.bool_)


def packed_size(voxels: int) -> int:
    return (voxels + 7) // 8


def check_size(box: Box, *, segments: int) -> None:
    if box.voxels * segments > MAX_CHUNK_VOXELS:
        raise ChunkTooLarge("The box holds more voxels than one chunk may.")


def unpack_chunk(body: bytes, *, box: Box, segments: Sequence[int]) -> dict[int, Mask]:
    """The voxels of each segment in the box.

    Raises
    ------
    BadChunk
        It unpacks to another size than the box's, or not at all. Never more than the size that
        the box has is unpacked, whatever the bytes would become.
    """
    size = packed_size(box.voxels)
    expected = size * len(segments)
    try:
        unpacker = zlib.decompressobj()
        raw = unpacker.decompress(body, expected + 1)
    except zlib.error:
        raise BadChunk("The chunk cannot be unpacked.") from None
    if len(raw) != expected or not unpacker.eof or unpacker.unused_data:
        raise BadChunk("The chunk is not as large as its box.")
    return {
        number: unpack_bits(raw[at * size : (at + 1) * size], shape=box.shape)
        for at, number in enumerate(segments)
    }


def pack_chunk(masks: Sequence[Mask], *, level: int = 6) -> bytes:
    return zlib.compress(b"".join(pack_bits(mask) for mask in masks), level)
