"""Which reference lesions a model found, and what it named besides.

One candidate is one lesion at most and the other way round: the assignment takes as many pairs as
can be had and, of those, the ones with the greatest overlap (Hungarian method; Metrics Reloaded
2024, "assignment strategy"). Which pairs may be had is the rule:

- ``overlap``: intersection over union of at least ``min_iou``.
- ``centre``: the candidate's centre lies in the lesion (a voxel of its mask), or the lesion's
  centre in the candidate.

A further candidate on a lesion that is found already is a duplicate: neither a hit nor a false
positive (as in LUNA16, Setio et al., Med Image Anal 2017;42:1), and counted apart.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from apps.ai.analyses.results import MaskRegion

Rule = Literal["overlap", "centre"]

MIN_IOU = 0.1


@dataclass(frozen=True, slots=True)
class Candidate:
    """One thing the model named; ``score`` None where it gives none."""

    region: MaskRegion
    score: float | None = None


@dataclass(frozen=True, slots=True)
class CaseDetection:
    """One case: which candidate went to which lesion.

    Attributes
    ----------
    hits:
        Per lesion the index of its candidate, or None: missed.
    duplicates:
        Candidates that fit a lesion which has another one.
    false_positives:
        Candidates that fit no lesion.
    pairs:
        Bool (candidate, lesion): which fit by the rule.
    overlaps:
        Intersection over union (candidate, lesion).
    """

    hits: tuple[int | None, ...]
    duplicates: tuple[int, ...]
    false_positives: tuple[int, ...]
    pairs: NDArray[np.bool_]
    overlaps: NDArray[np.float64]
    scores: tuple[float | None, ...]

    @property
    def lesion_count(self) -> int:
        return len(self.hits)

    @property
    def found_count(self) -> int:
        return sum(one is not None for one in self.hits)


def match_case(
    *,
    lesions: Sequence[MaskRegion],
    candidates: Sequence[Candidate],
    rule: Rule = "overlap",
    min_iou: float = MIN_IOU,
    allowed: NDArray[np.bool_] | None = None,
) -> CaseDetection:
    """Assign candidates to the lesions of one study.

    Parameters
    ----------
    allowed:
        Bool (candidate, lesion): which may be compared at all; None for all of them.
    """
    overlaps = np.zeros((len(candidates), len(lesions)))
    pairs = np.zeros(overlaps.shape, dtype=bool)
    for row, candidate in enumerate(candidates):
        for column, lesion in enumerate(lesions):
            overlaps[row, column] = iou_of(candidate.region, lesion)
            if rule == "overlap":
                pairs[row, column] = overlaps[row, column] >= min_iou
            else:
                pairs[row, column] = _centre_in(candidate.region, lesion) or _centre_in(
                    lesion, candidate.region
                )
    if allowed is not None:
        pairs &= allowed
    assigned = assign(pairs, overlaps)
    hits: list[int | None] = [None] * len(lesions)
    for row, column in assigned:
        hits[column] = row
    taken = {row for row, _ in assigned}
    fitting = set(np.flatnonzero(pairs.any(axis=1)).tolist()) if pairs.size else set()
    return CaseDetection(
        hits=tuple(hits),
        duplicates=tuple(sorted(fitting - taken)),
        false_positives=tuple(row for row in range(len(candidates)) if row not in fitting),
        pairs=pairs,
        overlaps=overlaps,
        scores=tuple(one.score for one in candidates),
    )


def assign(pairs: NDArray[np.bool_], overlaps: NDArray[np.float64]) -> list[tuple[int, int]]:
    """As many (candidate, lesion) as can be had, of these the greatest sum of overlaps."""
    if not pairs.size or not pairs.any():
        return []
    worth = min(pairs.shape) + 1.0  # one pair more outweighs any gain in overlap
    value = np.where(pairs, worth + overlaps, 0.0)
    rows, columns = linear_sum_assignment(value, maximize=True)
    return [
        (int(row), int(column))
        for row, column in zip(rows, columns, strict=True)
        if pairs[row, column]
    ]


def iou_of(one: MaskRegion, other: MaskRegion) -> float:
    """Intersection over union of two regions of one grid."""
    shared = _shared(one, other)
    if not shared:
        return 0.0
    return shared / (one.voxel_count + other.voxel_count - shared)


def _shared(one: MaskRegion, other: MaskRegion) -> int:
    low = np.maximum(one.start, other.start)
    high = np.minimum(np.add(one.start, one.values.shape), np.add(other.start, other.values.shape))
    if (high <= low).any():
        return 0
    first = one.values[tuple(map(slice, low - one.start, high - one.start))]
    second = other.values[tuple(map(slice, low - other.start, high - other.start))]
    return int(np.count_nonzero(first & second))


def _centre_in(one: MaskRegion, other: MaskRegion) -> bool:
    """Whether the voxel nearest to the mean of ``one`` belongs to ``other``."""
    centre = np.rint(np.argwhere(one.values).mean(axis=0)).astype(int) + one.start
    place = centre - other.start
    if (place < 0).any() or (place >= other.values.shape).any():
        return False
    return bool(other.values[tuple(place)])
