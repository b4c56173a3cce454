"""The view of one de-identified grant: UIDs and dates mapped, everything else by its rule.

An attribute passes in one of three ways. Table E.1-1 says what becomes of it (``table``); or the
standard knows it, the table does not name it, and its value is of a kind that cannot name
anybody (a number, a term of DICOM's own, a published code, a UID); or a rule here says so.
Everything else is withheld: private attributes, unknown ones, free text, bytes.
"""

from collections.abc import Callable, Iterable
from datetime import date, timedelta
from functools import cached_property, lru_cache
from typing import Any
from uuid import UUID

from pydicom.datadict import dictionary_has_tag, dictionary_VR

from apps.cases.identity import pseudonym
from apps.cases.shifting import date_shift, grant_digest, grant_key
from apps.imaging.projection import values
from apps.imaging.projection.method import method_elements
from apps.imaging.projection.table import DESCRIPTORS, Action, action_for
from apps.imaging.projection.values import Element
from apps.imaging.projection.vocabulary import clean_description

NAME = "De-identified"
DUMMY_TEXT = "Withheld"
DEEPEST = 32
NUMERIC = frozenset({"DS", "IS", "FD", "FL", "US", "SS", "UL", "SL", "UV", "SV"})
TEXT = frozenset({"LO", "SH", "LT", "ST", "UC", "UT"})
LUT_DESCRIPTOR, LUT_DATA = "00283002", "00283006"
SEGMENT_NUMBER, SEGMENT_LABEL = "00620004", "00620005"

NEEDED_TEXT = frozenset(
    {
        0x00080070,  # Manufacturer
        0x00081090,  # Manufacturer's Model Name
        0x00181020,  # Software Versions
        0x00620005,  # Segment Label
        0x00620009,  # Segment Algorithm Name
    }
)
"""Free text outside the table that objects must have (type 1): its presence, never its words."""
NEEDED_TERMS = frozenset({0x00700080})  # Content Label: may be any word
EMPTY_TEXT = frozenset({0x00700081})  # Content Description (type 2)

Document = dict[str, Any]


