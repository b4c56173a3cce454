"""The model card of the PET analysis: the source attributes of HTI-1, and what imaging adds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from apps.ai.analyses.check_values import OWN, CheckValue

#: Numbers of this card; the test suite reads them from here and computes them anew.
MEASURED: Mapping[str, Any] = {
    "sphere_ml_within": 1e-3,
    "ball_of_whole_voxels_ml": [1.216, 0.685],
    "point_source_share": 0.064,
    "ibsi_peaks": (2.6, 3.1),
    "sarcoma": {"suv_max": 7.911, "suv_peak": 5.984},
    "liver_threshold_of_2_and_0_2": 3.4,
}

CHECK_VALUES: tuple[CheckValue, ...] = (
    CheckValue(
        "mtv", "Metabolic volume of 100 voxels of 64 mm³", 6.4, 1e-6, "mL", "arithmetic"
    ),
    CheckValue("tlg", "Their glycolysis at SUV 5", 32.0, 1e-4, "g", "arithmetic"),
    CheckValue(
        "sphere", "Volume of the SUVpeak sphere, worst of six grids", 1.0,
        MEASURED["sphere_ml_within"], "mL", "Wahl 2009: 1 cm³",
    ),
    CheckValue(
        "point_source", "SUVpeak of one hot voxel of 64 mm³, as a share of its value",
        MEASURED["point_source_share"], 1e-4, "", "0.064 mL of 1 mL",
    ),
    CheckValue(
        "gradient", "SUVpeak on a linear gradient less the value at its centre", 0.0, 1e-5,
        "g/mL", "symmetry",
    ),
    CheckValue(
        "ibsi_local_peak", "Local intensity peak of the IBSI phantom, with IBSI's whole voxels",
        MEASURED["ibsi_peaks"][0], 0.05, "", "IBSI 1 reference table, VJGA",
    ),
    CheckValue(
        "ibsi_global_peak", "Global intensity peak of the IBSI phantom, likewise",
        MEASURED["ibsi_peaks"][1], 0.05, "", "IBSI 1 reference table, 0F91",
    ),
    CheckValue(
        "liver_threshold", "Liver threshold of 2.0 ± 0.2 g/mL",
        MEASURED["liver_threshold_of_2_and_0_2"], 0.01, "g/mL", "Wahl 2009: 1.5 × mean + 2 SD",
    ),
    CheckValue(
        "suv_objects", "Greatest deviation from a reference object's minimum, median or maximum",
        0.0, 0.01, "g/mL", "digital reference objects of IBSI/OncoRay, expected.csv",
    ),
    CheckValue(
        "sarcoma_suv_max", "SUVmax of the sarcoma of STS_001", MEASURED["sarcoma"]["suv_max"],
        0.005, "g/mL", "the SUV copy made elsewhere",
    ),
    CheckValue(
        "sarcoma_suv_peak", "SUVpeak of the same region", MEASURED["sarcoma"]["suv_peak"],
        0.005, "g/mL", OWN,
    ),
)  # fmt: skip

CARD: Mapping[str, Any] = {
    "output": {
        "developer": "Consilium contributors, through the issue tracker of the project",
        "funding": "None",
        "output_value": "Regions of uptake at or above a threshold, each with SUVmax, SUVmean, "
        "SUVpeak, metabolic volume and total lesion glycolysis; the threshold is printed with "
        "them. Where a person points at the liver: which regions are measurable at baseline "
        "(PERCIST 1.0). Their sum over a case is made of accepted regions only",
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
        "relevance_to_deployment": "The rules of SUV are those of PS3.3 C.8.9 and QIBA, SUVpeak "
        "and the liver threshold those of PERCIST 1.0",
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
    "sources": [
        "DICOM PS3.3 C.8.9 and the QIBA FDG-PET/CT profile: SUVbw from the header",
        "Wahl 2009, J Nucl Med 50 Suppl 1:122S (PERCIST 1.0): SUVpeak in a sphere of 1 cm³; liver "
        "threshold 1.5 × mean + 2 SD in a sphere of 3 cm",
        "O and Wahl 2016, Radiology 280:576: PERCIST 1.0 in practice",
        "IBSI reference manual, arXiv:1612.07003, 3.2: local and global intensity peak",
        "DICOM PS3.16 CID 7464 and 7466: codes of SUVpeak, metabolic volume and glycolysis",
    ],
    "check_values": [one.line() for one in CHECK_VALUES],
    "failure_modes": [
        "SUVpeak of a region smaller than 1 cm³ holds what lies around it; at the edge of the "
        "image there is none",
        "SUVpeak's sphere moves from voxel to voxel: between them its mean may be a little higher",
        "No real liver is at hand: the liver threshold is checked by arithmetic and phantoms",
        "A liver full of disease is no reference; PERCIST then takes the blood pool, which is not "
        "offered",
        "Partial volume: SUVmean and volume of small regions are underestimated",
        "Extravasated tracer and dose residuals are not in the header and not corrected",
        "Metabolic volume depends on threshold, reconstruction and uptake time",
    ],
}
