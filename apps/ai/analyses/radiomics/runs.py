"""Grey level run lengths (GLRLM). Source: IBSI reference manual, section 3.7 (TP0I)."""

from __future__ import annotations

import numpy as np

from apps.ai.analyses.radiomics.catalogue import matrix_names
from apps.ai.analyses.radiomics.counts import Entries, averaged, count_features
from apps.ai.analyses.radiomics.features import SINGLE_SLICE, Measured
from apps.ai.analyses.radiomics.grid import DIRECTIONS, IN_PLANE, IntArray, LevelGrid

NAMES = matrix_names("rlm_")


def measure_runs(grid: LevelGrid) -> Measured:
    """All features, aggregated in six ways."""
    solid = grid.slice_count > 1
    found = [_runs(grid, one) for one in (DIRECTIONS if solid else IN_PLANE)]
    plane = len(IN_PLANE)
    flat = Entries.joined(found[:plane])
    direction = np.concatenate([np.full(one.group.size, k) for k, one in enumerate(found)])
    of_flat = direction[: flat.group.size]
    of_slice = grid.voxels_of_slices.astype(np.float64)
    voxels = float(grid.places.size)
    measured: Measured = {}
    for way, entries, group, count in (
        ("2D_avg", flat, flat.group * plane + of_flat, np.repeat(of_slice, plane)),
        ("2D_comb", flat, flat.group, of_slice * plane),
        ("2_5D_avg", flat, of_flat, np.full(plane, voxels)),
        ("2_5D_comb", flat, np.zeros_like(of_flat), np.array([voxels * plane])),
    ):
        measured |= averaged(NAMES, way, count_features(entries.merged(group), voxels=count))
    if not solid:
        return measured | {
            f"{name}_{way}": SINGLE_SLICE for name in NAMES for way in ("3D_avg", "3D_comb")
        }
    every, many = Entries.joined(found), len(DIRECTIONS)
    for way, group, count in (
        ("3D_avg", direction, np.full(many, voxels)),
        ("3D_comb", np.zeros_like(direction), np.array([voxels * many])),
    ):
        measured |= averaged(NAMES, way, count_features(every.merged(group), voxels=count))
    return measured


def _runs(grid: LevelGrid, direction: tuple[int, int, int]) -> Entries:
    """Runs of one level along a direction, by the slice they begin in.

    Every run is followed from its first voxel, all of them a step at a time: each voxel is looked
    at once.
    """
    step = grid.step(direction)
    begins = np.flatnonzero(grid.neighbours(-step) != grid.levels + 1)
    level = grid.levels[begins] + 1
    place = grid.places[begins]
    length: IntArray = np.ones(begins.size, dtype=np.intp)
    open_runs = np.arange(begins.size)
    while open_runs.size:
        place = place + step
        goes_on = grid.flat[place] == level[open_runs]
        open_runs, place = open_runs[goes_on], place[goes_on]
        length[open_runs] += 1
    return Entries.counted(grid.slices[begins], level, length)
