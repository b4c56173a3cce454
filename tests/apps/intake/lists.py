"""Lists as hospitals write them, and workbooks made of them."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

import openpyxl

GERMAN = ["PatID", "Name", "Vorname", "Geb.-Datum", "Geschlecht", "Tumorentität", "Fragestellung"]
ROWS = [
    ["4711", "Müller", "Änne", "04.05.1961", "w", "Lunge", "Resektabel?"],
    ["0815", "Weiß", "Jörg", "31.12.1949", "m", "Kolon", "Adjuvante Therapie?"],
]


def table(rows: Sequence[Sequence[str]], *, delimiter: str = "\t") -> str:
    return "\n".join(delimiter.join(row) for row in rows)


def workbook(rows: Sequence[Sequence[Any]], *, formats: dict[str, str] | None = None) -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in rows:
        sheet.append(list(row))
    for cell, number_format in (formats or {}).items():
        sheet[cell].number_format = number_format
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()
