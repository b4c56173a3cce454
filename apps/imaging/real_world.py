"""What the stored numbers of a parametric map stand for (PS3.3 C.7.6.16.2.11).

Only the one linear mapping of a frame is applied. A table, several mappings or none are not
guessed at. The viewer has the same rules (``viewer/parametricMap.ts``).
"""

import re
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from pydicom.dataset import Dataset

from apps.imaging.parser.reading import numbers, text, value_of

PARAMETRIC_MAP_STORAGE = "1.2.840.10008.5.1.4.1.1.30"
#: A number without a unit, as UCUM writes it.
WITHOUT_UNIT = frozenset({"1", "{ratio}"})
#: Annotations that DICOM itself writes (PS3.16 CID 85). Any other is words, and may name people.
ANNOTATIONS = frozenset(
    {"SUVbw", "SUVlbm", "SUVlbm(James128)", "SUVlbm(Janma)", "SUVbsa", "SUVibw"}
)
#: Metric units of UCUM and those without a prefix, so far as images are measured in them: a closed
#: list, since a unit goes to people who must not read a file's own words.
_METRIC = "m|s|g|L|l|mol|Bq|Ci|Gy|Sv|Hz|K|V|A|T|J|W|N|Pa|eV|rad|sr|cal|bar|u|kat|osm|eq"
_OTHER = r"min|h|d|wk|mo|a|deg|Cel|Da|%|\[hnsf'U\]|\[arb'U\]|\[ppm\]|\[ppb\]|\[pH\]|\[IU\]"
_PREFIX = "da|[YZEPTGMkhdcmunpfazy]"
_COMPONENT = (
    rf"(?:(?:(?:{_PREFIX})?(?:{_METRIC})|mm?\[Hg\]|{_OTHER})-?\d?|10[*^]-?\d{{1,2}}|\d{{1,4}})"
)
UCUM = re.compile(rf"/?{_COMPONENT}(?:[./]{_COMPONENT}){{0,5}}|")
ANNOTATION = re.compile(r"\{([^{}]*)\}")


@dataclass(frozen=True, slots=True)
class RealWorldMapping:
    """``slope × stored + intercept`` for stored values from ``first`` to ``last``."""

    slope: float
    intercept: float
    first: float
    last: float
    unit: str

    def apply(self, stored: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
        """Not a number where the file maps nothing."""
        values = stored.astype(np.float64)
        mapped: npt.NDArray[np.float64] = self.slope * values + self.intercept
        mapped[(values < self.first) | (values > self.last)] = np.nan
        return mapped


def is_parametric_map(header: Dataset) -> bool:
    return text(header, "SOPClassUID") == PARAMETRIC_MAP_STORAGE


def read_real_world(header: Dataset, *, frame: int) -> RealWorldMapping | None:
    """The mapping of one frame of a map; ``None`` where it is not one line."""
    items = _items(header, frame)
    if len(items) != 1:
        return None
    (item,) = items
    slope = _number(item, "RealWorldValueSlope")
    intercept = _number(item, "RealWorldValueIntercept")
    if slope is None or intercept is None:
        return None
    first, last = _end(item, "First"), _end(item, "Last")
    if first is None or last is None:
        first, last = -np.inf, np.inf
    return RealWorldMapping(slope, intercept, first, last, _unit(item))


def _items(header: Dataset, frame: int) -> list[Dataset]:
    """The frame's own, else the shared ones, else those of the image."""
    per_frame = list(value_of(header, "PerFrameFunctionalGroupsSequence") or [])
    shared = list(value_of(header, "SharedFunctionalGroupsSequence") or [])
    own = per_frame[frame - 1 : frame] if frame >= 1 else []
    for one in (*own, *shared[:1], header):
        if items := list(value_of(one, "RealWorldValueMappingSequence") or []):
            return items
    return []


def _end(item: Dataset, which: str) -> float | None:
    double = _number(item, f"DoubleFloatRealWorldValue{which}ValueMapped")
    return _number(item, f"RealWorldValue{which}ValueMapped") if double is None else double


def _number(item: Dataset, keyword: str) -> float | None:
    found = numbers(item, keyword, 1)
    return None if found is None else found[0]


def _unit(item: Dataset) -> str:
    codes = list(value_of(item, "MeasurementUnitsCodeSequence") or [])
    code = text(codes[0], "CodeValue") if codes else ""
    if code in WITHOUT_UNIT:
        return ""
    kept = [one for one in ANNOTATION.findall(code) if one in ANNOTATIONS]
    bare = ANNOTATION.sub("", code)
    if UCUM.fullmatch(bare) is None:
        return ""
    return "".join(f"{{{one}}}" for one in kept) + bare
