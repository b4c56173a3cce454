"""XLSX as hostile: a zip of XML that is measured before anything unpacks or parses it.

Office Open XML allows no document type declaration in a part (ECMA-376-2, 8.1.4), so one that
has it is refused: no entity is ever expanded. Values only: no formula, macro or link is read.
"""

import io
import re
import warnings
import zipfile
import zlib
from collections.abc import Iterator
from datetime import date, datetime, time
from typing import Any

from apps.core.exceptions import InvalidInput, TooLarge
from apps.intake.reading.cells import MOST_LINES, check_width, clean_cell, too_many_rows

MIB = 1024 * 1024
MOST_ENTRIES = 400
MOST_UNPACKED = 48 * MIB
MOST_RATIO = 200
RATIO_APPLIES_ABOVE = 4 * MIB
COPY_BYTES = 256 * 1024
EXACT_BELOW = 10**15
"""A spreadsheet keeps 15 digits of a number; longer ones have lost some."""
_ZEROS = re.compile(r"^0+$")


def is_workbook(raw: bytes) -> bool:
    return raw.startswith(b"PK\x03\x04")


def read_workbook(raw: bytes) -> tuple[list[list[str]], str]:
    """Rows of the first visible sheet with something in it, and the sheet's name.

    Raises
    ------
    TooLarge
        ``workbook_too_large`` (a bomb, or too much), ``too_many_rows``, ``too_many_columns``.
    InvalidInput
        ``bad_workbook``, ``encrypted_workbook``, ``workbook_has_entities``.
    """
    check_archive(raw)
    import openpyxl  # slow to load, and needed for this only

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            book = openpyxl.load_workbook(
                io.BytesIO(raw), read_only=True, data_only=True, keep_links=False
            )
            try:
                for sheet in book.worksheets:
                    if sheet.sheet_state == "visible" and (rows := list(_rows(sheet))):
                        return rows, str(sheet.title)[:100]
            finally:
                book.close()
    except (TooLarge, InvalidInput):
        raise
    except Exception:  # noqa: BLE001 - whatever a hostile file makes a parser raise
        raise _bad() from None
    return [], ""


def check_archive(raw: bytes) -> None:
    """What the zip really unpacks to, counted; its directory may lie."""
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            infos = archive.infolist()
            if any(info.flag_bits & 0x1 for info in infos):
                raise InvalidInput("The workbook is encrypted.", code="encrypted_workbook")
            declared = sum(info.file_size for info in infos)
            if len(infos) > MOST_ENTRIES or declared > MOST_UNPACKED:
                raise _too_large()
            total = 0
            for info in infos:
                total = _measure(archive, info, total, size=len(raw))
    except (zipfile.BadZipFile, zlib.error, EOFError, ValueError, OSError, RuntimeError):
        raise _bad() from None


def _measure(archive: zipfile.ZipFile, info: zipfile.ZipInfo, total: int, *, size: int) -> int:
    is_xml = info.filename.lower().endswith((".xml", ".rels", ".vml"))
    tail = b""
    with archive.open(info) as part:
        while chunk := part.read(COPY_BYTES):
            total += len(chunk)
            if total > MOST_UNPACKED or (
                total > RATIO_APPLIES_ABOVE and total > MOST_RATIO * max(1, size)
            ):
                raise _too_large()
            seen = (tail + chunk).replace(b"\0", b"")  # UTF-16 as well
            if is_xml and (b"<!DOCTYPE" in seen or b"<!ENTITY" in seen):
                raise InvalidInput("The workbook declares entities.", code="workbook_has_entities")
            tail = seen[-16:]
    return total


def _rows(sheet: Any) -> Iterator[list[str]]:
    """``sheet.dimensions`` is what the file says of itself: not asked."""
    for number, row in enumerate(sheet.iter_rows(), start=1):
        if number > MOST_LINES:
            raise too_many_rows()
        cells = [_show(cell) for cell in row]
        check_width(cells)
        if any(cells):
            yield cells


def _show(cell: Any) -> str:
    value = cell.value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        is_day = value.time() == time(0)
        return value.date().isoformat() if is_day else value.isoformat(sep=" ", timespec="minutes")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, int | float):
        return _show_number(value, str(getattr(cell, "number_format", "") or ""))
    return clean_cell(str(value))


def _show_number(value: float, number_format: str) -> str:
    """12345 in a cell formatted as 0000000 is on the screen, and therefore here, 0012345."""
    if value != value or abs(value) >= EXACT_BELOW:  # noqa: PLR0124 - not a number
        return f"{value:.4E}"
    if value != int(value):
        return f"{value:.10g}"
    whole = str(int(value))
    return whole.zfill(len(number_format)) if _ZEROS.match(number_format) else whole


def _bad() -> InvalidInput:
    return InvalidInput("The workbook is damaged or no XLSX file.", code="bad_workbook")


def _too_large() -> TooLarge:
    return TooLarge("The workbook would become too large.", code="workbook_too_large")
