"""A list is text or a file from anywhere: read right, or refused by a code."""

from __future__ import annotations

import io
import zipfile
from datetime import date, datetime

import pytest

from apps.core.exceptions import DomainError
from apps.intake.choices import Field
from apps.intake.columns import guess_columns, signature
from apps.intake.reading import read_file, read_text
from apps.intake.reading.cells import MOST_ROWS, clean_cell, escape_formula
from tests.apps.intake.lists import GERMAN, ROWS, table, workbook

CSV = table([GERMAN, *ROWS], delimiter=";")


def code_of(raw: bytes) -> str:
    with pytest.raises(DomainError) as refused:
        read_file(raw)
    return refused.value.error_code


@pytest.mark.parametrize(
    ("encoding", "told"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8"),
        ("cp1252", "windows-1252"),
        ("utf-16", "utf-16"),
        ("utf-16-le", "utf-16"),
        ("utf-16-be", "utf-16"),
    ],
)
def test_umlauts_survive_every_encoding_that_spreadsheets_write(encoding: str, told: str) -> None:
    read = read_file(CSV.encode(encoding))
    assert (read.encoding, read.headers, read.rows) == (told, GERMAN, ROWS)


@pytest.mark.parametrize("delimiter", ["\t", ";", ",", "|"])
def test_the_delimiter_is_found(delimiter: str) -> None:
    read = read_file(table([GERMAN, *ROWS], delimiter=delimiter).encode())
    assert (read.delimiter, read.rows) == (delimiter, ROWS)


def test_commas_in_a_semicolon_list_are_text() -> None:
    text = 'MRN;Name;Question\n1001;"Doe, Jane";"first, second; third"\n1002;"Roe, Ann";"a, b"'
    assert read_text(text).rows == [
        ["1001", "Doe, Jane", "first, second; third"],
        ["1002", "Roe, Ann", "a, b"],
    ]


def test_excel_may_name_the_delimiter_and_a_cell_may_have_lines() -> None:
    read = read_file(b'sep=,\r\nMRN,Name\r\n1001,"two\r\nlines"\r\n')
    assert read.rows == [["1001", "two\nlines"]]


def test_a_quotation_mark_in_a_pasted_table_means_nothing() -> None:
    text = 'MRN\tName\tQuestion\n1001\tDoe\t"open question\n1002\tRoe\tnext'
    assert [row[0] for row in read_text(text).rows] == ["1001", "1002"]


def test_an_unclosed_quotation_mark_in_a_file_is_refused() -> None:
    assert code_of(b'MRN;Name\n1001;"Doe\n1002;Roe\n') == "quotes_unclosed"


def test_lines_above_the_headings_are_no_patients() -> None:
    read = read_text("Tumour board 12 January\n\nMRN\tName\n1001\tDoe")
    assert (read.headers, read.rows, read.above) == (
        ["MRN", "Name"], [["1001", "Doe"]], ["Tumour board 12 January"],
    )  # fmt: skip


def test_a_list_without_headings_loses_no_patient() -> None:
    read = read_text("100123\tDoe, Jane\t04.05.1961\n100124\tRoe, Ann\t01.02.1950")
    assert not read.has_headings and len(read.rows) == 2
    assert read.headers == ["Column 1", "Column 2", "Column 3"]


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"", "list_empty"),
        (b"  \n \n", "list_empty"),
        (b"MRN;Name\n", "list_empty"),
        (b"%PDF-1.7 ...", "not_a_table"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "old_excel"),
        (b"MRN;Name\n10\x0001;Doe\n", "not_text"),
        (b"MRN;Name\n1001;\x81\x8d\n", "encoding_unknown"),
        (b"PK\x03\x04 no zip", "bad_workbook"),
        (b"MRN;Name\n" + b"1;x\n" * (MOST_ROWS + 1), "too_many_rows"),
        (b"\n".join(b";".join([cell] * 61) for cell in (b"c", b"1")), "too_many_columns"),
        (b"x" * (5 * 1024 * 1024 + 1), "list_too_large"),
    ],
)  # fmt: skip
def test_what_is_no_list_is_refused_by_its_code(raw: bytes, code: str) -> None:
    assert code_of(raw) == code


def test_as_many_rows_as_are_allowed_are_read() -> None:
    assert len(read_file(b"MRN;Name\n" + b"1;x\n" * MOST_ROWS).rows) == MOST_ROWS


# --- XLSX ----------------------------------------------------------------------------


