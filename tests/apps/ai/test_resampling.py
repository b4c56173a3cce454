"""Resampling axis by axis against MONAI's own: values, places recorded for the way back, labels."""

import numpy as np
import pytest
import torch
from monai.data import MetaTensor
from monai.transforms import (
    Activationsd,
    AsDiscreted,
    Compose,
    CropForegroundd,
    Flipd,
    Invertd,
    LabelFilterd,
    Orientationd,
    ResampleToMatch,
    Rotated,
    ScaleIntensityRanged,
    Spacing,
    Spacingd,
    SpatialResample,
)
from monai.transforms.spatial import array as spatial_array

from apps.ai.runner import chains
from apps.ai.runner.early_labels import Decision
from apps.ai.runner.resampling import LeanResampling

MODES = ["bilinear", "nearest"]
PADDINGS = ["border", "zeros"]

#: Odd sizes, unlike steps; from (x, y, z) to RAS millimetres.
GRIDS = {
    "straight": (np.diag([0.7, 0.9, 2.5, 1.0]), (31, 27, 13)),
    "turned round": (np.diag([-0.7, -0.7, 1.5, 1.0]), (24, 33, 17)),
    "sagittal": (
        np.array([[0, 0, 3.3, -5], [-0.6, 0, 0, 40], [0, -0.6, 0, 9], [0, 0, 0, 1.0]]),
        (29, 30, 7),
    ),
    "one step": (np.diag([1.0, 1.0, 1.0, 1.0]), (9, 8, 5)),
}


def image(affine, shape, *, channels=1, seed=4, offset=(12.0, -7.0, 31.0)):
    """Smooth noise (channel, x, y, z) as it comes from a file."""
    placed = np.array(affine, dtype=np.float64)
    placed[:3, 3] += offset
    made = torch.Generator().manual_seed(seed)
    noise = torch.randn((channels, *shape), generator=made) * 300 - 100
    return MetaTensor(noise, affine=torch.from_numpy(placed))


def in_archive_order(given):
    """The same values, with the first axis varying fastest in memory, as our volumes lie."""
    laid = given.as_tensor().permute(0, 3, 2, 1).contiguous().permute(0, 3, 2, 1)
    return MetaTensor(laid).copy_meta_from(given)


def scale_of(values):
    return max(1.0, float(values.abs().max()))


def assert_same(got, expected):
    assert got.shape == expected.shape and got.dtype == expected.dtype
    off = float((got.as_tensor() - expected.as_tensor()).abs().max())
    assert off <= 2e-6 * scale_of(expected.as_tensor())
    assert torch.allclose(got.affine, expected.affine, atol=1e-12)
    assert len(got.applied_operations) == len(expected.applied_operations)
    for one, other in zip(got.applied_operations, expected.applied_operations, strict=True):
        assert one["class"] == other["class"] and one["id"] == other["id"]
        assert tuple(map(int, one["orig_size"])) == tuple(map(int, other["orig_size"]))
        assert set(one["extra_info"]) == set(other["extra_info"])
        for name, value in one["extra_info"].items():
            if isinstance(value, torch.Tensor):
                assert torch.equal(value, other["extra_info"][name])
            else:
                assert np.array_equal(value, other["extra_info"][name])


@pytest.mark.parametrize("align_corners", [False, True])
@pytest.mark.parametrize("padding", PADDINGS)
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("pixdim", [(1.5, 1.5, 2.0), (0.4, 0.5, 1.1), (2.8, 0.35, 2.5)])
@pytest.mark.parametrize("grid", GRIDS)
def test_spacing_and_its_inverse_are_monais(grid, pixdim, mode, padding, align_corners):
    step = Spacing(pixdim, mode=mode, padding_mode=padding, align_corners=align_corners)
    given = image(*GRIDS[grid])
    expected = step(given.clone())
    back = step.inverse(expected.clone())
    for laid in (given, in_archive_order(given)):
        with LeanResampling() as lean:
            got = step(laid.clone())
            assert_same(got, expected)
            assert_same(step.inverse(expected.clone()), back)
        # Grids that happen to be the same are not resampled by either.
        same = got.shape == laid.shape and torch.equal(got.as_tensor(), laid.as_tensor())
        assert lean.sampled == 2 or (same and lean.sampled == 0)


