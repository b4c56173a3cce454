"""Names by AAPM TG-263: what its rules say, and what has no name in it."""

from __future__ import annotations

import re

import pytest
from pydantic import ValidationError

from apps.ai.analyses.results import Code
from apps.ai.encoding import structure_names
from apps.ai.encoding.structure_names import Meaning, name_structures
from apps.ai.side_car import OutputPart

RIGHT, LEFT = Code("SCT", "24028007", "Right"), Code("SCT", "7771000", "Left")
BOTH = Code("SCT", "51440002", "Right and left")
LUNG, LIVER = Code("SCT", "39607008", "Lung"), Code("SCT", "10200004", "Liver")
NODE = Code("SCT", "59441001", "Lymph node")
NEOPLASM, PRIMARY = Code("SCT", "108369006", "Neoplasm"), Code("SCT", "86049000", "Primary")
MASS = Code("SCT", "4147007", "Mass")
RULE = re.compile(r"^[A-Za-z_][A-Za-z0-9_~^!.\-]{0,15}$")


def names(*meanings: Meaning) -> list[str]:
    return [one.name for one in name_structures(meanings)]


@pytest.mark.parametrize(
    ("meaning", "name", "kind"),
    [
        (Meaning(LUNG, laterality=LEFT), "Lung_L", "ORGAN"),
        (Meaning(LUNG, laterality=BOTH), "Lungs", "ORGAN"),
        (Meaning(Code("SCT", "45653009", "Upper lobe"), laterality=RIGHT), "Lung_RUL", "ORGAN"),
        (Meaning(LIVER), "Liver", "ORGAN"),
        (Meaning(Code("SCT", "15825003", "Aorta")), "A_Aorta", "ORGAN"),
        (Meaning(Code("SCT", "23451007", "Adrenal"), laterality=RIGHT), "Glnd_Adrenal_R", "ORGAN"),
        (Meaning(PRIMARY, site=LUNG), "GTVp", "GTV"),
        (Meaning(NEOPLASM, site=LIVER), "GTV", "GTV"),
        (Meaning(NEOPLASM, site=NODE), "GTVn", "GTV"),
        (Meaning(MASS, site=LIVER), "zMass", ""),
        (Meaning(LUNG), "zLung", ""),
        (Meaning(Code("NCIt", "C85402", "Imaging Region of Interest")), "zImagingRegion", ""),
        (Meaning(MASS, given="CTVn"), "CTVn", "CTV"),
        (Meaning(MASS, given="Glnd_Thymus"), "Glnd_Thymus", "ORGAN"),
    ],
)
def test_names(meaning: Meaning, name: str, kind: str) -> None:
    (given,) = name_structures([meaning])
    assert (given.name, given.interpreted_type) == (name, kind)


def test_what_a_finding_lies_in_is_not_its_name() -> None:
    """A mass in the liver called Liver would be planned around as if it were the liver."""
    assert names(Meaning(MASS, site=LIVER)) == ["zMass"]


def test_a_paired_organ_without_a_side_claims_neither_one_nor_both() -> None:
    for code, (one, both) in structure_names._PAIRED.items():
        (given,) = names(Meaning(Code("SCT", code, one)))
        assert given not in {one, both}


def test_several_of_one_name_are_numbered_and_organs_marked() -> None:
    primary, liver, mass = Meaning(PRIMARY), Meaning(LIVER), Meaning(MASS)
    assert names(primary, mass, primary, liver, mass, liver) == [
        "GTVp1", "zMass1", "GTVp2", "Liver^1", "zMass2", "Liver^2",
    ]  # fmt: skip


def test_no_two_are_equal_whatever_their_capitals() -> None:
    given = [Meaning(MASS, given=name) for name in ("GTVp1", "gtvp", "GTVP")]
    found = names(*given, Meaning(PRIMARY), Meaning(PRIMARY))
    assert len({name.lower() for name in found}) == len(found)


def test_every_name_keeps_to_the_characters_and_the_length() -> None:
    long = Meaning(Code("X", "1", "Thing – with a very long name & odd characters (β)"))
    given = Meaning(MASS, given="LN_Brachioceph_L")  # 16 characters
    for name in names(*[long] * 120, *[given] * 12):
        assert RULE.match(name), name


@pytest.mark.parametrize("name", ["Lung L", "1Lung", "A_name_that_is_17", "Lung/L", ""])
def test_a_side_car_names_nothing_else(name: str) -> None:
    code = {"system": "SCT", "code": "4147007", "display": "Mass"}
    output = {"label": "x", "code": code, "category": code, "value": 1}
    assert OutputPart.model_validate({**output, "tg263": "GTVp"}).tg263 == "GTVp"
    with pytest.raises(ValidationError):
        OutputPart.model_validate({**output, "tg263": name})
