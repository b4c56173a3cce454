"""Text of one cell, and how large a table may be."""

import unicodedata

from apps.core.exceptions import InvalidInput, TooLarge

MOST_ROWS = 500
MOST_COLUMNS = 60
MOST_LINES = 20_000
"""Lines that are looked at, empty ones included."""
MOST_CHARACTERS = 5_000
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
_UNSEEN = frozenset("\u200b\u200c\u200d\u2060\ufeff\u061c\u200e\u200f") | frozenset(
    chr(code) for code in (*range(0x202A, 0x202F), *range(0x2066, 0x206A))
)
"""Zero-width characters and those that turn the direction of writing: nobody sees them."""


def clean_cell(raw: str) -> str:
    """Plain text: no control characters, nothing unseen, no space around it.

    A formula stays the text that it is: nothing here, in the database or on the screen
    computes. One character more than is allowed is kept, so that the check can say so.
    """
    text = unicodedata.normalize("NFC", raw[: MOST_CHARACTERS * 2])
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\u00a0", " ")
    kept = (
        " " if one != "\n" and unicodedata.category(one) in {"Cc", "Cs"} else one
        for one in text
        if one not in _UNSEEN
    )
    return "".join(kept).strip()[: MOST_CHARACTERS + 1]


def escape_formula(text: str) -> str:
    """For CSV: no spreadsheet takes it for a formula (OWASP, CSV injection)."""
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


def check_width(row: list[str]) -> None:
    if len(row) > MOST_COLUMNS and any(row[MOST_COLUMNS:]):
        raise TooLarge(
            f"A list has at most {MOST_COLUMNS} columns.",
            code="too_many_columns",
            details={"most": MOST_COLUMNS},
        )


def too_many_rows() -> TooLarge:
    return TooLarge(
        f"A list has at most {MOST_ROWS} patients. Send it in parts.",
        code="too_many_rows",
        details={"most": MOST_ROWS},
    )


def not_a_table(message: str = "This cannot be read as a table.") -> InvalidInput:
    return InvalidInput(message, code="not_a_table")
