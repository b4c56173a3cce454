"""Round parts of a mask that also holds tubes: nodules among vessels. Pure arrays.

A ball that grows from the inside of a nodule stays compact until it fills it; inside a vessel it
runs along. So the mask is eroded step by step, and at each step the pieces that are left are asked
for their shape. What erosion took off is added back before anything is measured.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from apps.ai.analyses.results import BoolMask


@dataclass(frozen=True, slots=True)
class RoundnessRules:
    """What a piece must show to be called round.

    Attributes
    ----------
    neck
        Radius of the widest attachment, as a part of the piece's own largest radius. A branching
        of vessels is about 1.2 times as wide as what leaves it.
    elongation
        Longest against shortest half axis of the ellipsoid of the same moments.
    filling
        Part of that ellipsoid's volume that the piece fills: branches fill little of theirs.
    """

    neck: float = 0.72
    elongation: float = 2.0
    filling: float = 0.6


@dataclass(frozen=True, slots=True)
class Blob:
    """A round piece: the box it lies in, its mask there, and how round it is."""

    box: tuple[slice, slice, slice]
    mask: BoolMask
    radius_mm: float
    neck_mm: float
    elongation: float


def find_blobs(
    mask: BoolMask,
    depth_mm: NDArray[np.float32],
    *,
    spacing_mm: float,
    radii_mm: tuple[float, float],
    rules: RoundnessRules,
) -> list[Blob]:
    """Round pieces whose largest inscribed ball has a radius within ``radii_mm``.

    Parameters
    ----------
    mask, depth_mm
        A mask on an even grid, and the distance of each of its voxels to what is outside it.

    The largest piece wins: what lies inside a piece that was taken is not asked again.
    """
    voxels = _Voxels.of(mask, depth_mm)
    taken = np.zeros(len(voxels.depth_mm), dtype=bool)
    found: list[Blob] = []
    for level in _levels(radii_mm, spacing_mm, rules.neck):
        kept, labels, count = voxels.pieces_deeper_than(level)
        if count == 0:
            break
        deepest = np.zeros(count, dtype=np.float32)
        np.maximum.at(deepest, labels, voxels.depth_mm[kept])
        free = np.bincount(labels, weights=taken[kept], minlength=count) == 0
        asked = free & (deepest * rules.neck >= level)
        asked &= (deepest >= radii_mm[0]) & (deepest <= radii_mm[1])
        elongation, filling = _shapes(voxels.points[kept], labels, count, level, spacing_mm)
        round_enough = (elongation <= rules.elongation) & (filling >= rules.filling)
        for number in np.flatnonzero(asked & round_enough):
            core = kept[labels == number]
            blob = _grow_back(
                mask,
                voxels.points[core],
                level=level,
                spacing_mm=spacing_mm,
                radius_mm=float(deepest[number]),
                elongation=float(elongation[number]),
            )
            inside = voxels.index[blob.box][blob.mask]
            taken[inside[inside >= 0]] = True
            found.append(blob)
    return found


@dataclass(frozen=True, slots=True)
class _Voxels:
    """The voxels of a sparse mask as a graph: points (slice, row, column), depths, neighbours."""

    points: NDArray[np.int32]
    depth_mm: NDArray[np.float32]
    edges: NDArray[np.int64]
    index: NDArray[np.int32]

    @classmethod
    def of(cls, mask: BoolMask, depth_mm: NDArray[np.float32]) -> _Voxels:
        points = np.argwhere(mask)
        index = np.full(mask.shape, -1, dtype=np.int32)
        index[mask] = np.arange(len(points), dtype=np.int32)
        edges = []
        for axis in range(3):
            here = [slice(None)] * 3
            there = [slice(None)] * 3
            here[axis], there[axis] = slice(0, -1), slice(1, None)
            first, second = index[tuple(here)], index[tuple(there)]
            both = (first >= 0) & (second >= 0)
            edges.append(np.stack([first[both], second[both]]))
        return cls(
            points=points.astype(np.int32),
            depth_mm=depth_mm[mask],
            edges=np.concatenate(edges, axis=1).astype(np.int64),
            index=index,
        )

    def pieces_deeper_than(self, level: float) -> tuple[NDArray[np.intp], NDArray[np.int32], int]:
        """The voxels deeper than a level, the piece each belongs to, and how many pieces."""
        deep = self.depth_mm > level
        kept = np.flatnonzero(deep)
        if kept.size == 0:
            return kept, np.empty(0, dtype=np.int32), 0
        number = np.cumsum(deep) - 1
        first, second = self.edges
        inside = deep[first] & deep[second]
        first, second = number[first[inside]], number[second[inside]]
        graph = coo_array(
            (np.ones(first.size, dtype=np.int8), (first, second)), shape=(kept.size, kept.size)
        )
        count, labels = connected_components(graph, directed=False)
        return kept, labels, int(count)


def _levels(radii_mm: tuple[float, float], spacing_mm: float, neck: float) -> Sequence[float]:
    lowest, highest = 0.45 * radii_mm[0], neck * radii_mm[1]
    count = int(np.ceil(np.log(highest / lowest) / np.log(1.18))) + 1
    return [float(level) for level in np.geomspace(lowest, highest, count)]


def _shapes(
    points: NDArray[np.int32],
    labels: NDArray[np.int32],
    count: int,
    level: float,
    spacing_mm: float,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Elongation and filling of every piece, from the moments of what erosion left of it."""
    sizes = np.bincount(labels, minlength=count).astype(float)
    at = points * spacing_mm
    means = [np.bincount(labels, weights=at[:, axis], minlength=count) / sizes for axis in range(3)]
    spread = np.empty((count, 3, 3))
    off = [at[:, axis] - means[axis][labels] for axis in range(3)]
    for first in range(3):
        for second in range(first, 3):
            product = off[first] * off[second]
            value = np.bincount(labels, weights=product, minlength=count) / sizes
            spread[:, first, second] = spread[:, second, first] = value
    # A voxel is a cube, not a point.
    spread += np.eye(3) * spacing_mm**2 / 12
    half_axes = np.sqrt(5 * np.clip(np.linalg.eigvalsh(spread), 0, None))
    filling = sizes * spacing_mm**3 / (4 / 3 * np.pi * np.prod(half_axes, axis=1))
    grown = half_axes + level - 0.5 * spacing_mm
    return grown[:, 2] / grown[:, 0], filling


def _grow_back(
    mask: BoolMask,
    core: NDArray[np.int32],
    *,
    level: float,
    spacing_mm: float,
    radius_mm: float,
    elongation: float,
) -> Blob:
    """Give the piece back what erosion took, and nothing beyond."""
    margin = int(np.ceil(level / spacing_mm)) + 2
    low, high = core.min(axis=0) - margin, core.max(axis=0) + margin + 1
    box = tuple(
        slice(max(int(start), 0), min(int(stop), size))
        for start, stop, size in zip(low, high, mask.shape, strict=True)
    )
    outside = np.ones(tuple(part.stop - part.start for part in box), dtype=bool)
    outside[tuple((core - [part.start for part in box]).T)] = False
    reach_mm = ndimage.distance_transform_edt(outside) * spacing_mm
    return Blob(
        box=(box[0], box[1], box[2]),
        mask=(reach_mm <= level + 0.6 * spacing_mm) & mask[box],
        radius_mm=radius_mm,
        neck_mm=level,
        elongation=elongation,
    )
