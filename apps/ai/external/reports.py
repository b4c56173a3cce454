"""Measurement groups of a TID 1500 report with their codes (PS3.16 TID 1410, 1411, 1501).

Pure, from the archived DICOM JSON. Numbers and units stay as they stand in the report.
"""

import math
import re
from dataclasses import replace
from typing import Any

from apps.ai.analyses.results import Code
from apps.ai.external.makers import Maker, clean_name, read_algorithm, read_authors
from apps.ai.external.refusals import Refused, Remark
from apps.ai.external.statements import NOT_CODED, Statement, label_of, read_code, read_uid
from apps.imaging.dicom_json import Document, items_of, values_of
from apps.imaging.documents.measurements import (
    CATEGORY,
    DERIVATION,
    FINDING,
    GROUP,
    METHOD,
    SITE,
    TRACKING_ID,
    TRACKING_UID,
    Region,
    read_region,
)
from apps.imaging.documents.reports import CONTENT, MAX_LINES, read_number, walk
from apps.imaging.documents.values import ImageReference, code_of, references_of, text_of

TITLES = frozenset({"126000", "126001", "126003"})  # CID 7021
SEGMENT_REFERENCES = frozenset({"121191", "121214"})  # Referenced Segment, ... Segmentation Frame
LATERALITY = frozenset({"272741003", "G-C171"})
PROBABILITY = "122157"
MAX_VALUES = 100
MAX_EVALUATIONS = 50
MAX_REGIONS = 64
MAX_IMAGES = 2_000
MAX_ENTRIES = 2 * MAX_LINES


def is_measurement_report(document: Document) -> bool:
    return code_of(document, "0040A043").value in TITLES


def read_report_statements(document: Document) -> tuple[Statement, ...]:
    """Every measurement group of a report; drawings beside a group belong to it.

    Raises
    ------
    Refused
        ``too_long``: it goes on behind what is read; a part of it would look like the whole.
    """
    found, entries = [], 0
    for item, _ in walk(document):
        entries += 1
        if code_of(item, "0040A043").value == GROUP:
            found.append(item)
    if entries >= MAX_ENTRIES:
        raise Refused("too_long", most=MAX_ENTRIES)
    authors = read_authors(document, CONTENT)
    head = (authors.algorithm or authors.device) if authors.is_machine else None
    return _join_drawings(
        [
            _read_group(item, number, head=head, device=authors.device)
            for number, item in enumerate(found, start=1)
        ]
    )


def _join_drawings(statements: list[Statement]) -> tuple[Statement, ...]:
    """A group that only draws what an earlier one of its tracking UID says is no second finding."""
    kept: list[Statement] = []
    at: dict[str, int] = {}
    for one in statements:
        uid = one.tracking_uid
        first = at.setdefault(uid, len(kept)) if uid else len(kept)
        says_more = one.measurements or one.evaluations or one.segments or one.images
        if first < len(kept) and one.regions and not says_more:
            said = kept[first]
            kept[first] = replace(said, regions=(*said.regions, *one.regions)[:MAX_REGIONS])
        else:
            kept.append(one)
    return tuple(kept)


def _read_group(item: Document, number: int, *, head: Maker | None, device: Maker) -> Statement:
    children = items_of(item, CONTENT)
    regions, unreadable = _read_regions(children)
    measured, valueless = read_measurements(children)
    facts = {code_of(one, "0040A043").value: one for one in reversed(children)}
    code = read_code(code_of(facts.get(FINDING, {}), "0040A168"))
    tracking = text_of(facts.get(TRACKING_ID, {}), "0040A160")
    site = next((facts[one] for one in SITE if one in facts), {})
    remarks = []
    if unreadable:
        remarks.append(Remark.of("outline_unreadable", count=unreadable))
    if valueless:
        remarks.append(Remark.of("values_missing", count=valueless))
    if code is None:
        remarks.append(Remark.of("not_coded"))
    return Statement(
        number=number,
        label=label_of(code.display if code else "", tracking),
        code=code or NOT_CODED,
        category=read_code(code_of(facts.get(CATEGORY, {}), "0040A168")) or NOT_CODED,
        maker=read_algorithm(children, fallback=device) or head,
        site=read_code(code_of(site, "0040A168")),
        laterality=read_laterality(site),
        measurements=measured,
        evaluations=_read_evaluations(children),
        probability=_probability(measured),
        tracking_uid=read_uid(text_of(facts.get(TRACKING_UID, {}), "0040A124", limit=128)),
        segments=_read_segments(children),
        regions=regions,
        images=_read_images(children),
        remarks=tuple(remarks),
    )


def read_laterality(site: Document) -> Code | None:
    for inner in items_of(site, CONTENT):
        if code_of(inner, "0040A043").value in LATERALITY:
            return read_code(code_of(inner, "0040A168"))
    return None


