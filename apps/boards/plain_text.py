"""Free text as people type or paste it: kept word for word, without what forges or hides it."""

import re
import unicodedata
from urllib.parse import urlsplit

from apps.core.exceptions import InvalidInput

KEPT_CONTROLS = frozenset("\n\t")
TURNS_TEXT_AROUND = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Bidirectional overrides and isolates: they show a text in another order than it has."""

TRIAL_OF_CLINICALTRIALS_GOV = re.compile(r"NCT[0-9]{8}")


def tidy(text: str, *, field: str) -> str:
    """``text`` with plain line ends and no space around it.

    Raises
    ------
    InvalidInput
        ``control_characters``: what no keyboard types and a reader would not see.
    """
    plain = text.replace("\r\n", "\n").replace("\r", "\n").strip()
    for sign in plain:
        hides = unicodedata.category(sign) in {"Cc", "Cs", "Zl", "Zp"} and sign not in KEPT_CONTROLS
        if hides or sign in TURNS_TEXT_AROUND:
            raise InvalidInput(
                "A text holds characters that cannot be shown.",
                code="control_characters",
                details={"field": field},
            )
    return plain


def tidy_line(text: str, *, field: str) -> str:
    """The same, in one line."""
    return " ".join(tidy(text, field=field).split())


def check_link(url: str) -> str:
    """An address a reader may follow: http or https, with a host and without a password.

    Raises
    ------
    InvalidInput
        ``bad_link``.
    """
    plain = tidy_line(url, field="url")
    try:
        parts = urlsplit(plain)
        is_good = (
            parts.scheme in {"http", "https"}
            and bool(parts.hostname)
            and "@" not in parts.netloc
            and " " not in plain
        )
        _ = parts.port
    except ValueError:
        is_good = False
    if plain and not is_good:
        raise InvalidInput("A link begins with http:// or https://.", code="bad_link")
    return plain


def check_trial_id(trial_id: str) -> str:
    """The number of a trial in whichever registry; one of ClinicalTrials.gov has its form.

    Raises
    ------
    InvalidInput
        ``bad_trial_id``: NCT and not eight digits.
    """
    plain = tidy_line(trial_id, field="trial_id")
    known = plain.upper()
    if not known.startswith("NCT"):
        return plain
    if not TRIAL_OF_CLINICALTRIALS_GOV.fullmatch(known):
        raise InvalidInput("An NCT number has eight digits.", code="bad_trial_id")
    return known
