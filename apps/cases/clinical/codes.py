"""The form of the codes of a diagnosis. Whether a code exists is the terminology's to say."""

import re

_ICD_10 = re.compile(r"^[A-Z]\d[0-9A-Z](?:\.[0-9A-Z]{1,4})?$")
_MORPHOLOGY = re.compile(r"^(?:M-?)?([89]\d{3})/([0-369])$")
_SNOMED = re.compile(r"^[1-9]\d{5,17}$")

# Verhoeff's dihedral check digit (Verhoeff 1969), as SNOMED CT identifiers carry it.
_TIMES = (
    "0123456789", "1234067895", "2340178956", "3401289567", "4012395678",
    "5987604321", "6598710432", "7659821043", "8765932104", "9876543210",
)  # fmt: skip
_MOVED = (
    "0123456789", "1576283094", "5803796142", "8916043527",
    "9453126870", "4286573901", "2793806415", "7046913258",
)  # fmt: skip


def read_icd_10(text: str) -> str:
    """``c341`` and ``C34.1`` are ``C34.1``.

    Raises
    ------
    ValueError
        It has not the form of a code; likewise below.
    """
    bare = text.strip().upper().replace(" ", "")
    if len(bare) > 3 and "." not in bare:
        bare = f"{bare[:3]}.{bare[3:]}"
    if not _ICD_10.match(bare):
        raise ValueError(text)
    return bare


def read_morphology(text: str) -> str:
    """ICD-O-3 morphology and behaviour: ``8140/3``."""
    found = _MORPHOLOGY.match(text.strip().upper())
    if found is None:
        raise ValueError(text)
    return f"{found[1]}/{found[2]}"


def read_snomed(text: str) -> str:
    """A SNOMED CT identifier with its check digit: a slip of one digit is refused."""
    bare = text.strip()
    if not _SNOMED.match(bare) or not _checks(bare):
        raise ValueError(text)
    return bare


def _checks(digits: str) -> bool:
    sum_ = 0
    for place, digit in enumerate(reversed(digits)):
        sum_ = int(_TIMES[sum_][int(_MOVED[place % 8][int(digit)])])
    return sum_ == 0
