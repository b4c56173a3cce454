"""Intensity statistics, histogram, volume histogram and local peak of a segment.

Source: IBSI reference manual, sections 3.2 (local intensity), 3.3 (statistics), 3.4 (histogram) and
3.5 (intensity-volume histogram).
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy import signal, special

from apps.ai.analyses.radiomics.catalogue import FEATURES
from apps.ai.analyses.radiomics.features import ONE_GREY_LEVEL, Measured, Undefined
from apps.ai.analyses.radiomics.prepare import PEAK_RADIUS_MM, FloatArray, PreparedSegment

ARBITRARY_BINS = 1000
"""Bins of the volume histogram where intensities are not calibrated."""
MAX_VOLUME_BINS = 1_000_000

_MEAN_IS_ZERO = Undefined("mean_is_zero", "Its denominator, the mean intensity, is zero.")
_QUARTILES_CANCEL = Undefined(
    "quartiles_cancel", "Its denominator, the sum of the quartiles, is zero."
)
_NOT_REACHED = Undefined(
    "volume_not_reached", "Even the highest intensity holds more than that part of the volume."
)
_TOO_MANY_BINS = Undefined(
    "too_many_bins", "The intensities span more bins of this width than a histogram can hold."
)


def measure_statistics(segment: PreparedSegment) -> Measured:
    return _moments(segment.intensities, "stat") | _power(segment.intensities)


def measure_histogram(segment: PreparedSegment) -> Measured:
    """Of the grey levels; every bin counts, the empty ones too."""
    if segment.levels is None:
        return {one.code: ONE_GREY_LEVEL for one in FEATURES if one.code.startswith("ih_")}
    levels = segment.levels[segment.intensity].astype(np.float64)
    counts = np.bincount(levels.astype(int), minlength=segment.level_count + 1)[1:]
    share = counts / levels.size
    gradient = np.gradient(counts.astype(np.float64))
    steepest, flattest = int(np.argmax(gradient)), int(np.argmin(gradient))
    return _moments(levels, "ih") | {
        "ih_mode": float(_mode(counts, float(levels.mean()))),
        "ih_entropy": float(special.entr(share).sum() / np.log(2)),
        "ih_uniformity": float((share**2).sum()),
        "ih_max_grad": float(gradient[steepest]),
        "ih_max_grad_g": float(steepest + 1),
        "ih_min_grad": float(gradient[flattest]),
        "ih_min_grad_g": float(flattest + 1),
    }


def measure_volume_histogram(segment: PreparedSegment) -> Measured:
    """V: the volume at a fraction of the intensity range; I: the intensity at a volume fraction."""
    found = _volume_levels(segment)
    if isinstance(found, Undefined):
        return {one.code: found for one in FEATURES if one.code.startswith("ivh_")}
    bins, levels = found
    counts = np.bincount(bins, minlength=levels.size)
    volume = 1 - np.concatenate([[0], np.cumsum(counts)[:-1]]) / bins.size
    fraction = (levels - levels[0]) / (levels[-1] - levels[0])
    at = {
        x: float(volume[np.flatnonzero(fraction >= x / 100 - 1e-12)].max(initial=0.0))
        for x in (10, 90)
    }
    reached = {x: np.flatnonzero(volume <= x / 100 + 1e-12) for x in (10, 90)}
    values: Measured = {
        "ivh_v10": at[10],
        "ivh_v90": at[90],
        "ivh_diff_v10_v90": at[10] - at[90],
        "ivh_diff_i10_i90": _NOT_REACHED,
    }
    for x, places in reached.items():
        values[f"ivh_i{x}"] = float(levels[places[0]]) if places.size else _NOT_REACHED
    if all(places.size for places in reached.values()):
        values["ivh_diff_i10_i90"] = float(levels[reached[10][0]] - levels[reached[90][0]])
    return values


def measure_local_peak(segment: PreparedSegment) -> Measured:
    """Mean intensity in spheres of 1 cm³; they reach out of the segment, not out of the image."""
    kernel = _ball(segment.spacing_mm)
    known = np.isfinite(segment.image)
    sums = signal.fftconvolve(np.where(known, segment.image, 0.0), kernel, mode="same")
    counts = np.rint(signal.fftconvolve(known.astype(np.float64), kernel, mode="same"))
    peaks = sums[segment.intensity] / counts[segment.intensity]
    values = segment.intensities
    return {
        "loc_peak_loc": float(peaks[values == values.max()].max()),
        "loc_peak_glob": float(peaks.max()),
    }


def _moments(values: FloatArray, prefix: str) -> Measured:
    """What statistics and histogram share; percentiles are interpolated linearly."""
    mean = float(values.mean())
    centred = values - mean
    variance = float((centred**2).mean())
    p10, p25, median, p75, p90 = (
        float(one) for one in np.percentile(values, [10, 25, 50, 75, 90], method="linear")
    )
    robust = values[(values >= p10) & (values <= p90)]
    low, high = float(values.min()), float(values.max())
    flat = low == high
    measured: Measured = {
        "mean": mean,
        "var": variance,
        "skew": 0.0 if flat else float((centred**3).mean() / variance**1.5),
        "kurt": 0.0 if flat else float((centred**4).mean() / variance**2 - 3),
        "median": median,
        "min": low,
        "p10": p10,
        "p90": p90,
        "max": high,
        "iqr": p75 - p25,
        "range": high - low,
        "mad": float(np.abs(centred).mean()),
        "rmad": float(np.abs(robust - robust.mean()).mean()),
        "medad": float(np.abs(values - median).mean()),
        "cov": variance**0.5 / mean if mean else _MEAN_IS_ZERO,
        "qcod": (p75 - p25) / (p75 + p25) if p75 + p25 else _QUARTILES_CANCEL,
    }
    return {f"{prefix}_{name}": value for name, value in measured.items()}


def _power(values: FloatArray) -> Measured:
    energy = float((values**2).sum())
    return {"stat_energy": energy, "stat_rms": (energy / values.size) ** 0.5}


def _mode(counts: NDArray[np.intp], mean: float) -> int:
    """The commonest level; of several the one nearest to the mean, of two as near the lower."""
    commonest = np.flatnonzero(counts == counts.max()) + 1
    return int(commonest[np.argmin(np.abs(commonest - mean))])


def _volume_levels(segment: PreparedSegment) -> tuple[NDArray[np.intp], FloatArray] | Undefined:
    """Bin of each voxel, and the intensity of each bin."""
    settings, values = segment.settings, segment.intensities
    lowest, highest = float(values.min()), float(values.max())
    if lowest == highest:
        return ONE_GREY_LEVEL
    if settings.intensity == "arbitrary":
        share = (values - lowest) / (highest - lowest)
        bins = np.minimum((share * ARBITRARY_BINS).astype(int), ARBITRARY_BINS - 1)
        return bins, np.arange(1.0, ARBITRARY_BINS + 1)
    if settings.resegmentation_range is not None:
        lower, upper = settings.resegmentation_range
        lowest, highest = float(lower), highest if upper is None else float(upper)
    discrete = settings.intensity == "discrete"
    width = 1.0 if discrete else settings.volume_histogram_bin_size
    if (highest - lowest) / width > MAX_VOLUME_BINS:
        return _TOO_MANY_BINS
    if discrete:
        first, last = math.ceil(lowest), math.floor(highest)
        return (values - first).astype(int), np.arange(first, last + 1, dtype=np.float64)
    count = math.ceil(round((highest - lowest) / width, 9))
    if count < 2:
        return ONE_GREY_LEVEL
    bins = np.minimum(((values - lowest) / width).astype(int), count - 1)
    return bins, lowest + (np.arange(count, dtype=np.float64) + 0.5) * width


def _ball(spacing_mm: tuple[float, float, float]) -> FloatArray:
    axes = []
    for one in spacing_mm:
        reach = int(PEAK_RADIUS_MM / one)
        axes.append(np.arange(-reach, reach + 1) * one)
    z, y, x = np.meshgrid(*axes, indexing="ij", sparse=True)
    inside: NDArray[np.bool_] = z * z + y * y + x * x <= PEAK_RADIUS_MM**2
    return inside.astype(np.float64)
