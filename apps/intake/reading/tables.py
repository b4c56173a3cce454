"""From bytes or text to a small table: headers, and rows of as many cells."""

from dataclasses import dataclass, field

from apps.core.exceptions import InvalidInput, TooLarge
from apps.intake.choices import Source
from apps.intake.columns import guess_columns, looks_like_a_patient
from apps.intake.reading import text_tables, workbooks
from apps.intake.reading.cells import MOST_COLUMNS, MOST_ROWS, not_a_table, too_many_rows

MOST_BYTES = 5 * 1024 * 1024
HEADER_WITHIN = 10
"""Lists have a title or a date above their headings."""
OLD_EXCEL = b"\xd0\xcf\x11\xe0"


@dataclass(frozen=True, slots=True)
class Table:
    """``rows`` are as wide as ``headers``; all of it is clean text."""

    source: str
    headers: list[str]
    rows: list[list[str]]
    has_headings: bool
    encoding: str = ""
    delimiter: str = ""
    sheet: str = ""
    above: list[str] = field(default_factory=list)


def read_text(text: str) -> Table:
    """What was pasted."""
    if len(text.encode("utf-8", "surrogatepass")) > MOST_BYTES:
        raise _too_large()
    rows, delimiter = text_tables.parse(text)
    return _make_table(rows, source=Source.PASTED, encoding="utf-8", delimiter=delimiter)


def read_file(raw: bytes) -> Table:
    """A CSV or XLSX file, by what is in it; its name says nothing.

    Raises
    ------
    TooLarge
        ``list_too_large`` and those of the two readers.
    InvalidInput
        ``list_empty``, ``not_a_table``, ``old_excel``, and those of the two readers.
    """
    if len(raw) > MOST_BYTES:
        raise _too_large()
    if not raw.strip(b"\0\t\r\n "):
        raise _empty()
    if raw.startswith(OLD_EXCEL):
        raise InvalidInput(
            "This is an XLS file, or one with a password. Save it as XLSX or CSV.", code="old_excel"
        )
    if raw.startswith((b"%PDF", b"{\\rtf", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"\x1f\x8b")):
        raise not_a_table()
    if workbooks.is_workbook(raw):
        rows, sheet = workbooks.read_workbook(raw)
        return _make_table(rows, source=Source.XLSX, sheet=sheet)
    text, encoding = text_tables.decode(raw)
    rows, delimiter = text_tables.parse(text)
    return _make_table(rows, source=Source.CSV, encoding=encoding, delimiter=delimiter)


def _make_table(
    rows: list[list[str]], *, source: str, encoding: str = "", delimiter: str = "", sheet: str = ""
) -> Table:
    if not rows:
        raise _empty()
    at = _find_headings(rows)
    above = [" ".join(filter(None, row)) for row in rows[: at or 0]]
    body = rows[at + 1 :] if at is not None else rows
    if not body:
        raise _empty()
    if len(body) > MOST_ROWS:
        raise too_many_rows()
    heads = rows[at] if at is not None else []
    width = min(MOST_COLUMNS, max(len(row) for row in [heads, *body]))
    while width > 1 and not any(len(row) >= width and row[width - 1] for row in [heads, *body]):
        width -= 1
    headers = [_cell(heads, one) or f"Column {one + 1}" for one in range(width)]
    return Table(
        source=source,
        headers=[one[:100] for one in headers],
        rows=[[_cell(row, one) for one in range(width)] for row in body],
        has_headings=at is not None,
        encoding=encoding,
        delimiter=delimiter,
        sheet=sheet,
        above=[one[:200] for one in above if one],
    )


def _find_headings(rows: list[list[str]]) -> int | None:
    """The first line that names two columns; else the first line, unless it is a patient."""
    for number, row in enumerate(rows[:HEADER_WITHIN]):
        if len(guess_columns(row)) >= 2:
            return number
    if guess_columns(rows[0]) or not looks_like_a_patient(rows[0]):
        return 0
    return None


def _cell(row: list[str], number: int) -> str:
    return row[number] if number < len(row) else ""


def _empty() -> InvalidInput:
    return InvalidInput("There is no patient in this list.", code="list_empty")


def _too_large() -> TooLarge:
    return TooLarge("A list is at most 5 MB.", code="list_too_large", details={"most": MOST_BYTES})
