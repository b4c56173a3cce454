"""The card of the radiomics analysis: the source attributes of HTI-1, and what imaging adds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from apps.ai.analyses.check_values import CheckValue

MEASURED: Mapping[str, Any] = {
    "features": 482,
    "without_consensus": 5,
    "mesh_volume_mm3": 556.333,
    "mesh_area_mm2": 388.0706,
}

CHECK_VALUES: tuple[CheckValue, ...] = (
    CheckValue(
        "features_bin_number", "Features of the digital phantom within their tolerance, fixed bin "
        "number", MEASURED["features"], 0, "", "IBSI 1 reference table, CC BY 4.0",
    ),
    CheckValue(
        "features_bin_size", "The same with a fixed bin size", MEASURED["features"], 0, "",
        "IBSI 1 reference table, CC BY 4.0",
    ),
    CheckValue(
        "mesh_volume", "Volume of the phantom's mesh", MEASURED["mesh_volume_mm3"], 5e-4, "mm³",
        "IBSI 1 reference table, RNU0: 556; further digits are our own",
    ),
    CheckValue(
        "mesh_area", "Its area", MEASURED["mesh_area_mm2"], 5e-5, "mm²",
        "IBSI 1 reference table, C0JK: 388; further digits are our own",
    ),
)  # fmt: skip

CARD: Mapping[str, Any] = {
    "output": {
        "developer": "Consilium contributors, through the issue tracker of the project",
        "funding": "None",
        "output_value": f"{MEASURED['features']} features of a segment's shape, intensity and "
        "texture by the first IBSI standard, each with its identifier, unit and the settings it "
        "was measured with; a feature without a value in the segment is named with the reason",
        "output_type": "Deterministic measurement; no learned parameters, no probability",
    },
    "purpose": {
        "intended_use": "To describe a segment somebody drew or accepted, for research",
        "intended_population": "Patients with a volume of evenly spaced slices and a segment of at "
        "least 27 voxels in it",
        "intended_users": "Radiologists, nuclear medicine physicians, researchers",
        "decision_role": "None: no threshold, no signature and no prognosis comes with the values",
    },
    "out_of_scope": {
        "cautioned_use": "Comparing values measured with other settings, on other scanners or with "
        "other reconstructions, without harmonisation; signatures published elsewhere unless all "
        "settings are the same",
        "known_risks": "Values follow the segment's outline, voxel size and bins; textures of "
        "small segments follow mostly their size",
    },
    "development": {
        "inclusion": "No training data",
        "demographic_inputs": "None",
        "representativeness": "Not applicable: no training data",
        "relevance_to_deployment": "The formulas are those of the IBSI reference manual",
    },
    "fairness": {"approach": "Not applicable: no input but voxels", "mitigation": "None"},
    "external_validation": {
        "source": "IBSI digital phantom and its table of consensus values (CC BY 4.0)",
        "party": "Image Biomarker Standardisation Initiative; recomputed by Consilium contributors",
        "demographics": "None: a phantom of 74 voxels",
        "process": "Every row of the table in the test suite, with a fixed bin number and with a "
        "fixed bin size",
    },
    "quantitative": {
        "internal_validity": "Texture matrices equal to counting voxel by voxel on random "
        "segments; shape of boxes and spheres as by hand",
        "internal_fairness": "Not assessed",
        "external_validity": f"{MEASURED['features']} of {MEASURED['features']} features with a "
        "consensus value within its tolerance (to the three digits told, where the tolerance is "
        "0); "
        f"{MEASURED['without_consensus']} rows have no consensus value and are not offered",
        "external_fairness": "Not assessed",
        "outcome_evaluation": "None",
    },
    "maintenance": {
        "validity_monitoring": "The table is recomputed by the test suite",
        "fairness_monitoring": "None",
        "update_process": "With a release",
        "validity_risk_management": "Settings that mean nothing together, and segments too small, "
        "too large or of one grey level, are refused by name",
    },
    "update_schedule": {
        "local_validation": "Measure the IBSI digital phantom through the house's own PACS",
        "update_frequency": "With releases",
    },
    "regulatory_status": "Research use only. Not a medical device. No regulatory clearance.",
    "modality": "Any",
    "body_part": "Any",
    "sources": [
        "IBSI reference manual, arXiv:1612.07003, and Zwanenburg 2020, Radiology 295:328",
        "IBSI digital phantom with its reference values (CC BY 4.0)",
    ],
    "check_values": [one.line() for one in CHECK_VALUES],
    "failure_modes": [
        "The mesh of a binary mask is stepped: the area of a sphere comes out 8 to 10 % too large, "
        "and with it sphericity too small",
        "The area of the approximate enclosing ellipsoid is IBSI's series, which is not the true "
        "area of every ellipsoid (a fifth less at axes 2:1:1)",
        "Interpolated and re-segmented images, IBSI's configurations A to E, have no check here "
        "against the initiative's values: its CT phantom is not at hand",
        "Averages over slices are refused where one slice is of one grey level: correlation, first "
        "information correlation, coarseness",
    ],
}
