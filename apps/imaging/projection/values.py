"""What may pass of a value, by its kind. Each rule gives the element to show, or ``None``."""

import base64
import binascii
import re
from datetime import date
from typing import Any

from pydicom._uid_dict import UID_dictionary

from apps.imaging.projection.vocabulary import clean_term, meaning_of

Element = dict[str, Any]

OLDEST_AGE_YEARS = 89
_DATETIME = re.compile(r"^(\d{4})(\d{2})(\d{2})(\d{0,6}(?:\.\d{1,6})?)([+-]\d{4})?$")
_TIME = re.compile(r"^\d{2,6}(\.\d{1,6})?$")
_AGE = re.compile(r"^\d{3}[DWMY]$")
_TAG = re.compile(r"^[0-9A-F]{8}$")
SEXES = frozenset({"M", "F", "O"})
CODE_VALUE, CODE_SCHEME, CODE_MEANING = "00080100", "00080102", "00080104"
LONG_CODE = "00080119"


def values_of(element: Element) -> list[Any]:
    found = element.get("Value")
    return found if isinstance(found, list) else []


def numbers(element: Element, *, vr: str) -> Element | None:
    values = values_of(element)
    sound = all(isinstance(v, int | float) and not isinstance(v, bool) for v in values)
    return {"vr": vr, "Value": values} if values and sound else None


def tags(element: Element) -> Element | None:
    values = values_of(element)
    sound = all(isinstance(v, str) and _TAG.match(v) for v in values)
    return {"vr": "AT", "Value": values} if values and sound else None


def terms(element: Element) -> Element | None:
    """Code strings that are DICOM's own; an unknown word is withheld, it could be a name."""
    values = [kept for one in values_of(element) if (kept := clean_term(str(one)))]
    return {"vr": "CS", "Value": values} if values else None


def is_standard_uid(uid: str) -> bool:
    """One that the standard itself lists: a SOP class, a transfer syntax, a well-known frame."""
    return uid in UID_dictionary


def standard_or_nothing(uid: str) -> str:
    return uid if is_standard_uid(uid) else ""


def parse_day(text: str) -> date | None:
    match = re.match(r"^(\d{4})(\d{2})(\d{2})$", text)
    try:
        return date(*map(int, match.groups())) if match else None
    except ValueError:
        return None


def clean_time(text: str) -> str:
    """A DICOM time, or nothing."""
    return text if _TIME.match(text) else ""


def split_datetime(text: str) -> tuple[date, str] | None:
    """The day, and the rest with its offset."""
    match = _DATETIME.match(text)
    day = parse_day("".join(match.groups()[:3])) if match else None
    return (day, f"{match[4]}{match[5] or ''}") if match and day else None


def times(element: Element) -> Element | None:
    values = [kept for one in values_of(element) if (kept := clean_time(str(one)))]
    return {"vr": "TM", "Value": values} if values else None


def age(element: Element) -> Element | None:
    """Ages over 89 are one class (45 CFR 164.514 b 2 C)."""
    text = str(next(iter(values_of(element)), ""))
    if not _AGE.match(text):
        return None
    if text.endswith("Y") and int(text[:3]) > OLDEST_AGE_YEARS:
        text = f"0{OLDEST_AGE_YEARS + 1}Y"
    return {"vr": "AS", "Value": [text]}


def sex(element: Element) -> Element:
    values = [one for one in values_of(element) if one in SEXES]
    return {"vr": "CS", "Value": values[:1]} if values else {"vr": "CS"}


def code_item(item: dict[str, Any]) -> dict[str, Any] | None:
    """A published code with its published meaning; any other code is withheld."""
    value = _first(item, CODE_VALUE) or _first(item, LONG_CODE)
    scheme = _first(item, CODE_SCHEME)
    meaning = meaning_of(scheme=scheme, code=value)
    if meaning is None:
        return None
    tag, vr = (CODE_VALUE, "SH") if len(value) <= 16 else (LONG_CODE, "UC")
    return {
        tag: {"vr": vr, "Value": [value]},
        CODE_SCHEME: {"vr": "SH", "Value": [scheme]},
        CODE_MEANING: {"vr": "LO", "Value": [meaning[:64]]},
    }


def is_code_item(item: dict[str, Any]) -> bool:
    return CODE_SCHEME in item or CODE_VALUE in item or LONG_CODE in item


def lookup_table(element: Element, *, descriptor: Element) -> Element | None:
    """LUT Data that is as long as its descriptor says, so that nothing hangs on behind it."""
    described = values_of(descriptor)
    whole = len(described) == 3 and all(isinstance(one, int) for one in described)
    entries = (described[0] or 65536) if whole else 0
    if values := values_of(element):
        fits = len(values) == entries
        return numbers(element, vr="US") if fits and whole else None
    try:
        raw = base64.b64decode(str(element.get("InlineBinary", "")), validate=True)
    except binascii.Error:
        return None
    if not whole or len(raw) not in (entries * 2, entries + entries % 2):
        return None
    return {"vr": "OW", "InlineBinary": element["InlineBinary"]}


def _first(item: dict[str, Any], tag: str) -> str:
    element = item.get(tag)
    return str(next(iter(values_of(element)), "")) if isinstance(element, dict) else ""