@pytest.mark.parametrize("padding", PADDINGS)
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_a_grid_that_is_turned_shifted_and_reaches_outside_is_monais(mode, padding, dtype):
    given = image(*GRIDS["sagittal"], channels=3)
    wanted = np.diag([0.9, -0.8, 1.7, 1.0])
    wanted[:3, 3] = [2.0, 24.0, -3.0]
    step = SpatialResample(mode=mode, padding_mode=padding, dtype=dtype)
    arguments = {"dst_affine": torch.from_numpy(wanted), "spatial_size": (41, 26, 19)}
    expected = step(given.clone(), **arguments)
    with LeanResampling() as lean:
        got = step(given.clone(), **arguments)
    assert lean.sampled == 1
    # In single precision MONAI's own places are off by this much of a voxel.
    loose = 1e-3 if dtype == torch.float32 and mode == "bilinear" else 2e-6
    assert float((got - expected).abs().max()) <= loose * scale_of(expected)
    assert bool((expected == 0).any()) == (padding == "zeros")


def test_nearest_breaks_ties_as_monai_does():
    given = image(np.diag([1.0, 1.0, 1.0, 1.0]), (21, 22, 23), offset=(0, 0, 0))
    for pixdim in [(2.0, 2.0, 2.0), (0.5, 0.5, 0.5), (0.4, 1.2, 3.0), (2.0, 0.25, 1.5)]:
        step = Spacing(pixdim, mode="nearest")
        expected = step(given.clone())
        with LeanResampling():
            assert torch.equal(step(given.clone()).as_tensor(), expected.as_tensor())


@pytest.mark.parametrize("values", [torch.uint8, torch.int16, torch.float64, torch.bool])
def test_whole_numbers_are_resampled_as_monai_does(values):
    affine, shape = GRIDS["straight"]
    noise = torch.randint(0, 2 if values == torch.bool else 200, (1, *shape)).to(values)
    given = MetaTensor(noise, affine=torch.from_numpy(affine))
    for mode in MODES:
        step = Spacing((1.5, 1.1, 1.0), mode=mode)
        expected = step(given.clone())
        with LeanResampling() as lean:
            assert_same(step(given.clone()), expected)
        assert lean.sampled == 1


def turned_affine(degrees):
    angle = np.deg2rad(degrees)
    turn = np.array([[np.cos(angle), -np.sin(angle), 0], [np.sin(angle), np.cos(angle), 0],
                     [0, 0, 1]])  # fmt: skip
    affine = np.eye(4)
    affine[:3, :3] = turn @ np.diag([0.7, 0.7, 2.0])
    return affine


def test_an_oblique_image_keeps_its_axes_and_is_computed_here():
    given = image(turned_affine(11), (20, 22, 9))
    step = Spacing((1.4, 1.3, 1.0))
    expected = step(given.clone())
    with LeanResampling() as lean:
        assert_same(step(given.clone()), expected)
    assert lean.sampled == 1


@pytest.mark.parametrize(
    "call",
    [
        Spacing((1.4, 1.3, 1.0), diagonal=True),
        Spacing((1.4, 1.3, 1.0), mode=3, padding_mode="nearest"),
        Spacing((1.4, 1.3, 1.0), padding_mode="reflection"),
        lambda img: ResampleToMatch()(img, image(turned_affine(40), (12, 13, 14))),
        SpatialResample(),
    ],
    ids=["sheared", "spline", "reflected", "rotated", "unchanged"],
)
def test_what_is_no_such_grid_is_left_to_monai(call):
    given = image(turned_affine(11), (20, 22, 9))
    expected = call(given.clone())
    with LeanResampling() as lean:
        got = call(given.clone())
    assert lean.sampled == 0
    assert torch.equal(got.as_tensor(), expected.as_tensor())


@pytest.mark.parametrize("pixdim", [(0.3, 0.4, 1.0), (1.6, 1.7, 4.0)])
def test_what_is_no_number_spreads_as_monai_lets_it(pixdim):
    given = image(*GRIDS["straight"])
    given[0, 7, 8, 5] = float("nan")
    given[0, 20, 3, 9] = float("inf")
    step = Spacing(pixdim)
    expected = step(given.clone())
    assert not torch.isfinite(expected).all()
    with LeanResampling():
        got = step(given.clone())
    assert torch.equal(torch.isnan(got), torch.isnan(expected))


