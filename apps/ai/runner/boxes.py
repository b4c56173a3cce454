"""Boxes of a detector as segments on the source grid."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from apps.ai.analyses import box_regions
from apps.ai.analyses.results import Code, MaskRegion, MeasuredValue, SegmentResult
from apps.ai.runner.label_maps import describe_output
from apps.ai.runner.refusals import BundleRefused
from apps.ai.runner.volumes import RunnerVolume
from apps.ai.side_car import BoxPart, OutputPart

#: PS3.16 CID 7470; which edge is which is said by the quantity's name.
WIDTH = Code("SCT", "103355008", "Width")
DEPTH = Code("SCT", "131197000", "Depth")
LENGTH = Code("SCT", "410668003", "Length")
_MILLIMETRE = Code("UCUM", "mm", "mm")
_MOST_RAW_BOXES = 100_000


def find_boxes(
    *,
    found: Mapping[str, Any],
    part: BoxPart,
    outputs: Sequence[OutputPart],
    volume: RunnerVolume,
) -> tuple[list[SegmentResult], tuple[tuple[str, str], ...]]:
    """One segment per box that scores enough, surest first, and what was left out.

    Parameters
    ----------
    found:
        After the bundle's postprocessing: boxes (N, 6), labels (N,), scores (N,).
    part:
        How they are written: keys, corners or centre and size, RAS or LPS.

    Raises
    ------
    BundleRefused
        ``output_missing``, ``output_values``, ``too_many_boxes``.
    """
    boxes = _read(found, part.box_key).reshape(-1, 6)
    labels = _read(found, part.label_key).reshape(-1)
    scores = _read(found, part.score_key).reshape(-1)
    if not len(boxes) == len(labels) == len(scores) <= _MOST_RAW_BOXES:
        raise BundleRefused("output_values", "Boxes, labels and scores do not belong together.")
    if not all(np.isfinite(values).all() for values in (boxes, labels, scores)):
        raise BundleRefused("output_values", "A box, label or score is not a number.")
    if len(scores) and (scores.min() < 0 or scores.max() > 1):
        raise BundleRefused("output_values", "A score lies outside 0 to 1.")
    meanings = {output.value: output for output in outputs}
    chosen = [index for index in np.argsort(-scores, kind="stable")
              if scores[index] >= part.min_score and int(labels[index]) in meanings]  # fmt: skip
    if len(chosen) > part.max_boxes:
        raise BundleRefused(
            "too_many_boxes", f"{len(chosen)} boxes; more than {part.max_boxes} are not believed."
        )
    segments: list[SegmentResult] = []
    outside = 0
    for index in chosen:
        low, high = _corners_lps(boxes[index], part)
        region = draw_box(low=low, high=high, volume=volume, ellipsoid=part.region == "ellipsoid")
        if region is None:
            outside += 1
            continue
        output = meanings[int(labels[index])]
        label = f"{output.label} {len(segments) + 1}"
        segments.append(_describe(output, label, region, (low, high), float(scores[index])))
    if not outside:
        return segments, ()
    return segments, (("box_outside_image", f"{outside} boxes lie outside the images."),)


def draw_box(
    *, low: NDArray[np.float64], high: NDArray[np.float64], volume: RunnerVolume, ellipsoid: bool
) -> MaskRegion | None:
    """As ``box_regions.draw_box``, on the grid of the volume that the model read."""
    return box_regions.draw_box(
        low=low,
        high=high,
        shape=volume.voxels.shape,
        affine_lps=volume.affine_lps,
        ellipsoid=ellipsoid,
    )


def _describe(
    output: OutputPart,
    label: str,
    region: MaskRegion,
    corners: tuple[NDArray[np.float64], NDArray[np.float64]],
    score: float,
) -> SegmentResult:
    low, high = corners
    edges = high - low
    return SegmentResult(
        **describe_output(output),
        label=label,
        region=region,
        measurements=tuple(
            MeasuredValue(quantity, float(edge), "mm", concept, _MILLIMETRE)
            for quantity, edge, concept in (
                ("box_left_right", edges[0], WIDTH),
                ("box_front_back", edges[1], DEPTH),
                ("box_head_foot", edges[2], LENGTH),
            )
        ),
        probability=score,
        tracking_identifier=label,
        box_lps=(_corner(low), _corner(high)),
        tg263=output.tg263 or "",
    )


def _corners_lps(
    box: NDArray[np.float64], part: BoxPart
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    first, second = box[:3], box[3:]
    if part.mode == "cccwhd":
        first, second = box[:3] - box[3:] / 2, box[:3] + box[3:] / 2
    if part.space == "ras":
        turn = np.array([-1.0, -1.0, 1.0])
        first, second = first * turn, second * turn
    return np.minimum(first, second), np.maximum(first, second)


def _corner(point: NDArray[np.float64]) -> tuple[float, float, float]:
    x, y, z = (round(float(value), 3) for value in point)
    return x, y, z


def _read(found: Mapping[str, Any], key: str) -> NDArray[np.float64]:
    if key not in found:
        raise BundleRefused("output_missing", f"The model gave no {key}.")
    value = found[key]
    if hasattr(value, "detach"):
        value = value.detach().cpu().numpy()
    return np.asarray(value, dtype=np.float64)
