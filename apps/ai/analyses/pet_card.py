"""The model card of the PET analysis: the source attributes of HTI-1, and what imaging adds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

CARD: Mapping[str, Any] = {
    "output": {
        "developer": "Consilium contributors, through the issue tracker of the project",
        "funding": "None",
        "output_value": "Regions of uptake at or above a threshold, each with SUVmax, SUVmean, "
        "metabolic volume and total lesion glycolysis; the threshold is printed with them",
        "output_type": "Deterministic measurement; no learned parameters, no probability",
    },
    "purpose": {
        "intended_use": "To measure uptake a reader points at; it does not tell tumour from "
        "brain, heart, kidney, bladder, muscle or inflammation",
        "intended_population": "Patients with a quantitative PET whose header allows SUVbw",
        "intended_users": "Radiologists and nuclear medicine physicians",
        "decision_role": "Informs; every region needs a reader's acceptance",
    },
    "out_of_scope": {
        "cautioned_use": "As a detector of disease, or for response assessment between scanners "
        "without harmonisation",
        "known_risks": "Physiological uptake is listed like any other; a lesion that touches "
        "hotter uptake may be merged with it; a wrong dose or weight in the header scales all "
        "values",
    },
    "development": {
        "inclusion": "No training data",
        "demographic_inputs": "Patient's weight; size and sex only where the voxels are not "
        "normalised to body weight",
        "representativeness": "Not applicable: no training data",
        "relevance_to_deployment": "The rules are those of PS3.3 C.8.9 and QIBA",
    },
    "fairness": {
        "approach": "None beyond body weight normalisation, which overestimates uptake in "
        "heavy patients",
        "mitigation": "None",
    },
    "external_validation": {
        "source": "Digital reference objects of IBSI/OncoRay; patient STS_001 of TCIA "
        "Soft-tissue-Sarcoma",
        "party": "Consilium contributors",
        "demographics": "One man, 59 years; the reference objects have none",
        "process": "SUV statistics inside the given masks against the published values, in the "
        "test suite",
    },
    "quantitative": {
        "internal_validity": "SUV within 0.01 g/mL of the expected minimum, median and maximum "
        "in every reference object at hand",
        "internal_fairness": "Not assessed",
        "external_validity": "Maximum inside the sarcoma's contour 7.911 g/mL, as in the SUV copy "
        "made elsewhere",
        "external_fairness": "Not assessed",
        "outcome_evaluation": "None",
    },
    "maintenance": {
        "validity_monitoring": "The reference objects are recomputed by the test suite",
        "fairness_monitoring": "None",
        "update_process": "With a release; its content hash changes",
        "validity_risk_management": "Refusal with a named reason wherever the header leaves room "
        "for a guess",
    },
    "update_schedule": {
        "local_validation": "Compare SUVmax of ten cases with the scanner's own workstation",
        "update_frequency": "With releases",
    },
    "regulatory_status": "Research use only. Not a medical device. No regulatory clearance.",
    "modality": "PT",
    "body_part": "Any",
    "failure_modes": [
        "Partial volume: SUVmean and volume of small regions are underestimated",
        "Extravasated tracer and dose residuals are not in the header and not corrected",
        "Metabolic volume depends on threshold, reconstruction and uptake time",
    ],
}
