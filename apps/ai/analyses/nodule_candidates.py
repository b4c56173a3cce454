"""Candidates for nodules and masses inside the closed lungs, and the rules they are told by.

Three searches, for three sizes: the lung is closed with a ball, and what is solid inside is asked
for round pieces (``blobs``). A small ball keeps heart, hilum and chest wall out of the search; a
mass against the pleura needs a large one, on a coarser grid and with stricter rules.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from apps.ai.analyses.blobs import Blob, RoundnessRules, find_blobs
from apps.ai.analyses.lungs import LEFT, LUNG_BELOW_HU, RIGHT, Lungs, close_over
from apps.ai.analyses.resampling import Spacing, interpolate_at
from apps.ai.analyses.results import BoolMask, MaskRegion
from apps.ai.analyses.rib_cage import depth_below_ribs_mm

Box = tuple[slice, slice, slice]
#: A coarser search's piece replaces finer ones in it only when it is this much larger.
_REPLACES_FROM = 1.5
#: Values beyond are cut before interpolation: bone beside a nodule must not ring into it.
_CLIPPED_HU = (-1000.0, 300.0)
_SLAB = 32


@dataclass(frozen=True, slots=True)
class ShapeRule:
    """What a round piece must show to be a candidate; it needs to meet one rule of its search.

    Attributes
    ----------
    contact
        Least part of its surface that touches aerated lung. What closing fills in at the hilum or
        beside the heart touches lung on less than half.
    neck
        Widest attachment that may be left, as a part of its largest inscribed radius.
    elongation
        See ``RoundnessRules``.
    bulk
        Most volume, in units of its largest inscribed ball.
    radius_mm, diameter_mm
        The sizes the rule is for: inscribed radius, and least diameter of the sphere of the same
        volume.
    below_ribs_mm
        How near to the chest wall it must come. A nodule there is cut flat, so it is longer, fuller
        and less surrounded by lung than elsewhere; beside heart and hilum the same shape is what
        closing filled in.
    """

    contact: float
    neck: float
    elongation: float
    bulk: float
    radius_mm: tuple[float, float] = (0.0, np.inf)
    diameter_mm: float = 0.0
    below_ribs_mm: float = np.inf


@dataclass(frozen=True, slots=True)
class Search:
    """One size of the search."""

    closed_with_mm: float
    grid_mm: float
    radii_mm: tuple[float, float]
    rules: tuple[ShapeRule, ...]


#: Nodules cut flat by the chest wall; set on the first six of the setting seeds.
_ON_RIBS = ShapeRule(
    contact=0.54, neck=0.5, elongation=2.65, bulk=17.0, diameter_mm=5.0, below_ribs_mm=3.0
)
#: Set on phantoms of the seeds 70000 to 70023; the figures of the card are from other seeds.
SEARCHES = (
    Search(
        closed_with_mm=12.0,
        grid_mm=1.0,
        radii_mm=(1.2, 14.0),
        rules=(
            ShapeRule(contact=0.70, neck=0.5, elongation=1.8, bulk=6.0),
            # Against the pleura: cut flat, so longer and less surrounded by lung.
            ShapeRule(0.56, 0.32, 2.5, 12.0, radius_mm=(0.0, 4.0), diameter_mm=6.0),
            ShapeRule(0.56, 0.32, 1.85, 8.0, radius_mm=(4.0, 14.0), diameter_mm=6.0),
            _ON_RIBS,
        ),
    ),
    Search(
        closed_with_mm=20.0,
        grid_mm=1.5,
        radii_mm=(4.5, 20.0),
        rules=(ShapeRule(contact=0.58, neck=0.4, elongation=2.15, bulk=8.0), _ON_RIBS),
    ),
    Search(
        closed_with_mm=28.0,
        grid_mm=2.5,
        radii_mm=(7.0, 40.0),
        rules=(
            ShapeRule(contact=0.6, neck=0.72, elongation=1.7, bulk=4.0),
            ShapeRule(0.5, 0.72, 2.5, 7.0, radius_mm=(12.0, 40.0)),
            _ON_RIBS,
        ),
    ),
)
_ROUND = RoundnessRules(neck=0.72, elongation=2.6, filling=0.4)


@dataclass(frozen=True, slots=True, eq=False)
class Candidate:
    """One candidate on the CT's own voxels (axes as in ``AxialCt``)."""

    region: MaskRegion
    side: int
    contact: float
    elongation: float


