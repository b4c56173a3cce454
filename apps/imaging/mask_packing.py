"""A mask that is mostly empty, packed without going over what is empty.

The bytes are an ordinary gzip stream (RFC 1952) of the whole mask, as ``masks.pack_mask`` gives
one. Empty slices are one compressed block (RFC 1951) written again and again, each closed by a
full flush, after which nothing refers back; their check sum is calculated, not summed up.
"""

from __future__ import annotations

import struct
import zlib
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

#: Deflate, no time stamp, no name: equal masks are equal files.
_HEAD = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"
_LAST_BLOCK = b"\x03\x00"
_POLYNOMIAL = 0xEDB88320
_ALL_BITS = 0xFFFFFFFF
_LEVEL = 6


def pack_region(
    *, values: npt.NDArray[Any], start: tuple[int, int, int], shape: tuple[int, int, int]
) -> bytes:
    """A mask of ``shape`` (slice, row, column) that is empty but for ``values`` at ``start``.

    Parameters
    ----------
    values : bool or 0 and 1, (slice, row, column), inside ``shape``.
    """
    before, count = start[0], values.shape[0]
    plane_bytes = shape[1] * shape[2]
    planes = np.zeros((count, *shape[1:]), dtype=np.uint8)
    box = tuple(slice(a, a + b) for a, b in zip(start[1:], values.shape[1:], strict=True))
    planes[(slice(None), *box)] = values
    content = planes.tobytes()
    empty = _empty_plane(plane_bytes)
    check = _pass_zeros(0, before * plane_bytes)
    check = zlib.crc32(content, check)
    after = shape[0] - before - count
    check = _pass_zeros(check, after * plane_bytes)
    total = shape[0] * plane_bytes
    tail = struct.pack("<II", check, total & _ALL_BITS)
    return b"".join((_HEAD, empty * before, _deflate(content), empty * after, _LAST_BLOCK, tail))


@lru_cache(maxsize=8)
def _empty_plane(length: int) -> bytes:
    return _deflate(bytes(length))


def _deflate(content: bytes) -> bytes:
    packer = zlib.compressobj(_LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)
    return packer.compress(content) + packer.flush(zlib.Z_FULL_FLUSH)


def _pass_zeros(check: int, count: int) -> int:
    """The CRC-32 after ``count`` zero bytes more; linear, so powers of one matrix do."""
    state = check ^ _ALL_BITS
    power = 0
    while count:
        if count & 1:
            state = _apply(_zeros(power), state)
        count >>= 1
        power += 1
    return state ^ _ALL_BITS


@lru_cache(maxsize=64)
def _zeros(power: int) -> tuple[int, ...]:
    """What 2 ** power zero bytes make of each bit of the state."""
    if power:
        half = _zeros(power - 1)
        return tuple(_apply(half, column) for column in half)
    columns = []
    for bit in range(32):
        state = 1 << bit
        for _ in range(8):
            state = (state >> 1) ^ (_POLYNOMIAL if state & 1 else 0)
        columns.append(state)
    return tuple(columns)


def _apply(columns: tuple[int, ...], state: int) -> int:
    given = 0
    for bit, column in enumerate(columns):
        if state >> bit & 1:
            given ^= column
    return given
