"""A segmentation lies on the images' own pixels, exactly, or it is not drawn."""

from __future__ import annotations

from dataclasses import replace

import highdicom as hd
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.imaging.geometry import FramePose
from apps.imaging.segmentations.colour import hex_from_dicom_lab
from apps.imaging.segmentations.header import (
    SegmentationHeader,
    SegmentFrame,
    read_segmentation,
)
from apps.imaging.segmentations.placing import Lattice, place_frames
from tests.apps.imaging.segs import AXIAL, OBLIQUE

ROWS, COLUMNS = 8, 12
BETWEEN_ROWS, BETWEEN_COLUMNS = 0.7, 0.9


def images(orientation: list[float], count: int = 4) -> list[FramePose]:
    normal = np.cross(orientation[:3], orientation[3:])
    return [
        FramePose(
            sop_instance_uid=f"1.{n}",
            frame=1,
            rows=ROWS,
            columns=COLUMNS,
            position_lps=tuple(float(v) for v in np.array([5.0, -3.0, 9.0]) + 2.5 * n * normal),
            orientation=tuple(orientation),  # type: ignore[arg-type]
            pixel_spacing_mm=(BETWEEN_ROWS, BETWEEN_COLUMNS),
            frame_of_reference_uid="9.9",
        )
        for n in range(count)
    ]


def header(
    frames: list[SegmentFrame], *, rows: int = ROWS, columns: int = COLUMNS, frame: str = "9.9"
) -> SegmentationHeader:
    empty = read_segmentation({})
    return replace(
        empty,
        frame_of_reference_uid=frame,
        rows=rows,
        columns=columns,
        frames=tuple(frames),
        problems=(),
    )


def on(pose: FramePose, index: int = 0, **changes: object) -> SegmentFrame:
    frame = SegmentFrame(
        index=index,
        segment=1,
        position_lps=pose.position_lps,
        orientation=pose.orientation,
        pixel_spacing_mm=pose.pixel_spacing_mm,
        references=frozenset(),
    )
    return replace(frame, **changes)  # type: ignore[arg-type]


@settings(max_examples=60, deadline=None)
@given(
    orientation=st.sampled_from([AXIAL, OBLIQUE, [0.0, 1.0, 0.0, 0.0, 0.0, -1.0]]),
    transposed=st.booleans(),
    flip_rows=st.booleans(),
    flip_columns=st.booleans(),
    top=st.integers(0, 3),
    left=st.integers(0, 4),
)
def test_flipped_turned_and_cropped_grids_land_on_the_same_pixels(
    orientation: list[float],
    transposed: bool,
    flip_rows: bool,
    flip_columns: bool,
    top: int,
    left: int,
) -> None:
    """Whatever way round a writer stores its frames (OHIF 5038): pixels keep their place."""
    pose = images(orientation)[1]
    whole = np.random.default_rng(7).integers(0, 2, (ROWS, COLUMNS)).astype(np.uint8)
    whole[:top], whole[:, :left] = 0, 0
    own = whole[top:, left:]
    axis_columns, axis_rows = np.array(orientation[:3]), np.array(orientation[3:])
    position = np.array(pose.position_lps)
    position = position + axis_columns * BETWEEN_COLUMNS * left + axis_rows * BETWEEN_ROWS * top
    if flip_rows:
        position = position + axis_rows * BETWEEN_ROWS * (own.shape[0] - 1)
        axis_rows, own = -axis_rows, own[::-1]
    if flip_columns:
        position = position + axis_columns * BETWEEN_COLUMNS * (own.shape[1] - 1)
        axis_columns, own = -axis_columns, own[:, ::-1]
    spacing = (BETWEEN_ROWS, BETWEEN_COLUMNS)
    if transposed:
        axis_rows, axis_columns, own = axis_columns, axis_rows, own.T
        spacing = (BETWEEN_COLUMNS, BETWEEN_ROWS)
    frame = on(
        pose,
        position_lps=tuple(float(v) for v in position),
        orientation=(*axis_columns, *axis_rows),
        pixel_spacing_mm=spacing,
    )
    described = header([frame], rows=own.shape[0], columns=own.shape[1])
    placement = place_frames(header=described, poses=images(orientation))
    (target,) = placement.targets[0]
    assert target.pose.sop_instance_uid == "1.1"
    drawn = np.zeros((ROWS, COLUMNS), dtype=np.uint8)
    target.lattice.lay(np.ascontiguousarray(own), drawn)
    assert np.array_equal(drawn, whole)


