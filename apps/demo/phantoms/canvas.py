"""The volume being drawn: shapes are found on a coarse grid and painted on the fine one.

Signed distances are smooth, so half the in-plane resolution loses nothing that shows, and
costs a quarter. Each shape is painted with an edge about one pixel wide: partial volume.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from apps.demo.phantoms.noise import SmoothNoise
from apps.demo.phantoms.shapes import FAR_MM, Coordinates, Floats, capsule

Point = tuple[float, float, float]
Value = float | Floats | Callable[["Box"], Floats]


@dataclass(frozen=True)
class Box:
    """A part of the grid: the same region as slices of the coarse and of the fine grid."""

    coarse: tuple[slice, slice, slice]
    fine: tuple[slice, slice, slice]


@dataclass(frozen=True)
class Axes:
    """Positions of voxel centres in the patient's anatomy, mm."""

    z: NDArray[np.float64]
    y: NDArray[np.float64]
    x: NDArray[np.float64]

    @property
    def spacing(self) -> Point:
        return tuple(  # type: ignore[return-value]
            float(abs(a[1] - a[0])) if len(a) > 1 else 1.0 for a in (self.z, self.y, self.x)
        )

    @property
    def shape(self) -> tuple[int, int, int]:
        return len(self.z), len(self.y), len(self.x)


