"""The grey levels of a segment as lists of voxels, and which of them are neighbours."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from apps.ai.analyses.radiomics.prepare import BoolArray

IntArray = NDArray[np.intp]

#: One of each pair of opposite directions, as steps (slice, row, column); in the plane first.
IN_PLANE = ((0, 0, 1), (0, 1, 0), (0, 1, 1), (0, 1, -1))
DIRECTIONS = IN_PLANE + tuple((1, y, x) for y in (-1, 0, 1) for x in (-1, 0, 1))


@dataclass(frozen=True)
class LevelGrid:
    """Voxels of the intensity mask in array order, on a grid with a rim of 0 around it.

    Attributes
    ----------
    padded:
        Grey levels, 0 outside the segment.
    morphology:
        The mask as drawn, on the same grid.
    """

    padded: NDArray[np.int32]
    morphology: BoolArray
    level_count: int

    @classmethod
    def of(cls, levels: NDArray[np.int32], morphology: BoolArray, level_count: int) -> LevelGrid:
        filled = [
            np.flatnonzero(morphology.any(axis=others)) for others in ((1, 2), (0, 2), (0, 1))
        ]
        box = tuple(slice(int(one[0]), int(one[-1]) + 1) for one in filled)
        return cls(np.pad(levels[box], 1), np.pad(morphology[box], 1), level_count)

    @cached_property
    def flat(self) -> NDArray[np.int32]:
        return self.padded.ravel()

    @cached_property
    def places(self) -> IntArray:
        """Flat index of each voxel."""
        return np.flatnonzero(self.flat)

    @cached_property
    def levels(self) -> IntArray:
        """Grey level of each voxel, counted from 0."""
        return self.flat[self.places].astype(np.intp) - 1

    @cached_property
    def slices(self) -> IntArray:
        """Slice of each voxel, counted from 0 over the slices that hold any."""
        plane = self.padded.shape[1] * self.padded.shape[2]
        return np.unique(self.places // plane, return_inverse=True)[1].astype(np.intp)

    @cached_property
    def slice_count(self) -> int:
        return int(self.slices.max()) + 1

    @cached_property
    def voxels_of_slices(self) -> IntArray:
        return np.bincount(self.slices)

    def step(self, direction: tuple[int, int, int]) -> int:
        """How far apart two neighbours are in the flat array."""
        _, rows, columns = self.padded.shape
        z, y, x = direction
        return int((z * rows + y) * columns + x)

    def neighbours(self, step: int) -> NDArray[np.int32]:
        """Level, from 1, of the voxel a step away from each voxel; 0 outside the segment."""
        return self.flat[self.places + step]
