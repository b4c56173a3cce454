"""The report of a run as one HTML file that needs nothing else.

Everything that comes from outside (folder, study and label names, header texts, reasons) is
escaped; the page forbids itself scripts and anything to load.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from html import escape
from typing import Any

from apps.ai.validation.cases import CaseResult
from apps.ai.validation.charts import draw_dice, draw_froc, draw_reliability
from apps.ai.validation.rows import NOTE, ReportFacts

SENSES = {
    "out_of_scope": "not run: outside the model's scope",
    "failed": "failed: no result",
    "refused": "not run: the folder's files cannot be used",
}

Figures = dict[str, Any]


def write_html(facts: ReportFacts, metrics: Figures, cases: Sequence[CaseResult]) -> bytes:
    parts = [
        _head(facts),
        _facts(facts),
        _studies(metrics["studies"]),
        *[_overlap(one) for one in metrics["overlap"]],
        _detection(metrics["detection"], facts),
        _calibration(metrics["calibration"]),
        _subgroups(metrics["subgroups"], metrics["smallest_group_shown"]),
        _cases(cases),
        "</main></body></html>",
    ]
    return "\n".join(parts).encode()


# --- HTML --------------------------------------------------------------------------------------

_STYLE = """
body{font:15px/1.5 system-ui,sans-serif;color:#1b1f24;background:#fff;margin:0}
main{max-width:62rem;margin:0 auto;padding:2rem 1.25rem}
h1{font-size:1.5rem;margin:0 0 .25rem}h2{font-size:1.1rem;margin:2rem 0 .5rem}
.note{border-left:4px solid #8a5a00;background:#fff6e5;padding:.5rem .75rem;margin:1rem 0}
table{border-collapse:collapse;width:100%;margin:.5rem 0;font-size:.87rem}
th,td{text-align:left;padding:.25rem .5rem;border-bottom:1px solid #d8dde3;vertical-align:top}
th{font-weight:600}td.n{text-align:right;font-variant-numeric:tabular-nums}
code{font:.85em ui-monospace,monospace;overflow-wrap:anywhere}
.muted{color:#57606a}svg{max-width:26rem;width:100%;height:auto;display:block;margin:.5rem 0}
@media print{main{max-width:none}}
"""


def _head(facts: ReportFacts) -> str:
    title = f"Local validation: {facts.model} {facts.version}"
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta http-equiv="Content-Security-Policy" '
        "content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        '<meta name="viewport" content="width=device-width">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head><body><main>"
        f'<h1>{escape(title)}</h1><p class="note">{escape(NOTE)}</p>'
    )


def _facts(facts: ReportFacts) -> str:
    dataset = facts.dataset_name or facts.folder
    first = f", the first {facts.study_limit} studies" if facts.study_limit else ""
    rows = [
        ("Model", f"{facts.model} ({facts.slug}) {facts.version}"),
        ("SHA-256 of the model's tree", facts.model_tree_sha256),
        ("Data set", f"{dataset} (folder {facts.folder}{first})"),
        ("SHA-256 of the data set", facts.dataset_sha256),
        ("Run", facts.run),
        ("Started by", facts.person),
        ("Started, finished", f"{facts.started_at}, {facts.finished_at}"),
        ("Parameters", json.dumps(facts.parameters, sort_keys=True)),
        ("Comparison and thresholds", json.dumps(facts.thresholds, sort_keys=True)),
        ("Software", ", ".join(f"{k} {v}" for k, v in sorted(facts.software.items()))),
    ]
    return _section(
        "What was run",
        _table(["", ""], [[a, f"<code>{escape(b)}</code>"] for a, b in rows], raw=True),
    )


def _studies(studies: Figures) -> str:
    line = (
        f"<p>{studies['total']} studies: {studies['evaluated']} evaluated, "
        f"{studies['out_of_scope']} out of scope, {studies['failed']} failed, "
        f"{studies['refused']} refused. Only evaluated ones enter the figures below.</p>"
    )
    rows = [
        [
            SENSES[one["state"]],
            one["code"],
            one["reason"],
            one["studies"],
            _lesions_in(one),
        ]
        for one in studies["left_out"]
    ]
    if not rows:
        return _section("Studies", line)
    header = ["", "Code", "Why", "Studies", "Reference lesions in them (not counted as missed)"]
    return _section("Studies", line + _table(header, rows))


def _lesions_in(one: Figures) -> str:
    if one["lesions_unknown_in"]:
        return f"{one['reference_lesions']}, unknown in {one['lesions_unknown_in']}"
    return str(one["reference_lesions"])


def _overlap(one: Figures) -> str:
    name = "everything the model names" if one["target"] == "*" else one["target"]
    counts = (
        f"<p>{one['studies']} studies: {one['both']} with both masks, "
        f"{one['only_reference']} where the model has none (missed), "
        f"{one['only_model']} where the reference has none, {one['both_empty']} where neither "
        "has any. Where a mask is empty there is no agreement to measure: the figures are those "
        "of studies with both.</p>"
    )
    rows = [
        _spread_row("Dice", one["dice"], 3),
        _spread_row("HD95, mm", one["hd95_mm"], 1),
        _spread_row("Mean surface distance, mm", one["mean_surface_mm"], 2),
        _spread_row("Volume error, mL", one["volume_error_ml"], 2),
        _spread_row("Volume error, relative", one["volume_error_relative"], 3),
        ["Dice, one empty mask counted as 0", "", "", _interval(one["dice_missed_as_zero"], 3),
         one["dice_missed_as_zero"]["n"]],
    ]  # fmt: skip
    header = ["", "Median", "Quartiles", "Mean (95 %, bootstrap over studies)", "n"]
    body = counts + _table(header, rows) + draw_dice(one["dice_histogram"])
    return _section(f"Masks: {', '.join(one['labels'])} against {name}", body)


def _spread_row(name: str, spread: Figures, digits: int) -> list[Any]:
    low, high = spread["lower_quartile"], spread["upper_quartile"]
    quartiles = "–" if low is None else f"{low:.{digits}f} to {high:.{digits}f}"
    mean = spread["mean"]
    return [name, _number(spread["median"], digits), quartiles, _interval(mean, digits), mean["n"]]


def _detection(found: Figures, facts: ReportFacts) -> str:
    if not found["scans"]:
        return _section("Lesions", "<p>No study was evaluated.</p>")
    rows = [
        ["Lesions found (Wilson)", f"{found['found']} of {found['lesions']}",
         _interval(found["sensitivity"], 3)],
        ["The same, drawing whole studies (bootstrap)", "",
         _interval(found["sensitivity_by_case"], 3)],
        ["False positives per scan", f"{found['false_positives']} in {found['scans']} scans, "
         f"most in one: {found['most_false_positives']}",
         _interval(found["false_positives_per_scan"], 2)],
        ["Further results on a lesion found already", str(found["duplicates"]), ""],
        ["Studies with lesions where all were found", str(found["scans_with_lesions"]),
         _interval(found["scans_with_all_found"], 3)],
        ["Studies without lesions where nothing was named",
         str(found["scans_without_lesions"]), _interval(found["scans_without_lesions_clean"], 3)],
    ]  # fmt: skip
    body = _table(["", "Counts", "Estimate (95 %)"], rows) + _froc(found["froc"], facts)
    return _section("Lesions", body)


def _froc(froc: Figures, facts: ReportFacts) -> str:
    reasons = {
        "no_scores": "the model gives no score with its results, so there is one point only.",
        "no_lesions": "the references hold no lesion.",
        "no_cases": "no study was evaluated.",
    }
    if froc["reason"]:
        return f"<p>No FROC curve: {escape(reasons[froc['reason']])}</p>"
    rows = [
        [f"{one['rate']:g}", _interval(one, 3),
         "beyond the curve: its last point" if one["beyond"] else ""]
        for one in froc["rates"]
    ]  # fmt: skip
    score = escape(str(facts.thresholds.get("score", "")))
    return (
        f"<p>FROC by {score}; mean of the seven rates (CPM): "
        f"{escape(_interval(froc['cpm'], 3))}.</p>"
        + _table(["False positives per scan", "Sensitivity (95 %, bootstrap)", ""], rows)
        + draw_froc(froc["points"])
    )


def _calibration(found: Figures) -> str:
    if not found["n"]:
        return _section("Calibration", "<p>The model gives no probability.</p>")
    rows = [
        [f"{one['from']:.1f} to {one['to']:.1f}", f"{one['mean_probability']:.3f}",
         _interval(one["observed"], 3), one["n"]]
        for one in found["bins"]
    ]  # fmt: skip
    line = (
        f"<p>{found['n']} results with a probability: ECE {found['ece']:.3f}, Brier score "
        f"{found['brier']:.3f}. Only results that were reported: what the model kept below its "
        "own threshold was not seen.</p>"
    )
    header = ["Probability", "Mean stated", "Observed (95 %, Wilson)", "n"]
    return _section("Calibration", line + _table(header, rows) + draw_reliability(found["bins"]))


def _subgroups(groups: Sequence[Figures], smallest: int) -> str:
    rows = []
    for one in groups:
        name = one["axis"].replace("_", " ")
        if one["is_suppressed"]:
            rows.append([name, one["value"], f"fewer than {smallest}", "not shown", "", ""])
            continue
        rows.append(
            [name, one["value"], one["studies"], _interval(one["sensitivity"], 3),
             _interval(one["false_positives_per_scan"], 2), _number(one["dice"]["median"], 3)]
        )  # fmt: skip
    header = ["", "Group", "Studies", "Lesions found (95 %)", "False positives per scan (95 %)",
              "Median Dice"]  # fmt: skip
    return _section("Subgroups", _table(header, rows) if rows else "<p>No study was evaluated.</p>")


def _cases(cases: Sequence[CaseResult]) -> str:
    rows = []
    for case in cases:
        found = case.detection
        dices = ", ".join(
            _number(one.overlap.dice, 3) if one.overlap.dice is not None
            else one.overlap.case.replace("_", " ")
            for one in case.overlaps
        )  # fmt: skip
        rows.append(
            [
                case.study,
                case.state.replace("_", " "),
                case.reason_code or case.outcome.replace("_", " "),
                f"{found.found_count} of {found.lesion_count}" if found else "–",
                len(found.false_positives) if found else "–",
                dices or "–",
                "; ".join(text for _, text in case.remarks),
            ]
        )
    header = ["Study", "Ended", "", "Lesions found", "False positives", "Dice", "Remarks"]
    return _section("Every study", _table(header, rows))


def _section(title: str, body: str) -> str:
    return f"<h2>{escape(title)}</h2>{body}"


def _table(header: Sequence[str], rows: Sequence[Sequence[Any]], *, raw: bool = False) -> str:
    """Cells are escaped; with ``raw`` the second column is HTML of ours."""
    head = "".join(f"<th>{escape(one)}</th>" for one in header)
    lines = []
    for row in rows:
        cells = []
        for place, value in enumerate(row):
            text = str(value) if raw and place else escape(str(value))
            cells.append(f'<td class="n">{text}</td>' if isinstance(value, int | float)
                         else f"<td>{text}</td>")  # fmt: skip
        lines.append(f"<tr>{''.join(cells)}</tr>")
    top = f"<thead><tr>{head}</tr></thead>" if any(header) else ""
    return f"<table>{top}<tbody>{''.join(lines)}</tbody></table>"


def _number(value: float | None, digits: int) -> str:
    return "–" if value is None else f"{value:.{digits}f}"


def _interval(estimate: Figures, digits: int) -> str:
    if estimate["value"] is None:
        return "–"
    if estimate["lower"] is None:
        return f"{estimate['value']:.{digits}f} (no interval: n = {estimate['n']})"
    return (
        f"{estimate['value']:.{digits}f} "
        f"({estimate['lower']:.{digits}f} to {estimate['upper']:.{digits}f})"
    )
