"""One study: what the model named beside what the reference says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from apps.ai.analyses.results import AnalysisOutcome, Code, MaskRegion, SegmentResult
from apps.ai.validation.detection import Candidate, CaseDetection, match_case
from apps.ai.validation.manifest import EVERYTHING, Manifest
from apps.ai.validation.overlap import Overlap, Spacing, measure_overlap
from apps.ai.validation.subgroups import Traits

BoolMask = NDArray[np.bool_]

CaseState = Literal["evaluated", "out_of_scope", "failed", "refused"]
"""Refused: the folder's files are at fault, and the model was not run."""

_TOUCHING = ndimage.generate_binary_structure(3, 3)


@dataclass(frozen=True, slots=True)
class ReferenceMask:
    """A reference mask on the grid of the model's results; an empty one says: nothing is there.

    ``code`` is the finding code it is compared with, None for whatever the model names.
    """

    label: str
    mask: BoolMask
    code: Code | None = None

    @property
    def target(self) -> str:
        return f"{self.code.system} {self.code.value}" if self.code else EVERYTHING


@dataclass(frozen=True, slots=True)
class TargetOverlap:
    """Everything of one code in one study, united: the model's against the reference's."""

    target: str
    label: str
    overlap: Overlap


@dataclass(frozen=True, slots=True)
class CaseResult:
    """How one study ended.

    Attributes
    ----------
    study:
        Name of its directory.
    reason_code, reason:
        Why it was not evaluated.
    reference_lesions:
        Counted also where the model was not run, as far as they could be read: None when not.
    """

    study: str
    state: CaseState
    reason_code: str = ""
    reason: str = ""
    outcome: str = ""
    seconds: float = 0.0
    traits: Traits = field(default_factory=Traits)
    reference_lesions: int | None = None
    overlaps: tuple[TargetOverlap, ...] = ()
    detection: CaseDetection | None = None
    probabilities: tuple[float, ...] = ()
    outcomes: tuple[bool, ...] = ()
    remarks: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Comparison:
    """What ``compare`` finds; the parts of a ``CaseResult`` that need both masks."""

    overlaps: tuple[TargetOverlap, ...]
    detection: CaseDetection
    probabilities: tuple[float, ...]
    outcomes: tuple[bool, ...]
    left_out: int


def compare(
    *,
    outcome: AnalysisOutcome,
    references: Sequence[ReferenceMask],
    spacing_mm: Spacing,
    manifest: Manifest,
) -> Comparison:
    """Compare an outcome with the references of its study.

    Candidates are the segments whose code a reference asks for; others are counted in
    ``left_out`` and are neither right nor wrong. A candidate goes to lesions of its code alone.
    """
    targets = _by_target(references)
    codes = {target: masks[0].code for target, masks in targets.items()}
    overlaps = []
    for target, masks in targets.items():
        chosen = [one for one in outcome.segments if _asks_for(codes[target], one)]
        overlaps.append(
            TargetOverlap(
                target=target,
                label=", ".join(sorted({one.label for one in masks})),
                overlap=measure_overlap(
                    reference=_unite(masks[0].mask.shape, [one.mask for one in masks]),
                    model=_paint(masks[0].mask.shape, [one.region for one in chosen]),
                    spacing_mm=spacing_mm,
                ),
            )
        )
    segments = [
        one for one in outcome.segments if any(_asks_for(code, one) for code in codes.values())
    ]
    detection = _detect(segments, targets, codes, manifest)
    is_true = {row for row in detection.hits if row is not None} | set(detection.duplicates)
    stated = [
        (segment.probability, place in is_true)
        for place, segment in enumerate(segments)
        if segment.probability is not None
    ]
    return Comparison(
        overlaps=tuple(overlaps),
        detection=detection,
        probabilities=tuple(one for one, _ in stated),
        outcomes=tuple(right for _, right in stated),
        left_out=len(outcome.segments) - len(segments),
    )


def lesions_of(references: Sequence[ReferenceMask], manifest: Manifest) -> list[MaskRegion]:
    """The reference's lesions: 26-connected pieces of each target, or each label as it is."""
    found: list[MaskRegion] = []
    for masks in _by_target(references).values():
        found += _lesions_of_target(masks, manifest)
    return found


def score_of(segment: SegmentResult, score: str) -> float | None:
    """The probability, or the measurement the folder names as score; None where it has none."""
    if score == "probability":
        return segment.probability
    try:
        return segment.value_of(score)
    except KeyError:
        return None


def _detect(
    segments: Sequence[SegmentResult],
    targets: dict[str, list[ReferenceMask]],
    codes: dict[str, Code | None],
    manifest: Manifest,
) -> CaseDetection:
    """All targets at once; what has another code cannot be a pair."""
    lesions: list[MaskRegion] = []
    asked: list[Code | None] = []
    for target, masks in targets.items():
        pieces = _lesions_of_target(masks, manifest)
        lesions += pieces
        asked += [codes[target]] * len(pieces)
    allowed = np.array(
        [[_asks_for(code, segment) for code in asked] for segment in segments], dtype=bool
    ).reshape(len(segments), len(lesions))
    return match_case(
        lesions=lesions,
        candidates=[Candidate(one.region, score_of(one, manifest.score)) for one in segments],
        rule=manifest.matching,
        min_iou=manifest.min_iou,
        allowed=allowed,
    )


def _lesions_of_target(masks: Sequence[ReferenceMask], manifest: Manifest) -> list[MaskRegion]:
    filled = [one.mask for one in masks if one.mask.any()]
    if manifest.lesions == "labels":
        return [MaskRegion.from_mask(mask) for mask in filled]
    if not filled:
        return []
    united = _unite(filled[0].shape, filled)
    pieces, _ = ndimage.label(united, structure=_TOUCHING)
    regions = []
    for number, box in enumerate(ndimage.find_objects(pieces), start=1):
        starts = tuple(int(part.start) for part in box)
        regions.append(
            MaskRegion(
                values=np.ascontiguousarray(pieces[box] == number),
                start=(starts[0], starts[1], starts[2]),
                shape=(united.shape[0], united.shape[1], united.shape[2]),
            )
        )
    return regions


def _by_target(references: Sequence[ReferenceMask]) -> dict[str, list[ReferenceMask]]:
    targets: dict[str, list[ReferenceMask]] = {}
    for one in references:
        targets.setdefault(one.target, []).append(one)
    return targets


def _asks_for(code: Code | None, segment: SegmentResult) -> bool:
    if code is None:
        return True
    return (segment.code.system, segment.code.value) == (code.system, code.value)


def _unite(shape: tuple[int, ...], masks: Sequence[BoolMask]) -> BoolMask:
    united = np.zeros(shape, dtype=bool)
    for mask in masks:
        united |= mask
    return united


def _paint(shape: tuple[int, ...], regions: Sequence[MaskRegion]) -> BoolMask:
    painted = np.zeros(shape, dtype=bool)
    for region in regions:
        painted[region.box] |= region.values
    return painted
