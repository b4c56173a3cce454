"""Order, spacing and oddities, whatever order and numbering the files come in."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.imaging.geometry import FramePose, describe_frames, instance_order, slice_normal

AXIAL = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)


def pose(
    z: float, *, number: int = 0, x: float = 0.0, y: float = 0.0, **fields: object
) -> FramePose:
    base = FramePose(
        sop_instance_uid=f"1.{number}.{round(z * 1000)}.{round(x * 10)}",
        frame=1,
        rows=8,
        columns=8,
        position_lps=(x, y, z),
        orientation=AXIAL,
        pixel_spacing_mm=(0.5, 0.75),
        frame_of_reference_uid="1.9",
        instance_number=number,
    )
    return replace(base, **fields)  # type: ignore[arg-type]


def codes(poses: list[FramePose]) -> list[str]:
    return [warning.code for warning in describe_frames(poses).warnings]


def rotation(angles: tuple[float, float, float]) -> np.ndarray:
    a, b, c = angles
    rx = np.array([[1, 0, 0], [0, np.cos(a), -np.sin(a)], [0, np.sin(a), np.cos(a)]])
    ry = np.array([[np.cos(b), 0, np.sin(b)], [0, 1, 0], [-np.sin(b), 0, np.cos(b)]])
    rz = np.array([[np.cos(c), -np.sin(c), 0], [np.sin(c), np.cos(c), 0], [0, 0, 1]])
    return rz @ ry @ rx


angle = st.floats(-3.0, 3.0)


@given(
    angles=st.tuples(angle, angle, angle),
    spacing=st.floats(0.3, 10.0),
    count=st.integers(2, 20),
    order=st.randoms(use_true_random=False),
)
@settings(max_examples=60, deadline=None)
def test_any_oblique_stack_in_any_order_is_one_volume_along_its_normal(
    angles: tuple[float, float, float], spacing: float, count: int, order: object
) -> None:
    turn = rotation(angles)
    orientation = tuple(turn[:, 0]) + tuple(turn[:, 1])
    start = np.array([12.0, -34.0, 56.0])
    poses = [
        pose(
            0.0,
            number=n,
            sop_instance_uid=f"1.2.{n}",
            position_lps=tuple(start + turn[:, 2] * spacing * n),
            orientation=orientation,
        )
        for n in range(count)
    ]
    shuffled = list(poses)
    order.shuffle(shuffled)  # type: ignore[attr-defined]
    found = describe_frames(shuffled)
    assert found.refusal == ""
    assert instance_order(shuffled, found) == [f"1.2.{n}" for n in range(count)]
    assert found.affine_lps is not None
    for index in (0, count - 1):
        at = found.affine_lps @ [0, 0, index, 1]
        assert np.allclose(at[:3], start + turn[:, 2] * spacing * index, atol=1e-6)
    corner = found.affine_lps @ [1, 0, 0, 1] - found.affine_lps @ [0, 0, 0, 1]
    assert np.allclose(corner[:3], turn[:, 0] * 0.75)  # one column on: PixelSpacing[1]
    assert found.spacing_mm == pytest.approx((spacing, 0.5, 0.75), abs=1e-6)


def test_the_instance_number_has_no_say() -> None:
    poses = [pose(float(z), number=100 - z) for z in (3, 1, 2, 0)]
    found = describe_frames(poses)
    heights = [poses[i].position_lps[2] for i in found.order]  # type: ignore[index]
    assert heights == [0, 1, 2, 3]


def test_a_missing_slice_is_named_and_refuses_a_volume() -> None:
    poses = [pose(z) for z in (0.0, 1.0, 2.0, 4.0, 5.0)]
    assert codes(poses) == ["missing_slices"]
    assert describe_frames(poses).refusal == "missing_slices"
    assert describe_frames(poses).affine_lps is None


def test_uneven_distances_are_irregular_spacing() -> None:
    assert codes([pose(z) for z in (0.0, 1.0, 2.0, 3.4, 4.4)]) == ["irregular_spacing"]


def test_rounding_of_positions_is_no_irregularity() -> None:
    positions = [round(n * 0.625, 2) for n in range(40)]
    assert codes([pose(z) for z in positions]) == []


def test_gantry_tilt_is_named_with_its_angle() -> None:
    shear = np.tan(np.radians(12.0))
    poses = [pose(float(z), y=z * shear) for z in range(6)]
    found = describe_frames(poses)
    assert [warning.code for warning in found.warnings] == ["gantry_tilt"]
    assert "12.0" in found.warnings[0].message


def test_time_points_at_the_same_places_are_several_volumes_in_time_order() -> None:
    poses = [
        pose(
            float(z),
            number=z + 10 * t,
            sop_instance_uid=f"1.{t}.{z}",
            keys={"acquisition_number": t},
        )
        for z in range(4)
        for t in (2, 0, 1)
    ]
    found = describe_frames(poses)
    assert found.volumes == 3
    assert found.refusal == "multiple_volumes"
    assert "acquisitions" in found.warnings[0].message
    order = instance_order(poses, found)
    assert order == [f"1.{t}.{z}" for t in (0, 1, 2) for z in range(4)]


def test_a_doubled_slice_is_a_duplicate_position() -> None:
    poses = [pose(float(z)) for z in range(4)] + [pose(2.0, number=9)]
    assert codes(poses) == ["duplicate_position"]


def test_mixed_orientations_become_stacks_largest_first() -> None:
    axial = [pose(float(z)) for z in range(5)]
    sagittal = [
        pose(
            0.0,
            x=float(x),
            sop_instance_uid=f"1.5.{x}",
            orientation=(0.0, 1.0, 0.0, 0.0, 0.0, -1.0),
        )
        for x in range(3)
    ]
    found = describe_frames(sagittal + axial)
    assert len(found.stacks) == 2
    assert found.refusal == "mixed_orientation"
    assert [*found.order][:5] == [3, 4, 5, 6, 7]


def test_images_without_a_place_keep_their_number() -> None:
    poses = [pose(0.0, number=n, sop_instance_uid=f"1.{n}", position_lps=None) for n in (3, 1, 2)]
    found = describe_frames(poses)
    assert instance_order(poses, found) == ["1.1", "1.2", "1.3"]
    assert found.refusal == "no_patient_space"


def test_two_frames_of_reference_are_never_one_volume() -> None:
    poses = [pose(0.0), pose(1.0), pose(2.0, frame_of_reference_uid="1.8")]
    assert describe_frames(poses).refusal == "mixed_frame_of_reference"


def test_an_orientation_that_is_none_gives_no_space() -> None:
    poses = [pose(float(z), orientation=(1.0, 0.0, 0.0, 1.0, 0.0, 0.0)) for z in range(3)]
    assert describe_frames(poses).refusal == "no_patient_space"


def test_one_slice_is_no_volume_and_no_warning() -> None:
    found = describe_frames([pose(0.0)])
    assert (found.refusal, found.warnings) == ("single_slice", ())


def test_the_normal_is_right_handed() -> None:
    assert np.allclose(slice_normal(AXIAL), (0, 0, 1))
    assert np.allclose(slice_normal((0, 1, 0, 0, 0, -1)), (-1, 0, 0))


def test_order_runs_up_the_normal_also_when_z_falls() -> None:
    flipped = (1.0, 0.0, 0.0, 0.0, -1.0, 0.0)  # normal points to the feet
    poses = [pose(float(z), orientation=flipped) for z in range(4)]
    found = describe_frames(poses)
    heights = [poses[i].position_lps[2] for i in found.order]  # type: ignore[index]
    assert all(low > high for low, high in pairwise(heights))