def read_measurements(children: list[Document]) -> tuple[tuple[dict[str, Any], ...], int]:
    """Values that are numbers, and how many are none."""
    found: list[dict[str, Any]] = []
    valueless = 0
    for child in children:
        if text_of(child, "0040A040", limit=16) != "NUM":
            continue
        one = _read_measurement(child)
        if one is None or len(found) >= MAX_VALUES:
            valueless += 1
            continue
        same = sum(_stem(one["quantity"]) == _stem(other["quantity"]) for other in found)
        if same:
            one["quantity"] = f"{one['quantity']}_{same + 1}"
        found.append(one)
    return tuple(found), valueless


def _stem(quantity: str) -> str:
    return re.sub(r"_\d+$", "", quantity)


def _read_measurement(child: Document) -> dict[str, Any] | None:
    measured = items_of(child, "0040A300")
    text, unit = read_number(child)
    concept = read_code(code_of(child, "0040A043"))
    try:
        value = float(text) if measured else math.nan
    except ValueError:
        value = math.nan
    if concept is None or not math.isfinite(value):
        return None
    derivation = method = None
    for inner in items_of(child, CONTENT):
        asked = code_of(inner, "0040A043").value
        if asked == DERIVATION:
            derivation = read_code(code_of(inner, "0040A168"))
        elif asked in METHOD:
            method = read_code(code_of(inner, "0040A168"))
    unit_code = read_code(code_of(measured[0], "004008EA"))
    words = [concept.display, derivation.display if derivation else ""]
    return {
        "quantity": _quantity(*words),
        "value": value,
        "unit": clean_name(unit, limit=32),
        "concept": concept.as_dict(),
        "unit_code": (unit_code or Code("UCUM", "1", "no units")).as_dict(),
        "derivation": derivation.as_dict() if derivation else None,
        "method": method.as_dict() if method else None,
    }


def _quantity(*words: str) -> str:
    plain = re.sub(r"[^a-z0-9]+", "_", " ".join(words).lower()).strip("_")
    return plain[:60] or "value"


def _probability(measured: tuple[dict[str, Any], ...]) -> float | None:
    """The one that is called so, between 0 and 1; in per cent it is divided."""
    for one in measured:
        if one["concept"]["code"] == PROBABILITY and one["derivation"] is None:
            scale = 0.01 if one["unit_code"]["code"] == "%" else 1.0
            value = float(one["value"]) * scale
            return value if 0.0 <= value <= 1.0 else None
    return None


def _read_evaluations(children: list[Document]) -> tuple[tuple[str, str], ...]:
    """Qualitative evaluations: coded answers that are none of the group's own entries."""
    known = {FINDING, CATEGORY, *SITE, *METHOD}
    said = [
        (
            clean_name(code_of(one, "0040A043").words),
            clean_name(code_of(one, "0040A168").words),
        )
        for one in children
        if text_of(one, "0040A040", limit=16) == "CODE"
        and text_of(one, "0040A010", limit=32) == "CONTAINS"
        and code_of(one, "0040A043").value not in known
    ]
    return tuple((name, value) for name, value in said if name and value)[:MAX_EVALUATIONS]


def _read_regions(children: list[Document]) -> tuple[tuple[Region, ...], int]:
    """Outlines in the group or, in older templates, below its numbers; and unreadable ones."""
    drawn = [
        inner
        for child in children
        for inner in (child, *items_of(child, CONTENT))
        if text_of(inner, "0040A040", limit=16) in ("SCOORD", "SCOORD3D")
    ]
    read = [read_region(one) for one in drawn[: MAX_REGIONS + 1]]
    kept = [one for one in read if one is not None][:MAX_REGIONS]
    return tuple(kept), len(drawn) - len(kept)


def _read_segments(children: list[Document]) -> tuple[tuple[str, int], ...]:
    found: list[tuple[str, int]] = []
    for child in children:
        if code_of(child, "0040A043").value not in SEGMENT_REFERENCES:
            continue
        for one in items_of(child, "00081199"):
            uid = text_of(one, "00081155", limit=64)
            numbers = values_of(one, "0062000B") or [1]
            found.extend((uid, int(n)) for n in numbers[:16] if uid and _is_whole(n))
    return tuple(dict.fromkeys(found))[:16]


def _is_whole(value: Any) -> bool:
    return isinstance(value, int | float) and float(value).is_integer() and 0 < value < 65_536


def _read_images(children: list[Document]) -> tuple[ImageReference, ...]:
    """Images that are named as what it was seen on, without an outline."""
    found: list[ImageReference] = []
    for child in children:
        is_image = text_of(child, "0040A040", limit=16) == "IMAGE"
        if is_image and code_of(child, "0040A043").value not in SEGMENT_REFERENCES:
            found.extend(references_of(child))
    return tuple(found[:MAX_IMAGES])
