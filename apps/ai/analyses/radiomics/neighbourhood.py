"""Grey tone differences (NGTDM) and dependences (NGLDM) of each voxel and what surrounds it.

Source: IBSI reference manual, sections 3.10 (IPET) and 3.11 (REK0): Chebyshev distance 1,
coarseness 0 (a neighbour depends on a voxel when it has the same grey level).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from apps.ai.analyses.radiomics.catalogue import matrix_names
from apps.ai.analyses.radiomics.counts import Entries, averaged, count_features
from apps.ai.analyses.radiomics.features import (
    NO_PAIRS,
    SINGLE_SLICE,
    UNDEFINED_IN_A_MATRIX,
    Measured,
)
from apps.ai.analyses.radiomics.grid import DIRECTIONS, IN_PLANE, IntArray, LevelGrid

FloatArray = NDArray[np.float64]

TONE_NAMES = matrix_names("ngt_")
DEPENDENCE_NAMES = matrix_names("ngl_")


@dataclass(frozen=True, slots=True)
class _Around:
    """Of each voxel: neighbours in the segment, the sum of their levels, those of its own."""

    count: IntArray
    total: IntArray
    alike: IntArray


def measure_neighbourhoods(grid: LevelGrid) -> Measured:
    """Features of either matrix, aggregated in three ways."""
    solid = grid.slice_count > 1
    flat, around = _surroundings(grid, solid=solid)
    one_group = np.zeros_like(grid.slices)
    measured = _measure(grid, flat, grid.slices, "2D") | _measure(grid, flat, one_group, "2_5D")
    if solid:
        return measured | _measure(grid, around, one_group, "3D")
    return measured | {f"{name}_3D": SINGLE_SLICE for name in TONE_NAMES + DEPENDENCE_NAMES}


def _surroundings(grid: LevelGrid, *, solid: bool) -> tuple[_Around, _Around]:
    """In the slice, and in all directions."""
    count, total, alike = (np.zeros(grid.places.size, dtype=np.intp) for _ in range(3))
    flat = None
    for number, direction in enumerate(DIRECTIONS):
        if number == len(IN_PLANE):
            flat = _Around(count.copy(), total.copy(), alike.copy())
            if not solid:
                break
        step = grid.step(direction)
        for one in (step, -step):
            level = grid.neighbours(one)
            count += level > 0
            total += level
            alike += level == grid.levels + 1
    assert flat is not None
    return flat, _Around(count, total, alike)


def _measure(grid: LevelGrid, around: _Around, group: IntArray, way: str) -> Measured:
    groups = int(group.max()) + 1
    voxels = np.bincount(group).astype(np.float64)
    entries = Entries.counted(group, grid.levels + 1, around.alike + 1)
    tones = _tones(grid, around, group, groups)
    measured: Measured = {}
    for name, values in zip(TONE_NAMES, tones, strict=True):
        if values.size == 0:
            measured[f"{name}_{way}"] = NO_PAIRS
        else:
            mean = float(values.mean())
            measured[f"{name}_{way}"] = mean if np.isfinite(mean) else UNDEFINED_IN_A_MATRIX
    return measured | averaged(DEPENDENCE_NAMES, way, count_features(entries, voxels=voxels))


def _tones(
    grid: LevelGrid, around: _Around, group: IntArray, groups: int
) -> tuple[FloatArray, ...]:
    """The five features of each group that has a voxel with a neighbour."""
    valid = around.count > 0
    level = grid.levels[valid]
    away = np.abs(level + 1 - around.total[valid] / around.count[valid])
    key = group[valid] * grid.level_count + level
    shape, size = (groups, grid.level_count), groups * grid.level_count
    counts = np.bincount(key, minlength=size).reshape(shape).astype(np.float64)
    differences = np.bincount(key, weights=away, minlength=size).reshape(shape).astype(np.float64)
    found = [
        _tone_features(count, difference)
        for count, difference in zip(counts, differences, strict=True)
        if count.any()
    ]
    return tuple(np.array(one) for one in zip(*found, strict=True)) or (np.empty(0),) * 5


def _tone_features(count: FloatArray, difference: FloatArray) -> tuple[float, ...]:
    """Of one matrix: voxels n and summed differences s of each level.

    Where a matrix has one level, contrast, busyness, complexity and strength are 0 by the manual.
    Its coarseness of 10⁶ there is a placeholder that would drown every average: NaN, a refusal.
    """
    voxels = count.sum()
    levels = np.flatnonzero(count)
    p, s, i = count[levels] / voxels, difference[levels], levels + 1.0
    rate = float(p @ s)
    apart = i[:, None] - i[None, :]
    together = p[:, None] + p[None, :]
    coarseness = 1 / rate if rate > 0 else float("nan")
    if levels.size == 1:
        return coarseness, 0.0, 0.0, 0.0, 0.0
    pairs = levels.size * (levels.size - 1)
    contrast = float(p @ apart**2 @ p) / pairs * s.sum() / voxels
    spread = float(np.abs((i * p)[:, None] - (i * p)[None, :]).sum())
    busyness = rate / spread if spread > 0 else float("nan")
    weighted = (p * s)[:, None] + (p * s)[None, :]
    complexity = float((np.abs(apart) * weighted / together).sum()) / voxels
    strength = float((together * apart**2).sum()) / s.sum() if s.sum() > 0 else 0.0
    return coarseness, contrast, busyness, complexity, strength
