"""For whom a model works: the same figures by sex, age, scanner, site and slice thickness.

Of fewer than ten studies nothing is shown: a share of three patients says nothing, and points to
them. What a header does not say is a group of its own, ``unknown``, never a guess.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

SMALLEST_SHOWN = 10
UNKNOWN = "unknown"
AXES = ("sex", "age", "scanner", "site", "slice_thickness")
AGE_BANDS = ((0, 17), (18, 39), (40, 59), (60, 79), (80, 150))
THICKNESS_MM = (1.0, 2.0, 3.0, 5.0)
MAX_TEXT = 80

Case = TypeVar("Case")


@dataclass(frozen=True, slots=True)
class Traits:
    """What a study is counted under; one word for each of ``AXES``."""

    sex: str = UNKNOWN
    age: str = UNKNOWN
    scanner: str = UNKNOWN
    site: str = UNKNOWN
    slice_thickness: str = UNKNOWN

    def as_dict(self) -> dict[str, str]:
        return {axis: str(getattr(self, axis)) for axis in AXES}


def name_sex(said: str) -> str:
    """Patient's Sex (0010,0040): M, F, O."""
    word = said.strip().upper()
    return word if word in {"M", "F", "O"} else UNKNOWN


def name_age(years: float | None) -> str:
    if years is None or not 0 <= years <= AGE_BANDS[-1][1]:
        return UNKNOWN
    for lowest, highest in AGE_BANDS:
        if years < highest + 1:
            return f"{lowest}+" if highest == AGE_BANDS[-1][1] else f"{lowest}-{highest}"
    return UNKNOWN


def read_age(said: str) -> float | None:
    """Patient's Age (0010,1010), for instance ``063Y``, in years (PS3.5 6.2, AS)."""
    word = said.strip().upper()
    days = {"D": 1.0, "W": 7.0, "M": 30.4375, "Y": 365.25}
    if len(word) != 4 or not word[:3].isdigit() or word[3] not in days:
        return None
    return int(word[:3]) * days[word[3]] / 365.25


def name_scanner(manufacturer: str, model: str) -> str:
    words = " ".join(one for one in (_clean(manufacturer), _clean(model)) if one)
    return words[:MAX_TEXT] or UNKNOWN


def name_site(said: str) -> str:
    return _clean(said)[:MAX_TEXT] or UNKNOWN


def name_thickness(thickness_mm: float | None) -> str:
    if thickness_mm is None or not 0 < thickness_mm < 1000:
        return UNKNOWN
    lower = 0.0
    for upper in THICKNESS_MM:
        if thickness_mm <= upper + 1e-3:  # headers round
            return f"up to {upper:g} mm" if not lower else f"{lower:g}-{upper:g} mm"
        lower = upper
    return f"over {lower:g} mm"


@dataclass(frozen=True, slots=True)
class Group:
    """Cases that share a trait; ``is_suppressed`` groups carry no figures."""

    axis: str
    value: str
    members: tuple[int, ...]

    @property
    def is_suppressed(self) -> bool:
        return len(self.members) < SMALLEST_SHOWN


def group_cases(traits: Sequence[Traits]) -> list[Group]:
    """Groups by axis, then by name; members are places in ``traits``."""
    groups: list[Group] = []
    for axis in AXES:
        found: dict[str, list[int]] = {}
        for place, one in enumerate(traits):
            found.setdefault(str(getattr(one, axis)), []).append(place)
        groups += [Group(axis, value, tuple(found[value])) for value in sorted(found)]
    return groups


def pick(cases: Sequence[Case], members: Iterable[int]) -> list[Case]:
    return [cases[place] for place in members]


def _clean(said: str) -> str:
    printable = "".join(one if one.isprintable() else " " for one in said)
    return " ".join(printable.split())
