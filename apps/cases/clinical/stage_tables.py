"""Reading a stage group out of a table that the site has loaded. No table is shipped.

A row says for which classifications it holds (``c``, ``p``, ``yp``, … or ``*``) and which T, N
and M, each a category, several separated by ``|``, or ``*`` for any.
"""

import csv
import io
from collections.abc import Iterable, Mapping
from typing import Any

from apps.cases.clinical.tnm import read_category, read_group
from apps.cases.clinical_choices import StagePrefix
from apps.core.exceptions import InvalidInput

COLUMNS = ("prefix", "t", "n", "m", "group")
MOST_ROWS = 5000
Row = Mapping[str, Any]


def find_group(rows: Iterable[Row], *, prefix: str, t: str, n: str, m: str) -> str:
    """The one group that the table gives for exactly these categories.

    T1 is not T1a: what the table does not say is not guessed.

    Raises
    ------
    InvalidInput
        ``stage_not_in_table``, or ``stage_ambiguous`` when rows contradict each other.
    """
    wanted = {"prefix": prefix, "t": t, "n": n, "m": m}
    groups = {
        str(row["group"])
        for row in rows
        if all("*" in row[name] or value in row[name] for name, value in wanted.items())
    }
    if not groups:
        raise InvalidInput(
            "The table has no group for these categories.", code="stage_not_in_table"
        )
    if len(groups) > 1:
        raise InvalidInput(
            "The table gives several groups for these categories.",
            code="stage_ambiguous",
            details={"groups": sorted(groups)},
        )
    return groups.pop()


def read_table(content: bytes) -> list[dict[str, Any]]:
    """A CSV with the columns ``prefix,t,n,m,group``; every cell is checked for its form.

    Raises
    ------
    InvalidInput
        ``stage_table_invalid``; details name the line and what is wrong with it.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidInput("The file is not UTF-8.", code="stage_table_invalid") from error
    lines = csv.DictReader(io.StringIO(text, newline=""))
    if not set(COLUMNS) <= set(lines.fieldnames or ()):
        raise InvalidInput(f"Columns {', '.join(COLUMNS)} are needed.", code="stage_table_invalid")
    rows = []
    try:
        for line in lines:
            try:
                rows.append(_row(line))
            except ValueError as error:
                raise _wrong(lines.line_num, f"{error} has not the form it should have") from error
            if len(rows) > MOST_ROWS:
                raise InvalidInput("At most 5,000 rows.", code="stage_table_invalid")
    except csv.Error as error:
        raise _wrong(lines.line_num, str(error)) from error
    if not rows:
        raise InvalidInput("The file has no rows.", code="stage_table_invalid")
    return rows


def _row(line: Mapping[str, str | None]) -> dict[str, Any]:
    cells = {name: [one.strip() for one in (line[name] or "").split("|")] for name in COLUMNS}
    for prefix in cells["prefix"]:
        if prefix != "*" and prefix not in set(StagePrefix.values) - {""}:
            raise ValueError(prefix)
    read: dict[str, Any] = {"prefix": cells["prefix"]}
    for name in ("t", "n", "m"):
        read[name] = [one if one == "*" else read_category(name, one) for one in cells[name]]
    read["group"] = read_group(line["group"] or "")
    return read


def _wrong(line: int, what: str) -> InvalidInput:
    return InvalidInput(
        f"Line {line}: {what}.", code="stage_table_invalid", details={"line": line, "what": what}
    )
