"""Grey level size zones (GLSZM) and distance zones (GLDZM).

Source: IBSI reference manual, sections 3.8 (9SAK) and 3.9 (VMDZ). A zone is a group of voxels of
one grey level that touch (26 neighbours in 3D, 8 in a slice); its distance is the shortest of its
voxels' ways to the edge of the segment as drawn, by faces (6 in 3D, 4 in a slice), from 1.
"""

from __future__ import annotations

import numpy as np
from scipy import ndimage, sparse
from scipy.sparse.csgraph import connected_components

from apps.ai.analyses.radiomics.catalogue import matrix_names
from apps.ai.analyses.radiomics.counts import Entries, averaged, count_features
from apps.ai.analyses.radiomics.features import SINGLE_SLICE, Measured
from apps.ai.analyses.radiomics.grid import DIRECTIONS, IN_PLANE, IntArray, LevelGrid

SIZE_NAMES = matrix_names("szm_")
DISTANCE_NAMES = matrix_names("dzm_")


def measure_zones(grid: LevelGrid) -> Measured:
    """Features of either matrix, aggregated in three ways."""
    of_slice = grid.voxels_of_slices.astype(np.float64)
    all_voxels = np.array([float(grid.places.size)])
    zone = _zones(grid, IN_PLANE)
    distance = _distances(grid, flat=True)
    measured: Measured = {}
    for names, entries in (
        (SIZE_NAMES, _by_size(grid, zone)),
        (DISTANCE_NAMES, _by_distance(grid, zone, distance)),
    ):
        merged = entries.merged(np.zeros_like(entries.group))
        measured |= averaged(names, "2D", count_features(entries, voxels=of_slice))
        measured |= averaged(names, "2_5D", count_features(merged, voxels=all_voxels))
    if grid.slice_count == 1:
        return measured | {f"{name}_3D": SINGLE_SLICE for name in SIZE_NAMES + DISTANCE_NAMES}
    zone = _zones(grid, DIRECTIONS)
    distance = _distances(grid, flat=False)
    for names, entries in (
        (SIZE_NAMES, _by_size(grid, zone)),
        (DISTANCE_NAMES, _by_distance(grid, zone, distance)),
    ):
        solid = entries.merged(np.zeros_like(entries.group))
        measured |= averaged(names, "3D", count_features(solid, voxels=all_voxels))
    return measured


def _zones(grid: LevelGrid, directions: tuple[tuple[int, int, int], ...]) -> IntArray:
    """Number of the zone of each voxel."""
    count = grid.places.size
    number = np.zeros(grid.flat.size, dtype=np.int32)
    number[grid.places] = np.arange(count, dtype=np.int32)
    starts, ends = [], []
    for direction in directions:
        step = grid.step(direction)
        linked = np.flatnonzero(grid.neighbours(step) == grid.levels + 1)
        starts.append(linked.astype(np.int32))
        ends.append(number[grid.places[linked] + step])
    start, end = np.concatenate(starts), np.concatenate(ends)
    links = sparse.coo_array((np.ones(start.size, dtype=np.int8), (start, end)), (count, count))
    found: IntArray = connected_components(links.tocsr(), directed=False)[1].astype(np.intp)
    return found


def _distances(grid: LevelGrid, *, flat: bool) -> IntArray:
    """Steps by faces from each voxel out of the segment as drawn."""
    if flat:
        # One slice at a time: two slices must not see each other.
        found = np.stack(
            [ndimage.distance_transform_cdt(one, metric="taxicab") for one in grid.morphology]
        )
    else:
        found = ndimage.distance_transform_cdt(grid.morphology, metric="taxicab")
    distances: IntArray = found.ravel()[grid.places].astype(np.intp)
    return distances


def _by_size(grid: LevelGrid, zone: IntArray) -> Entries:
    size = np.bincount(zone)
    first = _a_voxel_of_each(zone)
    return Entries.counted(grid.slices[first], grid.levels[first] + 1, size)


def _by_distance(grid: LevelGrid, zone: IntArray, distance: IntArray) -> Entries:
    first = _a_voxel_of_each(zone)
    nearest = np.full(first.size, np.iinfo(np.intp).max)
    np.minimum.at(nearest, zone, distance)
    return Entries.counted(grid.slices[first], grid.levels[first] + 1, nearest)


def _a_voxel_of_each(zone: IntArray) -> IntArray:
    found = np.zeros(int(zone.max()) + 1, dtype=np.intp)
    found[zone] = np.arange(zone.size)
    return found
