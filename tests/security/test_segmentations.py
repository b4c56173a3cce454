"""Hostile segmentations: a verdict from the parser child, nothing drawn, nothing left behind."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from pydicom.dataset import Dataset
from pydicom.uid import ExplicitVRBigEndian, generate_uid

from apps.imaging.parsing import ParserPool
from tests.apps.imaging.dicom import to_bytes
from tests.apps.imaging.segs import blob, make_seg, make_stack


@pytest.fixture(scope="module")
def pool() -> Iterator[ParserPool]:
    pool = ParserPool(size=1, timeout_s=60.0)
    yield pool
    pool.close()


def segmentation() -> Dataset:
    images = make_stack(study_uid=generate_uid(), series_uid=generate_uid())
    return make_seg(images, blob())


def cut_short(seg: Dataset) -> None:
    seg.PixelData = seg.PixelData[: len(seg.PixelData) // 2 * 2 // 4]


def claims_millions_of_frames(seg: Dataset) -> None:
    seg.NumberOfFrames = 900_000_000


def claims_a_huge_matrix(seg: Dataset) -> None:
    seg.Rows = seg.Columns = 65_535


def has_thirty_two_bits(seg: Dataset) -> None:
    seg.BitsAllocated = 32
    seg.PixelData = bytes(int(seg.Rows) * int(seg.Columns) * int(seg.NumberOfFrames) * 4)


def has_no_pixels(seg: Dataset) -> None:
    del seg.PixelData


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (cut_short, "pixel_length_mismatch"),
        (claims_millions_of_frames, "pixels_too_large"),
        (claims_a_huge_matrix, "pixels_too_large"),
        (has_thirty_two_bits, "malformed"),
        (has_no_pixels, "no_pixel_data"),
    ],
)
def test_each_lie_has_its_verdict(
    pool: ParserPool, tmp_path: Path, spoil: Callable[[Dataset], None], code: str
) -> None:
    seg = segmentation()
    spoil(seg)
    raw = to_bytes(seg)
    (tmp_path / "pack").write_bytes(b"other object" + raw)
    outcome = pool.unpack_segments(
        source=tmp_path / "pack", offset=12, length=len(raw), prefix=tmp_path / "p",
        limits={"decoded_bytes": 64 * 1024 * 1024},
    )  # fmt: skip
    assert outcome.summary is None
    assert outcome.code == code
    assert [path.name for path in tmp_path.iterdir()] == ["pack"]


def test_big_endian_bits_are_refused_not_guessed(pool: ParserPool, tmp_path: Path) -> None:
    seg = segmentation()
    seg.file_meta.TransferSyntaxUID = ExplicitVRBigEndian
    seg["PixelData"].VR = "OW"
    path = tmp_path / "big.dcm"
    seg.save_as(path, implicit_vr=False, little_endian=False)
    outcome = pool.unpack_segments(
        source=path, offset=0, length=path.stat().st_size, prefix=tmp_path / "p"
    )
    assert outcome.code == "unsupported_transfer_syntax"


def test_the_child_reads_nothing_beyond_its_object(pool: ParserPool, tmp_path: Path) -> None:
    raw = to_bytes(segmentation())
    (tmp_path / "pack").write_bytes(raw + bytes(np.arange(200, dtype=np.uint8)))
    outcome = pool.unpack_segments(
        source=tmp_path / "pack", offset=0, length=len(raw), prefix=tmp_path / "p"
    )
    assert outcome.summary is not None
    assert len(outcome.summary["present"]) == 4
