"""From studies to the figures of a report. Plain JSON-able values, each with its n.

Out of scope, failed and refused studies enter no figure: they are neither misses nor successes.
Their number, their reasons and the reference lesions in them stand beside the figures.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from apps.ai.validation.calibration import Calibration, calibrate
from apps.ai.validation.cases import CaseResult
from apps.ai.validation.froc import Froc, compute_froc
from apps.ai.validation.intervals import Estimate, bootstrap, mean_of, proportion
from apps.ai.validation.overlap import Overlap
from apps.ai.validation.subgroups import SMALLEST_SHOWN, group_cases, pick

METRICS_VERSION = 1
DICE_BINS = 10
STATES = ("evaluated", "out_of_scope", "failed", "refused")

Figures = dict[str, Any]


def summarise(cases: Sequence[CaseResult]) -> Figures:
    """Every figure of the report, over all studies and by subgroup."""
    evaluated = [one for one in cases if one.state == "evaluated"]
    return {
        "version": METRICS_VERSION,
        "studies": count_studies(cases),
        "overlap": overlap_by_target(evaluated),
        "detection": describe_detection(evaluated),
        "calibration": describe_calibration(
            calibrate(
                probabilities=[p for one in evaluated for p in one.probabilities],
                outcomes=[y for one in evaluated for y in one.outcomes],
            )
        ),
        "subgroups": by_subgroup(evaluated),
        "smallest_group_shown": SMALLEST_SHOWN,
    }


def count_studies(cases: Sequence[CaseResult]) -> Figures:
    """How many ended how, why those that were left out were, and what lies in them."""
    counts = Counter(str(one.state) for one in cases)
    left_out = []
    for state in STATES[1:]:
        reasons: dict[str, list[CaseResult]] = {}
        for one in cases:
            if one.state == state:
                reasons.setdefault(one.reason_code, []).append(one)
        for code in sorted(reasons):
            group = reasons[code]
            known = [one.reference_lesions for one in group if one.reference_lesions is not None]
            left_out.append(
                {
                    "state": state,
                    "code": code,
                    "reason": group[0].reason,
                    "studies": len(group),
                    "reference_lesions": sum(known),
                    "lesions_unknown_in": len(group) - len(known),
                }
            )
    return {"total": len(cases), **{state: counts[state] for state in STATES},
            "left_out": left_out}  # fmt: skip


def overlap_by_target(cases: Sequence[CaseResult]) -> list[Figures]:
    targets: dict[str, list[Overlap]] = {}
    labels: dict[str, set[str]] = {}
    for case in cases:
        for one in case.overlaps:
            targets.setdefault(one.target, []).append(one.overlap)
            labels.setdefault(one.target, set()).update(one.label.split(", "))
    return [
        {"target": target, "labels": sorted(labels[target]), **describe_overlap(targets[target])}
        for target in sorted(targets)
    ]


def describe_overlap(overlaps: Sequence[Overlap]) -> Figures:
    """Figures over studies where both masks have voxels; the others counted by what is empty.

    ``dice_missed_as_zero`` is Metrics Reloaded's way to keep a missed or invented structure in the
    average: 0 where one mask is empty. Where both are empty there is no value in either.
    """
    both = [one for one in overlaps if one.case == "both"]
    counts = Counter(one.case for one in overlaps)
    dices = [one.dice for one in both if one.dice is not None]
    missed = counts["only_reference"] + counts["only_model"]
    histogram, _ = np.histogram(dices, bins=DICE_BINS, range=(0.0, 1.0))
    return {
        "studies": len(overlaps),
        "both": counts["both"],
        "both_empty": counts["both_empty"],
        "only_reference": counts["only_reference"],
        "only_model": counts["only_model"],
        "dice": _spread(dices),
        "dice_missed_as_zero": mean_of([*dices, *[0.0] * missed]).as_dict(),
        "hd95_mm": _spread([one.hd95_mm for one in both if one.hd95_mm is not None]),
        "mean_surface_mm": _spread(
            [one.mean_surface_mm for one in both if one.mean_surface_mm is not None]
        ),
        "volume_error_ml": _spread([one.volume_error_ml for one in both]),
        "volume_error_relative": _spread(
            [one.volume_error_relative for one in both if one.volume_error_relative is not None]
        ),
        "dice_histogram": [int(one) for one in histogram],
    }


def describe_detection(cases: Sequence[CaseResult]) -> Figures:
    """Lesions found, false positives per scan, and the curve where there are scores."""
    detections = [one.detection for one in cases if one.detection is not None]
    found = np.array([one.found_count for one in detections], dtype=np.float64)
    lesions = np.array([one.lesion_count for one in detections], dtype=np.float64)
    false = [len(one.false_positives) for one in detections]

    def share(index: NDArray[np.intp]) -> float | None:
        total = lesions[index].sum()
        return float(found[index].sum() / total) if total else None

    by_case = bootstrap(len(detections), share)
    with_lesions = [one for one in detections if one.lesion_count]
    without = [one for one in detections if not one.lesion_count]
    return {
        "scans": len(detections),
        "lesions": int(lesions.sum()),
        "found": int(found.sum()),
        "sensitivity": proportion(int(found.sum()), int(lesions.sum())).as_dict(),
        "sensitivity_by_case": by_case.as_dict(),
        "false_positives": int(sum(false)),
        "false_positives_per_scan": mean_of([float(one) for one in false]).as_dict(),
        "most_false_positives": max(false, default=0),
        "duplicates": sum(len(one.duplicates) for one in detections),
        "scans_with_lesions": len(with_lesions),
        "scans_with_all_found": proportion(
            sum(one.found_count == one.lesion_count for one in with_lesions), len(with_lesions)
        ).as_dict(),
        "scans_without_lesions": len(without),
        "scans_without_lesions_clean": proportion(
            sum(not one.scores for one in without), len(without)
        ).as_dict(),
        "froc": describe_froc(compute_froc(detections)),
    }


def describe_froc(froc: Froc) -> Figures:
    return {
        "reason": froc.reason,
        "points": [asdict(one) for one in froc.points],
        "rates": [
            {"rate": one.rate, "beyond": one.beyond, **one.sensitivity.as_dict()}
            for one in froc.rates
        ],
        "cpm": froc.cpm.as_dict(),
    }


def describe_calibration(found: Calibration) -> Figures:
    return {
        "n": found.n,
        "ece": found.ece,
        "brier": found.brier,
        "bins": [
            {
                "from": one.lower,
                "to": one.upper,
                "n": one.n,
                "mean_probability": one.mean_probability,
                "observed": one.observed.as_dict(),
            }
            for one in found.bins
        ],
    }


def by_subgroup(cases: Sequence[CaseResult]) -> list[Figures]:
    """One row for each group; of suppressed ones the name and that they are small, no more."""
    rows: list[Figures] = []
    for group in group_cases([one.traits for one in cases]):
        row: Figures = {
            "axis": group.axis,
            "value": group.value,
            "is_suppressed": group.is_suppressed,
        }
        if not group.is_suppressed:
            members = pick(cases, group.members)
            detections = [one.detection for one in members if one.detection is not None]
            found = sum(one.found_count for one in detections)
            lesions = sum(one.lesion_count for one in detections)
            dices = [
                one.overlap.dice
                for case in members
                for one in case.overlaps
                if one.overlap.dice is not None
            ]
            row |= {
                "studies": len(members),
                "lesions": lesions,
                "sensitivity": proportion(found, lesions).as_dict(),
                "false_positives_per_scan": mean_of(
                    [float(len(one.false_positives)) for one in detections]
                ).as_dict(),
                "dice": _spread(dices),
            }
        rows.append(row)
    return rows


def _spread(values: Sequence[float]) -> Figures:
    """Median and quartiles, and the mean with its interval."""
    if not values:
        return {"median": None, "lower_quartile": None, "upper_quartile": None,
                "mean": Estimate(None, None, None, 0).as_dict()}  # fmt: skip
    low, middle, high = np.percentile(values, [25, 50, 75])
    return {
        "median": float(middle),
        "lower_quartile": float(low),
        "upper_quartile": float(high),
        "mean": mean_of(values).as_dict(),
    }
