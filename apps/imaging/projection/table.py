"""PS3.15 Table E.1-1: what becomes of every attribute it names, with the options we apply.

The rows are those of the 2026c edition, as the library ``dicom-anonymizer`` carries them. It
holds the column "Basic Profile"; the option columns we use are few and stand here, by rule:

- 113107 Retain Longitudinal Temporal Information With Modified Dates: every row whose value is
  a date or a time, but birth and position (the table gives those no C).
- 113108 Retain Patient Characteristics: age, sex, size and weight, no others.
- 113105 Clean Descriptors: three descriptions, cut down to words of a closed list.

Where a row leaves a choice ("X/Z/D: X unless Z or D is required …") the last letter is taken:
an empty or dummy value where none was needed names nobody either.
"""

from enum import StrEnum
from functools import lru_cache

from dicomanonymizer.dicomfields_selector import dicom_anonymization_database_selector
from pydicom.datadict import dictionary_has_tag, dictionary_VR

EDITION = "2026c"
TEMPORAL = frozenset({"DA", "DT", "TM"})
NEVER_SHIFTED = frozenset({0x00100030, 0x00100032})  # birth date and time
POSITION_GROUP = 0x0016  # GPS and camera
CHARACTERISTICS = frozenset({0x00100040, 0x00101010, 0x00101020, 0x00101030})
DESCRIPTORS = frozenset({0x00081030, 0x0008103E, 0x00181030})


class Action(StrEnum):
    """The action codes of PS3.15 E.1.1, and C for what one of the options cleans."""

    REMOVE = "X"
    EMPTY = "Z"
    DUMMY = "D"
    MAP_UID = "U"
    CLEAN = "C"
    CLEAN_INSIDE = "U*"


GROUPS: dict[str, Action] = {
    "X_TAGS": Action.REMOVE,
    "Z_TAGS": Action.EMPTY,
    "D_TAGS": Action.DUMMY,
    "U_TAGS": Action.MAP_UID,
    "X_Z_TAGS": Action.EMPTY,
    "X_D_TAGS": Action.DUMMY,
    "Z_D_TAGS": Action.DUMMY,
    "X_Z_D_TAGS": Action.DUMMY,
    "X_Z_U_STAR_TAGS": Action.CLEAN_INSIDE,
}
"""The library's lists, by the action that stands last in the row."""


@lru_cache(maxsize=1)
def basic_profile() -> dict[int, Action]:
    """The rows of single attributes; repeating groups are ``in_removed_group``."""
    lists = dicom_anonymization_database_selector(f"dicomfields_{EDITION}")
    return {
        (row[0] << 16) | row[1]: action
        for name, action in GROUPS.items()
        for row in lists[name]
        if len(row) == 2
    }


def in_removed_group(tag: int) -> bool:
    """Private attributes, curves (50xx) and overlays (60xx) whole, command and directory groups."""
    group = tag >> 16
    return bool(group % 2) or group >> 8 in (0x50, 0x60) or group < 0x0008


@lru_cache(maxsize=8192)
def action_for(tag: int) -> Action | None:
    """What to do with an attribute; ``None`` where the table says nothing of it."""
    if in_removed_group(tag):
        return Action.REMOVE
    action = basic_profile().get(tag)
    if action is None:
        return None
    if tag in CHARACTERISTICS or tag in DESCRIPTORS or _is_shifted(tag):
        return Action.CLEAN
    return action


def _is_shifted(tag: int) -> bool:
    if tag in NEVER_SHIFTED or tag >> 16 == POSITION_GROUP or not dictionary_has_tag(tag):
        return False
    return dictionary_VR(tag) in TEMPORAL
