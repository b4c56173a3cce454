"""Grey level co-occurrence (GLCM). Source: IBSI reference manual, section 3.6 (LFYI).

Symmetric matrices of neighbours at Chebyshev distance 1, without weights.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from scipy import special

from apps.ai.analyses.radiomics.features import (
    NO_PAIRS,
    SINGLE_SLICE,
    UNDEFINED_IN_A_MATRIX,
    Measured,
    Undefined,
)
from apps.ai.analyses.radiomics.grid import DIRECTIONS, IN_PLANE, LevelGrid

FloatArray = NDArray[np.float64]
#: Elements of the matrices of some slices at a time.
_CHUNK = 4_000_000


def measure_cooccurrence(grid: LevelGrid) -> Measured:
    """All features, aggregated in six ways; matrices without a pair are left out of averages."""
    size = grid.level_count
    flat = np.zeros((len(IN_PLANE), size, size))
    by_direction: list[dict[str, FloatArray]] = []
    by_slice: list[dict[str, FloatArray]] = []
    for counts in _matrices_of_slices(grid):
        flat += counts.sum(axis=0)
        by_direction.append(matrix_features(counts.reshape(-1, size, size)))
        by_slice.append(matrix_features(counts.sum(axis=1)))
    ways = {
        "2D_avg": _joined(by_direction),
        "2D_comb": _joined(by_slice),
        "2_5D_avg": matrix_features(flat),
        "2_5D_comb": matrix_features(flat.sum(axis=0, keepdims=True)),
    }
    measured: Measured = {}
    names = tuple(ways["2D_avg"])
    if grid.slice_count == 1:
        for way in ("3D_avg", "3D_comb"):
            measured |= {f"{name}_{way}": SINGLE_SLICE for name in names}
    else:
        steep = [_counted(grid, one, slice(None)).reshape(size, size) for one in _OUT_OF_PLANE]
        solid = np.concatenate([flat, np.stack(steep)])
        ways["3D_avg"] = matrix_features(solid)
        ways["3D_comb"] = matrix_features(solid.sum(axis=0, keepdims=True))
    for way, values in ways.items():
        for name, per_matrix in values.items():
            measured[f"{name}_{way}"] = _averaged(per_matrix)
    return measured


_OUT_OF_PLANE = DIRECTIONS[len(IN_PLANE) :]


def _averaged(per_matrix: FloatArray) -> float | Undefined:
    if per_matrix.size == 0:
        return NO_PAIRS
    mean = float(per_matrix.mean())
    return mean if np.isfinite(mean) else UNDEFINED_IN_A_MATRIX


def _joined(parts: list[dict[str, FloatArray]]) -> dict[str, FloatArray]:
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def _matrices_of_slices(grid: LevelGrid) -> Iterator[FloatArray]:
    """(slice, direction, level, level), a number of slices at a time."""
    size = grid.level_count
    at_once = max(_CHUNK // (len(IN_PLANE) * size * size), 1)
    for first in range(0, grid.slice_count, at_once):
        last = min(first + at_once, grid.slice_count)
        start, stop = np.searchsorted(grid.slices, [first, last])
        counted = [
            _counted(grid, one, slice(int(start), int(stop)), first=first, slices=last - first)
            for one in IN_PLANE
        ]
        yield np.stack(counted, axis=1)


def _counted(
    grid: LevelGrid,
    direction: tuple[int, int, int],
    part: slice,
    *,
    first: int = 0,
    slices: int = 0,
) -> FloatArray:
    """Symmetric counts (slice, level, level) of some voxels; 0 slices: all of them as one."""
    size = grid.level_count
    own = grid.levels[part]
    other = grid.flat[grid.places[part] + grid.step(direction)]
    paired = other > 0
    key = own[paired] * size + (other[paired] - 1)
    if slices:
        key = key + (grid.slices[part][paired] - first) * (size * size)
    shape = (max(slices, 1), size, size)
    counts = np.bincount(key, minlength=shape[0] * size * size).reshape(shape)
    return (counts + counts.transpose(0, 2, 1)).astype(np.float64)


def matrix_features(counts: FloatArray) -> dict[str, FloatArray]:
    """Features of symmetric count matrices (n, level, level); those without a pair are dropped.

    A feature that a matrix has no value of (correlation within one grey level) is NaN here.
    """
    totals = counts.sum(axis=(1, 2))
    kept = totals > 0
    joint = counts[kept] / totals[kept][:, None, None]
    size = counts.shape[1]
    level = np.arange(1.0, size + 1)
    marginal = joint.sum(axis=2)
    mean = marginal @ level
    variance = ((level - mean[:, None]) ** 2 * marginal).sum(axis=1)
    difference, total = _diagonals(joint)
    apart = np.arange(float(size))
    summed = np.arange(2.0, 2 * size + 1)
    around = summed - 2 * mean[:, None]
    diff_mean, sum_mean = difference @ apart, total @ summed
    contrast = difference @ apart**2
    auto = (total @ summed**2 - contrast) / 4
    entropy, marginal_entropy = _entropy(joint), _entropy(marginal)
    with np.errstate(divide="ignore", invalid="ignore"):
        correlation = np.where(variance > 1e-12, (auto - mean**2) / variance, np.nan)
        # p_i·p_j sums to twice the marginal entropy in both forms, the matrix being symmetric.
        first = np.where(
            marginal_entropy > 1e-12, (entropy - 2 * marginal_entropy) / marginal_entropy, np.nan
        )
    dependence = np.maximum(2 * marginal_entropy - entropy, 0.0)
    return {
        "cm_joint_max": joint.max(axis=(1, 2), initial=0.0),
        "cm_joint_avg": mean,
        "cm_joint_var": variance,
        "cm_joint_entr": entropy,
        "cm_diff_avg": diff_mean,
        "cm_diff_var": ((apart - diff_mean[:, None]) ** 2 * difference).sum(axis=1),
        "cm_diff_entr": _entropy(difference),
        "cm_sum_avg": sum_mean,
        "cm_sum_var": ((summed - sum_mean[:, None]) ** 2 * total).sum(axis=1),
        "cm_sum_entr": _entropy(total),
        "cm_energy": (joint**2).sum(axis=(1, 2)),
        "cm_contrast": contrast,
        "cm_dissimilarity": diff_mean,
        "cm_inv_diff": difference @ (1 / (1 + apart)),
        "cm_inv_diff_norm": difference @ (1 / (1 + apart / size)),
        "cm_inv_diff_mom": difference @ (1 / (1 + apart**2)),
        "cm_inv_diff_mom_norm": difference @ (1 / (1 + (apart / size) ** 2)),
        "cm_inv_var": difference[:, 1:] @ (1 / apart[1:] ** 2),
        "cm_corr": correlation,
        "cm_auto_corr": auto,
        "cm_clust_tend": (around**2 * total).sum(axis=1),
        "cm_clust_shade": (around**3 * total).sum(axis=1),
        "cm_clust_prom": (around**4 * total).sum(axis=1),
        "cm_info_corr1": first,
        "cm_info_corr2": np.sqrt(1 - np.exp(-2 * dependence)),
    }


def _diagonals(joint: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Probability of each difference 0 … n-1, and of each sum 2 … 2n, of two levels."""
    size = joint.shape[1]
    row, column = np.indices((size, size))
    flat = joint.reshape(len(joint), size * size)
    found = []
    for key in (np.abs(row - column).ravel(), (row + column).ravel()):
        order = np.argsort(key, kind="stable")
        starts = np.flatnonzero(np.diff(key[order], prepend=-1))
        found.append(np.add.reduceat(flat[:, order], starts, axis=1))
    return found[0], found[1]


def _entropy(share: FloatArray) -> FloatArray:
    axes = tuple(range(1, share.ndim))
    summed: FloatArray = special.entr(share).sum(axis=axes) / np.log(2)
    return summed
