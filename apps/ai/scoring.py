"""How urgent a finding is, as one number that orders and never decides. Pure.

The number is no probability and is not calibrated: three bands by the level the model's side-car
gives the finding, and within its band by how far the probability lies above the model's own
threshold. So no probability, however high, lifts an urgent finding above a critical one. The
bands are ours, a convention for ordering and no published score: 0250 in ``docs/decisions``.
"""

import math
from collections.abc import Mapping
from typing import Any

from apps.ai.urgency_choices import UrgencyLevel

BANDS: dict[str, tuple[int, int]] = {
    UrgencyLevel.ROUTINE: (0, 33),
    UrgencyLevel.URGENT: (34, 66),
    UrgencyLevel.CRITICAL: (67, 100),
}
"""Lowest and highest score of each level."""


def score_finding(*, level: str, probability: float | None, threshold: float | None) -> int:
    """0 to 100; a finding without a probability stands at the lower end of its band.

    Parameters
    ----------
    probability : 0 to 1, of the finding; ``None`` where the model gives none.
    threshold : 0 to 1, from which on the model reports it; ``None`` where none is known.
    """
    low, high = BANDS[level]
    if probability is None:
        return low
    return low + math.floor((high - low) * _above(probability, threshold or 0.0) + 0.5)


def _above(probability: float, threshold: float) -> float:
    """0 at the threshold, 1 at certainty."""
    if threshold >= 1.0:
        return float(probability >= 1.0)
    return min(1.0, max(0.0, (probability - threshold) / (1.0 - threshold)))


def explain(
    *,
    level: str,
    label: str,
    site: str,
    laterality: str,
    probability: float | None,
    threshold: float | None,
    others: int,
) -> str:
    """The reason in words: what was found, how sure the model is, and how much else there is."""
    place = " ".join(part.lower() for part in (laterality, site) if part)
    said = f"{UrgencyLevel(level).label}: {label}"
    said += f" ({place})." if place and place not in label.lower() else "."
    if probability is None:
        said += " The model gives no probability."
    elif threshold is None:
        said += f" Probability {probability:.2f}."
    else:
        said += f" Probability {probability:.2f}, threshold {threshold:.2f}."
    if others:
        said += f" {others} more {'finding is' if others == 1 else 'findings are'} flagged."
    return said


def threshold_of(*, scope: Mapping[str, Any], code: Mapping[str, Any]) -> float | None:
    """From which probability on this version reports this finding, where its side-car says so."""
    value = scope.get("thresholds", {}).get(code_key(code))
    return float(value) if isinstance(value, int | float) else None


def code_key(code: Mapping[str, Any]) -> str:
    """One string for a coded concept: ``SCT|50960005``."""
    return f"{code.get('system', '')}|{code.get('code', '')}"
