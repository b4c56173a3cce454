"""Smooth random fields that do not depend on the grid they are drawn on.

A follow-up scan, a coarse training volume and a PET of the same patient must show the
same anatomy. So every irregularity of the phantom is a cubic B-spline over a seeded
lattice in millimetres, evaluated wherever it is needed; never a filtered array of voxels.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from zlib import crc32

import numpy as np
from numpy.typing import NDArray
from scipy import fft

Floats = NDArray[np.float32]

# Variance that remains of unit white noise after cubic B-spline interpolation, per axis.
_SPLINE_VARIANCE_PER_AXIS = 0.479
DOMAIN_MIN_MM = (-260.0, -240.0, -240.0)  # z, y, x
DOMAIN_MAX_MM = (340.0, 240.0, 240.0)


def seeded(seed: int, label: str) -> np.random.Generator:
    """A generator for one purpose, so that adding one purpose never shifts another."""
    return np.random.default_rng([seed & 0xFFFFFFFF, crc32(label.encode())])


def _spline_weights(fraction: NDArray[np.float64]) -> NDArray[np.float64]:
    t = fraction
    return np.stack(
        [
            (1 - t) ** 3 / 6,
            (3 * t**3 - 6 * t**2 + 4) / 6,
            (-3 * t**3 + 3 * t**2 + 3 * t + 1) / 6,
            t**3 / 6,
        ],
        axis=-1,
    )


@lru_cache(maxsize=12)
def _draw_lattice(seed: int, label: str, scale_mm: float) -> Floats:
    """Kept for a while: several bones share one texture, and every vessel asks for the warp."""
    shape = [
        int(np.ceil((hi - lo) / scale_mm)) + 4
        for lo, hi in zip(DOMAIN_MIN_MM, DOMAIN_MAX_MM, strict=True)
    ]
    values = seeded(seed, label).standard_normal(shape, dtype=np.float32)
    lattice = values / np.float32(_SPLINE_VARIANCE_PER_AXIS**1.5)
    lattice.flags.writeable = False
    return lattice


@dataclass(frozen=True)
class SmoothNoise:
    """A smooth random field of zero mean and unit deviation.

    Parameters
    ----------
    seed, label
        Together they fix the field.
    scale_mm
        Distance between lattice points: the size of the smallest bump.
    """

    seed: int
    label: str
    scale_mm: float

    def _lattice(self) -> Floats:
        return _draw_lattice(self.seed, self.label, self.scale_mm)

    def _cells(
        self, positions_mm: NDArray[np.float64], axis: int, count: int
    ) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        u = (np.asarray(positions_mm, dtype=np.float64) - DOMAIN_MIN_MM[axis]) / self.scale_mm
        cell = np.clip(np.floor(u).astype(np.int64), 0, count - 4)
        return cell, _spline_weights(np.clip(u - cell, 0, 1))

    def _basis(self, positions_mm: NDArray[np.float64], axis: int, count: int) -> Floats:
        cell, weights = self._cells(positions_mm, axis, count)
        basis = np.zeros((len(cell), count), dtype=np.float32)
        rows = np.arange(len(cell))
        for k in range(4):
            basis[rows, cell + k] = weights[:, k]
        return basis

    def on_axes(
        self, z_mm: NDArray[np.float64], y_mm: NDArray[np.float64], x_mm: NDArray[np.float64]
    ) -> Floats:
        """The field on a regular grid, shape (slice, row, column)."""
        lattice = self._lattice()
        bz, by, bx = (
            self._basis(np.atleast_1d(p), axis, lattice.shape[axis])
            for axis, p in enumerate((z_mm, y_mm, x_mm))
        )
        planes = np.tensordot(bz, lattice, axes=(1, 0))  # (z, Ly, Lx)
        rows = np.matmul(by[None], planes)  # (z, y, Lx)
        return np.ascontiguousarray(np.matmul(rows, bx.T))

    def at_points(self, points_mm: NDArray[np.float64]) -> NDArray[np.float64]:
        """The field at points of shape (n, 3), each x, y, z."""
        lattice = self._lattice()
        cells, weights = zip(
            *(self._cells(points_mm[:, 2 - axis], axis, lattice.shape[axis]) for axis in range(3)),
            strict=True,
        )
        total = np.zeros(len(points_mm))
        for i in range(4):
            for j in range(4):
                for k in range(4):
                    w = weights[0][:, i] * weights[1][:, j] * weights[2][:, k]
                    total += w * lattice[cells[0] + i, cells[1] + j, cells[2] + k]
        return total


def make_quantum_noise(
    *, seed: int, shape: tuple[int, int, int], spacing_mm: tuple[float, float, float]
) -> Floats:
    """Noise with the texture of filtered back-projection, unit deviation.

    A ramp filter with a soft roll-off makes CT noise fine-grained: neighbouring pixels are
    negatively correlated and there is no power at zero frequency (Kijewski and Judy 1987).
    """
    slices, rows, columns = shape
    rng = seeded(seed, "quantum noise")
    fy = fft.fftfreq(rows, d=spacing_mm[1])[:, None]
    fx = fft.rfftfreq(columns, d=spacing_mm[2])[None, :]
    frequency = np.hypot(fy, fx)
    ramp = (frequency * np.exp(-((frequency / 0.42) ** 2))).astype(np.float32)
    noise = np.empty(shape, dtype=np.float32)
    for index in range(slices):
        white = rng.standard_normal((rows, columns), dtype=np.float32)
        noise[index] = fft.irfft2(fft.rfft2(white) * ramp, s=(rows, columns))
    deviation = float(noise[: min(8, slices)].std())
    return noise / np.float32(deviation or 1.0)
