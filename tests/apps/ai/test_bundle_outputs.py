"""Geometry of a bundle's inputs and outputs, without any network."""

import numpy as np
import pytest

from apps.ai.analyses.results import AnalysisOutcome
from apps.ai.runner.boxes import draw_box, find_boxes
from apps.ai.runner.classes import read_probabilities, state_class
from apps.ai.runner.model_inputs import LoadVolumed, build_items, put_on_grid
from apps.ai.runner.refusals import BundleRefused
from apps.ai.runner.volumes import RunnerVolume
from apps.ai.runner.wire import WireError, pack_outcome, unpack_outcome
from apps.ai.side_car import BoxPart, InputPart, OutputPart
from tests.apps.ai import zoo
from tests.apps.ai.test_runner import oblique_affine

AXIAL = np.array([[0.5, 0, 0, -30], [0, 0.8, 0, -20], [0, 0, 2.0, 100], [0, 0, 0, 1.0]])


def volume(affine=AXIAL, shape=(30, 60, 80), values=None) -> RunnerVolume:
    voxels = np.zeros(shape, dtype=np.float32) if values is None else values.astype(np.float32)
    return RunnerVolume(voxels, np.asarray(affine, dtype=float), ("1.2",) * shape[0], "1.2.3")


def places(one: RunnerVolume) -> np.ndarray:
    """Voxel centres in LPS mm, (slice, row, column, 3)."""
    slices, rows, columns = np.indices(one.voxels.shape)
    index = np.stack([columns, rows, slices, np.ones_like(slices)], axis=-1).astype(float)
    return (index @ one.affine_lps.T)[..., :3]


@pytest.mark.parametrize("affine", [AXIAL, oblique_affine(spacing_mm=(0.5, 0.8, 2.0))])
@pytest.mark.parametrize("ellipsoid", [False, True])
def test_a_drawn_box_holds_exactly_the_voxels_whose_centres_lie_in_it(affine, ellipsoid):
    grid = volume(affine)
    middle = places(grid)[15, 30, 40]
    half_mm = np.array([8.1, 6.1, 10.7])
    low, high = middle - half_mm, middle + half_mm
    region = draw_box(low=low, high=high, volume=grid, ellipsoid=ellipsoid)
    away = (places(grid) - middle) / half_mm
    expected = (away**2).sum(-1) <= 1 if ellipsoid else (np.abs(away) <= 1).all(-1)
    assert (region.to_mask() == expected).all()
    volume_mm3 = region.voxel_count * 0.5 * 0.8 * 2.0
    wanted = float(np.prod(2 * half_mm)) * (np.pi / 6 if ellipsoid else 1)
    assert volume_mm3 == pytest.approx(wanted, rel=0.12)


def test_a_box_between_the_voxels_is_the_voxel_of_its_middle():
    grid = volume()
    middle = places(grid)[4, 5, 6] + [0.1, 0.1, 0.3]
    region = draw_box(low=middle - 0.05, high=middle + 0.05, volume=grid, ellipsoid=True)
    assert np.argwhere(region.to_mask()).tolist() == [[4, 5, 6]]
    assert draw_box(low=np.full(3, 900.0), high=np.full(3, 910.0), volume=grid,
                    ellipsoid=False) is None  # fmt: skip


NODULES = [OutputPart(value=0, label="Nodule", **zoo.MASS)]


def found(boxes, scores, labels=None):
    return {"box": np.array(boxes), "label_scores": np.array(scores),
            "label": np.array(labels or [0] * len(scores))}  # fmt: skip


def test_boxes_in_ras_and_lps_by_corners_and_by_centre_are_the_same_box():
    grid = volume()
    ways = {
        ("xyzxyz", "lps"): [-20, 0, 110, -10, 10, 130],
        ("cccwhd", "lps"): [-15, 5, 120, 10, 10, 20],
        ("xyzxyz", "ras"): [20, 0, 110, 10, -10, 130],
        ("cccwhd", "ras"): [15, -5, 120, 10, 10, 20],
    }
    for (mode, space), box in ways.items():
        part = BoxPart(mode=mode, space=space, min_score=0.5)
        segments, warnings = find_boxes(
            found=found([box, box], [0.4, 0.9]), part=part, outputs=NODULES, volume=grid
        )
        (segment,) = segments
        assert segment.box_lps == ((-20, 0, 110), (-10, 10, 130)), (mode, space)
        assert (segment.probability, warnings) == (0.9, ())


