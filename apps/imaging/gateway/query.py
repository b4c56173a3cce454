"""QIDO-RS: parameters and matching over the index of one case (PS3.18 8.3.4, PS3.4 C.2.2.2)."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.http import QueryDict
from pydicom.datadict import dictionary_VR, keyword_for_tag, tag_for_keyword

from apps.core.exceptions import InvalidInput

RESERVED = frozenset({"limit", "offset", "includefield", "fuzzymatching", "accept"})
RANGES = frozenset({"DA", "TM", "DT"})
WILDCARDS = frozenset({"AE", "CS", "LO", "LT", "PN", "SH", "ST", "UC", "UR", "UT"})
LIMIT = 1000
PARAMETERS = 64
VALUE_LENGTH = 16 * 1024
NOT_FUZZY = (
    "The fuzzymatching parameter is not supported. Only literal matching has been performed."
)
_NUMBER = re.compile(r"[0-9]{1,15}")
_TAG = re.compile(r"[0-9A-Fa-f]{8}")
_DATE = re.compile(r"([0-9]{8})?(-([0-9]{8})?)?")

Record = dict[str, Any]
Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Query:
    """What was asked; ``warnings`` for the Warning header (PS3.18 8.3.4, 10.6.3)."""

    filters: dict[Path, str]
    include: frozenset[str]
    includes_all: bool
    offset: int
    limit: int
    warnings: list[str] = field(default_factory=list)


def element(vr: str, *values: Any) -> dict[str, Any]:
    """A DICOM JSON element; absent values leave it empty, as the standard wants."""
    kept = [value for value in values if value not in (None, "")]
    if vr == "PN":
        kept = [{"Alphabetic": value} for value in kept]
    return {"vr": vr, "Value": kept} if kept else {"vr": vr}


def read_query(params: QueryDict, *, matchable: frozenset[str]) -> Query:
    """The query, checked.

    Raises
    ------
    InvalidInput
        An attribute that DICOM does not know, one named twice, a page that is no number.
    """
    if len(params) > PARAMETERS:
        raise InvalidInput("Too many parameters.", code="bad_query")
    filters: dict[Path, str] = {}
    warnings: list[str] = []
    for name, values in params.lists():
        if name in RESERVED:
            continue
        path = _path(name)
        if len(values) != 1 or path in filters or len(values[0]) > VALUE_LENGTH:
            raise InvalidInput("An attribute is given twice.", code="bad_query")
        if path[0] not in matchable:
            warnings.append(f"{_show(path)} is not supported for matching and was ignored.")
        elif values[0]:
            filters[path] = _checked(path, values[0])
    include, includes_all = _includes(params.getlist("includefield"))
    if params.get("fuzzymatching", "false") not in ("true", "false"):
        raise InvalidInput("fuzzymatching is true or false.", code="bad_query")
    if params.get("fuzzymatching") == "true":
        warnings.append(NOT_FUZZY)
    return Query(
        filters=filters,
        include=include,
        includes_all=includes_all,
        offset=_number(params, "offset", 0),
        limit=_number(params, "limit", LIMIT),
        warnings=warnings,
    )


def select(records: Iterable[Record], query: Query) -> list[Record]:
    """Records that match, from ``offset``, at most ``limit`` and never more than ours."""
    wanted = query.filters.items()
    found = [one for one in records if all(_matches(one, *each) for each in wanted)]
    page = found[query.offset :][: min(LIMIT, query.limit)]
    left = len(found) - query.offset - len(page)
    if query.limit > LIMIT and left > 0:
        query.warnings.append(f"There are {left} additional results that can be requested.")
    return page


# --- parameters --------------------------------------------------------------------------------


def _path(name: str) -> Path:
    """``PatientID``, ``00100020`` or ``RequestAttributesSequence.00400009``."""
    path = tuple(_tag(part) for part in name[:1024].split("."))
    if len(path) > 3:
        raise InvalidInput("Attribute path too deep.", code="unknown_attribute")
    return path


def _tag(name: str) -> str:
    if _TAG.fullmatch(name):
        if int(name[:4], 16) % 2 == 0 and not keyword_for_tag(int(name, 16)):
            raise _unknown(name)
        return name.upper()
    tag = tag_for_keyword(name) if name.isascii() and name.isalnum() else None
    if tag is None:
        raise _unknown(name)
    return f"{tag:08X}"


def _unknown(name: str) -> InvalidInput:
    return InvalidInput(
        "Unknown attribute.", code="unknown_attribute", details={"attribute": name[:64]}
    )


def _show(path: Path) -> str:
    return ".".join(keyword_for_tag(int(tag, 16)) or tag for tag in path)


def _includes(values: list[str]) -> tuple[frozenset[str], bool]:
    names = [one.strip() for value in values for one in value[:VALUE_LENGTH].split(",")]
    wanted = [one for one in names if one and one != "all"]
    return frozenset(_path(one)[0] for one in wanted), "all" in names


def _number(params: QueryDict, name: str, default: int) -> int:
    raw = params.get(name, "")
    if raw and not _NUMBER.fullmatch(raw):
        raise InvalidInput("Not a number.", code="bad_query", details={"parameter": name})
    return int(raw) if raw else default


def _checked(path: Path, value: str) -> str:
    if _vr(path[-1]) == "DA" and not _DATE.fullmatch(value):
        raise InvalidInput("Not a date or a range of dates.", code="bad_query")
    if _vr(path[-1]) == "UI" and not re.fullmatch(r"[0-9.,\\ ]*", value):
        raise InvalidInput("Not a UID or a list of UIDs.", code="bad_query")
    return value


def _vr(tag: str) -> str:
    try:
        return dictionary_VR(int(tag, 16))
    except KeyError:
        return "UN"


# --- matching ----------------------------------------------------------------------------------


def _matches(record: Record, path: Path, wanted: str) -> bool:
    found = record.get(path[0], {})
    if len(path) > 1:
        items = found.get("Value") or []
        return any(_matches(item, path[1:], wanted) for item in items if isinstance(item, dict))
    values = [_plain(value) for value in found.get("Value") or []]
    vr = found.get("vr") or _vr(path[0])
    if vr == "UI":
        return bool(set(values) & set(re.split(r"[,\\]", wanted.replace(" ", ""))))
    if vr in RANGES and "-" in wanted:
        low, _, high = wanted.partition("-")
        return any(_between(one, low.strip(), high.strip()) for one in values)
    if vr not in WILDCARDS:
        return wanted.strip() in values or any(_equal_numbers(one, wanted) for one in values)
    pattern = wanted.strip()
    if not pattern.strip("*"):
        return True  # universal matching, also of what is empty
    if vr == "PN":
        pattern, values = pattern.lower(), [one.rstrip("^").lower() for one in values]
    return any(_fits(one.strip(), pattern) for one in values)


def _fits(value: str, pattern: str) -> bool:
    """``*`` and ``?`` (PS3.4 C.2.2.2.4) without a regular expression: no pattern takes long."""
    at, here, star, resume = 0, 0, -1, 0
    while at < len(value):
        if here < len(pattern) and pattern[here] == "*":
            star, resume, here = here, at, here + 1
        elif here < len(pattern) and pattern[here] in ("?", value[at]):
            at, here = at + 1, here + 1
        elif star >= 0:
            resume += 1
            at, here = resume, star + 1
        else:
            return False
    return not pattern[here:].strip("*")


def _between(value: str, low: str, high: str) -> bool:
    """Inclusive, to the precision of the bound: 1200 as upper end takes in 12:00:59."""
    return (not low or value[: len(low)] >= low) and (not high or value[: len(high)] <= high)


def _equal_numbers(value: str, wanted: str) -> bool:
    try:
        return float(value) == float(wanted)
    except ValueError:
        return False


def _plain(value: Any) -> str:
    return str(value.get("Alphabetic", "")) if isinstance(value, dict) else str(value)