def test_a_workbook_is_read_as_it_is_seen() -> None:
    rows = [
        ["MRN", "Name", "DOB", "Accession"],
        [12345, "Doe, Jane", datetime(1961, 5, 4), 20270104],
        ["0042", "Roe, Ann", date(1949, 12, 31), None],
    ]
    read = read_file(workbook(rows, formats={"A2": "0000000"}))
    assert (read.source, read.sheet) == ("xlsx", "Sheet")
    assert read.rows == [
        ["0012345", "Doe, Jane", "1961-05-04", "20270104"],
        ["0042", "Roe, Ann", "1949-12-31", ""],
    ]


def test_a_number_that_lost_digits_says_so() -> None:
    read = read_file(workbook([["MRN", "Name"], [1234567890123456789, "Doe"]]))
    assert read.rows[0][0] == "1.2346E+18"


def test_a_formula_is_not_computed_and_not_kept() -> None:
    read = read_file(workbook([["MRN", "Name"], ["1001", '=HYPERLINK("http://x","y")']]))
    assert read.rows == [["1001", ""]], "no cached value: nothing"


def _zip(parts: dict[str, bytes]) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return written.getvalue()


def _parts(raw: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_a_zip_bomb_is_refused_before_it_is_unpacked() -> None:
    parts = _parts(workbook([["MRN", "Name"], ["1001", "Doe"]]))
    assert code_of(_zip({**parts, "xl/media/big.bin": bytes(60 * 1024 * 1024)})) == (
        "workbook_too_large"
    )
    small = _zip({**parts, "xl/media/big.bin": bytes(8 * 1024 * 1024)})
    assert len(small) < 100_000 and code_of(small) == "workbook_too_large", "by its ratio"


def test_a_zip_of_many_parts_is_refused() -> None:
    assert code_of(_zip({f"xl/{n}.xml": b"<a/>" for n in range(500)})) == "workbook_too_large"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_entities_are_refused_in_every_encoding(encoding: str) -> None:
    parts = _parts(workbook([["MRN", "Name"], ["1001", "Doe"]]))
    lol = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    evil = f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY l0 "lol">{lol}]><sst>&l9;</sst>'
    parts["xl/sharedStrings.xml"] = evil.encode(encoding)
    assert code_of(_zip(parts)) == "workbook_has_entities"


def test_a_sheet_that_says_it_is_huge_is_read_by_what_it_holds() -> None:
    parts = _parts(workbook([["MRN", "Name"], ["1001", "Doe"]]))
    sheet = parts["xl/worksheets/sheet1.xml"]
    assert b'ref="A1:B2"' in sheet
    parts["xl/worksheets/sheet1.xml"] = sheet.replace(b'ref="A1:B2"', b'ref="A1:XFD1048576"')
    assert read_file(_zip(parts)).rows == [["1001", "Doe"]]


def test_a_cell_far_away_is_refused_not_padded() -> None:
    assert (
        code_of(workbook([["MRN", "Name"], ["1001", *[None] * 300, "far"]])) == "too_many_columns"
    )


# --- cells and headings --------------------------------------------------------------


def test_what_nobody_sees_is_taken_out() -> None:
    assert clean_cell("  10\u200b01\u202e\x07\u00a0x\r\ny ") == "1001  x\ny"


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t"])
def test_a_formula_is_escaped_where_it_leaves(start: str) -> None:
    assert escape_formula(f"{start}cmd|' /C calc'!A0").startswith("'" + start)
    assert escape_formula("1 = 1") == "1 = 1"


def test_german_and_english_headings_are_known() -> None:
    assert guess_columns(GERMAN) == {
        Field.PATIENT_ID: 0, Field.NAME: 1, Field.GIVEN_NAME: 2, Field.BIRTH_DATE: 3,
        Field.SEX: 4, Field.TUMOUR_TYPE: 5, Field.QUESTION: 6,
    }  # fmt: skip
    english = [
        "MRN", "Patient name", "DOB", "Sex", "Accession No.", "Study Instance UID", "Tumor type",
        "Clinical question", "ECOG", "Stage", "Urgency", "Wanted date",
    ]  # fmt: skip
    assert len(guess_columns(english)) == len(english)


def test_a_case_number_is_the_patients_only_where_nothing_else_is() -> None:
    assert guess_columns(["Fallnummer", "Name"])[Field.PATIENT_ID] == 0
    assert guess_columns(["Fallnummer", "PatID"])[Field.PATIENT_ID] == 1


def test_the_same_headings_are_known_again_in_other_spelling() -> None:
    assert signature(["Geb.-Datum", "NAME"]) == signature(["geb datum", "Name"])
    assert signature(["Name", "Geb.-Datum"]) != signature(["Geb.-Datum", "Name"])
