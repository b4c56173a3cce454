"""Both lungs of an axial chest CT, by thresholds and shape.

Air inside the body that is not airway nor bowel; then closed over what grows into it, so that a
nodule on the pleura or a mass against the mediastinum lies inside.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from apps.ai.analyses.resampling import Spacing, average_blocks
from apps.ai.analyses.results import BoolMask

#: Half-way between lung (about -850 HU) and soft tissue (about 40 HU).
LUNG_BELOW_HU = -400.0
_GRID_MM = 1.8
RIGHT, LEFT = 1, 2
#: Aerated lung holds blood and tissue; gas in stomach or bowel does not: a quarter of its blocks
#: is below this. Emphysema may be as dark, but not in so small a piece.
_GAS_BELOW_HU = -950.0
_GAS_SMALLER_THAN_ML = 1000.0
_SMALLEST_PIECE_ML = 40.0
_AIRWAY_AREA_MM2 = (40.0, 900.0)
_AIRWAY_LENGTH_MM = 30.0
_AIRWAY_BELOW_HU = -920.0
#: Vessels and fissures counted into the lung's volume.
_FILL_MM = 5.0


@dataclass(frozen=True, slots=True)
class Lungs:
    """The lungs on a grid of blocks of the CT's voxels; axes as in ``AxialCt``.

    Attributes
    ----------
    sides:
        0 outside, ``RIGHT`` or ``LEFT``: aerated lung with the vessels in it.
    blocks, spacing_mm:
        Voxels of the CT in one block, and the size of a block.
    volume_ml, mean_hu:
        (right, left); the mean is over the aerated part.
    """

    sides: NDArray[np.uint8]
    blocks: tuple[int, int, int]
    spacing_mm: Spacing
    volume_ml: tuple[float, float]
    mean_hu: tuple[float, float]
    cut_at_bottom: bool
    cut_at_top: bool


def find_lungs(hu: NDArray[np.float32], *, spacing_mm: Spacing) -> Lungs:
    """Segment both lungs; (foot to head, front to back, right to left)."""
    coarse, blocks = average_blocks(hu, spacing_mm=spacing_mm, wanted_mm=_GRID_MM)
    size = (blocks[0] * spacing_mm[0], blocks[1] * spacing_mm[1], blocks[2] * spacing_mm[2])
    inner, middle = _inner_air(coarse)
    lung = inner & ~_airway(inner, coarse, size, middle)
    sides = _split_sides(lung, coarse, size, middle)
    voxel_ml = float(np.prod(size)) / 1000.0
    means, volumes = [], []
    for side in (RIGHT, LEFT):
        aerated = sides == side
        means.append(float(coarse[aerated].mean()) if aerated.any() else float("nan"))
        filled = close_over(aerated, spacing_mm=size, radius_mm=_FILL_MM)
        sides[filled & (sides == 0)] = side
        volumes.append(float(np.count_nonzero(sides == side)) * voxel_ml)
    area_mm2 = np.count_nonzero(sides, axis=(1, 2)) * size[1] * size[2]
    return Lungs(
        sides=sides,
        blocks=blocks,
        spacing_mm=size,
        volume_ml=(volumes[0], volumes[1]),
        mean_hu=(means[0], means[1]),
        cut_at_bottom=bool(area_mm2[0] > _AIRWAY_AREA_MM2[0]),
        cut_at_top=bool(area_mm2[-1] > _AIRWAY_AREA_MM2[0]),
    )


def _inner_air(coarse: NDArray[np.float32]) -> tuple[BoolMask, float]:
    """Air that does not reach the edge of the field of view, and the middle column of the body."""
    air = coarse < LUNG_BELOW_HU
    labels, _ = ndimage.label(air)
    border = (labels[:, 0], labels[:, -1], labels[:, :, 0], labels[:, :, -1])
    edge = np.unique(np.concatenate([plane.ravel() for plane in border]))
    outside = np.zeros(labels.max() + 1, dtype=bool)
    outside[edge] = True
    outside[0] = False
    inner = air & ~outside[labels]
    columns = np.count_nonzero(coarse > -200, axis=(0, 1))
    weight = columns.sum()
    middle = float((columns * np.arange(columns.size)).sum() / weight) if weight else 0.0
    return inner, middle


def _airway(inner: BoolMask, coarse: NDArray[np.float32], size: Spacing, middle: float) -> BoolMask:
    """Trachea and main bronchi: small round cross sections, stacked, near the midline; then
    followed downward through the slices where they touch lung."""
    flat = np.zeros((3, 3, 3), dtype=bool)
    flat[1] = ndimage.generate_binary_structure(2, 1)
    labels, count = ndimage.label(inner, structure=flat)
    area = np.bincount(labels.ravel(), minlength=count + 1) * size[1] * size[2]
    small = (area >= _AIRWAY_AREA_MM2[0]) & (area <= _AIRWAY_AREA_MM2[1])
    small[0] = False
    stacks, count = ndimage.label(small[labels])
    found = np.zeros(inner.shape, dtype=bool)
    longest = _AIRWAY_LENGTH_MM
    for number, box in enumerate(ndimage.find_objects(stacks), start=1):
        length = (box[0].stop - box[0].start) * size[0]
        stack = stacks[box] == number
        centre = box[2].start + float(np.nonzero(stack)[2].mean())
        if length >= longest and abs(centre - middle) * size[2] < 40.0:
            longest = length
            found[:] = False
            found[box] = stack
    if not found.any():
        return found
    _follow_down(found, inner & (coarse < _AIRWAY_BELOW_HU), size)
    wider = np.zeros((3, 3, 3), dtype=bool)
    wider[1] = True
    dilated: BoolMask = ndimage.binary_dilation(found, structure=wider) & inner
    return dilated


def _follow_down(found: BoolMask, dark: BoolMask, size: Spacing) -> None:
    """Follow the airway from its lowest slice while its cross section stays small; in place."""
    reach = max(1, round(3.0 / size[1]))
    for index in range(int(np.flatnonzero(found.any(axis=(1, 2)))[0]) - 1, -1, -1):
        above = found[index + 1]
        here = ndimage.binary_dilation(above, iterations=reach) & dark[index]
        area_mm2 = np.count_nonzero(here) * size[1] * size[2]
        if not _AIRWAY_AREA_MM2[0] <= area_mm2 <= 1.3 * np.count_nonzero(above) * size[1] * size[2]:
            break
        found[index] = here


def _split_sides(
    lung: BoolMask, coarse: NDArray[np.float32], size: Spacing, middle: float
) -> NDArray[np.uint8]:
    """Give every large piece of lung a side; a piece that holds both is cut at its neck."""
    sides = np.zeros(lung.shape, dtype=np.uint8)
    labels, count = ndimage.label(lung)
    if count == 0:
        return sides
    numbers = np.arange(1, count + 1)
    volume_ml = np.bincount(labels.ravel(), minlength=count + 1)[1:] * np.prod(size) / 1000.0
    boxes = ndimage.find_objects(labels)
    for number in numbers[volume_ml >= _SMALLEST_PIECE_ML]:
        box = boxes[number - 1]
        piece = labels[box] == number
        dark = float(np.percentile(coarse[box][piece], 25)) < _GAS_BELOW_HU
        if dark and volume_ml[number - 1] < _GAS_SMALLER_THAN_ML:
            continue
        for part in _cut_at_neck(piece, size, middle - box[2].start):
            centre = box[2].start + float(np.nonzero(part)[2].mean())
            sides[box][part] = RIGHT if centre < middle else LEFT
    return sides


def _cut_at_neck(piece: BoolMask, size: Spacing, middle: float) -> list[BoolMask]:
    """Two lungs that touch in front of or behind the mediastinum, cut apart; else the piece."""
    columns = np.nonzero(piece.any(axis=(0, 1)))[0]
    if columns[0] >= middle - 30.0 / size[2] or columns[-1] <= middle + 30.0 / size[2]:
        return [piece]
    depth = ndimage.distance_transform_edt(np.pad(piece, 1), sampling=size)[1:-1, 1:-1, 1:-1]
    for erosion_mm in (1.0, 2.0, 3.0, 4.5, 6.0, 8.0, 10.0, 13.0):
        labels, count = ndimage.label(depth > erosion_mm)
        if count < 2:
            continue
        sizes = np.bincount(labels.ravel())[1:]
        first, second = np.argsort(sizes)[::-1][:2] + 1
        if sizes[second - 1] < 0.2 * sizes[first - 1]:
            continue
        cores = np.where(labels == first, 1, np.where(labels == second, 2, 0))
        nearest = ndimage.distance_transform_edt(
            cores == 0, sampling=size, return_distances=False, return_indices=True
        )
        owner = cores[tuple(nearest)]
        return [piece & (owner == 1), piece & (owner == 2)]
    return [piece]


def close_over(mask: BoolMask, *, spacing_mm: Spacing, radius_mm: float) -> BoolMask:
    """Morphological closing with a ball: what the ball cannot enter from outside is filled.

    Above the top slice and below the bottom one nothing is known; there the mask is not closed
    over.
    """
    if not mask.any():
        return mask.copy()
    held = [np.flatnonzero(mask.any(axis=tuple({0, 1, 2} - {axis}))) for axis in range(3)]
    box = tuple(slice(int(part[0]), int(part[-1]) + 1) for part in held)
    margin = [int(np.ceil(radius_mm / step)) + 1 for step in spacing_mm]
    padded = np.pad(mask[box], [(m, m) for m in margin])
    near = ndimage.distance_transform_edt(~padded, sampling=spacing_mm) <= radius_mm
    closed = ndimage.distance_transform_edt(near, sampling=spacing_mm) > radius_mm
    inner = tuple(slice(m, -m) for m in margin)
    filled = mask.copy()
    filled[box] |= closed[inner]
    return filled
