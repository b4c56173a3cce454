"""Every row of PS3.15 Table E.1-1, and what passes beside the table."""

from __future__ import annotations

import base64
import json
from datetime import date
from typing import Any
from uuid import UUID, uuid4

import pytest
from dicomanonymizer.dicomfields_selector import dicom_anonymization_database_selector
from hypothesis import given
from hypothesis import strategies as st
from pydicom.datadict import dictionary_has_tag, dictionary_keyword, dictionary_VR

from apps.imaging.projection import Projection
from apps.imaging.projection.vocabulary import (
    BODY_PARTS,
    DEFINED_TERMS,
    DESCRIPTION_WORDS,
    clean_description,
    clean_term,
)

GRANT = UUID("4f0c9a4e-8f0d-4a6e-9d2f-1a2b3c4d5e6f")
CANARY = "ZQ00001XV"
DAY = date(1987, 6, 5)
SECRET_UID = "1.2.999.424242.7"
REFERENCED_SERIES = "00081115"

TABLE = {
    "REMOVED": ("X_TAGS",),
    "EMPTIED": ("Z_TAGS", "X_Z_TAGS"),
    "DUMMY": ("D_TAGS", "X_D_TAGS", "Z_D_TAGS", "X_Z_D_TAGS"),
    "MAPPED": ("U_TAGS",),
    "INSIDE": ("X_Z_U_STAR_TAGS",),
}
ROWS = [
    (outcome, row)
    for outcome, names in TABLE.items()
    for name in names
    for row in dicom_anonymization_database_selector("dicomfields_2026c")[name]
]
RETAINED = {"00100040", "00101010", "00101020", "00101030"}  # 113108
CLEANED = {"00081030", "0008103E", "00181030"}  # 113105
NO_DATES_OPTION = {"00100030", "00100032"}


@pytest.fixture()
def projection() -> Projection:
    return Projection(grant_id=GRANT)


def name_of(row: tuple[int, ...]) -> str:
    return f"{row[0]:04X}{row[1]:04X}"


def planted(tag: str, vr: str) -> dict[str, Any]:
    """An element that says something about somebody, in the value representation of the tag."""
    by_vr: dict[str, list[Any]] = {
        "PN": [{"Alphabetic": f"{CANARY}^Jane"}],
        "DA": [f"{DAY:%Y%m%d}"],
        "DT": [f"{DAY:%Y%m%d}101112.5"],
        "TM": [CANARY],
        "UI": [SECRET_UID],
        "SQ": [
            {
                "00100010": {"vr": "PN", "Value": [{"Alphabetic": CANARY}]},
                "00081155": {"vr": "UI", "Value": [SECRET_UID]},
                "00080104": {"vr": "LO", "Value": [CANARY]},
            }
        ],
    }
    if vr in ("OB", "OW", "UN", "OB or OW"):
        return {"vr": "OB", "InlineBinary": base64.b64encode(CANARY.encode()).decode()}
    if vr in ("DS", "IS", "US", "FD", "FL", "UL", "SL", "SS"):
        return {"vr": vr, "Value": [42424242]}
    return {"vr": vr, "Value": by_vr.get(vr, [CANARY])}


def leaks(shown: Any) -> list[str]:
    said = json.dumps(shown)
    hidden = [CANARY, SECRET_UID, "42424242", f"{DAY:%Y%m%d}"]
    hidden.append(base64.b64encode(CANARY.encode()).decode())
    return [one for one in hidden if one in said]


@pytest.mark.parametrize(
    ("outcome", "row"), ROWS, ids=[f"{name_of(row)}-{outcome}" for outcome, row in ROWS]
)
def test_every_row_of_the_table(projection: Projection, outcome: str, row: tuple[int, ...]) -> None:
    """At the top of an object and inside a sequence that passes."""
    for nested in (False, True):
        _check_row(projection, name_of(row), outcome, nested=nested)


def _check_row(projection: Projection, tag: str, outcome: str, *, nested: bool) -> None:
    known = dictionary_has_tag(int(tag, 16))
    vr = dictionary_VR(int(tag, 16)) if known else "LO"
    element = planted(tag, vr)
    document = {tag: element}
    if nested:
        document = {REFERENCED_SERIES: {"vr": "SQ", "Value": [{tag: element}]}}
    shown = projection.project(document)
    if tag in RETAINED and vr == "DS":
        assert (shown if not nested else shown[REFERENCED_SERIES]["Value"][0])[tag] == element
        return
    assert leaks(shown) == []
    found = shown
    if nested:
        found = next(iter(shown.get(REFERENCED_SERIES, {}).get("Value", [])), {})
    elif tag in ("00100010", "00100020"):
        assert (
            found[tag]
            == {
                "00100010": {"vr": "PN", "Value": [{"Alphabetic": "De-identified"}]},
                "00100020": {"vr": "LO", "Value": [projection.patient_id]},
            }[tag]
        )
        return
    _assert_outcome(found.get(tag), tag=tag, vr=vr, outcome=outcome, projection=projection)


