"""A series split into its stacks: nothing lost or doubled, each named by what sets it apart."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom.dataset import Dataset
from pydicom.uid import generate_uid

from apps.imaging import selectors
from apps.imaging.archive.layout import volume_directory
from apps.imaging.archive.writer import frame_pose
from apps.imaging.exceptions import NotAVolume
from apps.imaging.geometry import FramePose, SeriesGeometry, describe_frames
from apps.imaging.models import Series
from apps.imaging.parser.poses import read_poses
from apps.imaging.stacks import list_stacks, listed_stacks
from apps.imaging.volumes import open_volume
from tests.apps.imaging.dicom import data_folder, make_slice, read_bytes, to_bytes, write_files
from tests.apps.imaging.test_geometry import pose
from tests.apps.imaging.test_importing import patient_fields
from tests.apps.imaging.test_volumes import bring
from tests.people import CaseTeam

SAGITTAL = (0.0, 1.0, 0.0, 0.0, 0.0, -1.0)
CORONAL = (1.0, 0.0, 0.0, 0.0, 0.0, -1.0)


def at(z: float, uid: str, **fields: Any) -> FramePose:
    return pose(z, sop_instance_uid=uid, **fields)


def labels(found: SeriesGeometry) -> list[str]:
    return [stack.label for stack in found.stacks]


def sizes(found: SeriesGeometry) -> list[int]:
    return [len(stack.order) for stack in found.stacks]


def codes(found: SeriesGeometry, stack: int = 0) -> list[str]:
    return [warning.code for warning in found.stacks[stack].warnings]


# --- by what the frames say of themselves ----------------------------------------------------


@pytest.mark.parametrize(
    ("axis", "values", "expected"),
    [
        ("temporal_position", (1, 2, 3), ["time point 1", "time point 2", "time point 3"]),
        ("b_value", (0.0, 50.0, 800.0), ["b 0", "b 50", "b 800"]),
        ("echo_time_ms", (4.6, 2.3), ["TE 2.3 ms", "TE 4.6 ms"]),
        ("inversion_time_ms", (90.0, 300.0), ["TI 90 ms", "TI 300 ms"]),
        ("trigger_time_ms", (0.0, 33.0), ["phase 0 ms", "phase 33 ms"]),
        ("image_type", ("ORIGINAL M", "ORIGINAL P"), ["ORIGINAL M", "ORIGINAL P"]),
        ("acquisition_number", (7, 8), ["acquisition 7", "acquisition 8"]),
        ("dim_DiffusionDirectionality", (1, 2), [
            "DiffusionDirectionality 1", "DiffusionDirectionality 2"
        ]),
    ],
)  # fmt: skip
def test_volumes_at_the_same_places_are_told_apart_by_their_values(
    axis: str, values: tuple[Any, ...], expected: list[str]
) -> None:
    poses = [at(z, f"1.{n}.{z}", keys={axis: v}) for z in range(4) for n, v in enumerate(values)]
    found = describe_frames(poses)
    assert labels(found) == expected
    assert sizes(found) == [4] * len(values)
    assert found.refusal == "multiple_volumes"
    for stack in found.stacks:
        assert stack.refusal == ""
        assert stack.affine_lps is not None
        assert len({poses[i].keys[axis] for i in stack.order}) == 1


def test_two_dimensions_make_a_stack_for_each_pair_that_exists() -> None:
    """b 0 once, b 800 in three directions, each with its own echo: named in full."""
    gradients = [(0.0, None), *((800.0, f"{n} 0 0") for n in range(3))]
    poses = [
        at(z, f"1.{n}.{z}", keys={"b_value": b, "gradient_direction": d, "echo_time_ms": 60.0})
        for n, (b, d) in enumerate(gradients)
        for z in range(5)
    ]
    assert labels(describe_frames(poses)) == [
        "b 0",
        "b 800 · direction 1",
        "b 800 · direction 2",
        "b 800 · direction 3",
    ]


def test_times_that_differ_from_slice_to_slice_rank_the_frames() -> None:
    """Functional MR: every slice its own second, no time point number."""
    poses = [
        at(z, f"1.{t}.{z}", keys={"acquired_at": f"20250102{101100 + 2 * t:06d}.{z:02d}0000"})
        for z in range(6)
        for t in (2, 0, 1)
    ]
    found = describe_frames(poses)
    assert labels(found) == ["0 s", "2 s", "4 s"]
    assert [poses[found.stacks[1].order[3]].sop_instance_uid] == ["1.1.3"]


def test_a_value_that_follows_the_position_divides_nothing() -> None:
    poses = [at(z, f"1.{z}", keys={"trigger_time_ms": 10.0 * z}) for z in range(6)]
    found = describe_frames(poses)
    assert (sizes(found), found.refusal) == ([6], "")


def test_a_scan_broken_off_has_a_stack_that_says_so() -> None:
    poses = [
        at(z, f"1.{t}.{z}", keys={"temporal_position": t})
        for t, count in ((1, 8), (2, 8), (3, 3))
        for z in range(count)
    ]
    found = describe_frames(poses)
    assert sizes(found) == [8, 8, 3]
    assert (codes(found, 0), codes(found, 2)) == ([], ["incomplete_stack"])
    assert "3 of the 8" in found.stacks[2].warnings[0].message
    assert found.stacks[2].refusal == ""


def test_what_nothing_tells_apart_is_said_to_be_unnamed() -> None:
    poses = [at(z, f"1.{t}.{z}", number=10 * t + z) for t in range(2) for z in range(3)]
    found = describe_frames(poses)
    assert labels(found) == ["volume 1", "volume 2"]
    assert "unnamed" in found.warnings[0].message


# --- by orientation, size and frame of reference ---------------------------------------------


def test_orientations_are_stacks_named_by_their_plane() -> None:
    axial = [at(z, f"1.1.{z}") for z in range(5)]
    sagittal = [pose(0, x=x, sop_instance_uid=f"1.2.{x}", orientation=SAGITTAL) for x in range(4)]
    coronal = [pose(0, y=y, sop_instance_uid=f"1.3.{y}", orientation=CORONAL) for y in range(3)]
    found = describe_frames([*coronal, *sagittal, *axial])
    assert labels(found) == ["axial", "sagittal", "coronal"]
    assert [stack.refusal for stack in found.stacks] == [""] * 3
    assert found.refusal == "mixed_orientation"


def test_an_oblique_plane_is_called_so() -> None:
    c, s = float(np.cos(0.5)), float(np.sin(0.5))
    tilted = [
        pose(0, x=x, sop_instance_uid=f"1.2.{x}", orientation=(c, 0, s, 0, 1, 0)) for x in (0, 5)
    ]
    assert labels(describe_frames([*(at(z, f"1.{z}") for z in range(3)), *tilted])) == [
        "axial",
        "oblique axial",
    ]


def test_a_turning_projection_stays_one_stack_to_scroll() -> None:
    """36 directions of one frame each: no 36 stacks, and no volume."""
    turns = np.linspace(0, np.pi, 36, endpoint=False)
    poses = [
        at(0, f"1.{n}", number=n, orientation=(np.cos(a), np.sin(a), 0, 0, 0, -1))
        for n, a in enumerate(turns)
    ]
    found = describe_frames(poses)
    assert (sizes(found), found.stacks[0].refusal) == ([36], "mixed_orientation")
    assert [poses[i].instance_number for i in found.order] == list(range(36))


def test_another_matrix_is_another_stack() -> None:
    poses = [at(z, f"1.{z}") for z in range(4)]
    poses += [at(z + 0.5, f"2.{z}", rows=16, columns=16) for z in range(3)]
    found = describe_frames(poses)
    assert labels(found) == ["8 × 8 pixels", "16 × 16 pixels"]
    assert found.refusal == "mixed_size"
    assert [stack.refusal for stack in found.stacks] == ["", ""]


def test_frames_of_reference_are_never_scrolled_together() -> None:
    poses = [at(z, f"1.{z}") for z in range(3)]
    poses += [at(z, f"2.{z}", frame_of_reference_uid="1.8") for z in range(3)]
    found = describe_frames(poses)
    assert labels(found) == ["frame of reference 1", "frame of reference 2"]
    assert [stack.refusal for stack in found.stacks] == ["", ""]


def test_clips_without_a_place_are_scrolled_one_by_one() -> None:
    clips = [
        at(0, f"1.{n}", number=n, frame=frame, position_lps=None)
        for n in (1, 2)
        for frame in (1, 2, 3)
    ]
    stills = [at(0, f"2.{n}", number=9 + n, position_lps=None) for n in range(2)]
    found = describe_frames([*stills, *clips])
    assert labels(found) == ["clip 1", "clip 2", "single images"]
    assert sizes(found) == [3, 3, 2]
    assert found.refusal == "no_patient_space"


def test_stacks_that_an_enhanced_object_names_are_kept_apart() -> None:
    poses = [at(z, f"1.{z}", keys={"stack_id": "A"}) for z in range(3)]
    poses += [at(z + 40, f"2.{z}", keys={"stack_id": "B"}) for z in range(3)]
    found = describe_frames(poses)
    assert labels(found) == ["stack A", "stack B"]
    assert found.refusal == "multiple_stacks"
    assert [stack.refusal for stack in found.stacks] == ["", ""]


# --- whatever comes --------------------------------------------------------------------------

axis = st.sampled_from(["temporal_position", "b_value", "echo_time_ms", "acquisition_number"])
frame = st.builds(
    lambda z, orientation, has_place, rows, keys: (z, orientation, has_place, rows, keys),
    st.integers(0, 4),
    st.sampled_from([(1.0, 0.0, 0.0, 0.0, 1.0, 0.0), SAGITTAL, CORONAL]),
    st.sampled_from([True, True, True, False]),
    st.sampled_from([8, 16]),
    st.dictionaries(axis, st.integers(1, 3), max_size=2),
)


@given(frames=st.lists(frame, min_size=1, max_size=24), order=st.randoms(use_true_random=False))
@settings(max_examples=120, deadline=None)
def test_every_frame_is_in_exactly_one_stack_whatever_the_series_mixes(
    frames: list[Any], order: Any
) -> None:
    poses = [
        pose(
            float(z),
            number=n,
            sop_instance_uid=f"1.{n}",
            orientation=orientation,
            position_lps=(0.0, 0.0, float(z)) if has_place else None,
            rows=rows,
            keys=keys,
        )
        for n, (z, orientation, has_place, rows, keys) in enumerate(frames)
    ]
    found = describe_frames(poses)
    assert sorted(found.order) == list(range(len(poses)))
    assert [stack.number for stack in found.stacks] == list(range(1, len(found.stacks) + 1))
    for stack in found.stacks:
        if not stack.refusal:
            assert len({poses[i].orientation for i in stack.order}) == 1
            assert len({poses[i].position_lps for i in stack.order}) == len(stack.order)
    shuffled = list(range(len(poses)))
    order.shuffle(shuffled)
    again = describe_frames([poses[i] for i in shuffled])
    assert sorted(
        tuple(sorted(poses[shuffled[i]].sop_instance_uid for i in stack.order))
        for stack in again.stacks
    ) == sorted(
        tuple(sorted(poses[i].sop_instance_uid for i in stack.order)) for stack in found.stacks
    )


# --- from objects ----------------------------------------------------------------------------


def enhanced_mr(*, positions: int, b_values: tuple[float, ...], **fields: Any) -> Dataset:
    """Enhanced MR (PS3.3 A.36.2) with a position and a b-value per frame, b-value fastest."""
    image = make_slice(index=0, modality="MR", **fields)
    count = positions * len(b_values)
    image.SOPClassUID = image.file_meta.MediaStorageSOPClassUID = pydicom.uid.EnhancedMRImageStorage
    for keyword in ("ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing"):
        delattr(image, keyword)
    shared = Dataset()
    shared.PlaneOrientationSequence = [Dataset()]
    shared.PlaneOrientationSequence[0].ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
    shared.PixelMeasuresSequence = [Dataset()]
    shared.PixelMeasuresSequence[0].PixelSpacing = [0.5, 0.75]
    groups = []
    for place in range(positions):
        for number, b_value in enumerate(b_values, start=1):
            group, content, plane, diffusion = Dataset(), Dataset(), Dataset(), Dataset()
            plane.ImagePositionPatient = [-10.0, -20.0, 3.0 * place]
            diffusion.DiffusionBValue = b_value
            content.DimensionIndexValues = [place + 1, number]
            group.FrameContentSequence, group.PlanePositionSequence = [content], [plane]
            group.MRDiffusionSequence = [diffusion]
            groups.append(group)
    image.SharedFunctionalGroupsSequence, image.PerFrameFunctionalGroupsSequence = [shared], groups
    pointers = [Dataset(), Dataset()]
    pointers[0].DimensionIndexPointer, pointers[1].DimensionIndexPointer = 0x00200032, 0x00189087
    image.DimensionIndexSequence = pointers
    image.NumberOfFrames = count
    values = np.random.default_rng(1).integers(0, 900, (count, image.Rows, image.Columns))
    image.PixelData = values.astype("<i2").tobytes()
    return image


def read(dataset: Dataset) -> list[FramePose]:
    frames = int(getattr(dataset, "NumberOfFrames", 1) or 1)
    return [frame_pose(record) for record in read_poses(dataset, frame_count=frames)]


def test_an_enhanced_diffusion_object_is_a_stack_for_each_b_value() -> None:
    image = enhanced_mr(positions=4, b_values=(800.0, 0.0), study_uid="1.2", series_uid="1.3")
    found = describe_frames(read(image))
    assert labels(found) == ["b 0", "b 800"]
    assert [list(stack.order) for stack in found.stacks] == [[1, 3, 5, 7], [0, 2, 4, 6]]
    assert found.stacks[0].spacing_mm == pytest.approx((3.0, 0.5, 0.75))


@pytest.mark.parametrize(
    ("group", "creator", "element", "vr", "raw", "expected"),
    [
        (0x0019, "SIEMENS MR HEADER", 0x0C, "IS", "800", 800.0),
        (0x0043, "GEMS_PARM_01", 0x39, "IS", ["1000000800", "8", "0", "0"], 800.0),
        (0x2001, "Philips Imaging DD 001", 0x03, "FL", 800.0, 800.0),
        (0x0019, "SOMEBODY ELSE", 0x0C, "IS", "800", None),
    ],
)
def test_private_b_values_are_read_under_their_creator_only(
    group: int, creator: str, element: int, vr: str, raw: Any, expected: float | None
) -> None:
    image = make_slice(study_uid="1.2", series_uid="1.3", modality="MR")
    image.private_block(group, creator, create=True).add_new(element, vr, raw)
    assert read(read_bytes(to_bytes(image)))[0].keys.get("b_value") == expected


#: What lies in the sets of others: stacks by series description, and how many of them are volumes.
def _stacks_of(folder: Path) -> dict[str, tuple[list[str], int]]:
    series: dict[str, list[FramePose]] = {}
    for path in sorted(folder.rglob("*")):
        if not path.is_file():
            continue
        try:
            dataset = pydicom.dcmread(path, stop_before_pixels=True)
        except pydicom.errors.InvalidDicomError:
            continue
        if "Rows" in dataset:
            key = f"{path.parent.name}/{dataset.get('SeriesNumber', '')}"
            series.setdefault(key, []).extend(read(dataset))
    found = {name: describe_frames(poses) for name, poses in series.items()}
    return {
        name: (labels(one), sum(not stack.refusal for stack in one.stacks))
        for name, one in found.items()
    }


def test_the_functional_series_of_others_is_four_volumes_of_35_slices() -> None:
    found = _stacks_of(data_folder("08-"))
    ((names, volumes),) = found.values()
    assert (len(names), volumes) == (4, 4)


# --- in the archive --------------------------------------------------------------------------


@pytest.fixture()
def two_echoes(team: CaseTeam, tmp_path: Path) -> Series:
    fields = patient_fields(team) | {"study_uid": generate_uid(), "series_uid": generate_uid()}
    objects = [
        to_bytes(make_slice(index=z, modality="MR", EchoTime=echo, seed=seed, **fields))
        for z in range(3)
        for seed, echo in ((1, 20.0), (2, 80.0))
    ]
    write_files(tmp_path / "in", objects)
    bring(team, tmp_path / "in")
    return Series.objects.get()


@pytest.mark.django_db(transaction=True)
def test_one_stack_opens_as_a_volume_where_the_series_is_none(two_echoes: Series) -> None:
    with pytest.raises(NotAVolume) as refused:
        open_volume(series_id=two_echoes.pk)
    assert refused.value.error_code == "multiple_volumes"
    stacks = list_stacks(series_id=two_echoes.pk)
    assert [stack.label for stack in stacks] == ["TE 20 ms", "TE 80 ms"]
    first, second = (open_volume(series_id=two_echoes.pk, stack=stack.number) for stack in stacks)
    assert first.voxels.shape == second.voxels.shape == (3, 16, 24)
    assert not set(first.sop_instance_uids) & set(second.sop_instance_uids)
    assert np.array_equal(first.affine_lps, second.affine_lps)
    assert not np.array_equal(first.voxels, second.voxels)
    assert len(list(volume_directory().glob("*.f32"))) == 2
    with pytest.raises(NotAVolume) as missing:
        open_volume(series_id=two_echoes.pk, stack=3)
    assert missing.value.error_code == "no_such_stack"


@pytest.mark.django_db(transaction=True)
def test_the_index_and_the_list_of_studies_name_the_stacks(
    two_echoes: Series, team: CaseTeam
) -> None:
    assert two_echoes.geometry["stack_count"] == 2
    (study,) = selectors.list_case_studies(actor=team.actor("coordinator"), case_id=team.case_id)
    (series,) = study.series
    assert [stack["label"] for stack in series.stacks] == ["TE 20 ms", "TE 80 ms"]
    assert [stack["frame_count"] for stack in series.stacks] == [3, 3]


def test_a_series_indexed_before_there_were_stacks_is_no_error() -> None:

    assert listed_stacks({"stacks": 3, "is_volume": False}, is_deidentified=False) == []
    assert listed_stacks({}, is_deidentified=True) == []