def test_monai_is_itself_again_afterwards_whatever_happens():
    before = spatial_array.spatial_resample, spatial_array.orientation
    with pytest.raises(RuntimeError), LeanResampling():
        assert spatial_array.spatial_resample is not before[0]
        raise RuntimeError
    assert (spatial_array.spatial_resample, spatial_array.orientation) == before


# --- whole chains ----------------------------------------------------------------------------


def preparation(*more, codes="RAS"):
    return Compose([
        Orientationd("image", axcodes=codes, labels=None),
        Spacingd("image", pixdim=(1.9, 1.7, 2.1), mode="bilinear"),
        ScaleIntensityRanged("image", a_min=-500, a_max=500, b_min=0, b_max=1, clip=True),
        *more,
    ])  # fmt: skip


@pytest.mark.parametrize("codes", ["RAS", "LPI", "SAR", "PSL"])
@pytest.mark.parametrize("grid", GRIDS)
def test_an_image_read_the_other_way_round_is_one_that_was_turned(grid, codes):
    chain = preparation(codes=codes)
    given = in_archive_order(image(*GRIDS[grid]))
    expected = chain({"image": given.clone()})["image"]
    got = chains.run_preparation(chain, {"image": given.clone()})["image"]
    assert_same(got, expected)
    # The way back from either is the same.
    with LeanResampling():
        back = chain.inverse({"image": got})["image"]
    assert_same(back, chain.inverse({"image": expected})["image"])


@pytest.mark.parametrize("pixdim", [(0.7, 0.7, 1.5), (1.4, 1.4, 3.0)])
def test_an_image_that_is_turned_and_then_not_resampled_here_is_turned_all_the_same(pixdim):
    chain = Compose([
        Orientationd("image", axcodes="RAS", labels=None),
        Spacingd("image", pixdim=pixdim, mode=3, padding_mode="nearest"),
    ])  # fmt: skip
    given = image(*GRIDS["turned round"])
    expected = chain({"image": given.clone()})["image"]
    got = chains.run_preparation(chain, {"image": given.clone()})["image"]
    assert_same(got, expected)


