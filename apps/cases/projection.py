"""A case and its patient as one viewer may see them: the guise, applied once."""

from typing import Any

from apps.cases.access import Standing
from apps.cases.identity import pseudonym
from apps.cases.models import Case, Patient


def project_patient(*, patient: Patient, standing: Standing) -> dict[str, Any]:
    """Identified: identity as registered. De-identified: pseudonym, birth year, sex."""
    birth_year = patient.birth_date.year if patient.birth_date else None
    if standing.is_deidentified:
        return {
            "id": None,
            "patient_id": pseudonym(key=standing.grant_id or patient.pk),
            "issuer": "",
            "name": "De-identified",
            "birth_date": None,
            "birth_year": birth_year,
            "sex": patient.sex,
        }
    return {
        "id": str(patient.pk),
        "patient_id": patient.patient_id,
        "issuer": patient.issuer,
        "name": patient.name,
        "birth_date": patient.birth_date.isoformat() if patient.birth_date else None,
        "birth_year": birth_year,
        "sex": patient.sex,
    }


def project_case_text(*, case: Case, standing: Standing) -> dict[str, str]:
    """Free text can name people: withheld from de-identified viewers except the question.

    The question is written for the board and checked by whoever grants a second opinion; title
    and history stay with those who know the patient.
    """
    if standing.is_deidentified:
        return {
            "title": f"{case.get_tumour_type_display()} case",
            "clinical_question": case.clinical_question,
            "history": "",
            "urgency_reason": "",
        }
    return {
        "title": case.title,
        "clinical_question": case.clinical_question,
        "history": case.history,
        "urgency_reason": case.urgency_reason,
    }
