"""SUVpeak: the highest mean SUV in a sphere of 1 cm³ whose centre lies in the region.

Sources: Wahl 2009 (PERCIST 1.0, J Nucl Med 50 Suppl 1:122S), which measures the mean in a sphere of
1 cm³ placed where it is highest; IBSI's global intensity peak (0F91) is its neighbour. PERCIST does
not say how voxels on the sphere's surface count. On voxels of 4 mm that matters: IBSI takes a voxel
whole when its centre lies inside, which makes 0.7 to 1.2 cm³ of a sphere. Here each voxel counts by
the share of its volume that lies inside, so the sphere has 1 cm³ on every grid.

The sphere's centre moves from voxel to voxel of the region; the sphere itself may reach out of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy import signal

from apps.ai.analyses.radiomics.prepare import PEAK_RADIUS_MM
from apps.ai.analyses.results import MaskRegion

FloatArray = NDArray[np.float64]

METHOD = (
    f"highest mean in a sphere of 1 cm3 (radius {PEAK_RADIUS_MM:.2f} mm) centred on a voxel of the "
    "region; voxels count by the share of their volume inside the sphere"
)
#: Sample points per voxel along two axes; along the third the share is exact.
_SAMPLES = 24
#: Shares are known to about 1e-4; a sphere that lacks less than this is whole.
_WHOLE = 1e-6


@dataclass(frozen=True, slots=True)
class SuvPeak:
    """The highest mean (g/mL) and the voxel (slice, row, column) its sphere is centred on."""

    value: float
    centre: tuple[int, int, int]


def sphere_shares(
    affine_lps: NDArray[np.float64], *, radius_mm: float = PEAK_RADIUS_MM
) -> FloatArray:
    """Which share of each voxel's volume lies in a sphere around the middle one.

    Parameters
    ----------
    affine_lps
        4x4, from (column, row, slice, 1) to LPS mm; oblique and sheared grids are as good.

    Returns
    -------
    Shares from 0 to 1, (slice, row, column), with an odd number of voxels along each axis.
    """
    steps = np.asarray(affine_lps, dtype=float)[:3, [2, 1, 0]]
    return _shares(steps.tobytes(), radius_mm)


@lru_cache(maxsize=8)
def _shares(steps_bytes: bytes, radius_mm: float) -> FloatArray:
    steps = np.frombuffer(steps_bytes).reshape(3, 3)
    # The sphere's extent along an index axis: the radius times the length of that row of the
    # inverse; half a voxel more, because a voxel reaches half a step to either side.
    extent = radius_mm * np.linalg.norm(np.linalg.inv(steps), axis=1)
    reach = [int(np.ceil(one + 0.5)) - 1 for one in extent]
    fine = [_fine_positions(one) for one in reach[:2]]
    last = np.arange(-reach[2], reach[2] + 1, dtype=float)
    start = fine[0][:, None, None] * steps[:, 0] + fine[1][None, :, None] * steps[:, 1]
    along = steps[:, 2]
    # |start + w along|² <= radius²: the chord of the sphere on a line along the third axis.
    square = float(along @ along)
    middle = -(start @ along) / square
    inside = middle**2 - ((start**2).sum(axis=-1) - radius_mm**2) / square
    half = np.sqrt(np.clip(inside, 0.0, None))
    low = np.maximum((middle - half)[..., None], last - 0.5)
    high = np.minimum((middle + half)[..., None], last + 0.5)
    lengths = np.clip(high - low, 0.0, None)
    shape = (2 * reach[0] + 1, _SAMPLES, 2 * reach[1] + 1, _SAMPLES, last.size)
    shares: FloatArray = lengths.reshape(shape).mean(axis=(1, 3))
    shares.flags.writeable = False
    return shares


def _fine_positions(reach: int) -> FloatArray:
    count = (2 * reach + 1) * _SAMPLES
    positions: FloatArray = (np.arange(count) + 0.5) / _SAMPLES - reach - 0.5
    return positions


def sphere_means(
    values: NDArray[np.float32], *, region: MaskRegion, shares: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Mean around every voxel of the region's box, and how much of the sphere lay in the image.

    Both have the shape of ``region.values``; the second is 1 where the sphere was whole.
    """
    reach = [size // 2 for size in shares.shape]
    box = [(part.start - r, part.stop + r) for part, r in zip(region.box, reach, strict=True)]
    cut = tuple(
        slice(max(start, 0), min(stop, size))
        for (start, stop), size in zip(box, values.shape, strict=True)
    )
    rim = [
        (part.start - start, stop - part.stop) for (start, stop), part in zip(box, cut, strict=True)
    ]
    block = np.pad(values[cut].astype(np.float64), rim)
    weights = shares / shares.sum()
    sums = signal.fftconvolve(block, weights, mode="valid")
    if not any(any(pair) for pair in rim):
        return sums, np.ones_like(sums)
    known = np.pad(np.ones(values[cut].shape), rim)
    parts = signal.fftconvolve(known, weights, mode="valid")
    return sums / parts, parts


def find_suv_peak(
    suv: NDArray[np.float32], *, region: MaskRegion, shares: FloatArray
) -> SuvPeak | None:
    """SUVpeak of a region; None where its sphere would leave the image.

    Parameters
    ----------
    suv
        SUV of the whole image, (slice, row, column), finite.
    shares
        Of ``sphere_shares``, for the same grid.
    """
    means, parts = sphere_means(suv, region=region, shares=shares)
    at = np.unravel_index(int(np.argmax(np.where(region.values, means, -np.inf))), means.shape)
    if parts[at] < 1 - _WHOLE:
        return None
    slice_, row, column = (int(i) + start for i, start in zip(at, region.start, strict=True))
    return SuvPeak(value=float(means[at]), centre=(slice_, row, column))
