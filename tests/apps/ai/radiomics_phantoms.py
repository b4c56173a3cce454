"""Small segments whose features are known, and the slow, plain way to count textures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import product
from typing import Any

import numpy as np

from apps.ai.analyses.radiomics import RadiomicsResult, RadiomicsSettings, measure_radiomics
from apps.ai.analyses.radiomics.prepare import prepare_segment

Voxel = tuple[int, int, int]
PLAIN = RadiomicsSettings(intensity_unit="1", bin_number=6)
#: Grey levels as they are: bins of one, from 1.
AS_LEVELS = RadiomicsSettings(
    intensity_unit="1",
    discretisation="fixed_bin_size",
    bin_size=1.0,
    resegmentation_range=(1.0, None),
)


def measure(
    voxels: np.ndarray,
    mask: np.ndarray | None = None,
    settings: RadiomicsSettings = PLAIN,
    spacing_mm: tuple[float, float, float] = (1.0, 1.0, 1.0),
) -> RadiomicsResult:
    inside = np.ones(voxels.shape, dtype=bool) if mask is None else mask
    return measure_radiomics(voxels=voxels, mask=inside, spacing_mm=spacing_mm, settings=settings)


def values_of(result: RadiomicsResult) -> dict[str, float]:
    return {one.code: one.value for one in result.values}


def reasons_of(result: RadiomicsResult) -> dict[str, str]:
    return {one.code: one.reason_code for one in result.refusals}


def ball(radius: float, spacing_mm: tuple[float, float, float] = (1.0, 1.0, 1.0)) -> np.ndarray:
    """Voxels whose centre lies in a sphere of a radius in mm, with two voxels around it."""
    axes = []
    for one in spacing_mm:
        reach = int(radius / one) + 2
        axes.append(np.arange(-reach, reach + 1) * one)
    z, y, x = np.meshgrid(*axes, indexing="ij")
    return z**2 + y**2 + x**2 <= radius**2


def random_segment(seed: int, shape: Voxel = (4, 5, 6), levels: int = 4) -> np.ndarray:
    """Grey levels 1 … ``levels`` in an irregular segment, 0 outside; always measurable."""
    generator = np.random.default_rng(seed)
    while True:
        found = generator.integers(1, levels + 1, shape)
        found[generator.random(shape) < 0.25] = 0
        if np.count_nonzero(found) >= 27 and len(np.unique(found[found > 0])) == levels:
            return found


def voxels_of(levels: np.ndarray) -> dict[Voxel, int]:
    return {(int(z), int(y), int(x)): int(levels[z, y, x]) for z, y, x in np.argwhere(levels > 0)}


def all_steps(flat: bool) -> list[Voxel]:
    """All 8 or 26 steps to a neighbour."""
    depth = (0,) if flat else (-1, 0, 1)
    return [one for one in product(depth, (-1, 0, 1), (-1, 0, 1)) if any(one)]


def half_steps(flat: bool) -> list[Voxel]:
    return [one for one in all_steps(flat) if one > (0, 0, 0)]


def moved(voxel: Voxel, step: Voxel, times: int = 1) -> Voxel:
    z, y, x = (a + times * b for a, b in zip(voxel, step, strict=True))
    return z, y, x


def pairs(levels: dict[Voxel, int], step: Voxel) -> Counter[tuple[int, int]]:
    """A symmetric co-occurrence matrix, pair by pair."""
    found: Counter[tuple[int, int]] = Counter()
    for voxel, level in levels.items():
        other = levels.get(moved(voxel, step))
        if other is not None:
            found[level, other] += 1
            found[other, level] += 1
    return found


def runs(levels: dict[Voxel, int], step: Voxel) -> Iterator[tuple[int, int]]:
    """Level and length of each run."""
    for voxel, level in levels.items():
        if levels.get(moved(voxel, step, -1)) == level:
            continue
        length = 1
        while levels.get(moved(voxel, step, length)) == level:
            length += 1
        yield level, length


def zones(levels: dict[Voxel, int], steps: list[Voxel]) -> Iterator[tuple[int, set[Voxel]]]:
    """Level and voxels of each group of equal neighbours."""
    left = dict(levels)
    while left:
        seed, level = left.popitem()
        zone, open_voxels = {seed}, [seed]
        while open_voxels:
            voxel = open_voxels.pop()
            for step in steps:
                other = moved(voxel, step)
                if left.get(other) == level:
                    del left[other]
                    zone.add(other)
                    open_voxels.append(other)
        yield level, zone


def steps_to_edge(inside: set[Voxel], voxel: Voxel, flat: bool) -> int:
    """By faces, breadth first, until a voxel outside is met."""
    faces = [one for one in all_steps(flat) if sum(map(abs, one)) == 1]
    front, distance = {voxel}, 0
    while True:
        distance += 1
        front = {moved(one, step) for one in front for step in faces}
        if front - inside:
            return distance


def prepared(voxels: np.ndarray, mask: np.ndarray | None = None, **how: Any) -> Any:
    spacing = how.pop("spacing_mm", (1.0, 1.0, 1.0))
    return prepare_segment(
        voxels=voxels,
        mask=np.ones(voxels.shape, dtype=bool) if mask is None else mask,
        spacing_mm=spacing,
        settings=RadiomicsSettings(**how),
    )
