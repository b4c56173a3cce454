"""Names of structures for radiotherapy planning, by AAPM TG-263.

Source: AAPM Report 263 (2018), "Standardizing Nomenclatures in Radiation Oncology", sections 7.2
and 8.2. Which SNOMED CT code is which structure: HL7 mCODE's concept map of TG-263
(HL7/fhir-mCODE-ig, ``input/fsh/CM_TG263.fsh``), whose row for the right lung names the code of a
lobe; here it is the lung's own. Codes that TotalSegmentator and dcmqi write for the same structure
stand beside.

What has no name in TG-263 gets one with ``z`` in front, as section 7.2 rule 15 asks for structures
that no dose is evaluated in: it sorts apart from those that are.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from apps.ai.analyses.results import Code

LONGEST = 16

_LEFT, _RIGHT, _BOTH = "7771000", "24028007", "51440002"
_LYMPH_NODE = "59441001"
_PRIMARY = frozenset({"86049000", "372087000"})
_OTHER_TUMOURS = frozenset({"108369006", "14799000"})
#: One in a body, or counted as one.
_SINGLE = {
    "10200004": "Liver",
    "78961009": "Spleen",
    "15776009": "Pancreas",
    "28231008": "Gallbladder",
    "69695003": "Stomach",
    "38848004": "Duodenum",
    "71854001": "Colon",
    "34402009": "Rectum",
    "30315005": "Bowel_Small",
    "14742008": "Bowel_Large",
    "32849002": "Esophagus",
    "89837001": "Bladder",
    "41216001": "Prostate",
    "35039007": "Uterus",
    "12738006": "Brain",
    "15926001": "Brainstem",
    "119238007": "Brainstem",
    "2748008": "SpinalCord",
    "69748006": "Glnd_Thyroid",
    "80891009": "Heart",
    "87878005": "Ventricle_L",
    "44567001": "Trachea",
    "15825003": "A_Aorta",
    _LYMPH_NODE: "LN",
    "72481006": "Lung_RML",
}
#: On both sides: name of one, name of both ("" where TG-263 has none).
_PAIRED = {
    "39607008": ("Lung", "Lungs"),
    "64033007": ("Kidney", "Kidneys"),
    "76752008": ("Breast", "Breasts"),
    "23451007": ("Glnd_Adrenal", "Glnd_Adrenal"),
    "45289007": ("Parotid", "Parotids"),
    "385296007": ("Glnd_Submand", "Glnd_Submands"),
    "81745001": ("Eye", "Eyes"),
    "71341001": ("Femur", "Femurs"),
    "2812003": ("Femur_Head", ""),
}
_LOBES = {"45653009": "UL", "90572001": "LL"}
_INTERPRETED = (("GTV", "GTV"), ("IGTV", "GTV"), ("CTV", "CTV"), ("ICTV", "CTV"), ("PTV", "PTV"))
_TARGET = re.compile(r"^(GTV|CTV|ITV|IGTV|ICTV|PTV)")


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a structure is, as far as its finding says."""

    code: Code
    site: Code | None = None
    laterality: Code | None = None
    given: str = ""  # a TG-263 name that the model's side-car names


@dataclass(frozen=True, slots=True)
class StructureName:
    """``interpreted_type`` is RT ROI Interpreted Type (3006,00A4), empty where none is claimed."""

    name: str
    interpreted_type: str


def name_structures(meanings: Sequence[Meaning]) -> list[StructureName]:
    """A name for each, in the same order; no two are equal, whatever their capitals.

    Several targets of one name are numbered (``GTVp1``), as are names of our own (``zMass1``);
    a second structure of one name, such as two models' livers, is marked ``^2``.
    """
    roots = [_root(one) for one in meanings]
    totals = Counter(root.lower() for root in roots)
    seen: Counter[str] = Counter()
    taken: set[str] = set()
    named = []
    for root in roots:
        seen[root.lower()] += 1
        number = seen[root.lower()]
        name = _numbered(root, number) if totals[root.lower()] > 1 else root
        while name.lower() in taken:
            number += 1
            name = _numbered(root, number)
        taken.add(name.lower())
        named.append(StructureName(name, _interpreted_type(root)))
    return named


def _root(one: Meaning) -> str:
    if one.given:
        return one.given
    code = one.code.value if one.code.system == "SCT" else ""
    if code in _PRIMARY | _OTHER_TUMOURS:
        return _name_tumour(code, one.site)
    return _name_anatomy(code, one.laterality) or _name_of_our_own(one.code.display)


def _name_tumour(code: str, site: Code | None) -> str:
    if code in _PRIMARY:
        return "GTVp"
    if site is not None and (site.system, site.value) == ("SCT", _LYMPH_NODE):
        return "GTVn"
    return "GTV"


def _name_anatomy(code: str, laterality: Code | None) -> str:
    """Empty where the side is not known: a name without one would claim both."""
    side = laterality.value if laterality is not None and laterality.system == "SCT" else ""
    letter = {_LEFT: "L", _RIGHT: "R"}.get(side, "")
    if code in _SINGLE:
        return _SINGLE[code]
    if code in _LOBES:
        return f"Lung_{letter}{_LOBES[code]}" if letter else ""
    if code not in _PAIRED:
        return ""
    one, both = _PAIRED[code]
    if letter:
        return f"{one}_{letter}"
    return both if side == _BOTH else ""


def _name_of_our_own(display: str) -> str:
    """``z`` and the words without their gaps, short enough for a number of two digits."""
    words = re.findall(r"[A-Za-z0-9]+", display)
    joined = "".join(word[:1].upper() + word[1:] for word in words)
    return "z" + (joined or "Region")[: LONGEST - 3]


def _numbered(root: str, number: int) -> str:
    """Names of organs are marked after ``^`` (rule 12); targets are numbered (8.2, rule 3)."""
    is_ours = bool(_TARGET.match(root)) or root.startswith("z")
    mark = f"{number}" if is_ours else f"^{number}"
    if len(root) + len(mark) <= LONGEST:
        return root + mark
    return "z" + root.lstrip("z")[: LONGEST - 1 - len(mark)] + mark


def _interpreted_type(root: str) -> str:
    for prefix, kind in _INTERPRETED:
        if root.startswith(prefix):
            return kind
    return "" if root.startswith(("z", "_", "ITV")) else "ORGAN"
