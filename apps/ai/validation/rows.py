"""A run's studies as CSV and everything as JSON.

A cell of the CSV that a spreadsheet would take for a formula gets an apostrophe in front.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from apps.ai.validation.cases import CaseResult
from apps.ai.validation.subgroups import AXES

NOTE = "Research use. Not a medical device. These figures describe this folder, no other patients."
_FORMULA = ("=", "+", "-", "@", "\t", "\r")

Figures = dict[str, Any]


@dataclass(frozen=True, slots=True)
class ReportFacts:
    """Who ran what, on what, when."""

    run: str
    model: str
    slug: str
    version: str
    model_tree_sha256: str
    dataset_name: str
    folder: str
    dataset_sha256: str
    study_limit: int | None
    person: str
    started_at: str
    finished_at: str
    parameters: Figures
    thresholds: Figures
    software: dict[str, str]


def write_json(facts: ReportFacts, metrics: Figures, cases: Sequence[CaseResult]) -> bytes:
    document = {"note": NOTE, **asdict(facts), "metrics": metrics,
                "cases": [_case_row(one) for one in cases]}  # fmt: skip
    text = json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False)
    return text.encode()


def write_rows(cases: Sequence[CaseResult]) -> bytes:
    """One row a study and target; a study that was not evaluated has one row with its reason."""
    out = io.StringIO()
    names = [
        "study", "state", "reason_code", "reason", "outcome", "seconds", *AXES,
        "reference_lesions", "lesions_found", "false_positives", "duplicates",
        "target", "labels", "masks", "dice", "iou", "hd95_mm", "mean_surface_mm",
        "reference_ml", "model_ml", "volume_error_ml", "volume_error_relative",
    ]  # fmt: skip
    writer = csv.DictWriter(out, fieldnames=names, restval="")
    writer.writeheader()
    for case in cases:
        row = _case_row(case)
        flat = {
            **{name: row[name] for name in ("study", "state", "reason_code", "reason", "outcome")},
            "seconds": round(case.seconds, 2),
            **row["traits"],
            **{
                name: row[name]
                for name in (
                    "reference_lesions", "lesions_found", "false_positives", "duplicates",
                )
            },
        }  # fmt: skip
        for one in row["overlaps"] or [{}]:
            writer.writerow({name: _cell(value) for name, value in {**flat, **one}.items()})
    return out.getvalue().encode("utf-8-sig")


def _case_row(case: CaseResult) -> Figures:
    found = case.detection
    return {
        "study": case.study,
        "state": case.state,
        "reason_code": case.reason_code,
        "reason": case.reason,
        "outcome": case.outcome,
        "seconds": round(case.seconds, 2),
        "traits": case.traits.as_dict(),
        "reference_lesions": case.reference_lesions,
        "lesions_found": found.found_count if found else None,
        "false_positives": len(found.false_positives) if found else None,
        "duplicates": len(found.duplicates) if found else None,
        "overlaps": [
            {
                "target": one.target,
                "labels": one.label,
                "masks": one.overlap.case,
                "dice": one.overlap.dice,
                "iou": one.overlap.iou,
                "hd95_mm": one.overlap.hd95_mm,
                "mean_surface_mm": one.overlap.mean_surface_mm,
                "reference_ml": one.overlap.reference_ml,
                "model_ml": one.overlap.model_ml,
                "volume_error_ml": one.overlap.volume_error_ml,
                "volume_error_relative": one.overlap.volume_error_relative,
            }
            for one in case.overlaps
        ],
        "remarks": [list(one) for one in case.remarks],
    }


def _cell(value: Any) -> Any:
    if isinstance(value, str) and value.startswith(_FORMULA):
        return "'" + value
    return "" if value is None else value