def blobs(shape, *, channels, seed=8):
    """Logits with a few smooth regions for each channel."""
    noise = torch.randn((1, channels, *(2 + one // 5 for one in shape)),
                        generator=torch.Generator().manual_seed(seed))  # fmt: skip
    fine = torch.nn.functional.interpolate(noise, size=shape, mode="trilinear")[0] * 4
    fine[0] += 1.5
    return fine


def finish(chain, logits, prepared):
    pred = MetaTensor(
        logits.clone(), meta=dict(prepared.meta),
        applied_operations=list(prepared.applied_operations),
    )  # fmt: skip
    return {"image": prepared, "pred": pred}


def inversion(transform, **more):
    arguments = {"nearest_interp": False, "to_tensor": True, "orig_keys": "image", **more}
    return Invertd("pred", transform=transform, **arguments)


DECISIONS = {
    "argmax": ({"softmax": True}, {"argmax": True}),
    "threshold": ({"sigmoid": True}, {"threshold": 0.5}),
}


@pytest.mark.parametrize("channels", [2, 3, 7])
@pytest.mark.parametrize("kind", DECISIONS)
@pytest.mark.parametrize("nearest", [False, True])
@pytest.mark.parametrize("grid", ["straight", "turned round", "sagittal"])
def test_labels_decided_on_the_way_are_those_decided_afterwards(grid, nearest, kind, channels):
    affine, shape = GRIDS[grid]
    given = image(affine, tuple(2 * one + 1 for one in shape))
    given[:, :3] = -3000
    prepare = preparation(CropForegroundd("image", source_key="image"))
    prepared = prepare({"image": given})["image"]
    activate, decide = DECISIONS[kind]
    chain = Compose([
        Activationsd("pred", **activate),
        inversion(prepare, nearest_interp=nearest),
        AsDiscreted("pred", **decide),
    ])  # fmt: skip
    logits = blobs(tuple(prepared.shape[1:]), channels=channels)
    expected = chain(finish(chain, logits, prepared))["pred"]
    got = chains.run_finishing(chain, finish(chain, logits, prepared))["pred"]
    assert got.dtype == torch.uint8 and got.shape == expected.shape
    assert len(torch.unique(expected)) == (channels if kind == "argmax" else 2)
    # A voxel may differ where two channels are equal but for rounding.
    off = int((got.as_tensor() != expected.as_tensor()).sum())
    assert off <= 1e-6 * expected.numel()
    assert torch.allclose(got.affine, expected.affine, atol=1e-9)


def test_one_changed_voxel_of_the_coarse_map_is_seen_everywhere_it_reaches():
    """What the bricks leave out, they leave out rightly: also at edges and in the last brick."""
    given = image(np.diag([0.5, 0.5, 0.5, 1.0]), (60, 61, 62))
    prepare = Compose([Spacingd("image", pixdim=(1.7, 1.8, 1.9), mode="bilinear")])
    prepared = prepare({"image": given})["image"]
    chain = Compose([inversion(prepare), AsDiscreted("pred", argmax=True)])
    shape = tuple(prepared.shape[1:])
    for place in [(0, 0, 0), tuple(one - 1 for one in shape), (7, 8, 15), (8, 0, shape[2] - 1)]:
        soft = torch.zeros((2, *shape))
        soft[0] = 0.4
        soft[(1, *place)] = 1.0
        expected = chain(finish(chain, soft, prepared))["pred"].as_tensor()
        got = chains.run_finishing(chain, finish(chain, soft, prepared))["pred"].as_tensor()
        assert int(expected.sum()) > 3
        assert torch.equal(got, expected.to(torch.uint8))


@pytest.mark.parametrize(
    "steps",
    [
        lambda prepare: [inversion(prepare), AsDiscreted("pred", argmax=True, to_onehot=3)],
        lambda prepare: [inversion(prepare), AsDiscreted("pred", threshold=-1.0)],
        lambda prepare: [inversion(prepare, post_func=lambda x: x * 2),
                         AsDiscreted("pred", argmax=True)],
        lambda prepare: [inversion(prepare), Flipd("pred", 0), AsDiscreted("pred", argmax=True)],
        lambda prepare: [inversion(prepare), AsDiscreted("pred", argmax=True),
                         LabelFilterd("pred", applied_labels=[1])],
        lambda prepare: [inversion(prepare)],
    ],
    ids=["one-hot", "threshold below zero", "post_func", "not neighbours", "one more", "alone"],
)  # fmt: skip
def test_other_chains_give_what_they_give_in_monai(steps):
    affine, shape = GRIDS["turned round"]
    prepare = preparation()
    prepared = prepare({"image": image(affine, shape)})["image"]
    chain = Compose(steps(prepare))
    logits = blobs(tuple(prepared.shape[1:]), channels=3)
    expected = chain(finish(chain, logits, prepared))["pred"]
    got = chains.run_finishing(chain, finish(chain, logits, prepared))["pred"]
    assert got.dtype == expected.dtype and got.shape == expected.shape
    difference = (got.as_tensor() - expected.as_tensor()).abs()
    assert float((difference > 1e-4).float().mean()) <= 1e-6


def test_a_map_that_is_turned_again_after_it_was_resampled_is_not_decided_early():
    """Between decision and source grid lies another interpolation: it is made of soft values."""
    prepare = Compose([
        Rotated("image", angle=0.3, keep_size=True),
        Spacingd("image", pixdim=(1.9, 1.7, 2.1), mode="bilinear"),
    ])  # fmt: skip
    prepared = prepare({"image": image(*GRIDS["turned round"])})["image"]
    chain = Compose([inversion(prepare), AsDiscreted("pred", argmax=True)])
    logits = blobs(tuple(prepared.shape[1:]), channels=3)
    expected = chain(finish(chain, logits, prepared))["pred"]
    got = chains.run_finishing(chain, finish(chain, logits, prepared))["pred"]
    assert got.dtype == expected.dtype == torch.float32
    assert float((got.as_tensor() != expected.as_tensor()).float().mean()) <= 1e-5


def test_a_soft_map_that_holds_no_numbers_is_left_to_monai():
    prepare = preparation()
    prepared = prepare({"image": image(*GRIDS["straight"])})["image"]
    chain = Compose([inversion(prepare), AsDiscreted("pred", argmax=True)])
    logits = blobs(tuple(prepared.shape[1:]), channels=2)
    logits[0, 3, 3, 3] = float("nan")
    expected = chain(finish(chain, logits, prepared))["pred"]
    got = chains.run_finishing(chain, finish(chain, logits, prepared))["pred"]
    assert torch.equal(got.as_tensor(), expected.as_tensor())


def test_of_equal_channels_the_first_counts():
    for channels in (2, 3):
        assert int(Decision().of(torch.ones(channels, 2, 2, 2)).sum()) == 0
