"""Is this series what the model was made for? Asked before anything is computed.

Rules are data (``scope.rules`` of ``consilium.json`` or of a built-in's ``SCOPE``), each with
the sentence a reader gets. A rule reads either a DICOM attribute, which every instance must
satisfy, or the geometry of the volume. A rule that cannot be read refuses: unknown is out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.tag import Tag

GEOMETRY_KEYS = frozenset(
    {"slice_count", "row_spacing_mm", "column_spacing_mm", "slice_spacing_mm", "uniform_spacing"}
)


@dataclass(frozen=True, slots=True)
class ScopeVerdict:
    """``in_scope``, or the code and the sentence of the first rule that refused."""

    in_scope: bool
    code: str = ""
    message: str = ""


def describe_geometry(
    *, shape: Sequence[int], affine_lps: NDArray[np.float64], warnings: Sequence[str] = ()
) -> dict[str, float | bool]:
    """The geometry rules may ask for, from shape (slice, row, column) and the affine.

    ``column_spacing_mm`` is the step from one column to the next (PS3.3 10.7.1.3, second value
    of Pixel Spacing), ``row_spacing_mm`` from one row to the next.
    """
    steps = np.linalg.norm(np.asarray(affine_lps, dtype=float)[:3, :3], axis=0)
    return {
        "slice_count": int(shape[0]),
        "column_spacing_mm": float(steps[0]),
        "row_spacing_mm": float(steps[1]),
        "slice_spacing_mm": float(steps[2]),
        "uniform_spacing": not any("spacing" in warning for warning in warnings),
    }


def check_scope(
    *,
    scope: Mapping[str, Any],
    headers: Sequence[Dataset],
    geometry: Mapping[str, float | bool],
) -> ScopeVerdict:
    """The first rule that refuses, or in scope when none does."""
    for rule in scope.get("rules", []):
        if not _rule_holds(rule, headers, geometry):
            code = str(rule.get("code") or "scope")
            message = str(rule.get("message") or f"Outside this model's scope ({code}).")
            return ScopeVerdict(in_scope=False, code=code, message=message)
    return ScopeVerdict(in_scope=True)


def _rule_holds(
    rule: Mapping[str, Any],
    headers: Sequence[Dataset],
    geometry: Mapping[str, float | bool],
) -> bool:
    if "geometry" in rule:
        value = geometry.get(str(rule["geometry"]))
        return value is not None and _value_fits(rule, value)
    if "attribute" not in rule or not headers:
        return False
    return all(
        any(_value_fits(rule, value) for value in _values_of(header, str(rule["attribute"])))
        for header in headers
    )


def _values_of(header: Dataset, attribute: str) -> list[Any]:
    """The attribute's values; a missing or empty attribute is the one value None."""
    try:
        tag = Tag(int(attribute, 16)) if _is_tag(attribute) else Tag(attribute)
    except ValueError:
        return [None]
    if tag not in header or header[tag].is_empty:
        return [None]
    value = header[tag].value
    if isinstance(value, str | bytes) or not isinstance(value, Sequence):
        return [value]
    return list(value)


def _is_tag(attribute: str) -> bool:
    return len(attribute) == 8 and all(
        character in "0123456789abcdefABCDEF" for character in attribute
    )


def _value_fits(rule: Mapping[str, Any], value: Any) -> bool:
    constraints = [key for key in ("any_of", "none_of", "min", "max", "equals") if key in rule]
    if not constraints:
        return False
    if "none_of" in rule and str(value) in {str(option) for option in rule["none_of"]}:
        return False
    if "any_of" in rule and str(value) not in {str(option) for option in rule["any_of"]}:
        return False
    if "equals" in rule and value != rule["equals"]:
        return False
    return _number_fits(rule, value) if {"min", "max"} & set(rule) else True


def _number_fits(rule: Mapping[str, Any], value: Any) -> bool:
    try:
        number = float(value)
    except (TypeError, ValueError):
        return False
    if not np.isfinite(number):
        return False
    return float(rule.get("min", -np.inf)) <= number <= float(rule.get("max", np.inf))
