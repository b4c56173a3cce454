"""What a PET run is asked for, and how it is printed beside every number."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from apps.ai.analyses.liver_reference import TIMES_MEAN, TIMES_SD, read_point
from apps.ai.analyses.suv_peak import METHOD

METHODS = ("fixed", "relative", "liver")
DEFAULT_PARAMETERS: Mapping[str, Any] = {
    "method": "fixed",
    "threshold_suv": 4.0,
    "fraction_of_maximum": 0.41,
    "minimum_volume_ml": 0.0,
}
#: Asked for with the run and by nobody assumed.
OPTIONAL = frozenset({"liver_point_lps", "liver_frame_of_reference_uid"})


@dataclass(frozen=True, slots=True)
class PetParameters:
    """SUV in g/mL; ``threshold_suv`` of the method ``liver`` is 0 until the liver is measured."""

    method: str
    threshold_suv: float
    fraction_of_maximum: float
    minimum_volume_ml: float
    liver_point_lps: tuple[float, float, float] | None = None
    liver_frame_of_reference_uid: str = ""


def read_parameters(parameters: Mapping[str, Any]) -> PetParameters:
    """Check what was asked.

    Raises
    ------
    ValueError
        Something is unknown, of another type or out of bounds.
    """
    unknown = sorted(set(parameters) - set(DEFAULT_PARAMETERS) - OPTIONAL)
    if unknown:
        raise ValueError(f"Unknown parameter: {', '.join(unknown)}.")
    values = {**DEFAULT_PARAMETERS, **parameters}
    if values["method"] not in METHODS:
        raise ValueError("method is 'fixed', 'relative' or 'liver'.")
    for name in ("threshold_suv", "fraction_of_maximum", "minimum_volume_ml"):
        value = values[name]
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise ValueError(f"{name} is a number.")
        if not math.isfinite(value):
            raise ValueError(f"{name} is a finite number.")
    if not 0 < values["threshold_suv"] <= 100:
        raise ValueError("threshold_suv lies between 0 and 100 g/mL.")
    if not 0 < values["fraction_of_maximum"] < 1:
        raise ValueError("fraction_of_maximum lies between 0 and 1.")
    if values["minimum_volume_ml"] < 0:
        raise ValueError("minimum_volume_ml is not negative.")
    frame_uid = values.get("liver_frame_of_reference_uid", "")
    if not isinstance(frame_uid, str):
        raise ValueError("liver_frame_of_reference_uid is a UID.")
    method = str(values["method"])
    return PetParameters(
        method=method,
        threshold_suv=0.0 if method == "liver" else float(values["threshold_suv"]),
        fraction_of_maximum=float(values["fraction_of_maximum"]),
        minimum_volume_ml=float(values["minimum_volume_ml"]),
        liver_point_lps=read_point(values.get("liver_point_lps")),
        liver_frame_of_reference_uid=frame_uid,
    )


def printed_parameters(chosen: PetParameters) -> dict[str, Any]:
    """What is printed beside every number: without its threshold an MTV means nothing."""
    rule = f"SUVbw >= {chosen.threshold_suv:g} g/mL"
    if chosen.method == "relative":
        rule = (
            f"SUVbw >= {chosen.fraction_of_maximum * 100:g} % of each region's own maximum, "
            f"for regions that reach {chosen.threshold_suv:g} g/mL"
        )
    elif chosen.method == "liver":
        rule = f"SUVbw >= {TIMES_MEAN:g} x mean + {TIMES_SD:g} SD of the liver"
        if chosen.threshold_suv:
            rule += f" = {chosen.threshold_suv:.2f} g/mL"
    return {
        "method": chosen.method,
        "threshold_suv": chosen.threshold_suv or None,
        "fraction_of_maximum": (
            chosen.fraction_of_maximum if chosen.method == "relative" else None
        ),
        "threshold": rule,
        "connectivity": 26,
        "minimum_volume_ml": chosen.minimum_volume_ml,
        "suv_peak": METHOD,
    }
