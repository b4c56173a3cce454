"""Tiles of a whole slide that lack their padding: put back, where they lack just that."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pydicom
import pytest
from PIL import Image
from pydicom.dataset import FileDataset
from pydicom.encaps import encapsulate
from pydicom.uid import JPEGBaseline8Bit, VLWholeSlideMicroscopyImageStorage, generate_uid

from apps.imaging.parser.frames import write_frames
from apps.imaging.parser.tiles import jpeg_size, short_tiles
from tests.apps.imaging.dicom import data_folder, make_slice

TILE = (32, 48)
GREY = 200


def _jpeg(size: tuple[int, int]) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (size[1], size[0]), (GREY, GREY, GREY)).save(out, "JPEG", quality=95)
    return out.getvalue()


def _slide(sizes: list[tuple[int, int]], **more: Any) -> FileDataset:
    """Two by two tiles of a matrix of 50 rows and 60 columns."""
    made = make_slice(
        study_uid=generate_uid(), series_uid=generate_uid(), shape=TILE, modality="SM"
    )
    made.SOPClassUID = VLWholeSlideMicroscopyImageStorage
    made.SamplesPerPixel, made.PhotometricInterpretation = 3, "YBR_FULL_422"
    made.PlanarConfiguration, made.PixelRepresentation = 0, 0
    made.BitsAllocated = made.BitsStored = 8
    made.HighBit = 7
    made.NumberOfFrames, made.DimensionOrganizationType = len(sizes), "TILED_FULL"
    made.TotalPixelMatrixRows, made.TotalPixelMatrixColumns = 50, 60
    made.PixelData = encapsulate([_jpeg(size) for size in sizes])
    made["PixelData"].is_undefined_length = True
    made.file_meta.TransferSyntaxUID = JPEGBaseline8Bit
    for keyword, value in more.items():
        setattr(made, keyword, value)
    return made


def _stored(slide: FileDataset) -> list[np.ndarray]:
    out = io.BytesIO()
    report = write_frames(slide, out)
    assert not report.problem_code, report.problem
    body = out.getvalue()
    return [
        np.frombuffer(body[one["offset"] : one["offset"] + one["length"]], np.uint8).reshape(
            *TILE, 3
        )
        for one in report.frames
    ]


def test_a_tile_cut_at_the_end_of_the_matrix_gets_its_padding_back() -> None:
    slide = _slide([TILE, (32, 12), (18, 48), (18, 12)])
    assert short_tiles(slide) == {1: (32, 12), 2: (18, 48), 3: (18, 12)}
    tiles = _stored(slide)
    assert [int((tile > 100).all(axis=2).sum()) for tile in tiles] == [
        32 * 48,
        32 * 12,
        18 * 48,
        18 * 12,
    ]
    assert (abs(tiles[3][:18, :12].astype(int) - GREY) <= 2).all() and not tiles[3][18:].any()


def test_whole_tiles_are_left_alone() -> None:
    slide = _slide([TILE] * 4)
    assert short_tiles(slide) == {}
    assert all((tile > 100).all() for tile in _stored(slide))


@pytest.mark.parametrize(
    "slide",
    [
        _slide([TILE, TILE, TILE, (10, 12)]),
        _slide([(18, 48), TILE, TILE, TILE]),
        _slide([TILE, (32, 12), TILE, TILE], DimensionOrganizationType="TILED_SPARSE"),
        _slide([TILE, (32, 12), TILE, TILE], SOPClassUID="1.2.840.10008.5.1.4.1.1.7"),
    ],
    ids=["too short", "in the middle", "sparse", "no slide"],
)
def test_any_other_size_is_refused_by_name(slide: FileDataset) -> None:
    report = write_frames(slide, io.BytesIO())
    assert report.problem_code == "pixels_undecodable" and report.frames == []


def test_a_header_that_ends_early_has_no_size() -> None:
    whole = _jpeg(TILE)
    assert jpeg_size(whole) == TILE
    for end in (0, 1, 3, 12, 20):
        assert jpeg_size(whole[:end]) is None
    assert jpeg_size(b"\xff\xd8" + b"\xff\xe0\x00\x00" * 4) is None


def test_a_real_slide_is_read_to_its_last_tile() -> None:
    slide = pydicom.dcmread(data_folder("17-") / "multiframe.dcm")
    assert len(short_tiles(slide)) == 23
    report = write_frames(slide, io.BytesIO())
    assert (report.problem_code, len(report.frames)) == ("", 140)
