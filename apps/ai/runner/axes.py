"""Interpolation axis by axis: what a resampling without rotation or shear is.

Trilinear interpolation on such a grid is linear interpolation along one axis after the other, and
each step is one pass over memory. Places and weights are computed as MONAI and torch compute them
(``affine_grid``, ``grid_sample``), in the same precision, so that ties of "nearest" fall alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import permutations
from math import prod

import torch
from monai.networks.utils import to_norm_affine
from torch.nn import functional

#: Rotation or shear that moves no voxel centre further than this (in voxels) is rounding.
STRAIGHT = 1e-7
#: From so many values behind an axis on, a pass of its own per place is faster than gathering.
WORTH_A_PASS = 256
RANK = 3


@dataclass(frozen=True, slots=True)
class Axis:
    """Two places on one axis of the source for each place on an axis of the output.

    Attributes
    ----------
    low, high : int64 (output size,)
        Index into the source.
    low_weight, high_weight : float32 (output size,)
        Their shares; both below one together where the output reaches beyond the source and
        zeros lie there.
    """

    low: torch.Tensor
    high: torch.Tensor
    low_weight: torch.Tensor
    high_weight: torch.Tensor

    @property
    def size(self) -> int:
        return int(self.low.numel())

    @property
    def is_whole(self) -> bool:
        """Whether the shares of every place add up to one: nothing reaches outside."""
        return bool((self.low_weight + self.high_weight == 1).all())

    def turned(self, extent: int) -> Axis:
        """The same places of a source that lies the other way round."""
        last = extent - 1
        return Axis(last - self.low, last - self.high, self.low_weight, self.high_weight)

    def cut(self, begin: int, stop: int, *, first: int) -> Axis:
        """Places ``begin`` to ``stop`` of the output, on a source that starts at ``first``."""
        part = slice(begin, stop)
        return Axis(
            self.low[part] - first, self.high[part] - first,
            self.low_weight[part], self.high_weight[part],
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Grid:
    """An output grid on a source: which source axis each output axis runs along, and its places."""

    order: tuple[int, int, int]
    axes: tuple[Axis, Axis, Axis]

    @property
    def shape(self) -> tuple[int, int, int]:
        first, second, third = (axis.size for axis in self.axes)
        return first, second, third


def lay_grid(
    *,
    xform: torch.Tensor,
    source: Sequence[int],
    output: Sequence[int],
    mode: str,
    padding_mode: str,
    align_corners: bool,
) -> Grid | None:
    """The grid, or None where it is rotated or sheared against the source.

    Parameters
    ----------
    xform : (4, 4), in the precision in which MONAI would compute
        From voxel indices of the output to those of the source.
    mode : ``bilinear`` or ``nearest``
    padding_mode : ``border`` or ``zeros``
    """
    order = _find_order(xform, output)
    if order is None or (align_corners and 1 in (*source, *output)):
        return None
    theta = to_norm_affine(
        xform[None], src_size=source, dst_size=output, align_corners=align_corners
    )
    turned = [2, 1, 0]
    theta[:, :RANK] = theta[:, turned]
    theta[:, :, :RANK] = theta[:, :, turned]
    axes = []
    for position, along in enumerate(order):
        # Two where one would do: torch warns of a single place with aligned corners.
        size = [1, 1, 2, 2, 2]
        size[2 + position] = int(output[position])
        places = functional.affine_grid(theta[:, :RANK], size, align_corners=align_corners)
        line: list[int | slice] = [0, 0, 0, 0, RANK - 1 - along]
        line[1 + position] = slice(None)
        place = places[tuple(line)]
        extent = int(source[along])
        # As torch's grid_sample turns -1 … 1 into voxels.
        place = (place + 1) / 2 * (extent - 1) if align_corners else ((place + 1) * extent - 1) / 2
        axes.append(_lay_axis(place, extent, mode, padding_mode))
    return Grid(order=order, axes=(axes[0], axes[1], axes[2]))


def _find_order(xform: torch.Tensor, output: Sequence[int]) -> tuple[int, int, int] | None:
    steps = xform[:RANK, :RANK].to(torch.float64)
    reach = steps.abs() * torch.tensor([max(1, int(one)) for one in output], dtype=torch.float64)
    order: list[int] = []
    for position in range(RANK):
        along = int(steps[:, position].abs().argmax())
        others = [one for one in range(RANK) if one != along]
        if along in order or float(reach[others, position].max()) > STRAIGHT:
            return None
        order.append(along)
    return order[0], order[1], order[2]


def _lay_axis(place: torch.Tensor, extent: int, mode: str, padding_mode: str) -> Axis:
    if padding_mode == "border":
        place = place.clamp(0, extent - 1)
    if mode == "nearest":
        nearest = place.round()  # half to even, as torch does
        share = ((nearest >= 0) & (nearest < extent)).to(torch.float32)
        index = nearest.clamp(0, extent - 1).to(torch.int64)
        return Axis(index, index, share, torch.zeros_like(share))
    below = place.floor()
    above = (place - below).to(torch.float32)
    low_share = (1 - above) * ((below >= 0) & (below < extent))
    high_share = above * ((below >= -1) & (below < extent - 1))
    low = below.clamp(0, extent - 1).to(torch.int64)
    high = (below + 1).clamp(0, extent - 1).to(torch.int64)
    return Axis(low, high, low_share, high_share)


def sample(values: torch.Tensor, grid: Grid) -> torch.Tensor:
    """Values (channel, …) of the source at the places of ``grid``, float32.

    Axes come in the order that takes the least work.
    """
    laid = values.permute(0, *(1 + along for along in grid.order))
    if laid.dtype != torch.float32:
        laid = laid.to(torch.float32)
    larger = prod(grid.shape) > laid[0].numel()
    # The first axis of an image varies fastest in the archive, the last one in MONAI.
    memory = (RANK, 2, 1) if larger else _by_stride(laid)
    turned = laid.permute(0, *memory)
    turned = turned if turned.is_contiguous() else turned.contiguous()
    axes = [grid.axes[position - 1] for position in memory]
    channels = [_sample_one(one, axes) for one in turned]
    joined = channels[0][None] if len(channels) == 1 else torch.stack(channels)
    back = joined.permute(0, *(1 + memory.index(position) for position in (1, 2, 3)))
    return back if larger else back.contiguous()


def _sample_one(values: torch.Tensor, axes: Sequence[Axis]) -> torch.Tensor:
    """One channel, contiguous."""
    for axis in _cheapest_order(tuple(values.shape), axes):
        values = along_axis(values, axis, axes[axis])
    return values


def along_axis(values: torch.Tensor, axis: int, places: Axis) -> torch.Tensor:
    """Linear interpolation along one axis of ``values`` (contiguous, float32)."""
    shape = list(values.shape)
    if prod(shape[axis + 1 :]) < WORTH_A_PASS:
        return _gather(values, axis, places)
    shape[axis] = places.size
    given = torch.empty(shape, dtype=values.dtype)
    whole = places.is_whole
    table = zip(
        places.low.tolist(), places.high.tolist(),
        places.low_weight.tolist(), places.high_weight.tolist(), strict=True,
    )  # fmt: skip
    for position, (low, high, low_share, high_share) in enumerate(table):
        into = given.select(axis, position)
        if high_share == 0:
            torch.mul(values.select(axis, low), low_share, out=into)
        elif whole:
            torch.lerp(values.select(axis, low), values.select(axis, high), high_share, out=into)
        else:
            torch.mul(values.select(axis, low), low_share, out=into)
            into.add_(values.select(axis, high), alpha=high_share)
    return given


def _gather(values: torch.Tensor, axis: int, places: Axis) -> torch.Tensor:
    over = [1] * values.ndim
    over[axis] = places.size
    low = values.index_select(axis, places.low)
    if not bool(places.high_weight.any()):
        return low.mul_(places.low_weight.view(over))
    high = values.index_select(axis, places.high)
    if places.is_whole:
        return low.lerp_(high, places.high_weight.view(over))
    low.mul_(places.low_weight.view(over))
    return low.addcmul_(high, places.high_weight.view(over))


def _by_stride(values: torch.Tensor) -> tuple[int, ...]:
    """Axes 1 to 3 as they lie in memory, the one that varies slowest first."""
    return tuple(sorted((1, 2, 3), key=lambda axis: -values.stride()[axis]))


def _cheapest_order(shape: tuple[int, ...], axes: Sequence[Axis]) -> tuple[int, ...]:
    def work(order: tuple[int, ...]) -> int:
        extents = list(shape)
        total = 0
        for axis in order:
            extents[axis] = axes[axis].size
            # Along the axis that varies fastest values are gathered one by one.
            total += prod(extents) * (2 if axis == RANK - 1 else 1)
        return total

    return min(permutations(range(RANK)), key=work)