class Warp:
    """Bends the reference anatomy so that nothing in it is a perfect ellipse."""

    LARGE_MM, SMALL_MM = 3.6, 1.0

    def __init__(self, seed: int) -> None:
        self._fields = [
            (SmoothNoise(seed, f"warp large {a}", 62.0), SmoothNoise(seed, f"warp small {a}", 20.0))
            for a in "zyx"
        ]

    def on_axes(self, axes: Axes) -> Coordinates:
        z, y, x = (
            self.LARGE_MM * large.on_axes(axes.z, axes.y, axes.x)
            + self.SMALL_MM * small.on_axes(axes.z, axes.y, axes.x)
            for large, small in self._fields
        )
        z += axes.z[:, None, None].astype(np.float32)
        y += axes.y[None, :, None].astype(np.float32)
        x += axes.x[None, None, :].astype(np.float32)
        return Coordinates(z, y, x)

    def to_space(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Where points of the reference anatomy (n, 3; x, y, z) lie after bending."""
        found = np.array(points, dtype=float)
        for _ in range(2):
            shift = np.stack(
                [
                    self.LARGE_MM * large.at_points(found) + self.SMALL_MM * small.at_points(found)
                    for large, small in reversed(self._fields)
                ],
                axis=1,
            )
            found = points - shift
        return found


class Canvas:
    """A CT volume in the making.

    Attributes
    ----------
    hu
        float32, (slice, row, column).
    warped
        Coordinates in the reference anatomy of every point of the coarse grid.
    """

    def __init__(self, axes: Axes, warp: Warp, background_hu: float) -> None:
        self.axes = axes
        self.warp = warp
        self.factor = 2 if axes.spacing[2] < 1.2 else 1
        self.coarse_axes = Axes(axes.z, self._halve(axes.y), self._halve(axes.x))
        self.hu = np.full(axes.shape, background_hu, dtype=np.float32)
        self.warped = warp.on_axes(self.coarse_axes)
        self.edge_mm = max(1.35, 1.15 * axes.spacing[2])

    def _halve(self, positions: NDArray[np.float64]) -> NDArray[np.float64]:
        if self.factor == 1:
            return positions
        step = positions[1] - positions[0]
        return np.asarray(positions[0] + 2 * step * np.arange(len(positions) // 2 + 1))

    @property
    def coarse_shape(self) -> tuple[int, int, int]:
        return self.coarse_axes.shape

    # -- boxes ---------------------------------------------------------------------------

    def box(self, low: Point, high: Point, margin_mm: float = 12.0) -> Box:
        """The box between two corners given as x, y, z."""
        found = []
        for axis, positions in enumerate(
            (self.coarse_axes.z, self.coarse_axes.y, self.coarse_axes.x)
        ):
            lo, hi = low[2 - axis] - margin_mm, high[2 - axis] + margin_mm
            inside = np.flatnonzero((positions >= lo) & (positions <= hi))
            found.append(slice(int(inside[0]), int(inside[-1]) + 1) if len(inside) else slice(0, 0))
        return self.box_of(found[0], found[1], found[2])

    def whole(self) -> Box:
        return self.box_of(*(slice(0, n) for n in self.coarse_shape))

    def box_of(self, z: slice, y: slice, x: slice) -> Box:
        """The box that covers these parts of the coarse grid."""
        return Box((z, y, x), (z, self._refine(y, 1), self._refine(x, 2)))

    def _refine(self, part: slice, axis: int) -> slice:
        if self.factor == 1:
            return part
        if part.stop <= part.start:
            return slice(0, 0)
        return slice(2 * part.start, min(2 * (part.stop - 1) + 1, self.axes.shape[axis]))

    def coordinates(self, box: Box) -> Coordinates:
        return Coordinates(*(c[box.coarse] for c in (self.warped.z, self.warped.y, self.warped.x)))

    def plain_coordinates(self, box: Box) -> Coordinates:
        """Unbent coordinates of the fine grid, as three thin arrays."""
        z, y, x = (
            a[part].astype(np.float32)
            for a, part in zip((self.axes.z, self.axes.y, self.axes.x), box.fine, strict=True)
        )
        return Coordinates(z[:, None, None], y[None, :, None], x[None, None, :])

    def noise(self, noise: SmoothNoise, box: Box) -> Floats:
        """A texture on the fine grid of a box."""
        z, y, x = box.fine
        return noise.on_axes(self.axes.z[z], self.axes.y[y], self.axes.x[x])

    def coarse_noise(self, noise: SmoothNoise, box: Box) -> Floats:
        z, y, x = box.coarse
        axes = self.coarse_axes
        return noise.on_axes(axes.z[z], axes.y[y], axes.x[x])

    def empty(self, box: Box) -> Floats:
        shape = tuple(part.stop - part.start for part in box.coarse)
        return np.full(shape, FAR_MM, dtype=np.float32)

    # -- painting ------------------------------------------------------------------------

    def refine(self, values: Floats, box: Box) -> Floats:
        """Values of the coarse grid of a box, on its fine grid."""
        if self.factor == 1:
            return values
        for axis in (1, 2):
            n = values.shape[axis]
            size = box.fine[axis].stop - box.fine[axis].start
            shape = list(values.shape)
            shape[axis] = 2 * n - 1
            out = np.empty(shape, dtype=np.float32)
            take = [slice(None)] * 3
            even, odd, low, high = list(take), list(take), list(take), list(take)
            even[axis], odd[axis] = slice(0, None, 2), slice(1, None, 2)
            low[axis], high[axis] = slice(0, n - 1), slice(1, n)
            out[tuple(even)] = values
            middle = out[tuple(odd)]
            np.add(values[tuple(low)], values[tuple(high)], out=middle)
            middle *= 0.5
            keep = list(take)
            keep[axis] = slice(0, size)
            values = out[tuple(keep)]
        return values

    def paint(
        self, box: Box, distance: Floats, value: Value, *, edge_mm: float = 0.0, opacity: float = 1
    ) -> None:
        """Paint a shape given by its signed distance on the coarse grid of a box."""
        edge = max(edge_mm, self.edge_mm)
        tight = self._tighten(box, distance < edge)
        if tight is None:
            return
        inner = tuple(
            slice(t.start - b.start, t.stop - b.start)
            for t, b in zip(tight.coarse, box.coarse, strict=True)
        )
        self.blend(
            tight, self.refine(distance[inner], tight), value, edge, opacity=opacity, source=box
        )

    def blend(
        self,
        box: Box,
        fine_distance: Floats,
        value: Value,
        edge_mm: float,
        *,
        opacity: float = 1,
        source: Box | None = None,
    ) -> None:
        alpha = np.clip(0.5 - fine_distance * np.float32(1 / edge_mm), 0, 1)
        if opacity != 1:
            alpha *= np.float32(opacity)
        target = self.hu[box.fine]
        if callable(value):
            colour: float | Floats = value(box)
        elif isinstance(value, np.ndarray):
            outer = source or box
            colour = value[
                tuple(
                    slice(b.start - s.start, b.stop - s.start)
                    for b, s in zip(box.fine, outer.fine, strict=True)
                )
            ]
        else:
            colour = float(value)
        target += alpha * (colour - target)

    def _tighten(self, box: Box, inside: NDArray[np.bool_]) -> Box | None:
        bounds = []
        for axis in range(3):
            hit = np.flatnonzero(inside.any(axis=tuple(a for a in range(3) if a != axis)))
            if not len(hit):
                return None
            start = box.coarse[axis].start
            low, high = int(hit[0]) - 1, int(hit[-1]) + 2
            size = inside.shape[axis]
            bounds.append(slice(start + max(low, 0), start + min(high, size)))
        return self.box_of(bounds[0], bounds[1], bounds[2])

    def paint_strand(
        self,
        start: NDArray[np.float64],
        end: NDArray[np.float64],
        radii_mm: tuple[float, float],
        value: float,
        *,
        opacity: float = 1,
    ) -> None:
        """Paint one piece of a thin vessel, given in real (bent) space, on the fine grid.

        Thinner than a pixel it is widened to one and fainter in proportion.
        """
        dz, _, dx = self.axes.spacing
        mean = max(0.5 * (radii_mm[0] + radii_mm[1]), 1e-3)
        floor = 0.5 * self.edge_mm
        widened = (max(radii_mm[0], floor), max(radii_mm[1], floor))
        faint = min(1.0, mean / floor) ** 2 * opacity
        reach = max(widened) + self.edge_mm
        part = []
        for axis, (positions, pad) in enumerate(
            ((self.axes.z, reach + dz / 2), (self.axes.y, reach), (self.axes.x, reach))
        ):
            lo, hi = sorted((start[2 - axis], end[2 - axis]))
            step = positions[1] - positions[0]
            first = int(np.ceil((lo - pad - positions[0]) / step))
            last = int(np.floor((hi + pad - positions[0]) / step)) + 1
            part.append(slice(max(first, 0), min(last, len(positions))))
        if any(p.stop <= p.start for p in part):
            return
        box = Box((part[0], part[1], part[2]), (part[0], part[1], part[2]))
        slab = dz if dx < 2 else 0.0
        distance = capsule(self.plain_coordinates(box), start, end, *widened, slab_mm=slab)
        self.blend(box, distance, value, self.edge_mm, opacity=faint)
