"""Entries of each kind that are good, and how tests record and refuse them."""

from typing import Any

import pytest
from django.test import Client

from apps.cases import services
from apps.core.exceptions import DomainError
from tests.people import CaseTeam

BACKEND = "django.contrib.auth.backends.ModelBackend"

GOOD: dict[str, dict[str, Any]] = {
    "referral": {"reason": "first_diagnosis", "referrer": "Dr. A", "institution": "North clinic"},
    "diagnosis": {"icd10_code": "c3411", "morphology_code": "8140/3", "certainty": "confirmed"},
    "staging": {
        "scheme": "tnm", "edition": "uicc_8", "prefix": "c",
        "t": "2a", "n": "N1", "m": "cM0", "group": "IIB", "on": "2026-08-20",
    },
    "performance": {"scale": "ecog", "value": 1, "on": "2026-08-20"},
    "comorbidity": {"conditions": ["diabetes", "renal"], "on": "2026-08"},
    "preference": {"text": "Wants to be at her daughter's wedding in May."},
    "allergy": {"substance": "Iodinated contrast", "criticality": "high"},
    "biomarker": {
        "kind": "variant", "gene": "EGFR", "hgvs_p": "p.Leu858Arg", "vaf_percent": "23.50",
        "result": "detected",
    },
    "treatment": {
        "kind": "systemic", "description": "Osimertinib", "intent": "palliative",
        "on": "2026-03", "outcome": "ongoing",
    },
}  # fmt: skip


def put(team: CaseTeam, kind: str, /, who: str = "oncologist", **fields: Any) -> Any:
    return services.record_clinical(
        actor=team.actor(who), case_id=team.case_id, kind=kind, fields={**GOOD[kind], **fields}
    )


def client_of(team: CaseTeam, who: str) -> Client:
    client = Client()
    client.force_login(team.people[who], backend=BACKEND)
    return client


def refusal(team: CaseTeam, kind: str, /, **fields: Any) -> str:
    with pytest.raises(DomainError) as caught:
        put(team, kind, **fields)
    return caught.value.error_code
