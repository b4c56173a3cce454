"""Features that runs, zones and dependences share: counts by grey level and one other whole number.

Source: IBSI reference manual, sections 3.7 (GLRLM), 3.8 (GLSZM), 3.9 (GLDZM), 3.11 (NGLDM): the
same sixteen formulas, with the length, size, distance or dependence as second index.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from apps.ai.analyses.radiomics.features import NO_PAIRS, Measured
from apps.ai.analyses.radiomics.grid import IntArray

FloatArray = NDArray[np.float64]
_DENSE = 2_000_000


@dataclass(frozen=True, slots=True)
class Entries:
    """What is counted: each entry lies in a group (slice, direction), with level and length from 1.

    Attributes
    ----------
    group, level, length:
        One of each per entry.
    count:
        How often it occurs.
    """

    group: IntArray
    level: IntArray
    length: IntArray
    count: IntArray

    @classmethod
    def counted(cls, group: IntArray, level: IntArray, length: IntArray) -> Entries:
        """Equal ones are put together."""
        levels, lengths = int(level.max()) + 1, int(length.max()) + 1
        key = (group * levels + level) * lengths + length
        size = (int(group.max()) + 1) * levels * lengths
        if size <= _DENSE:
            counts = np.bincount(key, minlength=size)
            found = np.flatnonzero(counts)
            count = counts[found]
        else:
            found, count = np.unique(key, return_counts=True)
        rest, of_length = np.divmod(found, lengths)
        of_group, of_level = np.divmod(rest, levels)
        return cls(of_group, of_level, of_length, count.astype(np.intp))

    @classmethod
    def joined(cls, parts: list[Entries]) -> Entries:
        return cls(
            np.concatenate([part.group for part in parts]),
            np.concatenate([part.level for part in parts]),
            np.concatenate([part.length for part in parts]),
            np.concatenate([part.count for part in parts]),
        )

    def merged(self, group: IntArray) -> Entries:
        """Put into other groups; what is equal there is added up."""
        widths = int(self.level.max()) + 1, int(self.length.max()) + 1
        key = (group * widths[0] + self.level) * widths[1] + self.length
        found, place = np.unique(key, return_inverse=True)
        count = np.bincount(place, weights=self.count).astype(np.intp)
        rest, of_length = np.divmod(found, widths[1])
        of_group, of_level = np.divmod(rest, widths[0])
        return Entries(of_group, of_level, of_length, count)


def count_features(entries: Entries, *, voxels: FloatArray) -> list[FloatArray]:
    """Features of each group that has an entry, equal entries having been put together.

    Parameters
    ----------
    voxels:
        Voxels of each group, once for every matrix merged in it.

    Returns
    -------
    In the order of the manual: emphasis of short, long, low, high, short low, short high, long low,
    long high; non-uniformity of level, the same normalised, of length, normalised; percentage;
    variance of level, of length; entropy; energy (NGLDM only).
    """
    groups, group = len(voxels), entries.group
    total = np.bincount(group, weights=entries.count, minlength=groups).astype(np.float64)
    share = entries.count / total[group]
    i2, j2 = entries.level.astype(np.float64) ** 2, entries.length.astype(np.float64) ** 2

    def summed(weights: FloatArray) -> FloatArray:
        return np.bincount(group, weights=weights, minlength=groups).astype(np.float64)

    def squares(index: IntArray) -> FloatArray:
        width = int(index.max()) + 1
        marginal = np.bincount(
            group * width + index, weights=entries.count, minlength=groups * width
        )
        found: FloatArray = (marginal.reshape(groups, width) ** 2).sum(axis=1)
        return found

    def variance(index: IntArray) -> FloatArray:
        mean: FloatArray = summed(share * index)
        return summed(share * (index - mean[group]) ** 2)

    of_level, of_length = squares(entries.level), squares(entries.length)
    kept = total > 0
    per_group = total.copy()
    per_group[~kept] = 1
    found = [
        summed(share / j2),
        summed(share * j2),
        summed(share / i2),
        summed(share * i2),
        summed(share / i2 / j2),
        summed(share * i2 / j2),
        summed(share * j2 / i2),
        summed(share * i2 * j2),
        of_level / per_group,
        of_level / per_group**2,
        of_length / per_group,
        of_length / per_group**2,
        total / voxels,
        variance(entries.level),
        variance(entries.length),
        summed(special.entr(share)) / np.log(2),
        summed(share**2),
    ]
    return [one[kept] for one in found]


def averaged(names: tuple[str, ...], way: str, features: list[FloatArray]) -> Measured:
    """The mean over groups of each feature, under its name."""
    return {
        f"{name}_{way}": float(values.mean()) if values.size else NO_PAIRS
        for name, values in zip(names, features, strict=False)
    }