@pytest.mark.parametrize(
    "changes",
    [
        {"pixel_spacing_mm": (0.7, 0.95)},
        {"pixel_spacing_mm": (1.4, 1.8)},
        {"position_lps": (5.0 + 0.45, -3.0, 9.0)},
        {"position_lps": (5.0, -3.0, 9.3)},
        {"orientation": (0.9962, 0.0872, 0.0, -0.0872, 0.9962, 0.0)},
        {"orientation": (1.0, 0.0, 0.0, 0.0, 0.0, 1.0)},
        {"orientation": (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)},
        {"orientation": None},
        {"pixel_spacing_mm": None},
    ],
)
def test_another_grid_has_no_place(changes: dict[str, object]) -> None:
    stack = images(AXIAL)
    placement = place_frames(header=header([on(stack[0], **changes)]), poses=stack)
    assert placement.frame_of_reference_fits
    assert placement.targets == {}


def test_another_frame_of_reference_has_no_place_however_well_it_fits() -> None:
    stack = images(AXIAL)
    placement = place_frames(header=header([on(stack[0])], frame="9.8"), poses=stack)
    assert not placement.frame_of_reference_fits
    assert placement.targets == {}
    nameless = [replace(pose, frame_of_reference_uid="") for pose in stack]
    placement = place_frames(header=header([on(stack[0])], frame=""), poses=nameless)
    assert placement.targets == {}


def test_position_decides_against_a_wrong_reference_and_says_so() -> None:
    stack = images(AXIAL)
    wrong = on(stack[2], references=frozenset({("1.0", None)}))
    placement = place_frames(header=header([wrong]), poses=stack)
    assert [target.pose.sop_instance_uid for target in placement.targets[0]] == ["1.2"]
    assert placement.references_disagree


def test_a_reference_chooses_the_time_point_and_none_means_all() -> None:
    first, second = images(AXIAL), images(AXIAL)
    later = [replace(pose, sop_instance_uid=f"2.{n}") for n, pose in enumerate(second)]
    named = on(first[1], references=frozenset({("2.1", None)}))
    placement = place_frames(header=header([named, on(first[1], 1)]), poses=[*first, *later])
    assert [target.pose.sop_instance_uid for target in placement.targets[0]] == ["2.1"]
    assert {target.pose.sop_instance_uid for target in placement.targets[1]} == {"1.1", "2.1"}
    assert not placement.references_disagree


def test_without_patient_space_the_named_image_of_equal_size_is_meant() -> None:
    flat = FramePose(sop_instance_uid="1.0", frame=1, rows=ROWS, columns=COLUMNS)
    nowhere = SegmentFrame(0, 1, None, None, None, frozenset({("1.0", 1)}))
    placement = place_frames(header=header([nowhere], frame=""), poses=[flat])
    assert placement.targets[0][0].lattice == Lattice(False, False, False, 0, 0)
    assert not place_frames(header=header([nowhere], frame="", rows=9), poses=[flat]).targets
    spatial = images(AXIAL)
    assert not place_frames(header=header([nowhere]), poses=spatial).targets


@pytest.mark.parametrize("rgb", [(255, 255, 255), (0, 0, 0), (40, 200, 90), (221, 84, 84)])
def test_the_recommended_colour_is_the_one_that_was_meant(rgb: tuple[int, int, int]) -> None:
    value = [int(v) for v in hd.color.CIELabColor.from_rgb(*rgb).value]
    shown = hex_from_dicom_lab(value)
    assert shown is not None
    assert [int(shown[i : i + 2], 16) for i in (1, 3, 5)] == pytest.approx(rgb, abs=2)


@pytest.mark.parametrize("value", [[], [1, 2], [1, 2, 70_000], [1.5, 2, 3], ["a", 2, 3]])
def test_a_broken_colour_is_none(value: list[object]) -> None:
    assert hex_from_dicom_lab(value) is None


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"00620002": {"Value": "no list"}, "52009230": 7},
        {"00280008": {"Value": [3]}, "52009230": {"Value": [{}, {}]}},
        {"00280008": {"Value": ["x"]}, "52009230": {"Value": [{"0062000A": {}}]}},
        {
            "00620002": {
                "Value": [{"00620004": {"Value": ["NaN"]}}, {"00620004": {"Value": [1e40]}}]
            }
        },
    ],
)
def test_a_broken_header_is_a_problem_with_a_code_never_an_exception(document: dict) -> None:
    assert {problem.code for problem in read_segmentation(document).problems} == {"malformed"}
