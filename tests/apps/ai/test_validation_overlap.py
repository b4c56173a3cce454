"""Dice and surface distances: by hand, against MONAI, against every pair of points, and empty."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import ndimage
from scipy.spatial.distance import cdist

from apps.ai.validation.overlap import measure_overlap, surface_of

ANISOTROPIC = (5.0, 0.7, 1.3)


def box(shape: tuple[int, int, int], *parts: slice) -> NDArray[np.bool_]:
    mask = np.zeros(shape, dtype=bool)
    mask[parts] = True
    return mask


def random_pair(seed: int) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Two ragged blobs that overlap in part; one reaches the border of the volume."""
    rng = np.random.default_rng(seed)
    field = ndimage.gaussian_filter(rng.normal(size=(14, 22, 26)), 2.0)
    other = field + ndimage.gaussian_filter(rng.normal(size=field.shape), 2.0) * 0.6
    return field > np.quantile(field, 0.8), other > np.quantile(other, 0.85)


def test_two_boxes_by_hand() -> None:
    """4 × 4 × 4 against the same moved by one column: 48 common of 64 and 64."""
    shape = (10, 10, 10)
    reference = box(shape, slice(2, 6), slice(2, 6), slice(2, 6))
    model = box(shape, slice(2, 6), slice(2, 6), slice(3, 7))

    found = measure_overlap(reference=reference, model=model, spacing_mm=(2.0, 1.0, 1.0))

    assert found.case == "both"
    assert found.dice == pytest.approx(0.75)
    assert found.iou == pytest.approx(48 / 80)
    assert found.reference_ml == pytest.approx(64 * 2.0 / 1000)
    assert found.volume_error_ml == 0.0
    assert found.hd95_mm == pytest.approx(1.0)


@pytest.mark.parametrize(("axis", "step_mm"), list(enumerate(ANISOTROPIC)))
def test_parallel_plates_lie_as_far_apart_as_the_spacing_says(axis: int, step_mm: float) -> None:
    """Every surface voxel of a plate is three steps from the other one: both distances are."""
    plates = []
    for place in (2, 5):
        mask = np.zeros((9, 9, 9), dtype=bool)
        np.moveaxis(mask, axis, 0)[place, 2:7, 2:7] = True
        plates.append(mask)

    found = measure_overlap(reference=plates[0], model=plates[1], spacing_mm=ANISOTROPIC)

    assert found.dice == 0.0
    assert found.hd95_mm == pytest.approx(3 * step_mm)
    assert found.mean_surface_mm == pytest.approx(3 * step_mm)


def test_the_larger_direction_counts() -> None:
    """A far speck in the model alone: HD95 sees it only in the direction model to reference."""
    shape = (5, 40, 60)
    reference = box(shape, slice(2, 3), slice(2, 4), slice(2, 4))
    model = reference.copy()
    model[2, 2, 50] = True

    found = measure_overlap(reference=reference, model=model, spacing_mm=(1.0, 1.0, 1.0))

    # Distances of the model's five surface voxels: 0, 0, 0, 0 and 50 - 3 = 47.
    assert found.hd95_mm == pytest.approx(np.percentile([0, 0, 0, 0, 47], 95))
    assert found.mean_surface_mm == pytest.approx(47 / 9)


@pytest.mark.parametrize("seed", range(4))
def test_equal_to_every_pair_of_surface_voxels(seed: int) -> None:
    reference, model = random_pair(seed)
    spacing = np.array(ANISOTROPIC)
    first = np.argwhere(surface_of(reference)) * spacing
    second = np.argwhere(surface_of(model)) * spacing
    apart = cdist(first, second)
    to_model, to_reference = apart.min(axis=1), apart.min(axis=0)

    found = measure_overlap(reference=reference, model=model, spacing_mm=ANISOTROPIC)

    assert found.hd95_mm == pytest.approx(
        max(np.percentile(to_model, 95), np.percentile(to_reference, 95)), rel=1e-9
    )
    assert found.mean_surface_mm == pytest.approx(
        (to_model.sum() + to_reference.sum()) / (len(first) + len(second)), rel=1e-9
    )


@pytest.mark.parametrize("seed", range(4))
def test_equal_to_monai_on_an_anisotropic_grid(seed: int) -> None:
    import torch
    from monai.metrics import (
        compute_average_surface_distance,
        compute_dice,
        compute_hausdorff_distance,
    )

    reference, model = random_pair(seed)

    def tensor(mask: NDArray[np.bool_]) -> Any:
        return torch.from_numpy(mask[None, None].astype(np.float32))

    found = measure_overlap(reference=reference, model=model, spacing_mm=ANISOTROPIC)

    shared: dict[str, Any] = {
        "y_pred": tensor(model),
        "y": tensor(reference),
        "include_background": True,
        "spacing": ANISOTROPIC,
    }
    assert found.hd95_mm == pytest.approx(
        float(compute_hausdorff_distance(percentile=95, **shared)), rel=1e-5
    )
    assert found.mean_surface_mm == pytest.approx(
        float(compute_average_surface_distance(symmetric=True, **shared)), rel=1e-5
    )
    assert found.dice == pytest.approx(float(compute_dice(tensor(model), tensor(reference))))


def test_what_is_empty_is_said_and_is_no_number() -> None:
    nothing = np.zeros((4, 4, 4), dtype=bool)
    something = box((4, 4, 4), slice(1, 3), slice(1, 3), slice(1, 3))
    spacing = (1.0, 1.0, 1.0)

    both = measure_overlap(reference=nothing, model=nothing, spacing_mm=spacing)
    missed = measure_overlap(reference=something, model=nothing, spacing_mm=spacing)
    invented = measure_overlap(reference=nothing, model=something, spacing_mm=spacing)

    assert [one.case for one in (both, missed, invented)] == [
        "both_empty",
        "only_reference",
        "only_model",
    ]
    for one in (both, missed, invented):
        assert (one.dice, one.iou, one.hd95_mm, one.mean_surface_mm) == (None,) * 4
    assert missed.volume_error_ml == pytest.approx(-0.008)
    assert missed.volume_error_relative == pytest.approx(-1.0)
    assert invented.volume_error_relative is None


def test_a_mask_that_fills_the_volume_has_its_border_as_surface() -> None:
    assert surface_of(np.ones((3, 3, 3), dtype=bool)).sum() == 26


@pytest.mark.parametrize("spacing", [(0.0, 1.0, 1.0), (1.0, float("nan"), 1.0), (1.0, 1.0, -2.0)])
def test_a_spacing_that_is_none_is_refused(spacing: tuple[float, float, float]) -> None:
    mask = np.ones((2, 2, 2), dtype=bool)
    with pytest.raises(ValueError, match="no spacing"):
        measure_overlap(reference=mask, model=mask, spacing_mm=spacing)


def test_other_shapes_are_refused() -> None:
    with pytest.raises(ValueError, match="compared"):
        measure_overlap(
            reference=np.ones((2, 2, 2), bool),
            model=np.ones((2, 2, 3), bool),
            spacing_mm=(1.0, 1.0, 1.0),
        )
