"""A report as CSV: one number a line, with the same cells suppressed, and nothing personal."""

import csv
import io
from collections.abc import Iterable

from apps.ai.monitoring.table import safe_text
from apps.followup.numbers.measures import Indicator
from apps.followup.numbers.report import IndicatorReport

COLUMNS = ("board", "from", "to", "group", "indicator", "part", "unit", "state", "value", "low",
           "high", "count", "n", "known_of", "target")  # fmt: skip


def write_csv(report: IndicatorReport) -> str:
    """RFC 4180. A board's name cannot start a formula in a spreadsheet.

    Attendance of single people is left out: files are passed on.
    """
    out = io.StringIO()
    lines = csv.writer(out)
    lines.writerow(COLUMNS)
    periods = [(report.first, report.last, report.indicators)]
    periods += [(one.first, one.last, one.indicators) for one in report.months]
    for first, last, indicators in periods:
        start = [safe_text(report.board.name), first.isoformat(), last.isoformat()]
        for one in indicators:
            lines.writerows([*start, *line] for line in _lines(one))
    return out.getvalue()


def _lines(one: Indicator) -> Iterable[list[object]]:
    head: list[object] = [one.group, one.key]
    yield [*head, "", one.unit, one.state, _rounded(one.value), _rounded(one.low),
           _rounded(one.high), one.count, one.n, one.known_of, _rounded(one.target)]  # fmt: skip
    for part in one.parts:
        yield [*head, safe_text(part.key), "share", "value", _rounded(part.share), "", "",
               part.count, one.n, "", ""]  # fmt: skip


def _rounded(value: float | None) -> float | str:
    return "" if value is None else round(value, 4)
