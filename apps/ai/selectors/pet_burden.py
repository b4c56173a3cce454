"""Whole-body burden of a PET: what the accepted lesions of one run sum up to.

Only accepted findings are summed: what nobody reviewed is counted beside the sum and never in it.
Runs are never added up: another threshold, another day or another series is another figure.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import numpy as np

from apps.ai.choices import FindingState
from apps.ai.models import Finding, Job
from apps.ai.objects import read_mask
from apps.ai.selectors.findings import findings_of_case, standing_amendment, state_of_finding

MTV, TLG = "metabolic_tumour_volume", "total_lesion_glycolysis"
_SHOWN = (MTV, TLG, "suv_max", "suv_mean", "suv_peak")
WAITING = (FindingState.UNREVIEWED, FindingState.DEFERRED)

REFUSALS = {
    "nothing_accepted": "Nothing is accepted yet, so there is nothing to sum up.",
    "value_missing": "A lesion that was accepted with changes has no volume or no SUV of its own.",
    "lesions_overlap": "Lesions that were changed overlap: their sum would count voxels twice.",
}


@dataclass(frozen=True, slots=True)
class BurdenLesion:
    """One accepted lesion with the values that stand: mL, g, g/mL; None where not measured.

    ``measurable_at_baseline`` is None where the run knew no liver, or the lesion has no SUVpeak.
    """

    finding: Finding
    values: dict[str, float | None]
    is_amended: bool
    measurable_at_baseline: bool | None


@dataclass(frozen=True, slots=True)
class PetBurden:
    """One run. ``refusal`` says why there are no sums; then both are None."""

    job: Job
    lesions: tuple[BurdenLesion, ...]
    waiting: int
    dismissed: int
    mtv_ml: float | None
    tlg_g: float | None
    refusal: str


def pet_burdens(*, case_id: UUID) -> list[PetBurden]:
    """Every PET run of the case that measured metabolic volumes, the newest first.

    For callers that have checked access.
    """
    by_job: dict[UUID, list[Finding]] = {}
    for finding in findings_of_case(case_id=case_id).order_by("-job__created_at", "number"):
        if any(one["quantity"] == MTV for one in finding.measurements):
            by_job.setdefault(finding.job_id, []).append(finding)
    return [_sum_up(findings) for findings in by_job.values()]


def _sum_up(findings: Sequence[Finding]) -> PetBurden:
    job = findings[0].job
    states = Counter(state_of_finding(finding=one) for one in findings)
    accepted = [one for one in findings if state_of_finding(finding=one) == FindingState.ACCEPTED]
    liver = (job.results_parameters or {}).get("liver_reference") or {}
    lesions = tuple(_lesion(one, liver.get("threshold_suv")) for one in accepted)
    waiting = sum(states[state] for state in WAITING) + states[FindingState.SUPERSEDED]
    refusal = _refusal(lesions, waiting)
    return PetBurden(
        job=job,
        lesions=lesions,
        waiting=waiting,
        dismissed=states[FindingState.DISMISSED],
        mtv_ml=None if refusal else _total(lesions, MTV),
        tlg_g=None if refusal else _total(lesions, TLG),
        refusal=refusal,
    )


def _lesion(finding: Finding, liver_threshold: float | None) -> BurdenLesion:
    amendment = standing_amendment(finding=finding)
    said: Sequence[dict[str, Any]] = (amendment or finding).measurements
    known = {one["quantity"]: float(one["value"]) for one in said}
    peak = known.get("suv_peak")
    return BurdenLesion(
        finding=finding,
        values={name: known.get(name) for name in _SHOWN},
        is_amended=amendment is not None,
        measurable_at_baseline=(
            None if peak is None or liver_threshold is None else peak >= liver_threshold
        ),
    )


def _refusal(lesions: Sequence[BurdenLesion], waiting: int) -> str:
    """Where all were dismissed the sum is 0; where some wait and none is accepted there is none."""
    if not lesions:
        return "nothing_accepted" if waiting else ""
    if any(one.values[name] is None for one in lesions for name in (MTV, TLG)):
        return "value_missing"
    if any(one.is_amended for one in lesions) and _overlap(lesions):
        return "lesions_overlap"
    return ""


def _overlap(lesions: Sequence[BurdenLesion]) -> bool:
    """The model's own regions never overlap; a person may have painted into a neighbour."""
    taken: np.ndarray | None = None
    for lesion in lesions:
        amendment = standing_amendment(finding=lesion.finding)
        mask = read_mask(finding=lesion.finding, amendment=amendment)
        if taken is None:
            taken = np.zeros(mask.shape, dtype=bool)
        if (taken & mask).any():
            return True
        taken |= mask
    return False


def _total(lesions: Sequence[BurdenLesion], quantity: str) -> float:
    return float(sum(one.values[quantity] or 0.0 for one in lesions))
