"""What each cross section of a body on CT consists of: areas, in square millimetres."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from apps.ai.analyses.ct_volume import AxialCt
from apps.ai.analyses.lungs import Lungs
from apps.ai.analyses.resampling import average_blocks
from apps.ai.analyses.results import BoolMask

_GRID_MM = 3.5
_BODY_ABOVE_HU = -250.0
_BONE_ABOVE_HU = 220.0
#: The spine lies within this of the middle; ribs, iliac wings and arms lie beyond.
_MIDDLE_MM = 50.0
_AIRWAY_MM2 = (50.0, 900.0)


@dataclass(frozen=True, slots=True)
class CrossSections:
    """One value for each section, foot to head.

    Attributes
    ----------
    z_mm, step_mm
        LPS z of the sections, and how far they are apart.
    enclosed_share
        Part of the body's area that bone, or bone with gaps of 7 mm closed, surrounds.
    has_airway
        Air of the size of a trachea inside, near the middle.
    """

    z_mm: NDArray[np.floating[Any]]
    step_mm: float
    body_mm2: NDArray[np.float64]
    width_mm: NDArray[np.float64]
    lung_share: NDArray[np.float64]
    bone_right_mm2: NDArray[np.float64]
    bone_left_mm2: NDArray[np.float64]
    enclosed_share: NDArray[np.float64]
    has_airway: BoolMask


def measure_sections(ct: AxialCt, lungs: Lungs) -> CrossSections:
    """Measure every section of the body, the largest object in view."""
    coarse, blocks = average_blocks(ct.hu, spacing_mm=ct.spacing_mm, wanted_mm=_GRID_MM)
    steps = [block * step for block, step in zip(blocks, ct.spacing_mm, strict=True)]
    area = steps[1] * steps[2]
    body = _largest(coarse > _BODY_ABOVE_HU)
    filled = np.stack([ndimage.binary_fill_holes(plane) for plane in body])
    bone = (coarse > _BONE_ABOVE_HU) & body
    columns = np.arange(coarse.shape[2])
    weights = np.count_nonzero(filled, axis=(0, 1))
    middle = float((columns * weights).sum() / max(weights.sum(), 1))
    off_middle = (columns - middle) * steps[2]
    body_mm2 = np.count_nonzero(filled, axis=(1, 2)) * area
    occupied: BoolMask = np.asarray(filled.any(axis=1))
    width = (
        occupied.shape[1] - np.argmax(occupied[:, ::-1], axis=1) - np.argmax(occupied, axis=1)
    ) * steps[2]
    reach = np.ones((3, 3), dtype=bool)
    enclosed = np.array(
        [
            np.count_nonzero(ndimage.binary_fill_holes(ndimage.binary_closing(plane, reach)))
            for plane in bone
        ]
    )
    lung = np.count_nonzero(lungs.sides, axis=(1, 2)) * lungs.spacing_mm[1] * lungs.spacing_mm[2]
    lung_at = np.minimum(
        (np.arange(len(coarse)) * blocks[0] + blocks[0] // 2) // lungs.blocks[0], len(lung) - 1
    )
    body_area = np.maximum(body_mm2, 1.0)
    return CrossSections(
        z_mm=ct.first_z_mm
        + (np.arange(len(coarse)) * blocks[0] + (blocks[0] - 1) / 2) * ct.spacing_mm[0],
        step_mm=steps[0],
        body_mm2=body_mm2.astype(float),
        width_mm=np.where(body_mm2 > 0, width, 0.0),
        lung_share=lung[lung_at] / body_area,
        bone_right_mm2=np.count_nonzero(bone[:, :, off_middle < -_MIDDLE_MM], axis=(1, 2)) * area,
        bone_left_mm2=np.count_nonzero(bone[:, :, off_middle > _MIDDLE_MM], axis=(1, 2)) * area,
        enclosed_share=enclosed * area / body_area,
        has_airway=_has_airway(coarse, filled, off_middle, area),
    )


def _largest(mask: BoolMask) -> BoolMask:
    labels, count = ndimage.label(mask)
    if count == 0:
        return mask
    largest: BoolMask = labels == int(np.argmax(np.bincount(labels.ravel())[1:])) + 1
    return largest


def _has_airway(
    coarse: NDArray[np.float32],
    filled: BoolMask,
    off_middle: NDArray[np.floating[Any]],
    area: float,
) -> BoolMask:
    air = (coarse < -400.0) & filled
    air[:, :, np.abs(off_middle) > _MIDDLE_MM] = False
    total = np.count_nonzero(air, axis=(1, 2)) * area
    sized: BoolMask = (total >= _AIRWAY_MM2[0]) & (total <= _AIRWAY_MM2[1])
    return sized
