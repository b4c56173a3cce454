"""The structure by its grey and what lies over it by its colour, on two pictures of one slice."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from tests.bench.ohif.phantom import (
    AIR_HU,
    BODY_HU,
    BRIGHT_HU,
    DARK_HU,
    WINDOW_CENTRE,
    WINDOW_WIDTH,
)
from tests.bench.ohif.screen import COLOURED, Picture

BoolMask = NDArray[np.bool_]
Colour = Literal["warm", "cold", "line", "map"]
_BORDER_PX = 8
_DASH_PX = 4


@dataclass(frozen=True)
class Overlap:
    """Pixels of the screen: how well colour covers the structure, and how far beside it lies."""

    dice: float
    distance_px: float
    structure_px: int
    colour_px: int
    dice_mirrored: float
    """With the colour mirrored left to right about the structure: a figure that must be low."""


def compare(plain: Picture, covered: Picture, *, is_bright: bool, colour: Colour) -> Overlap:
    structure = find_structure(plain, is_bright=is_bright)
    if colour == "line":  # goes round holes too
        structure = np.asarray(ndimage.binary_fill_holes(structure))
    over = find_colour(covered, plain, colour=colour)
    if not structure.any() or not over.any():
        return Overlap(0.0, np.inf, int(structure.sum()), int(over.sum()), 0.0)
    offset = np.subtract(_centre(structure), _centre(over))
    return Overlap(
        dice=_dice(structure, over),
        distance_px=float(np.hypot(*offset)),
        structure_px=int(structure.sum()),
        colour_px=int(over.sum()),
        dice_mirrored=_dice(structure, _mirror(over, about=_centre(structure)[1])),
    )


def find_structure(picture: Picture, *, is_bright: bool) -> BoolMask:
    """What is brighter, or darker, than half way to the body around it."""
    grey = picture[..., 1]
    body = _largest(grey > _grey((AIR_HU + BODY_HU) / 2))
    inside = ndimage.binary_fill_holes(body)
    if is_bright:
        return np.asarray(inside & (grey > _grey((BRIGHT_HU + BODY_HU) / 2)))
    # At its border the body is dark too, where the screen blends it with the air.
    inside = ndimage.binary_erosion(inside, iterations=_BORDER_PX)
    return np.asarray(inside & (grey < _grey((DARK_HU + BODY_HU) / 2)))


def find_colour(covered: Picture, plain: Picture, *, colour: Colour) -> BoolMask:
    """What is coloured now and was not before.

    Of a drawn line what it encloses; of a map the upper half of its colours, which go from blue to
    red, so that the border lies where its value has fallen to a half.
    """
    if colour in ("map", "line"):
        now, before = (one.max(axis=2) - one.min(axis=2) for one in (covered, plain))
    else:
        sign = 1 if colour == "warm" else -1
        now, before = (sign * (one[..., 0] - one[..., 2]) for one in (covered, plain))
    found = np.asarray((now > COLOURED) & (before <= COLOURED))
    if colour == "map":
        found &= covered[..., 1] >= covered[..., 2]
    return _enclosed(found) if colour == "line" else found


def _enclosed(line: BoolMask) -> BoolMask:
    """What a dashed line goes round: dashes joined, filled, and what is thin taken away again."""
    closed = ndimage.binary_dilation(line, iterations=_DASH_PX)
    filled = ndimage.binary_fill_holes(closed)
    thick = ndimage.binary_erosion(filled, iterations=_DASH_PX)
    return _largest(np.asarray(ndimage.binary_opening(thick, iterations=2 * _DASH_PX)))


def _grey(hounsfield: float) -> float:
    return 255 * (hounsfield - WINDOW_CENTRE + WINDOW_WIDTH / 2) / WINDOW_WIDTH


def _largest(mask: BoolMask) -> BoolMask:
    pieces, count = ndimage.label(mask)
    if count == 0:
        return mask
    sizes = np.bincount(pieces.ravel())[1:]
    return np.asarray(pieces == int(sizes.argmax()) + 1)


def _centre(mask: BoolMask) -> tuple[float, float]:
    rows, columns = np.nonzero(mask)
    return float(rows.mean()), float(columns.mean())


def _mirror(mask: BoolMask, *, about: float) -> BoolMask:
    rows, columns = np.nonzero(mask)
    turned = np.round(2 * about - columns).astype(int)
    kept = (turned >= 0) & (turned < mask.shape[1])
    mirrored = np.zeros_like(mask)
    mirrored[rows[kept], turned[kept]] = True
    return mirrored


def _dice(one: BoolMask, other: BoolMask) -> float:
    return float(2 * (one & other).sum() / (one.sum() + other.sum()))
