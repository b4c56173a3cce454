"""The model card of the nodule analysis: the source attributes of HTI-1, and what imaging adds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from apps.ai.analyses.check_values import OWN, CheckValue

#: Figures of ``python -m tests.apps.ai.nodule_phantoms``, which fails where they differ; the test
#: suite recomputes the first phantom and the real scans. Sensitivity as (found, of) by the diameter
#: of the sphere of the nodule's volume. The seeds were drawn once, after the rules stood.
MEASURED: Mapping[str, Any] = {
    "scans": 6,
    "slice_mm": 3.0,
    "sensitivity": {
        "3-6 mm": (3, 6),
        "6-8 mm": (6, 6),
        "8-12 mm": (4, 5),
        "12-20 mm": (6, 6),
        "20-32 mm": (6, 7),
    },
    "clear_of_pleura": (19, 22),
    "on_pleura": (6, 8),
    "false_positives_per_scan": 2.0,
    "most_false_positives": 4,
    "diameter_error_mm": (0.1, 1.3),
    "first_phantom": {"found": 3, "nodules": 5, "false_positives": 1},
    "lung_volume_within": 0.06,
    "adenocarcinoma": {"candidates": 3, "mean_diameter_mm": 63.9},
    "breast_candidates": 0,
}

CHECK_VALUES: tuple[CheckValue, ...] = (
    CheckValue(
        "first_phantom_found", "Nodules found of the five of the first fresh phantom",
        MEASURED["first_phantom"]["found"], 0, "", OWN,
    ),
    CheckValue(
        "first_phantom_false", "False candidates in it",
        MEASURED["first_phantom"]["false_positives"], 0, "", OWN,
    ),
    CheckValue(
        "lung_volume", "Deviation of its lung volumes from the truth, the worse side", 0.0,
        MEASURED["lung_volume_within"], "", "the phantom's own masks",
    ),
    CheckValue(
        "adenocarcinoma_candidates", "Candidates in Lung-PET-CT-Dx A0001, the annotated tumour "
        "among them", MEASURED["adenocarcinoma"]["candidates"], 0, "", OWN,
    ),
    CheckValue(
        "adenocarcinoma_diameter", "Mean diameter of the largest, the annotated tumour",
        MEASURED["adenocarcinoma"]["mean_diameter_mm"], 0.5, "mm",
        "own measurement; the largest annotated box is 58 × 77 mm",
    ),
    CheckValue(
        "breast_candidates", "Candidates in a breast planning CT, which nobody annotated",
        MEASURED["breast_candidates"], 0, "", OWN,
    ),
)  # fmt: skip


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
        "inclusion": "No training data; limits were set on 24 computed phantoms (those for the "
        "chest wall on six of them) and, for masses, with one annotated adenocarcinoma in sight. "
        "The figures below are from seeds drawn once, after the limits stood",
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
        f"{MEASURED['false_positives_per_scan']:.2f} false candidates per scan, "
        f"{MEASURED['most_false_positives']} at most. Lung volumes "
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
    "sources": [
        "Armato 2004, Acad Radiol 11:1011: closing the lung's border with a rolling ball",
        "Pu 2008, Comput Med Imaging Graph 32:452: convexity of the border; nodules on the pleura",
        "MacMahon 2017, Radiology 284:228 (Fleischner): diameter as mean of long and short axis",
        "Setio 2017, Med Image Anal 42:1 (LUNA16): a hit lies within the nodule's radius",
    ],
    "check_values": [one.line() for one in CHECK_VALUES],
    "failure_modes": [
        "Ground-glass and part-solid nodules are not looked for",
        "Flat plaques on the pleura are not looked for; nodules on diaphragm and mediastinum are "
        "missed more often than on the ribs",
        "Nodules under 6 mm: missed more often than larger ones, more in slices over 3 mm",
        "At the hilum or the mediastinum: missed, or merged with it",
        "A nodule on a vessel of its own width is taken for vessel",
        "Consolidation, effusion and atelectasis shrink the lung and are no candidates",
    ],
}
