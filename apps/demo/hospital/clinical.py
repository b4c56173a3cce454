"""What is known of some patients of the demo hospital. They do not exist, and neither does this.

Days count back from the day of the first run, so that the timeline is never of another year.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.utils import timezone

from apps.audit.models import AuditEntry
from apps.cases import services as cases
from apps.cases.models import Case
from apps.cases.selectors import standing_in
from apps.core.actors import Actor

Entry = tuple[str, int | None, dict[str, Any]]
"""Kind, how many days ago, and what it says."""

ENTRIES: dict[str, tuple[Entry, ...]] = {
    "alder": (
        ("referral", 95, {"reason": "recurrence", "referrer": "Dr. Paula Anders",
                          "institution": "Demo practice for chest medicine",
                          "source": "referral_letter"}),
        ("diagnosis", 110, {"icd10_code": "C34.2", "morphology_code": "8551/3",
                            "snomed_code": "254626006", "certainty": "confirmed",
                            "laterality": "right",
                            "text": "Adenocarcinoma of the right lung, acinar pattern",
                            "source": "pathology_report"}),
        ("staging", 108, {"scheme": "tnm", "edition": "uicc_9", "prefix": "c", "t": "T2a",
                          "n": "N2a", "m": "M0", "group": "IIIA"}),
        ("performance", 6, {"scale": "ecog", "value": 1}),
        ("comorbidity", 6, {"conditions": ["chronic_pulmonary", "myocardial_infarction"]}),
        ("preference", 6, {"text": "Wants to stay able to look after his wife at home. Would "
                                   "accept chemotherapy again, not a stay in hospital for weeks.",
                           "source": "patient"}),
        ("allergy", 110, {"substance": "Iodinated contrast medium", "reaction": "Rash in 2018",
                          "criticality": "low"}),
        ("biomarker", 100, {"kind": "receptor", "analyte": "pd_l1", "result": "positive",
                            "value": "20", "unit": "tps_percent", "specimen": "primary",
                            "source": "pathology_report"}),
        ("biomarker", 98, {"kind": "variant", "gene": "EGFR", "result": "not_detected",
                           "specimen": "primary", "source": "laboratory"}),
        ("biomarker", 98, {"kind": "variant", "gene": "KRAS", "hgvs_c": "c.34G>T",
                           "hgvs_p": "p.Gly12Cys", "vaf_percent": "31.5", "result": "detected",
                           "specimen": "primary", "source": "laboratory"}),
        ("biomarker", 98, {"kind": "tmb", "result": "low", "value": "6", "unit": "mut_per_mb",
                           "specimen": "primary", "source": "laboratory"}),
        ("treatment", 80, {"kind": "systemic", "intent": "curative", "outcome": "ongoing",
                           "description": "Carboplatin, pemetrexed, pembrolizumab"}),
    ),
    "elm": (
        ("diagnosis", 250, {"icd10_code": "C18.7", "morphology_code": "8140/3",
                            "certainty": "confirmed", "source": "pathology_report"}),
        ("preference", 9, {"text": "Hopes for an operation. Plays the trumpet: asks about nerve "
                                   "damage by oxaliplatin.", "source": "patient"}),
        ("biomarker", 240, {"kind": "variant", "gene": "KRAS", "result": "not_detected",
                            "source": "laboratory"}),
        ("biomarker", 240, {"kind": "msi", "result": "stable", "source": "laboratory"}),
        ("treatment", 245, {"kind": "surgery", "intent": "curative", "outcome": "completed",
                            "description": "Resection of the sigmoid"}),
        ("treatment", 120, {"kind": "systemic", "intent": "neoadjuvant", "outcome": "completed",
                            "description": "FOLFOX and panitumumab, six cycles"}),
        ("performance", 9, {"scale": "ecog", "value": 0}),
    ),
    "ginkgo": (
        ("referral", 20, {"reason": "first_diagnosis", "is_new_problem": True}),
        ("diagnosis", 15, {"icd10_code": "C22.0", "certainty": "confirmed",
                           "source": "radiology_report", "text": "LI-RADS 5"}),
        ("staging", 15, {"scheme": "bclc", "group": "A"}),
        ("comorbidity", 15, {"conditions": ["mild_liver", "diabetes"]}),
        ("performance", 15, {"scale": "ecog", "value": 0}),
        ("preference", 12, {"text": "Would like to be listed; lives alone, a neighbour can help.",
                            "source": "patient"}),
    ),
    "ivy": (
        ("diagnosis", 30, {"icd10_code": "C78.0", "morphology_code": "9040/3",
                           "certainty": "confirmed", "text": "Lung metastases"}),
        ("biomarker", 700, {"kind": "fusion", "gene": "SS18", "partner_gene": "SSX1",
                            "result": "detected", "specimen": "primary",
                            "source": "pathology_report"}),
        ("treatment", 690, {"kind": "surgery", "intent": "curative", "outcome": "completed",
                            "description": "Resection of the left thigh, R0"}),
        ("treatment", 640, {"kind": "radiotherapy", "intent": "adjuvant",
                            "outcome": "completed", "description": "50 Gy in 25 fractions"}),
        ("preference", 5, {"text": "Wishes to have a child; asks what treatment means for that.",
                           "source": "patient"}),
    ),
}  # fmt: skip


def tell_clinical(
    *, actor: Callable[[str], Actor], standing: dict[str, Case], say: Callable[[str], None]
) -> None:
    """Record it once per case; a case that has any entry is left as people made it.

    ``actor`` gives the person of a login: the oncologist where the case is on an agenda of theirs.
    """
    told = set(
        AuditEntry.objects.filter(action="clinical.recorded").values_list("case_id", flat=True)
    )
    today = timezone.localdate()
    for key, entries in ENTRIES.items():
        case = standing.get(key)
        if case is None or case.pk in told:
            continue
        oncologist = actor("oncologist")
        seated = standing_in(actor=oncologist, case_id=case.pk) is not None
        author = oncologist if seated else actor("coordinator")
        for kind, days, fields in entries:
            on = None if days is None else (today - timedelta(days=days)).isoformat()
            cases.record_clinical(
                actor=author, case_id=case.pk, kind=kind, fields={"on": on, **fields}
            )
        say(f"{case.title}: {len(entries)} clinical entries")
