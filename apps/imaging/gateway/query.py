"""QIDO-RS matching over the index of one case (PS3.18 10.6, PS3.4 C.2.2.2)."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from pydicom.datadict import keyword_for_tag, tag_for_keyword

from apps.core.exceptions import InvalidInput

RESERVED = frozenset({"limit", "offset", "includefield", "fuzzymatching", "accept"})
UID_LIST = frozenset({"0020000D", "0020000E", "00080018", "00080016"})
RANGES = frozenset({"00080020", "00080030", "00100030"})
LIMIT = 1000

Record = dict[str, Any]


def element(vr: str, *values: Any) -> dict[str, Any]:
    """A DICOM JSON element; absent values leave it empty, as the standard wants."""
    kept = [value for value in values if value not in (None, "")]
    if vr == "PN":
        kept = [{"Alphabetic": value} for value in kept]
    return {"vr": vr, "Value": kept} if kept else {"vr": vr}


def select(records: Iterable[Record], params: Mapping[str, str]) -> list[Record]:
    """Records that match, from ``offset``, at most ``limit``.

    Raises
    ------
    InvalidInput
        An unknown attribute, or a page that is no number.
    """
    filters = {_tag(name): value for name, value in params.items() if name not in RESERVED}
    found = [one for one in records if all(_matches(one, t, v) for t, v in filters.items() if v)]
    start = _number(params, "offset", 0)
    return found[start : start + min(LIMIT, _number(params, "limit", LIMIT))]


def _tag(name: str) -> str:
    if re.fullmatch(r"[0-9A-Fa-f]{8}", name):
        return name.upper()
    tag = tag_for_keyword(name)
    if tag is None or not keyword_for_tag(tag):
        raise InvalidInput("Unknown attribute.", details={"attribute": name[:64]})
    return f"{tag:08X}"


def _number(params: Mapping[str, str], name: str, default: int) -> int:
    raw = params.get(name, "")
    if raw and not raw.isdigit():
        raise InvalidInput("Not a number.", details={"parameter": name})
    return int(raw) if raw else default


def _matches(record: Record, tag: str, wanted: str) -> bool:
    if tag not in record:
        return True  # an attribute that is not matched on is ignored (PS3.18 10.6.1.1.1)
    values = [_plain(value) for value in record[tag].get("Value", [])]
    if tag in UID_LIST:
        return bool(set(values) & set(wanted.replace("\\", ",").split(",")))
    if tag in RANGES and "-" in wanted:
        low, _, high = wanted.partition("-")
        return any((not low or low <= one) and (not high or one <= high) for one in values)
    pattern = re.escape(wanted).replace(r"\*", ".*").replace(r"\?", ".")
    flags = re.IGNORECASE if record[tag]["vr"] == "PN" else 0
    return any(re.fullmatch(pattern, value, flags) for value in values)


def _plain(value: Any) -> str:
    return str(value.get("Alphabetic", "")) if isinstance(value, dict) else str(value)