def _assert_outcome(
    shown: dict[str, Any] | None, *, tag: str, vr: str, outcome: str, projection: Projection
) -> None:
    text = ("LO", "SH", "LT", "ST", "UC", "UT")
    if int(tag, 16) >> 16 < 8 or int(tag[:4], 16) % 2:
        assert shown is None  # command and directory groups are no part of an object
    elif outcome == "MAPPED":
        assert shown == {"vr": "UI", "Value": [projection.uid(SECRET_UID)]}
    elif outcome == "INSIDE":
        inside = {"vr": "UI", "Value": [projection.uid(SECRET_UID)]}
        assert shown is not None
        assert shown["Value"][0]["00081155"] == inside
    elif tag in CLEANED or tag in RETAINED:
        assert shown is None or not shown.get("Value")
    elif vr in ("DA", "DT") and tag not in NO_DATES_OPTION and not tag.startswith("0016"):
        moved = f"{projection.shift(DAY):%Y%m%d}"
        assert shown == {"vr": vr, "Value": [moved if vr == "DA" else f"{moved}101112.5"]}
    elif outcome == "REMOVED" or vr in ("SQ", "TM"):
        assert shown is None
    elif outcome == "EMPTIED":
        assert shown == {"vr": vr}
    elif vr == "PN":
        assert shown == {"vr": vr, "Value": [{"Alphabetic": "De-identified"}]}
    elif vr == "CS":
        assert shown == {"vr": vr, "Value": ["WITHHELD"]}
    else:
        assert shown == ({"vr": vr, "Value": ["Withheld"]} if vr in text else None)


@pytest.mark.parametrize(
    "tag",
    [
        "00091001",
        "00090010",
        "50003000",
        "60003000",
        "60001500",
        "60224000",
        "00020016",
        "09990000",
    ],
    ids=["private", "creator", "curve", "overlay", "label", "comment", "meta", "odd"],
)
def test_private_repeating_and_foreign_groups_do_not_pass(projection: Projection, tag: str) -> None:
    assert tag not in projection.project({tag: {"vr": "LO", "Value": [CANARY]}})
    assert tag not in projection.project({tag: {"vr": "US", "Value": [7]}})


@pytest.mark.parametrize(
    ("keyword_tag", "element"),
    [
        ("00180010", {"vr": "LO", "Value": [CANARY]}),  # Contrast agent: Z/D
        ("00181210", {"vr": "SH", "Value": [CANARY]}),  # Convolution kernel: free text
        ("00180015", {"vr": "CS", "Value": [CANARY]}),  # body part: not a term
        ("00280010", {"vr": "US", "Value": [CANARY]}),  # a number that is none
        ("00280010", {"vr": "LO", "Value": [CANARY]}),
        ("00200032", {"vr": "DS", "Value": [1.0, CANARY]}),
        ("00280009", {"vr": "AT", "Value": [CANARY]}),
        ("00080001", {"vr": "CS", "Value": [CANARY]}),  # unknown to the dictionary
        ("nonsense", {"vr": "CS", "Value": [CANARY]}),
        ("00080060", {"vr": "CS", "Value": [{"Alphabetic": CANARY}]}),
        ("00080020", {"vr": "DA", "Value": [CANARY]}),
        ("0008002A", {"vr": "DT", "Value": [f"19870605{CANARY}"]}),
        ("00101010", {"vr": "AS", "Value": [CANARY]}),
        ("00101020", {"vr": "DS", "Value": [CANARY]}),
        ("00082218", {"vr": "SQ", "Value": [CANARY]}),
        ("00082218", "not an element"),
    ],
)
def test_what_is_not_of_its_kind_does_not_pass(
    projection: Projection, keyword_tag: str, element: Any
) -> None:
    assert leaks(projection.project({keyword_tag: element})) == []


def code(scheme: str, value: str, meaning: str) -> dict[str, Any]:
    return {
        "00080100": {"vr": "SH", "Value": [value]},
        "00080102": {"vr": "SH", "Value": [scheme]},
        "00080104": {"vr": "LO", "Value": [meaning]},
        "00080103": {"vr": "SH", "Value": [CANARY]},
    }


@pytest.mark.parametrize(
    ("scheme", "value", "meaning"),
    [("SCT", "10200004", "Liver"), ("SRT", "T-62000", "Liver"), ("DCM", "113100", None)],
)
def test_a_published_code_passes_with_its_published_meaning(
    projection: Projection, scheme: str, value: str, meaning: str | None
) -> None:
    item = code(scheme, value, CANARY)
    shown = projection.project({"00082218": {"vr": "SQ", "Value": [item]}})
    assert leaks(shown) == []
    (kept,) = shown["00082218"]["Value"]
    assert kept["00080100"]["Value"] == [value]
    assert meaning is None or kept["00080104"]["Value"] == [meaning]


@pytest.mark.parametrize(("scheme", "value"), [("SCT", "7731"), ("99LOCAL", "10200004")])
def test_an_unknown_code_is_withheld(projection: Projection, scheme: str, value: str) -> None:
    item = code(scheme, value, CANARY)
    assert "00082218" not in projection.project({"00082218": {"vr": "SQ", "Value": [item]}})