class Projection:
    """What the holder of one de-identified grant sees."""

    def __init__(self, *, grant_id: UUID) -> None:
        self.grant_id = grant_id
        self._key = grant_key(grant_id=grant_id)

    @cached_property
    def scope(self) -> str:
        """A short name of this view for URLs, so that caches never mix two guises."""
        return self._digest(b"scope").hex()[:16]

    @cached_property
    def date_shift(self) -> timedelta:
        return date_shift(grant_id=self.grant_id)

    @property
    def patient_id(self) -> str:
        return pseudonym(key=self.grant_id)

    def uid(self, original: str) -> str:
        """The UID this viewer sees (PS3.5 B.2: 2.25 and a number); empty stays empty."""
        if not original:
            return ""
        return f"2.25.{int.from_bytes(self._digest(b'uid', original)[:16])}"

    def original_uid(self, mapped: str, candidates: Iterable[str]) -> str | None:
        """The candidate that this viewer sees as ``mapped``."""
        return next((one for one in candidates if self.uid(one) == mapped), None)

    def shift(self, day: date) -> date:
        return day + self.date_shift

    def unshift(self, day: date) -> date:
        """The way back, for what this viewer says about a date."""
        return day - self.date_shift

    def project(self, document: Document, *, pixels_cleared: bool = False) -> Document:
        """One DICOM JSON header as this viewer may see it.

        Parameters
        ----------
        pixels_cleared
            A person has looked at the pictures and found no identity in them.
        """
        projected = self._project_item(document, depth=0)
        projected["00080005"] = {"vr": "CS", "Value": ["ISO_IR 192"]}
        projected["00100010"] = {"vr": "PN", "Value": [{"Alphabetic": NAME}]}
        projected["00100020"] = {"vr": "LO", "Value": [self.patient_id]}
        projected |= method_elements(pixels_cleared=pixels_cleared)
        return dict(sorted(projected.items()))

    def _project_item(self, item: Document, *, depth: int) -> Document:
        kept: Document = {}
        for tag, element in item.items():
            shown = self._project_element(tag, element, depth) if _is_element(element) else None
            if shown is not None:
                kept[tag] = shown
        if LUT_DATA in item and LUT_DESCRIPTOR in kept and _is_element(item[LUT_DATA]):
            table = values.lookup_table(item[LUT_DATA], descriptor=kept[LUT_DESCRIPTOR])
            if table is not None:
                kept[LUT_DATA] = table
        if SEGMENT_LABEL in kept and SEGMENT_NUMBER in kept:
            number = kept[SEGMENT_NUMBER]["Value"][0]
            kept[SEGMENT_LABEL] = {"vr": "LO", "Value": [f"Segment {number}"]}
        return kept

    def _project_element(self, name: str, element: Element, depth: int) -> Element | None:
        tag = _tag_number(name)
        if tag is None:
            return None
        action = action_for(tag)
        if action is None:
            return self._project_unlisted(tag, element, depth)
        if action is Action.MAP_UID:
            return self._map_uids(element)
        if action is Action.CLEAN:
            return self._clean(tag, element)
        if action is Action.CLEAN_INSIDE:
            return self._project_items(element, depth)
        vr = _vr(tag)
        if action is Action.REMOVE or vr == "SQ":
            return None
        return {"vr": vr} if action is Action.EMPTY else _dummy(vr)

    def _project_unlisted(self, tag: int, element: Element, depth: int) -> Element | None:
        """The standard has it and the table does not name it: what its kind lets through."""
        vr = _vr(tag)
        if vr == "SQ":
            return self._project_items(element, depth)
        if vr == "UI":
            return self._map_uids(element, keep_standard=True)
        if rule := SPECIAL.get(tag):
            return rule(element)
        if vr in NUMERIC or (" or " in vr and element.get("vr") in NUMERIC):
            return values.numbers(element, vr=element["vr"] if " " in vr else vr)
        if vr == "AT":
            return values.tags(element)
        if vr == "CS":
            shown = values.terms(element)
            return shown or (_dummy("CS") if tag in NEEDED_TERMS else None)
        if tag in NEEDED_TEXT:
            return _dummy(vr)
        return {"vr": vr} if tag in EMPTY_TEXT else None

    def _project_items(self, element: Element, depth: int) -> Element | None:
        if depth >= DEEPEST:
            return None
        items = []
        for item in values.values_of(element):
            if not isinstance(item, dict):
                continue
            if values.is_code_item(item):
                shown = self._project_code(item, depth)
            else:
                shown = self._project_item(item, depth=depth + 1)
            if shown:
                items.append(shown)
        return {"vr": "SQ", "Value": items} if items else None

    def _project_code(self, item: Document, depth: int) -> Document | None:
        """The code, and what modifies it; without the code, nothing."""
        code = values.code_item(item)
        if code is None:
            return None
        modifiers = {
            tag: element
            for tag, element in item.items()
            if _is_element(element) and element.get("vr") == "SQ"
        }
        return self._project_item(modifiers, depth=depth + 1) | code

    def _map_uids(self, element: Element, *, keep_standard: bool = False) -> Element | None:
        found = [
            one if keep_standard and values.is_standard_uid(one) else self.uid(one)
            for one in map(str, values.values_of(element))
        ]
        return {"vr": "UI", "Value": found} if found else None

    def _clean(self, tag: int, element: Element) -> Element | None:
        if tag in DESCRIPTORS:
            text = clean_description(" ".join(map(str, values.values_of(element))))
            return {"vr": "LO", "Value": [text]} if text else {"vr": "LO"}
        if rule := SPECIAL.get(tag):
            return rule(element)
        vr = _vr(tag)
        if vr == "TM":
            return values.times(element)
        shifted = [kept for one in values.values_of(element) if (kept := self._moved(str(one), vr))]
        return {"vr": vr, "Value": shifted} if shifted else {"vr": vr}

    def _moved(self, text: str, vr: str) -> str:
        """A date or date and time, moved by whole days; nothing where it is not one."""
        day = values.parse_day(text) if vr == "DA" else None
        rest = ""
        if vr == "DT" and (parts := values.split_datetime(text)):
            day, rest = parts
        try:
            return f"{self.shift(day):%Y%m%d}{rest}" if day else ""
        except OverflowError:
            return ""

    def _digest(self, kind: bytes, text: str = "") -> bytes:
        return grant_digest(self._key, kind, text)


SPECIAL: dict[int, Callable[[Element], Element | None]] = {
    0x00101010: values.age,
    0x00100040: values.sex,
    0x00101020: lambda element: values.numbers(element, vr="DS"),
    0x00101030: lambda element: values.numbers(element, vr="DS"),
    0x00181072: values.times,  # Radiopharmaceutical Start Time
    0x00181073: values.times,  # Radiopharmaceutical Stop Time
}
"""Attributes with a rule of their own; those the table names have an option that allows it."""


def _dummy(vr: str) -> Element | None:
    """A value that conforms and says nothing; the same for everybody."""
    if vr in TEXT:
        return {"vr": vr, "Value": [DUMMY_TEXT]}
    if vr == "CS":
        return {"vr": vr, "Value": [DUMMY_TEXT.upper()]}
    if vr == "PN":
        return {"vr": vr, "Value": [{"Alphabetic": NAME}]}
    return None


def _is_element(element: Any) -> bool:
    return isinstance(element, dict)


@lru_cache(maxsize=8192)
def _vr(tag: int) -> str:
    return dictionary_VR(tag) if dictionary_has_tag(tag) else ""


@lru_cache(maxsize=8192)
def _tag_number(name: str) -> int | None:
    return int(name, 16) if len(name) == 8 and name.isalnum() and _is_hex(name) else None


def _is_hex(name: str) -> bool:
    return all(character in "0123456789ABCDEFabcdef" for character in name)
