"""The kinds of clinical entries: their fields, their rule, and what a de-identified viewer gets.

``open`` lists what passes into a de-identified view: words of our own, numbers, codes and forms
that were checked. A field that is not listed is withheld, so a new one is hidden until somebody
decides otherwise.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from apps.cases.clinical import rules
from apps.cases.clinical.rules import Circumstances, Values
from apps.cases.models import (
    Allergy,
    Biomarker,
    ClinicalEntry,
    CodedDiagnosis,
    Comorbidity,
    PatientPreference,
    PerformanceStatus,
    Referral,
    Staging,
    Treatment,
)


@dataclass(frozen=True)
class Kind:
    """One kind of entry.

    Attributes
    ----------
    fields
        What a person says; the value is what stands where nothing was said.
    derived
        What the house adds by the rule.
    """

    name: str
    plural: str
    model: type[ClinicalEntry]
    rule: Callable[[Values, Circumstances], Values]
    fields: dict[str, Any]
    derived: tuple[str, ...] = ()
    open: frozenset[str] = field(default_factory=frozenset)


REFERRAL = Kind(
    "referral",
    "referrals",
    Referral,
    rules.referral,
    {"referrer": "", "institution": "", "reason": "", "wanted_on": None, "is_new_problem": None},
    open=frozenset({"reason", "is_new_problem"}),
)
DIAGNOSIS = Kind(
    "diagnosis",
    "diagnoses",
    CodedDiagnosis,
    rules.diagnosis,
    {
        "icd10_code": "",
        "morphology_code": "",
        "snomed_code": "",
        "text": "",
        "certainty": "",
        "laterality": "",
    },
    derived=("icd10_display", "morphology_display", "snomed_display"),
    open=frozenset({"certainty", "laterality"}),  # codes: only those that are known
)
STAGING = Kind(
    "staging",
    "stagings",
    Staging,
    rules.staging,
    {"scheme": "", "edition": "", "prefix": "", "t": "", "n": "", "m": "", "group": ""},
    derived=("group_source", "group_table", "group_table_sha256", "is_draft"),
    open=frozenset(
        {"scheme", "edition", "prefix", "t", "n", "m", "group", "group_source", "is_draft"}
    ),
)
PERFORMANCE = Kind(
    "performance",
    "performance",
    PerformanceStatus,
    rules.performance,
    {"scale": "", "value": None},
    open=frozenset({"scale", "value"}),
)
COMORBIDITY = Kind(
    "comorbidity",
    "comorbidities",
    Comorbidity,
    rules.comorbidity,
    {"text": "", "conditions": None},
    derived=("charlson_index", "age_points"),
    open=frozenset({"conditions", "charlson_index", "age_points"}),
)
PREFERENCE = Kind("preference", "preferences", PatientPreference, rules.preference, {"text": ""})
ALLERGY = Kind(
    "allergy",
    "allergies",
    Allergy,
    rules.allergy,
    {"substance": "", "reaction": "", "criticality": ""},
    open=frozenset({"criticality"}),
)
BIOMARKER = Kind(
    "biomarker",
    "biomarkers",
    Biomarker,
    rules.biomarker,
    {
        "kind": "",
        "gene": "",
        "partner_gene": "",
        "hgvs_c": "",
        "hgvs_p": "",
        "vaf_percent": None,
        "analyte": "",
        "result": "",
        "value": None,
        "unit": "",
        "specimen": "",
        "specimen_detail": "",
        "method": "",
    },
    derived=("is_known_gene",),
    open=frozenset(
        {
            "kind", "hgvs_c", "hgvs_p", "vaf_percent", "analyte", "result", "value", "unit",
            "specimen", "is_known_gene",
        }
    ),  # genes: only those that are known
)  # fmt: skip
TREATMENT = Kind(
    "treatment",
    "treatments",
    Treatment,
    rules.treatment,
    {"kind": "", "description": "", "intent": "", "ended_on": None, "outcome": ""},
    derived=("ended_precision",),
    open=frozenset({"kind", "intent", "ended_on", "outcome"}),
)

KINDS: dict[str, Kind] = {
    one.name: one
    for one in (
        REFERRAL,
        DIAGNOSIS,
        STAGING,
        PERFORMANCE,
        COMORBIDITY,
        PREFERENCE,
        ALLERGY,
        BIOMARKER,
        TREATMENT,
    )
}