def test_uids_of_the_standard_stay_and_every_other_is_mapped(projection: Projection) -> None:
    ct = "1.2.840.10008.5.1.4.1.1.2"
    shown = projection.project(
        {
            "00080016": {"vr": "UI", "Value": [ct]},
            "00080018": {"vr": "UI", "Value": [SECRET_UID]},
            "00081150": {"vr": "UI", "Value": ["1.2.840.10008.424242.7"]},
        }
    )
    assert shown["00080016"]["Value"] == [ct]
    assert shown["00080018"]["Value"] == [projection.uid(SECRET_UID)]
    assert shown["00081150"]["Value"] == [projection.uid("1.2.840.10008.424242.7")]


def test_maps_are_stable_per_grant_and_lead_both_ways() -> None:
    one, again, other = (
        Projection(grant_id=GRANT),
        Projection(grant_id=GRANT),
        Projection(grant_id=uuid4()),
    )
    assert one.uid(SECRET_UID) == again.uid(SECRET_UID) != other.uid(SECRET_UID)
    assert one.date_shift == again.date_shift
    assert one.original_uid(one.uid(SECRET_UID), ["1.2.3", SECRET_UID]) == SECRET_UID
    assert one.original_uid(SECRET_UID, [SECRET_UID]) is None
    assert one.unshift(one.shift(DAY)) == DAY != one.shift(DAY)
    assert len(one.uid(SECRET_UID)) <= 64


def test_intervals_between_dates_stay(projection: Projection) -> None:
    later = date(1988, 6, 5)
    assert projection.shift(later) - projection.shift(DAY) == later - DAY


def test_the_header_says_what_was_done(projection: Projection) -> None:
    shown = projection.project({})
    codes = [one["00080100"]["Value"][0] for one in shown["00120064"]["Value"]]
    assert codes == ["113100", "113105", "113107", "113108"]
    assert shown["00120062"]["Value"] == ["YES"]
    assert shown["00280303"]["Value"] == ["MODIFIED"]
    assert len(shown["00120063"]["Value"][0]) <= 64
    cleared = projection.project({}, pixels_cleared=True)
    assert "113101" in [one["00080100"]["Value"][0] for one in cleared["00120064"]["Value"]]
    assert cleared["00280301"]["Value"] == ["NO"]


@pytest.mark.parametrize(
    ("age", "shown"), [("042Y", "042Y"), ("089Y", "089Y"), ("090Y", "090Y"), ("103Y", "090Y")]
)
def test_ages_over_89_are_one_class(projection: Projection, age: str, shown: str) -> None:
    element = {"vr": "AS", "Value": [age]}
    assert projection.project({"00101010": element})["00101010"]["Value"] == [shown]


def test_a_lookup_table_passes_only_as_long_as_it_says(projection: Projection) -> None:
    descriptor = {"vr": "US", "Value": [4, 0, 16]}

    def project(raw: bytes) -> dict[str, Any]:
        data = {"vr": "OW", "InlineBinary": base64.b64encode(raw).decode()}
        item = {"00283002": descriptor, "00283006": data, "00283003": {"vr": "LO", "Value": ["x"]}}
        shown = projection.project({"00283000": {"vr": "SQ", "Value": [item]}})
        found: dict[str, Any] = shown["00283000"]["Value"][0]
        return found

    assert "00283006" in project(bytes(8))
    assert "00283006" not in project(bytes(8) + CANARY.encode())


def test_segments_keep_number_and_codes_not_their_names(projection: Projection) -> None:
    segment = {
        "00620004": {"vr": "US", "Value": [3]},
        "00620005": {"vr": "LO", "Value": [CANARY]},
        "00620006": {"vr": "ST", "Value": [CANARY]},
        "00620008": {"vr": "CS", "Value": ["AUTOMATIC"]},
        "00620020": {"vr": "UT", "Value": [CANARY]},
        "0062000F": {"vr": "SQ", "Value": [code("SCT", "10200004", CANARY)]},
    }
    shown = projection.project({"00620002": {"vr": "SQ", "Value": [segment]}})
    assert leaks(shown) == []
    (kept,) = shown["00620002"]["Value"]
    assert kept["00620005"]["Value"] == ["Segment 3"]
    assert kept["0062000F"]["Value"][0]["00080104"]["Value"] == ["Liver"]


@given(st.text())
def test_descriptions_hold_words_of_radiology_only(text: str) -> None:
    assert all(word.lower() in DESCRIPTION_WORDS for word in clean_description(text).split())
    assert clean_term(text) in DEFINED_TERMS | BODY_PARTS | {""}


def test_a_description_stays_readable() -> None:
    assert (
        clean_description("CT_Thorax 1.0 B30f MILLER, late arterial") == "CT Thorax late arterial"
    )


def test_the_table_is_whole() -> None:
    """An edition with fewer rows, or another library behind the name, is noticed."""
    assert len(ROWS) >= 600
    assert {name_of(row) for _, row in ROWS} >= {"00100010", "00100020", "0040A730", "00080080"}
    assert dictionary_keyword(0x00120064) == "DeidentificationMethodCodeSequence"
