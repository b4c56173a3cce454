"""Labels on a fine grid from a soft map on a coarse one, without the soft map on the fine one.

Linear interpolation gives every voxel a mean, with weights from zero to one, of the eight coarse
voxels around it. Where all eight have the same largest channel it is the mean's largest channel
too, and where all eight reach the threshold the mean does. So only bricks in which neighbours
disagree, the surfaces of what was found, are interpolated at all; the rest is filled.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from apps.ai.runner.axes import RANK, Axis, Grid, along_axis

#: Coarse voxels along the edge of a brick.
BRICK = 8
_MOST_LABELS = 256


@dataclass(frozen=True, slots=True)
class Decision:
    """What is made of the soft map: the number of its largest channel, or, with a threshold, one
    for each channel that reaches it."""

    threshold: float | None = None

    def of(self, soft: torch.Tensor) -> torch.Tensor:
        """(channel, …) to uint8 (…), by argmax, or by threshold from one channel."""
        if self.threshold is not None:
            return (soft[0] >= self.threshold).to(torch.uint8)
        if soft.shape[0] == 2:  # of equals the first
            return (soft[1] > soft[0]).to(torch.uint8)
        return soft.argmax(dim=0).to(torch.uint8)


def decide_on_grid(soft: torch.Tensor, grid: Grid, decision: Decision) -> torch.Tensor | None:
    """Decided values (1 or channel, …) uint8 on the grid; None where it cannot be done so.

    Parameters
    ----------
    soft : (channel, x, y, z), finite
    grid : where the result lies; its places must not reach outside, nor run backwards.
    """
    if soft.shape[0] > _MOST_LABELS or not all(_runs_forward(axis) for axis in grid.axes):
        return None
    laid = soft.permute(0, *(1 + along for along in grid.order)).to(torch.float32)
    # As images lie in the archive: the last axis varies slowest.
    turned = laid.permute(0, 3, 2, 1).contiguous()
    axes = grid.axes[::-1]
    if decision.threshold is None:
        decided = [_decide(turned, axes, decision)]
    else:
        decided = [_decide(one[None], axes, decision) for one in turned]
    joined = decided[0][None] if len(decided) == 1 else torch.stack(decided)
    return joined.permute(0, 3, 2, 1)


def _runs_forward(axis: Axis) -> bool:
    return axis.is_whole and bool((axis.low.diff() >= 0).all())


def _decide(soft: torch.Tensor, axes: tuple[Axis, ...], decision: Decision) -> torch.Tensor:
    coarse = decision.of(soft)
    filled = coarse.numpy()
    for position in reversed(range(RANK)):  # numpy gathers bytes several times as fast as torch
        filled = np.take(filled, axes[position].low.numpy(), axis=position)
    fine = torch.from_numpy(filled)
    for brick in _uneven_bricks(coarse):
        outer = tuple(
            slice(*torch.searchsorted(axis.low, torch.tensor([box.start, box.stop])).tolist())
            for axis, box in zip(axes, brick, strict=True)
        )
        if any(one.start == one.stop for one in outer):
            continue
        fine[outer] = decision.of(_interpolate(soft, axes, brick, outer))
    return fine


def _interpolate(
    soft: torch.Tensor, axes: tuple[Axis, ...], brick: tuple[slice, ...], outer: tuple[slice, ...]
) -> torch.Tensor:
    around = tuple(slice(box.start, box.stop + 1) for box in brick)
    values = soft[(slice(None), *around)].contiguous()
    for position in reversed(range(RANK)):
        places = axes[position].cut(
            outer[position].start, outer[position].stop, first=brick[position].start
        )
        values = along_axis(values, 1 + position, places)
    return values


def _uneven_bricks(coarse: torch.Tensor) -> list[tuple[Any, ...]]:
    """Boxes of coarse voxels of which one differs from its next neighbours."""
    low = high = coarse
    for axis in range(RANK):
        low, high = (
            torch.minimum(low, _next(low, axis)),
            torch.maximum(high, _next(high, axis)),
        )
    uneven = low != high
    extents = uneven.shape
    counts = [-(-extent // BRICK) for extent in extents]
    padded = torch.zeros([BRICK * count for count in counts], dtype=torch.bool)
    padded[tuple(slice(extent) for extent in extents)] = uneven
    bricks = padded.view(counts[0], BRICK, counts[1], BRICK, counts[2], BRICK)
    found = bricks.any(dim=5).any(dim=3).any(dim=1).nonzero().tolist()
    return [
        tuple(
            slice(BRICK * place, min(BRICK * (place + 1), extent))
            for place, extent in zip(places, extents, strict=True)
        )
        for places in found
    ]


def _next(values: torch.Tensor, axis: int) -> torch.Tensor:
    """The following neighbour of each along the axis; the last one's is itself."""
    last = values.shape[axis] - 1
    return torch.cat([values.narrow(axis, 1, last), values.narrow(axis, last, 1)], dim=axis)
