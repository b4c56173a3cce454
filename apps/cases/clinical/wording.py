"""One line for an entry, made only of what its viewer was shown."""

from typing import Any

from apps.cases.clinical.tnm import write_stage
from apps.cases.clinical_choices import (
    Analyte,
    BiomarkerKind,
    BiomarkerResult,
    BiomarkerUnit,
    Certainty,
    Criticality,
    Edition,
    ReferralReason,
    TreatmentIntent,
    TreatmentKind,
    TreatmentOutcome,
)

Shown = dict[str, Any]


def word_entry(shown: Shown) -> tuple[str, str]:
    """Title and detail; the detail may be empty. What was withheld is not made up for."""
    title, detail = _WORDS[shown["entry"]](shown)
    return title, " · ".join(filter(None, detail))


def word_stage(shown: Shown) -> str:
    return write_stage(
        scheme=shown["scheme"],
        prefix=shown["prefix"],
        t=shown["t"],
        n=shown["n"],
        m=shown["m"],
        group=shown["group"],
        edition=Edition(shown["edition"]).label if shown["edition"] else "",
    )


def name_diagnosis(shown: Shown) -> str:
    """The most exact name that there is: a code's, then the words, then the bare code."""
    names = ("icd10_display", "snomed_display", "morphology_display", "text")
    codes = ("icd10_code", "morphology_code", "snomed_code")
    return next((shown[name] for name in (*names, *codes) if shown[name]), "Diagnosis")


def _referral(shown: Shown) -> tuple[str, list[str]]:
    return (
        f"Referred: {ReferralReason(shown['reason']).label.lower()}",
        [shown["referrer"], shown["institution"]],
    )


def _diagnosis(shown: Shown) -> tuple[str, list[str]]:
    codes = [shown["icd10_code"], shown["morphology_code"]]
    return name_diagnosis(shown), [Certainty(shown["certainty"]).label, *codes]


def _staging(shown: Shown) -> tuple[str, list[str]]:
    return word_stage(shown), ["draft" if shown["is_draft"] else ""]


def _performance(shown: Shown) -> tuple[str, list[str]]:
    scale = "ECOG" if shown["scale"] == "ecog" else "Karnofsky"
    return f"{scale} {shown['value']}", []


def _comorbidity(shown: Shown) -> tuple[str, list[str]]:
    index = shown["charlson_index"]
    named = f"Charlson index {index}" if index is not None else "Comorbidity"
    return named, [shown["text"][:200]]


def _preference(shown: Shown) -> tuple[str, list[str]]:
    return "What matters to the patient", [shown["text"][:200]]


def _allergy(shown: Shown) -> tuple[str, list[str]]:
    named = f"Allergy: {shown['substance']}" if shown["substance"] else "Allergy"
    risk = f"risk: {Criticality(shown['criticality']).label.lower()}"
    return named, [shown["reaction"], risk]


def word_biomarker(shown: Shown) -> str:
    """``EGFR p.Leu858Arg``, ``PD-L1 60 TPS, %``, ``MSI-high``: as a board says it."""
    kind = shown["kind"]
    result = BiomarkerResult(shown["result"]).label
    if kind in (BiomarkerKind.VARIANT, BiomarkerKind.FUSION, BiomarkerKind.COPY_NUMBER):
        genes = "::".join(filter(None, (shown["gene"], shown["partner_gene"])))
        change = shown["hgvs_p"] or shown["hgvs_c"]
        label = BiomarkerKind(kind).label.lower() if not change else ""
        said = "" if change and shown["result"] == "detected" else result.lower()
        return " ".join(filter(None, (genes, change, label, said)))
    if kind == BiomarkerKind.RECEPTOR:
        name = Analyte(shown["analyte"]).label
    else:
        name = {"msi": "MSI", "tmb": "TMB"}.get(kind, "Biomarker")
    number = ""
    if shown["value"] is not None:
        number = f"{shown['value']:g} {BiomarkerUnit(shown['unit']).label}"
    return " ".join(filter(None, (name, number, result.lower() if not number else "")))


def _biomarker(shown: Shown) -> tuple[str, list[str]]:
    vaf = shown["vaf_percent"]
    return word_biomarker(shown), [f"VAF {vaf:g} %" if vaf is not None else "", shown["method"]]


def _treatment(shown: Shown) -> tuple[str, list[str]]:
    kind = TreatmentKind(shown["kind"]).label
    intent = TreatmentIntent(shown["intent"]).label.lower() if shown["intent"] else ""
    outcome = TreatmentOutcome(shown["outcome"]).label.lower() if shown["outcome"] else ""
    until = f"until {shown['ended_on']}" if shown["ended_on"] else ""
    title = shown["description"] or kind
    return title, [kind if shown["description"] else "", intent, outcome, until]


_WORDS = {
    "referral": _referral,
    "diagnosis": _diagnosis,
    "staging": _staging,
    "performance": _performance,
    "comorbidity": _comorbidity,
    "preference": _preference,
    "allergy": _allergy,
    "biomarker": _biomarker,
    "treatment": _treatment,
}