def find_candidates(
    hu: NDArray[np.float32],
    *,
    spacing_mm: Spacing,
    lungs: Lungs,
    on_progress: Callable[[float], None] = lambda _fraction: None,
    searches: Sequence[Search] = SEARCHES,
) -> list[Candidate]:
    """Every round solid piece of both lungs that meets a rule; none of them is called a nodule."""
    found: list[Candidate] = []
    below_ribs_mm = depth_below_ribs_mm(lungs)
    done = 0
    for search in searches:
        coarser: list[Candidate] = []
        for side in (RIGHT, LEFT):
            coarser += _search_side(
                hu, spacing_mm, lungs, side, search, below_ribs_mm=below_ribs_mm
            )
            done += 1
            on_progress(done / (2 * len(searches)))
        found = _merge(found, coarser)
    return found


@dataclass(frozen=True, slots=True)
class _EvenGrid:
    """A part of the CT on voxels of the same length in every direction.

    ``positions`` are the voxels of the CT (with fractions) at which its values were taken.
    """

    hu: NDArray[np.float32]
    inside: BoolMask
    positions: tuple[NDArray[np.float64], ...]
    step_mm: float


def _search_side(
    hu: NDArray[np.float32],
    spacing_mm: Spacing,
    lungs: Lungs,
    side: int,
    search: Search,
    *,
    below_ribs_mm: NDArray[np.float32],
) -> list[Candidate]:
    closed = close_over(
        lungs.sides == side, spacing_mm=lungs.spacing_mm, radius_mm=search.closed_with_mm
    )
    if not closed.any():
        return []
    grid = _even_grid(hu, spacing_mm, lungs, closed, search.grid_mm)
    solid = grid.inside & (grid.hu > LUNG_BELOW_HU)
    depth_mm = ndimage.distance_transform_edt(solid).astype(np.float32)
    depth_mm -= 0.5
    depth_mm *= search.grid_mm
    blobs = find_blobs(
        solid, depth_mm, spacing_mm=search.grid_mm, radii_mm=search.radii_mm, rules=_ROUND
    )
    candidates = []
    for blob in blobs:
        contact = _contact_with_lung(blob, grid.hu)
        wall_mm = _distance_to_ribs(blob, grid, lungs, below_ribs_mm)
        if any(_meets(rule, blob, contact, wall_mm, search.grid_mm) for rule in search.rules):
            region = _on_ct(blob, grid, hu, spacing_mm)
            candidates.append(Candidate(region, side, contact, blob.elongation))
    return candidates


def _even_grid(
    hu: NDArray[np.float32],
    spacing_mm: Spacing,
    lungs: Lungs,
    closed: BoolMask,
    step_mm: float,
) -> _EvenGrid:
    positions, coarse_positions = [], []
    for axis in range(3):
        block = lungs.blocks[axis]
        held = np.flatnonzero(closed.any(axis=tuple({0, 1, 2} - {axis})))
        first = max(0, int(held[0]) - 2) * block
        last = min((int(held[-1]) + 3) * block, hu.shape[axis] - 1)
        at = np.arange(first * spacing_mm[axis], last * spacing_mm[axis], step_mm)
        positions.append(at / spacing_mm[axis])
        # The middle of a block lies half a block into it.
        coarse_positions.append((positions[-1] + 0.5) / block - 0.5)
    inside = interpolate_at(closed.astype(np.float32), tuple(coarse_positions)) > 0.5
    return _EvenGrid(
        hu=_interpolate_hu(hu, tuple(positions)),
        inside=inside,
        positions=tuple(positions),
        step_mm=step_mm,
    )


def _interpolate_hu(
    hu: NDArray[np.float32], positions: tuple[NDArray[np.float64], ...]
) -> NDArray[np.float32]:
    """Slab by slab: a whole CT at once would be held in memory several times."""
    slices, rows, columns = positions
    rows_from, columns_from = int(rows[0]), int(columns[0])
    even = np.empty((len(slices), len(rows), len(columns)), dtype=np.float32)
    for start in range(0, len(slices), _SLAB):
        wanted = slices[start : start + _SLAB]
        first, last = int(wanted[0]), min(int(wanted[-1]) + 2, hu.shape[0])
        part = hu[
            first:last, rows_from : int(rows[-1]) + 2, columns_from : int(columns[-1]) + 2
        ].clip(*_CLIPPED_HU)
        even[start : start + _SLAB] = interpolate_at(
            part, (wanted - first, rows - rows_from, columns - columns_from)
        )
    return even


def _contact_with_lung(blob: Blob, hu: NDArray[np.float32]) -> float:
    box, mask = _widen(blob.box, blob.mask, hu.shape)
    shell = ndimage.binary_dilation(mask) & ~mask
    around = hu[box][shell]
    touching = int(np.count_nonzero(around < LUNG_BELOW_HU))
    return touching / max(int(around.size), 1)


