"""The outline in a report: where the finding is largest, under its tracking UID, no numbers."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any

import highdicom as hd
import numpy as np
import pytest
from pydicom.dataset import Dataset

from apps.ai.analyses.results import MaskRegion
from apps.ai.encoding.outline import MOST_POINTS, outline_largest_slice
from apps.ai.external.reports import read_report_statements
from apps.imaging.documents.measurements import read_groups
from apps.imaging.radiotherapy.rasters import Plane, rasterise
from apps.imaging.radiotherapy.structures import Contour
from tests.apps.ai.encoded import blob, encode, finding, read, validate
from tests.apps.ai.synthetic_series import SPACING_MM, series_headers


def drawn(mask: np.ndarray) -> tuple[int, np.ndarray]:
    """The outline filled at pixel centres, by our own rasteriser; whether it is closed."""
    index, points = outline_largest_slice(MaskRegion.from_mask(mask))
    assert points[0].tolist() == points[-1].tolist()
    plane = Plane(
        position_lps=[0, 0, 0],
        orientation=[1, 0, 0, 0, 1, 0],
        pixel_spacing_mm=[1, 1],
        rows=mask.shape[1],
        columns=mask.shape[2],
    )
    flat = np.c_[points[:-1], np.zeros(len(points) - 1)]
    contour = Contour(kind="CLOSED_PLANAR", points_lps=flat, sop_instance_uid="")
    return index, rasterise([contour], [plane])[0]


def test_it_is_the_largest_piece_of_the_largest_slice_without_its_holes() -> None:
    mask = np.zeros((4, 24, 20), dtype=bool)
    mask[1, 3:6, 3:6] = True
    mask[2, 8:15, 5:16] = True
    mask[2, 10:12, 9] = False
    mask[2, 15, 16] = mask[2, 20:22, 2:4] = True  # at a corner, and an island
    index, filled = drawn(mask)
    expected = np.zeros((24, 20), dtype=bool)
    expected[8:15, 5:16] = True
    assert index == 2
    assert np.array_equal(filled, expected)


def test_of_too_many_points_the_rectangle_around_it_is_drawn() -> None:
    mask = np.zeros((1, 2_100, 9), dtype=bool)
    mask[0, ::2, :] = mask[0, :, 4] = True
    mask = mask[:, :-1]  # teeth on every second row
    _, points = outline_largest_slice(MaskRegion.from_mask(mask))
    assert len(points) == 5 < MOST_POINTS
    assert points.min(axis=0).tolist() == [-0.5, -0.5]
    assert points.max(axis=0).tolist() == [8.5, 2_098.5]


def outline_of(data: bytes) -> Any:
    content = hd.sr.srread(BytesIO(data)).content
    (numbers,) = content.get_volumetric_roi_measurement_groups()
    (outline,) = content.get_planar_roi_measurement_groups()
    assert outline.tracking_uid == numbers.tracking_uid
    assert outline.get_measurements() == []
    return outline.roi


LARGEST = int(blob().sum(axis=(1, 2)).argmax())  # there rows 4 to 11 and columns 4 to 9


@pytest.mark.parametrize("orientation", ["axial", "oblique", "reversed"])
def test_on_square_pixels_the_report_draws_it_on_its_image(
    orientation: Any, tmp_path: Path
) -> None:
    headers = series_headers(orientation=orientation, PixelSpacing=[0.8, 0.8])
    objects = encode(headers, finding())
    validate(objects, tmp_path)
    for name in ("report", "verified"):
        roi = outline_of(objects[name])
        (image,) = roi.ContentSequence
        named = image.ReferencedSOPSequence[0].ReferencedSOPInstanceUID
        assert named == headers[LARGEST].SOPInstanceUID
        # In DICOM's count from the corner of the first pixel.
        assert roi.value.min(axis=0).tolist() == [4, 4]
        assert roi.value.max(axis=0).tolist() == [10, 12]


@pytest.mark.parametrize("orientation", ["axial", "oblique", "reversed"])
def test_on_other_pixels_it_lies_in_the_patient(orientation: Any, tmp_path: Path) -> None:
    """OHIF mistakes rows for columns on them; in space it draws nothing (decision 0257)."""
    headers = series_headers(orientation=orientation)
    objects = encode(headers, finding())
    validate(objects, tmp_path)
    roi = outline_of(objects["report"])
    largest = headers[LARGEST]
    assert roi.frame_of_reference_uid == largest.FrameOfReferenceUID
    row, column = np.array(largest.ImageOrientationPatient, dtype=float).reshape(2, 3)
    away = roi.value - np.array(largest.ImagePositionPatient, dtype=float)
    _, row_mm, column_mm = SPACING_MM
    index = np.c_[away @ row / column_mm, away @ column / row_mm]
    assert index.min(axis=0) == pytest.approx([3.5, 3.5], abs=1e-4)
    assert index.max(axis=0) == pytest.approx([9.5, 11.5], abs=1e-4)
    assert np.abs(away @ np.cross(row, column)).max() < 1e-3


def test_readers_see_one_thing_with_numbers_and_a_drawing() -> None:
    document: Dataset = read(encode(series_headers(), finding())["report"])
    as_json = document.to_json_dict()
    (group,) = read_groups(as_json)
    assert (len(group.values), len(group.regions)) == (4, 1)
    (statement,) = read_report_statements(as_json)
    assert (len(statement.measurements), len(statement.regions)) == (4, 1)
    assert len(statement.segments) == 1
