"""Patients, cases, who may see which case, and its clinical content."""

from apps.cases.models.cases import Case
from apps.cases.models.clinical import (
    Allergy,
    CodedDiagnosis,
    Comorbidity,
    PatientPreference,
    PerformanceStatus,
    Referral,
    StageTable,
    Staging,
)
from apps.cases.models.entries import ClinicalEntry
from apps.cases.models.grants import CaseGrant
from apps.cases.models.patients import Patient
from apps.cases.models.therapy import Biomarker, Treatment

__all__ = [
    "Allergy",
    "Biomarker",
    "Case",
    "CaseGrant",
    "ClinicalEntry",
    "CodedDiagnosis",
    "Comorbidity",
    "Patient",
    "PatientPreference",
    "PerformanceStatus",
    "Referral",
    "StageTable",
    "Staging",
    "Treatment",
]
