"""The model card of the nodule analysis: the source attributes of HTI-1, and what imaging adds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

#: Figures of ``python -m tests.apps.ai.nodule_phantoms``; the test suite recomputes the quick ones.
#: Sensitivity as (found, of) by the diameter of the sphere of the nodule's volume.
MEASURED: Mapping[str, Any] = {
    "scans": 24,
    "slice_mm": 3.0,
    "sensitivity": {
        "3-6 mm": (19, 26),
        "6-8 mm": (17, 19),
        "8-12 mm": (19, 28),
        "12-20 mm": (18, 28),
        "20-32 mm": (17, 19),
    },
    "clear_of_pleura": (71, 79),
    "on_pleura": (19, 41),
    "false_positives_per_scan": 1.46,
    "first_phantom": {"found": 4, "nodules": 5, "false_positives": 3},
    "lung_volume_within": 0.06,
    "adenocarcinoma": {"candidates": 3, "mean_diameter_mm": 63.9},
}


def _told(band: str) -> str:
    found, nodules = MEASURED["sensitivity"][band]
    return f"{band} {found} of {nodules}"


_SENSITIVITY = ", ".join(_told(band) for band in MEASURED["sensitivity"])

CARD: Mapping[str, Any] = {
    "output": {
        "developer": "Consilium contributors, through the issue tracker of the project",
        "funding": "None",
        "output_value": "Solid round pieces in or on the lungs as candidates for nodules and "
        "masses, each with side, long and short axis, their mean, and volume; volumes of both "
        "lungs",
        "output_type": "Deterministic segmentation by thresholds and shape; no learned "
        "parameters, no probability, no urgency",
    },
    "purpose": {
        "intended_use": "To point at places a reader should look at; it does not tell cancer "
        "from scar, granuloma, lymph node or vessel",
        "intended_population": "Adults with an axial CT of the chest, slices up to 5 mm",
        "intended_users": "Radiologists",
        "decision_role": "Informs; every candidate needs a reader's acceptance",
    },
    "out_of_scope": {
        "cautioned_use": "To rule out nodules, for screening, or for growth between two scans",
        "known_risks": "Nodules are missed, and no candidate is no proof of clear lungs; vessels "
        "at the hilum are listed; spicules count into the diameter; a mass on the hilum or the "
        "mediastinum is outlined together with vessels",
    },
    "development": {
        "inclusion": "No training data; limits were set on 24 computed phantoms and, for masses, "
        "with one annotated adenocarcinoma in sight",
        "demographic_inputs": "None",
        "representativeness": "Phantoms have no emphysema, fibrosis, pneumonia, effusion or motion",
        "relevance_to_deployment": "Diameters follow Fleischner 2017: mean of long and short axis",
    },
    "fairness": {"approach": "None; no demographic inputs", "mitigation": "None"},
    "external_validation": {
        "source": "Lung-PET-CT-Dx A0001 (40 slices of 5 mm); Colorectal-Liver-Metastases 1004; a "
        "breast planning CT",
        "party": "Consilium contributors",
        "demographics": "Three adults; nothing else is known of them",
        "process": "Overlap of candidates with the annotated boxes; refusal where too little lung "
        "is in view; in the test suite",
    },
    "quantitative": {
        "internal_validity": f"Phantoms, slices of 3 mm, {MEASURED['scans']} scans: "
        f"{_SENSITIVITY}; "
        f"clear of the pleura {MEASURED['clear_of_pleura'][0]} of "
        f"{MEASURED['clear_of_pleura'][1]}, on it {MEASURED['on_pleura'][0]} of "
        f"{MEASURED['on_pleura'][1]}; "
        f"{MEASURED['false_positives_per_scan']:.1f} false candidates per scan. Lung volumes "
        f"within {100 * MEASURED['lung_volume_within']:.0f} %",
        "internal_fairness": "Not assessed",
        "external_validity": "The annotated adenocarcinoma is one of "
        f"{MEASURED['adenocarcinoma']['candidates']} candidates, overlapping all nine annotated "
        "slices; its outline runs on into the left hilum. One tumour is no sensitivity",
        "external_fairness": "Not assessed",
        "outcome_evaluation": "None",
    },
    "maintenance": {
        "validity_monitoring": "The real scans and one phantom are recomputed by the test suite; "
        "the whole table by a command",
        "fairness_monitoring": "None",
        "update_process": "With a release; its content hash changes",
        "validity_risk_management": "Refusal with a named reason where lungs are too small, "
        "missing or implausible, warnings where they leave the scan or slices are thick",
    },
    "update_schedule": {
        "local_validation": "Compare with the reports of fifty chest CTs before use",
        "update_frequency": "With releases",
    },
    "regulatory_status": "Research use only. Not a medical device. No regulatory clearance.",
    "modality": "CT",
    "body_part": "Chest",
    "failure_modes": [
        "Ground-glass and part-solid nodules are not looked for",
        "Nodules cut flat by the pleura: half are missed, of any size",
        "Nodules under 6 mm: a quarter is missed, more in slices over 3 mm",
        "At the hilum or the mediastinum: missed, or merged with it",
        "A nodule on a vessel of its own width is taken for vessel",
        "Consolidation, effusion and atelectasis shrink the lung and are no candidates",
    ],
}
