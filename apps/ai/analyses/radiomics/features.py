"""What a measurement gives back: values and, by name, what could not be told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from apps.ai.analyses.radiomics.settings import RadiomicsSettings


@dataclass(frozen=True, slots=True)
class Undefined:
    """Why a feature has no value in this segment."""

    code: str
    reason: str


#: What a family of features answers: a number, or why there is none.
Measured = dict[str, float | Undefined]

SINGLE_SLICE = Undefined("single_slice", "A segment of one slice has no extent in depth.")
ONE_GREY_LEVEL = Undefined("one_grey_level", "The whole segment is of one grey level.")
NO_PAIRS = Undefined("no_neighbours", "No two voxels of the segment are neighbours this way.")
UNDEFINED_IN_A_MATRIX = Undefined(
    "undefined_in_a_matrix",
    "It has no value in one of the matrices it is averaged over (one grey level only).",
)


@dataclass(frozen=True, slots=True)
class FeatureValue:
    """One feature of one segment.

    Attributes
    ----------
    code:
        Name in the IBSI reference table, with its aggregation: ``cm_contrast_3D_avg``.
    ibsi_id:
        Permanent identifier of the feature in the manual (``ACUI``).
    aggregation_id:
        Identifier of the way its matrices were put together; empty where there is none.
    """

    code: str
    ibsi_id: str
    name: str
    aggregation_id: str
    value: float
    unit: str
    settings: RadiomicsSettings

    def as_dict(self) -> dict[str, Any]:
        return {
            "code": self.code,
            "ibsi_id": self.ibsi_id,
            "name": self.name,
            "aggregation_id": self.aggregation_id,
            "value": self.value,
            "unit": self.unit,
        }


@dataclass(frozen=True, slots=True)
class FeatureRefusal:
    """A feature that this segment has no value of: named, never NaN."""

    code: str
    ibsi_id: str
    name: str
    reason_code: str
    reason: str

    def as_dict(self) -> dict[str, Any]:
        return {
            "code": self.code,
            "ibsi_id": self.ibsi_id,
            "name": self.name,
            "reason_code": self.reason_code,
            "reason": self.reason,
        }


@dataclass(frozen=True, slots=True)
class RadiomicsResult:
    """All features of one segment, in the order of the reference table.

    Attributes
    ----------
    processing:
        What the settings led to: grid, voxels in either mask, grey levels.
    """

    values: tuple[FeatureValue, ...]
    refusals: tuple[FeatureRefusal, ...]
    settings: RadiomicsSettings
    processing: Mapping[str, Any]

    def value_of(self, code: str) -> float:
        """KeyError where the feature has no value."""
        for one in self.values:
            if one.code == code:
                return one.value
        raise KeyError(code)
