"""Regions of uptake above a threshold: pure arrays in, masks out.

Neighbours are the 26 voxels that share a face, an edge or a corner.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from apps.ai.analyses.results import MaskRegion

_NEIGHBOURS_26 = np.ones((3, 3, 3), dtype=bool)

Boundary = Literal["threshold", "saddle"]


@dataclass(frozen=True, slots=True)
class UptakeRegion:
    """One region, the threshold it was cut at, and what ended it.

    ``boundary`` is ``saddle`` where the isocontour would have run into hotter uptake: the region
    then ends just above the level at which the two join, and ``threshold_suv`` is that level.
    """

    region: MaskRegion
    threshold_suv: float
    boundary: Boundary = "threshold"


def regions_at_fixed_threshold(
    suv: NDArray[np.float32], *, threshold_suv: float
) -> list[UptakeRegion]:
    """Every 26-connected component of the voxels with SUV at or above the threshold."""
    labels, count = ndimage.label(suv >= threshold_suv, structure=_NEIGHBOURS_26)
    found: list[UptakeRegion] = []
    for number, box in enumerate(ndimage.find_objects(labels, max_label=count), start=1):
        found.append(UptakeRegion(_cut(labels[box] == number, box, suv.shape), threshold_suv))
    return found


def regions_at_own_maximum(
    suv: NDArray[np.float32],
    *,
    seed_threshold_suv: float,
    fraction: float,
    on_progress: Callable[[float], None] = lambda _fraction: None,
) -> list[UptakeRegion]:
    """Regions cut at a fraction of each one's own maximum.

    A peak is a local maximum at or above the seed threshold. Peaks are taken from the hottest
    down, and each is flooded from the top: the hottest neighbouring voxel next, down to
    ``fraction`` of the peak.

    - The flood reaches that level without meeting hotter or already taken uptake: the peak stands
      on its own and the flooded voxels are its region. Such regions cannot overlap.
    - It meets hotter uptake first: the peak is a shoulder of that. It is no region of its own,
      unless it is the maximum of a whole component at the seed threshold; then it is kept, cut
      where the two join (``boundary="saddle"``), because nothing above the seed threshold may
      disappear behind a hotter neighbour.
    - It lies inside a hotter region already: it belongs to that.
    """
    seeds, seed_count = ndimage.label(suv >= seed_threshold_suv, structure=_NEIGHBOURS_26)
    if seed_count == 0:
        return []
    padded = np.pad(suv.astype(np.float32, copy=False), 1, constant_values=-np.inf)
    taken = np.zeros(padded.shape, dtype=bool)
    peaks = _local_maxima(suv, seed_threshold_suv)
    seed_maxima = _seed_maxima(suv, seeds, seed_count)
    found: list[UptakeRegion] = []
    for number, peak in enumerate(peaks):
        on_progress(number / len(peaks))
        flooded, level, met_hotter = _flood(padded, taken, _padded_index(peak, suv.shape), fraction)
        if flooded.size == 0 or (met_hotter and peak not in seed_maxima):
            continue
        taken.ravel()[flooded] = True
        found.append(
            UptakeRegion(
                _region_of(flooded, padded.shape, suv.shape),
                level,
                "saddle" if met_hotter else "threshold",
            )
        )
    return found


def _local_maxima(suv: NDArray[np.float32], threshold_suv: float) -> list[int]:
    """Flat indices of local maxima, hottest first, the lower index first among equals."""
    highest_near = ndimage.maximum_filter(suv, footprint=_NEIGHBOURS_26, mode="nearest")
    flat = np.flatnonzero((suv >= threshold_suv) & (suv == highest_near))
    order = np.lexsort((flat, -suv.ravel()[flat]))
    return [int(index) for index in flat[order]]


def _seed_maxima(suv: NDArray[np.float32], seeds: NDArray[np.int32], count: int) -> set[int]:
    """The first hottest voxel of every seed component."""
    positions = ndimage.maximum_position(suv, seeds, range(1, count + 1))
    return {int(np.ravel_multi_index(position, suv.shape)) for position in positions}


def _flood(
    padded: NDArray[np.float32], taken: NDArray[np.bool_], start: int, fraction: float
) -> tuple[NDArray[np.int64], float, bool]:
    """Flood from a peak, hottest first.

    Returns the flat indices taken, the level the flood ended at, and whether it met hotter uptake
    (or a region taken before, or an equal peak that comes first).
    """
    values = padded.ravel()
    claimed = taken.ravel()
    steps = _neighbour_steps(padded.shape)
    peak_value = float(values[start])
    level = fraction * peak_value
    queue: list[tuple[float, int]] = [(-peak_value, start)]
    seen = {start}
    inside: list[int] = []
    while queue:
        negative, index = heapq.heappop(queue)
        value = -negative
        if claimed[index] or value > peak_value or (value == peak_value and index < start):
            saddle = min((float(values[i]) for i in inside), default=peak_value)
            return np.array(inside, dtype=np.int64), saddle, True
        inside.append(index)
        for step in steps:
            neighbour = index + step
            if neighbour in seen:
                continue
            seen.add(neighbour)
            neighbour_value = float(values[neighbour])
            if neighbour_value >= level:
                heapq.heappush(queue, (-neighbour_value, neighbour))
    return np.array(inside, dtype=np.int64), level, False


def _neighbour_steps(shape: tuple[int, ...]) -> list[int]:
    plane, row = shape[1] * shape[2], shape[2]
    return [
        dz * plane + dy * row + dx
        for dz in (-1, 0, 1)
        for dy in (-1, 0, 1)
        for dx in (-1, 0, 1)
        if (dz, dy, dx) != (0, 0, 0)
    ]


def _padded_index(flat: int, shape: tuple[int, ...]) -> int:
    z, y, x = np.unravel_index(flat, shape)
    return int(((z + 1) * (shape[1] + 2) + (y + 1)) * (shape[2] + 2) + (x + 1))


def _region_of(
    flooded: NDArray[np.int64], padded_shape: tuple[int, ...], shape: tuple[int, ...]
) -> MaskRegion:
    positions = np.stack(np.unravel_index(flooded, padded_shape)) - 1
    starts = positions.min(axis=1)
    values = np.zeros(tuple(positions.max(axis=1) - starts + 1), dtype=bool)
    values[tuple(positions - starts[:, None])] = True
    return MaskRegion(
        values=values,
        start=(int(starts[0]), int(starts[1]), int(starts[2])),
        shape=(shape[0], shape[1], shape[2]),
    )


def _cut(values: NDArray[np.bool_], box: tuple[slice, ...], shape: tuple[int, ...]) -> MaskRegion:
    return MaskRegion(
        values=np.ascontiguousarray(values),
        start=(box[0].start, box[1].start, box[2].start),
        shape=(shape[0], shape[1], shape[2]),
    )
