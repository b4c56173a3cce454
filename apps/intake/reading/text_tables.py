"""Tables that are text: which encoding, which delimiter, which lines."""

import codecs
import csv
from collections import Counter
from collections.abc import Iterator

from apps.core.exceptions import InvalidInput
from apps.intake.reading.cells import MOST_LINES, check_width, clean_cell, too_many_rows

DELIMITERS = ("\t", ";", ",", "|")
SAMPLE_LINES = 40
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def decode(raw: bytes) -> tuple[str, str]:
    """The text and the encoding it was in.

    A byte order mark decides. Without one: UTF-16 where every second byte of the start is zero,
    else UTF-8, which other encodings hardly ever happen to be, else Windows-1252.

    Raises
    ------
    InvalidInput
        ``encoding_unknown``: none of these.
    """
    for mark, encoding in _BOMS:
        if raw.startswith(mark):
            return _decoded(raw, encoding), "utf-8" if encoding == "utf-8-sig" else "utf-16"
    start = raw[:400]
    if len(start) >= 8 and start.count(0) * 3 > len(start):
        encoding = "utf-16-le" if start[1::2].count(0) >= start[::2].count(0) else "utf-16-be"
        return _decoded(raw, encoding), "utf-16"
    try:
        return raw.decode("utf-8"), "utf-8"
    except UnicodeDecodeError:
        return _decoded(raw, "cp1252"), "windows-1252"


def _decoded(raw: bytes, encoding: str) -> str:
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError:
        raise InvalidInput(
            "The file is in no encoding that is read: save it as UTF-8.", code="encoding_unknown"
        ) from None


def parse(text: str) -> tuple[list[list[str]], str]:
    """Lines with something in them, as clean cells, and the delimiter between them.

    Raises
    ------
    TooLarge
        ``too_many_rows``, ``too_many_columns``.
    InvalidInput
        ``not_text``, ``quotes_unclosed``.
    """
    if "\0" in text:
        raise InvalidInput("This is no text.", code="not_text")
    first, _, rest = text.partition("\n")
    named = first.strip().lower()
    if named.startswith("sep=") and len(named) == 5:  # Excel's own first line
        text, delimiter = rest, first.strip()[4]
    else:
        delimiter = find_delimiter(text)
    return list(_lines(text, delimiter)), delimiter


def find_delimiter(text: str) -> str:
    """The one by which most lines have the same number of cells, more than one."""
    lines = [line for line in text.splitlines() if line.strip()][:SAMPLE_LINES]
    best, best_score = "\t", (0.0, 0)
    for delimiter in DELIMITERS:
        widths = Counter(len(row) for row in csv.reader(lines, delimiter=delimiter) if len(row) > 1)
        if not widths:
            continue
        width, times = max(widths.items(), key=lambda one: (one[1], one[0]))
        score = (times / len(lines), width)
        if score > best_score:
            best, best_score = delimiter, score
    return best


def _lines(text: str, delimiter: str) -> Iterator[list[str]]:
    lines = text.splitlines(keepends=True)
    try:
        found = list(_bounded(csv.reader(lines, delimiter=delimiter, strict=True)))
    except csv.Error:
        if delimiter != "\t":
            raise InvalidInput("A quotation mark is not closed.", code="quotes_unclosed") from None
        # What is copied out of a table has quotation marks that mean nothing.
        found = list(_bounded(csv.reader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)))
    for row in found:
        cells = [clean_cell(cell) for cell in row]
        check_width(cells)
        if any(cells):
            yield cells


def _bounded(rows: Iterator[list[str]]) -> Iterator[list[str]]:
    for number, row in enumerate(rows, start=1):
        if number > MOST_LINES:
            raise too_many_rows()
        yield row
