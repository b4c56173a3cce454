"""How a header says that it is de-identified (PS3.3 C.7.1.1, PS3.15 E.2 and E.3)."""

from typing import Any

from apps.imaging.projection.table import EDITION
from apps.imaging.projection.vocabulary import meaning_of

VERSION = 2
METHOD = f"Consilium {VERSION}: PS3.15 E.1 {EDITION}, UIDs and dates mapped per grant"
OPTIONS = ("113100", "113105", "113107", "113108")
"""Basic Profile, Clean Descriptors, Modified Dates, Patient Characteristics (CID 7050)."""

CLEAN_PIXEL_DATA = "113101"
"""Written only where a person has looked at the pictures and cleared them."""


def method_elements(*, pixels_cleared: bool) -> dict[str, Any]:
    codes = [*OPTIONS, CLEAN_PIXEL_DATA] if pixels_cleared else [*OPTIONS]
    shown: dict[str, Any] = {
        "00120062": {"vr": "CS", "Value": ["YES"]},
        "00120063": {"vr": "LO", "Value": [METHOD]},
        "00120064": {"vr": "SQ", "Value": [_code(one) for one in sorted(codes)]},
        "00280303": {"vr": "CS", "Value": ["MODIFIED"]},
    }
    if pixels_cleared:
        shown["00280301"] = {"vr": "CS", "Value": ["NO"]}
    return shown


def _code(code: str) -> dict[str, Any]:
    return {
        "00080100": {"vr": "SH", "Value": [code]},
        "00080102": {"vr": "SH", "Value": ["DCM"]},
        "00080104": {"vr": "LO", "Value": [meaning_of(scheme="DCM", code=code)]},
    }
