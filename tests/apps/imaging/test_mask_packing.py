"""Masks packed without going over what is empty are ordinary gzip of the same bytes."""

import gzip
import zlib

import numpy as np
import pytest

from apps.imaging.mask_packing import pack_region
from apps.imaging.masks import pack_mask


def whole(values, start, shape):
    full = np.zeros(shape, dtype=np.uint8)
    full[tuple(slice(a, a + b) for a, b in zip(start, values.shape, strict=True))] = values
    return full.tobytes()


@pytest.mark.parametrize(
    ("size", "start", "shape"),
    [
        ((3, 4, 5), (2, 1, 0), (9, 7, 11)),
        ((1, 1, 1), (0, 0, 0), (1, 1, 1)),
        ((5, 7, 6), (0, 0, 0), (5, 7, 6)),
        ((2, 3, 3), (0, 4, 5), (40, 8, 9)),
        ((2, 3, 3), (38, 4, 5), (40, 8, 9)),
        ((20, 64, 64), (100, 100, 100), (301, 257, 263)),
    ],
)
@pytest.mark.parametrize("kind", [bool, np.uint8])
def test_it_unpacks_to_the_same_bytes(size, start, shape, kind):
    values = (np.random.default_rng(3).random(size) < 0.4).astype(kind)
    values.flat[0] = 1
    packed = pack_region(values=values, start=start, shape=shape)
    # gzip checks sum and length itself.
    assert gzip.decompress(packed) == whole(values, start, shape)
    # As a browser does, which takes the stream in pieces and knows no Python.
    reader = zlib.decompressobj(wbits=31)
    assert reader.decompress(packed) == whole(values, start, shape)
    assert reader.eof and reader.unused_data == b""


def test_equal_masks_are_equal_files_and_not_larger_ones():
    values = np.ones((9, 40, 40), dtype=bool)
    shape, start = (200, 256, 256), (70, 30, 40)
    first = pack_region(values=values, start=start, shape=shape)
    assert first == pack_region(values=values.copy(), start=start, shape=shape)
    assert len(first) < 1.5 * len(pack_mask(whole(values, start, shape)))
    moved = pack_region(values=values, start=(71, 30, 40), shape=shape)
    assert moved != first