def _widen(box: Box, mask: BoolMask, shape: tuple[int, ...]) -> tuple[Box, BoolMask]:
    wide = tuple(
        slice(max(0, part.start - 1), min(size, part.stop + 1))
        for part, size in zip(box, shape, strict=True)
    )
    grown = np.zeros(tuple(part.stop - part.start for part in wide), dtype=bool)
    inner = tuple(
        slice(part.start - outer.start, part.stop - outer.start)
        for part, outer in zip(box, wide, strict=True)
    )
    grown[inner] = mask
    return (wide[0], wide[1], wide[2]), grown


def _distance_to_ribs(
    blob: Blob, grid: _EvenGrid, lungs: Lungs, below_ribs_mm: NDArray[np.float32]
) -> float:
    """Of the voxel of the piece that comes nearest to the chest wall, in mm."""
    blocks = []
    for axis, part in enumerate(blob.box):
        voxels = grid.positions[axis][part]
        index = np.floor((voxels + 0.5) / lungs.blocks[axis]).astype(int)
        blocks.append(np.clip(index, 0, below_ribs_mm.shape[axis] - 1))
    return float(below_ribs_mm[np.ix_(*blocks)][blob.mask].min())


def _meets(rule: ShapeRule, blob: Blob, contact: float, wall_mm: float, step_mm: float) -> bool:
    volume_mm3 = np.count_nonzero(blob.mask) * step_mm**3
    ball_mm3 = 4 / 3 * np.pi * blob.radius_mm**3
    return bool(
        rule.radius_mm[0] <= blob.radius_mm < rule.radius_mm[1]
        and (6 * volume_mm3 / np.pi) ** (1 / 3) >= rule.diameter_mm
        and contact >= rule.contact
        and wall_mm <= rule.below_ribs_mm
        and blob.neck_mm <= rule.neck * blob.radius_mm
        and blob.elongation <= rule.elongation
        and volume_mm3 <= rule.bulk * ball_mm3
    )


def _on_ct(blob: Blob, grid: _EvenGrid, hu: NDArray[np.float32], spacing_mm: Spacing) -> MaskRegion:
    """The piece on the CT's voxels: those that lie in it and are solid themselves."""
    box, nearest = [], []
    for axis, part in enumerate(blob.box):
        at = grid.positions[axis]
        first = max(0, int(np.floor(at[part.start])))
        last = min(hu.shape[axis], int(np.ceil(at[part.stop - 1])) + 1)
        voxels = np.arange(first, last)
        index = np.round((voxels - at[0]) * spacing_mm[axis] / grid.step_mm).astype(int)
        inside = (index >= part.start) & (index < part.stop)
        box.append(slice(int(voxels[inside][0]), int(voxels[inside][-1]) + 1))
        nearest.append(index[inside] - part.start)
    mask = blob.mask[np.ix_(*nearest)]
    solid = mask & (hu[tuple(box)] > LUNG_BELOW_HU)
    labels, count = ndimage.label(solid, structure=np.ones((3, 3, 3)))
    if count > 1:
        solid = labels == np.argmax(np.bincount(labels.ravel())[1:]) + 1
    if not solid.any():
        solid = mask
    return MaskRegion(
        values=np.ascontiguousarray(solid),
        start=(box[0].start, box[1].start, box[2].start),
        shape=(hu.shape[0], hu.shape[1], hu.shape[2]),
    )


def _merge(finer: Sequence[Candidate], coarser: Sequence[Candidate]) -> list[Candidate]:
    """One candidate for one thing: the finer outline, unless it holds only a part of it."""
    kept = list(finer)
    for candidate in coarser:
        shared = [other for other in kept if _overlap(candidate.region, other.region)]
        largest = max((other.region.voxel_count for other in shared), default=0)
        if candidate.region.voxel_count <= _REPLACES_FROM * largest:
            continue
        kept = [other for other in kept if other not in shared]
        kept.append(candidate)
    return kept


def _overlap(first: MaskRegion, second: MaskRegion) -> bool:
    parts = []
    for one, other in zip(first.box, second.box, strict=True):
        start, stop = max(one.start, other.start), min(one.stop, other.stop)
        if start >= stop:
            return False
        parts.append((start, stop))

    def cut(region: MaskRegion) -> BoolMask:
        return region.values[
            tuple(
                slice(start - own, stop - own)
                for (start, stop), own in zip(parts, region.start, strict=True)
            )
        ]

    return bool((cut(first) & cut(second)).any())
