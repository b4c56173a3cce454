"""A report as CSV: one figure a line, with the same cells hidden."""

from __future__ import annotations

import csv
import io
from datetime import timedelta

from apps.ai.monitoring.report import FigureRow, Report

COLUMNS = ("model", "version", "period", "starts_on", "ends_on", "complete", "by", "group",
           "figure", "unit", "quantile", "n", "count", "value", "low", "high", "note")  # fmt: skip
HIDDEN = "fewer than 10"
_STARTS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def write_csv(*, report: Report, model: str, version: str) -> str:
    """RFC 4180. Names out of image headers cannot start a formula in a spreadsheet."""
    out = io.StringIO()
    lines = csv.writer(out)
    lines.writerow(COLUMNS)
    for row in report.figures:
        for at, value in _values(row):
            lines.writerow(
                [model, version, *_when(report, row.period), report.by, _group(row), row.name,
                 row.unit, at, row.n, row.count, value, row.low, row.high,
                 HIDDEN if row.is_hidden else _note(row, value)]
            )  # fmt: skip
    for reason in report.reasons:
        lines.writerow(
            [model, version, *_when(report, reason.period), report.by, safe_text(reason.group),
             f"{reason.of}_reason", "1", "", "", reason.count, "", "", "",
             safe_text(reason.code)]
        )  # fmt: skip
    return out.getvalue()


def safe_text(text: str) -> str:
    """What a spreadsheet would take for a formula gets an apostrophe before it."""
    return f"'{text}" if text.startswith(_STARTS_A_FORMULA) else text


def _group(row: FigureRow) -> str:
    if row.together:
        return safe_text("hidden groups together: " + ", ".join(one or "?" for one in row.together))
    return safe_text(row.group)


def _when(report: Report, place: int) -> list[str]:
    period = report.periods[place]
    end = period.ends_before - timedelta(days=1)
    complete = "yes" if period.is_complete else "no"
    return [period.name, period.starts_on.isoformat(), end.isoformat(), complete]


def _values(row: FigureRow) -> list[tuple[str, float | None]]:
    if row.kind != "quantiles":
        return [("", row.value)]
    return [(f"{at:g}", value) for at, value in zip(row.at, row.quantiles, strict=True)]


def _note(row: FigureRow, value: float | None) -> str:
    if value is not None:
        return ""
    return "not reached" if row.kind == "quantiles" and row.n else "none"
