"""What did not go on the agenda, as a table to send back. No cell of it is a formula."""

import csv
import io
from collections.abc import Sequence

from apps.intake.choices import RowState
from apps.intake.models import IntakeList, IntakeRow
from apps.intake.reading.cells import escape_formula

STAYS = (RowState.ERROR, RowState.CHOICE, RowState.SKIPPED, RowState.READY)


def write_leftover(intake_list: IntakeList, rows: Sequence[IntakeRow]) -> str:
    """The list's own columns, then state and codes; UTF-8 with its mark, for spreadsheets."""
    written = io.StringIO()
    written.write("\ufeff")
    table = csv.writer(written)
    table.writerow([escape_formula(one) for one in [*intake_list.headings, "state", "errors"]])
    for row in rows:
        if row.state in STAYS:
            codes = "; ".join(f"{one['field']}: {one['code']}" for one in row.errors)
            table.writerow([escape_formula(one) for one in [*row.cells, row.state, codes]])
    return written.getvalue()
