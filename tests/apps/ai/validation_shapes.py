"""Bars on a small grid: lesions and candidates whose overlap can be counted by hand."""

from __future__ import annotations

import numpy as np

from apps.ai.analyses.results import Code, MaskRegion, SegmentResult

SHAPE = (6, 20, 40)
MASS = Code("SCT", "4147007", "Mass")
NODULE = Code("SCT", "27925004", "Nodule")
CATEGORY = Code("SCT", "49755003", "Morphologically Abnormal Structure")


def bar(first: int, last: int, *, row: int = 5) -> MaskRegion:
    """Columns first to last (not with it) of two rows in two slices."""
    mask = np.zeros(SHAPE, dtype=bool)
    mask[2:4, row : row + 2, first:last] = True
    return MaskRegion.from_mask(mask)


def segment(
    region: MaskRegion, *, probability: float | None = None, code: Code = MASS
) -> SegmentResult:
    return SegmentResult(
        label="Thing", code=code, category=CATEGORY, region=region, probability=probability
    )