def test_boxes_that_cannot_be_meant_end_the_run():
    part, grid = BoxPart(space="lps", max_boxes=2), volume()
    box = [-20, 0, 110, -10, 10, 130]
    for given, code in (
        (found([box] * 3, [0.9] * 3), "too_many_boxes"),
        (found([box], [1.2]), "output_values"),
        (found([[np.nan] * 6], [0.9]), "output_values"),
        (found([box], [0.9, 0.9]), "output_values"),
        ({"box": np.zeros((0, 6))}, "output_missing"),
    ):
        with pytest.raises(BundleRefused) as caught:
            find_boxes(found=given, part=part, outputs=NODULES, volume=grid)
        assert caught.value.code == code
    outside = found([[900, 900, 900, 910, 910, 910]], [0.9])
    segments, warnings = find_boxes(found=outside, part=part, outputs=NODULES, volume=grid)
    assert segments == []
    assert warnings[0][0] == "box_outside_image"
    assert find_boxes(found=found(np.zeros((0, 6)), []), part=part, outputs=NODULES,
                      volume=grid) == ([], ())  # fmt: skip


def test_a_linear_field_on_another_grid_comes_back_as_it_was():
    """Linear interpolation gives a linear field exactly, wherever both volumes reach."""
    target = volume(oblique_affine(), shape=(10, 20, 24))
    centre = places(target).reshape(-1, 3).mean(axis=0)
    source_affine = np.diag([1.3, 1.1, 1.7, 1.0])
    source_affine[:3, 3] = centre - source_affine[:3, :3] @ [40, 40, 40]
    blank = volume(source_affine, shape=(80, 80, 80))
    field = places(blank) @ [2.0, -3.0, 0.5] + 1000
    source = volume(source_affine, shape=(80, 80, 80), values=field)
    resampled, changed = put_on_grid(volume=source, grid=target)
    assert changed
    assert resampled == pytest.approx(places(target) @ [2.0, -3.0, 0.5] + 1000, abs=0.01)
    same, changed = put_on_grid(volume=target, grid=target)
    assert not changed
    assert (same == target.voxels).all()


def test_channels_keep_the_order_of_the_roles_and_a_plane_becomes_colours():
    first, second = volume(values=np.full((3, 4, 5), 1.0), shape=(3, 4, 5)), volume(
        values=np.full((3, 4, 5), 2.0), shape=(3, 4, 5))  # fmt: skip
    roles = [InputPart(role="a"), InputPart(role="b")]
    items, warnings = build_items(inputs=roles, volumes={"b": second, "a": first})
    assert items["image"].shape == (2, 5, 4, 3)
    assert [float(channel.mean()) for channel in items["image"]] == [1.0, 2.0]
    assert warnings == ()
    plane = InputPart(role="a", plane=True, copies=3)
    single = volume(values=np.arange(20.0).reshape(1, 4, 5), shape=(1, 4, 5))
    items, _ = build_items(inputs=[plane], volumes={"a": single})
    assert items["image"].shape == (5, 4, 3)
    loaded = LoadVolumed(keys="image", ensure_channel_first=True, image_only=False)(items)
    assert loaded["image"].shape == (3, 5, 4)
    assert loaded["image_meta_dict"]["original_channel_dim"] == 0
    with pytest.raises(BundleRefused) as caught:
        build_items(inputs=[plane], volumes={"a": first})
    assert caught.value.code == "input_plane"


DENSITIES = [OutputPart.model_validate(one) for one in zoo.DENSITY_SIDE_CAR["outputs"]]


def test_probabilities_are_read_or_refused():
    assert read_probabilities([0.0, 0.0], activate=True).tolist() == [0.5, 0.5]
    for bad in ([0.2, 1.4], [np.nan, 0.1], [0.5], None):
        with pytest.raises((BundleRefused, TypeError)):
            read_probabilities(bad, activate=False)
    with pytest.raises(BundleRefused):
        state_class(probabilities=np.array([0.5, 0.5]), outputs=DENSITIES)


def test_a_statement_crosses_the_wire_and_a_contradiction_does_not(tmp_path):
    statement, table = state_class(probabilities=np.array([0.1, 0.2, 0.6, 0.1]), outputs=DENSITIES)
    assert table["Breast density C"] == 0.6
    outcome = AnalysisOutcome(kind="findings", statements=(statement,), parameters=table)
    document = pack_outcome(outcome=outcome, mask_file=tmp_path / "masks.bin")
    again = unpack_outcome(document=document, mask_file=tmp_path / "masks.bin", shape=(1, 4, 5))
    assert again.statements == (statement,)
    for change in (
        {"kind": "no_findings"},
        {"statements": []},
        {"statements": document["statements"] * 21},
        {"parameters": {"x": "y" * 300_000}},
        {"warnings": [["a", "b"]] * 101},
    ):
        with pytest.raises(WireError):
            unpack_outcome(
                document={**document, **change}, mask_file=tmp_path / "masks.bin", shape=(1, 4, 5)
            )
