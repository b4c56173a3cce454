"""Dose-volume histogram of a region: its inside, sampled finer than any grid. Pure numpy.

The region is what its contours enclose, by even-odd (a keyhole's seam cancels itself). Between two
planes the shape goes over from one to the other by its signed distance; beyond the last plane it
reaches half a gap and goes on shrinking as it came (decision 0135). The dose at a cell is
interpolated trilinearly. Cells outside the dose grid get no dose and are counted.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from apps.imaging.radiotherapy.structures import FLAT_MM, Contour

FloatArray = npt.NDArray[np.float64]

FINEST_MM = 0.5
MOST_CELLS = 4_000_000
BIN_GY = 0.1
WIDEST_GAP = 1.5
"""In usual gaps: what is further apart is two pieces."""
LONE_PLANE_MM = 1.0
MOST_BINS = 2_000


@dataclass(frozen=True, slots=True, eq=False)
class DoseGrid:
    """Grays (slice, row, column), and the way from voxel to patient."""

    grays: npt.NDArray[np.float32]
    affine_lps: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """Middles of the cells of a region, and how much of it each stands for."""

    points_lps: FloatArray  # (cell, 3)
    volumes_ml: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Dvh:
    volume_ml: float
    outside_ml: float  # of it, where the dose grid does not reach
    minimum_gy: float
    maximum_gy: float
    mean_gy: float
    doses_gy: FloatArray
    fractions: FloatArray  # of the volume, that get at least that dose
    _sorted: FloatArray
    _above: FloatArray

    def dose_at(self, fraction: float) -> float:
        """D(fraction): the least dose of the hottest such part of the volume."""
        at = int(np.searchsorted(self._above, fraction * self._above[-1], side="left"))
        return float(self._sorted[min(at, self._sorted.size - 1)])

    def fraction_above(self, dose_gy: float) -> float:
        """V(dose): part of the volume that gets at least that dose."""
        count = int(np.searchsorted(-self._sorted, -dose_gy, side="right"))
        return float(self._above[count - 1] / self._above[-1]) if count else 0.0


class NotAnArea(Exception):
    """The contours enclose nothing that a volume could be of; says why."""


def cells_of(contours: Sequence[Contour]) -> Cells:
    """The inside of a region.

    Raises
    ------
    NotAnArea
        Its contours are not parallel planes, or they are none.
    """
    axes, planes = _planes(contours)
    heights = np.array(sorted(planes))
    if heights.size == 0:
        raise NotAnArea("no closed contours")
    lattice = _lattice(planes, heights)
    shapes = [_signed_distance(planes[float(height)], lattice) for height in heights]
    points, volumes = [], []
    for at, height in enumerate(heights):
        for sign in (-1, 1):
            near = at + sign
            depth, is_bridged = _half_gap(heights, at, sign)
            layers = max(1, round(depth / lattice.step))
            for layer in range(layers):
                away = (layer + 0.5) / layers * depth
                if is_bridged:
                    part = away / abs(float(heights[near] - height))
                    field = (1 - part) * shapes[at] + part * shapes[near]
                    if not (np.minimum(shapes[at], shapes[near]) > 0).any():
                        field = shapes[at]  # they do not overlap: nothing to go between
                else:
                    field = _cap(heights, shapes, at, sign, away)
                rows, columns = np.nonzero(field > 0)
                local = lattice.at(rows, columns, float(height) + sign * away)
                points.append(local @ axes)
                volumes.append(np.full(len(local), lattice.cell_mm2 * depth / layers / 1000.0))
    cells = Cells(np.concatenate(points), np.concatenate(volumes))
    if cells.volumes_ml.size == 0:
        raise NotAnArea("nothing is enclosed")
    return cells


def dvh_of(cells: Cells, grid: DoseGrid) -> Dvh:
    """Cumulative histogram; of the volume that lies within the dose grid and outside it."""
    grays, within = interpolate(grid, cells.points_lps)
    order = np.argsort(-grays, kind="stable")
    ranked, above = grays[order], np.cumsum(cells.volumes_ml[order])
    top = float(ranked[0])
    width = max(BIN_GY, top / MOST_BINS)
    doses = np.arange(0.0, top + 2 * width, width)
    counts = np.searchsorted(-ranked, -doses, side="right")
    fractions = np.where(counts > 0, above[np.maximum(counts, 1) - 1] / above[-1], 0.0)
    return Dvh(
        volume_ml=float(above[-1]),
        outside_ml=float(cells.volumes_ml[~within].sum()),
        minimum_gy=float(ranked[-1]),
        maximum_gy=top,
        mean_gy=float((grays * cells.volumes_ml).sum() / above[-1]),
        doses_gy=doses,
        fractions=fractions,
        _sorted=ranked,
        _above=above,
    )


def interpolate(grid: DoseGrid, points_lps: FloatArray) -> tuple[FloatArray, npt.NDArray[np.bool_]]:
    """Dose at points, trilinear between grid points, and whether the grid reaches there."""
    backward = np.linalg.inv(grid.affine_lps)
    index = points_lps @ backward[:3, :3].T + backward[:3, 3]  # (column, row, slice)
    size = np.array(grid.grays.shape[::-1])
    within = np.all((index >= -0.5) & (index <= size - 0.5), axis=1)
    index = np.clip(index, 0, size - 1)
    low = np.minimum(index.astype(np.int64), np.maximum(size - 2, 0))
    part = index - low
    high = np.minimum(low + 1, size - 1)
    grays = np.zeros(len(points_lps))
    for corner in range(8):
        picks = [(corner >> axis) & 1 for axis in range(3)]
        at = [np.where(picks[axis], high[:, axis], low[:, axis]) for axis in range(3)]
        weight = np.prod(
            [part[:, axis] if picks[axis] else 1 - part[:, axis] for axis in range(3)], axis=0
        )
        grays += weight * grid.grays[at[2], at[1], at[0]]
    return np.where(within, grays, 0.0), within


def _planes(contours: Sequence[Contour]) -> tuple[FloatArray, dict[float, list[FloatArray]]]:
    """Axes of the common plane (two within, the normal), and the polygons at each height."""
    normal: FloatArray | None = None
    planes: dict[float, list[FloatArray]] = {}
    axes = np.eye(3)
    for contour in contours:
        points = contour.points_lps
        if len(points) < 3:
            continue
        if normal is None:
            normal = newell_normal(points)
            if normal is None:
                continue
            axes = _axes(normal)
        local = points @ axes.T
        height = float(local[:, 2].mean())
        if float(np.ptp(local[:, 2])) > 2 * FLAT_MM:
            raise NotAnArea("its contours do not lie in parallel planes")
        known = next((one for one in planes if abs(one - height) <= FLAT_MM), height)
        planes.setdefault(known, []).append(local[:, :2])
    return axes, planes


def newell_normal(points: FloatArray) -> FloatArray | None:
    """Unit normal of a closed polygon; ``None`` where it encloses nothing."""
    following = np.roll(points, -1, axis=0)
    normal: FloatArray = np.cross(points - points[0], following - points[0]).sum(axis=0)
    length = float(np.linalg.norm(normal))
    if length < 1e-6:
        return None
    unit = normal / length
    return unit if unit[int(np.argmax(np.abs(unit)))] > 0 else -unit


def _axes(normal: FloatArray) -> FloatArray:
    helper = np.eye(3)[int(np.argmin(np.abs(normal)))]
    first = np.cross(normal, helper)
    first /= np.linalg.norm(first)
    return np.stack([first, np.cross(normal, first), normal])


def _usual_gap(heights: FloatArray) -> float:
    return float(np.median(np.diff(heights))) if heights.size > 1 else LONE_PLANE_MM


def _half_gap(heights: FloatArray, at: int, sign: int) -> tuple[float, bool]:
    """Half way to the neighbour on one side, and whether there is one; a gap is not bridged."""
    usual, near = _usual_gap(heights), at + sign
    if 0 <= near < heights.size:
        gap = abs(float(heights[near] - heights[at]))
        if gap <= WIDEST_GAP * usual:
            return gap / 2, True
    return usual / 2, False


def _cap(
    heights: FloatArray, shapes: Sequence[FloatArray], at: int, sign: int, away: float
) -> FloatArray:
    """Beyond an end the shape goes on as it came, where that makes it smaller."""
    before = at - sign
    if not 0 <= before < heights.size or not _half_gap(heights, at, -sign)[1]:
        return shapes[at]
    gap = abs(float(heights[at] - heights[before]))
    shrinking = np.minimum(0.0, shapes[at] - shapes[before])
    field: FloatArray = shapes[at] + away / gap * shrinking
    return field


@dataclass(frozen=True, slots=True, eq=False)
class _Lattice:
    """Cells of one plane, the same for all planes of a region."""

    low: FloatArray
    sizes: FloatArray
    counts: npt.NDArray[np.int64]
    step: float

    @property
    def cell_mm2(self) -> float:
        return float(self.sizes[0] * self.sizes[1])

    def at(self, rows: Any, columns: Any, height: float) -> FloatArray:
        x = self.low[0] + (columns + 0.5) * self.sizes[0]
        y = self.low[1] + (rows + 0.5) * self.sizes[1]
        return np.column_stack([x, y, np.full(len(x), height)])


def _lattice(planes: dict[float, list[FloatArray]], heights: FloatArray) -> _Lattice:
    corners = np.concatenate([one for polygons in planes.values() for one in polygons])
    low, high = corners.min(axis=0), corners.max(axis=0)
    extent = np.prod(high - low + FINEST_MM) * (np.ptp(heights) + _usual_gap(heights))
    step = max(FINEST_MM, float(extent / MOST_CELLS) ** (1 / 3))
    low, high = low - 2 * step, high + 2 * step  # a rim that is outside
    counts = np.maximum(1, np.ceil((high - low) / step)).astype(np.int64)
    return _Lattice(low, (high - low) / counts, counts, step)


def _signed_distance(polygons: Sequence[FloatArray], lattice: _Lattice) -> FloatArray:
    """Millimetres to the outline, positive inside (Raya and Udupa 1990, shape interpolation)."""
    inside = _inside(polygons, lattice)
    spacing = (float(lattice.sizes[1]), float(lattice.sizes[0]))
    if not inside.any():
        return np.full(inside.shape, -float(lattice.counts.max()) * lattice.step)
    within = ndimage.distance_transform_edt(inside, sampling=spacing)
    without = ndimage.distance_transform_edt(~inside, sampling=spacing)
    field: FloatArray = within - without
    # Distances run between middles of cells; the outline lies half a cell before the next.
    return field - np.sign(field) * lattice.step / 2


def _inside(polygons: Sequence[FloatArray], lattice: _Lattice) -> npt.NDArray[np.bool_]:
    """Whether the middle of each cell is inside, by even-odd."""
    starts = np.concatenate(polygons)
    ends = np.concatenate([np.roll(one, -1, axis=0) for one in polygons])
    columns = lattice.low[0] + (np.arange(lattice.counts[0]) + 0.5) * lattice.sizes[0]
    mask = np.zeros((int(lattice.counts[1]), int(lattice.counts[0])), dtype=bool)
    for row in range(mask.shape[0]):
        y = lattice.low[1] + (row + 0.5) * lattice.sizes[1]
        crosses = (starts[:, 1] <= y) != (ends[:, 1] <= y)
        if not crosses.any():
            continue
        a, b = starts[crosses], ends[crosses]
        at = np.sort(a[:, 0] + (y - a[:, 1]) / (b[:, 1] - a[:, 1]) * (b[:, 0] - a[:, 0]))
        mask[row] = np.searchsorted(at, columns) % 2 == 1
    return mask
