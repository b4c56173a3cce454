"""A case and its patient as one viewer may see them: the guise, applied once."""

from typing import Any

from apps.cases.access import Standing
from apps.cases.clinical.tnm import only_stage
from apps.cases.identity import pseudonym
from apps.cases.models import Case, Patient
from apps.terminology.choices import ICD_10, SNOMED_CT
from apps.terminology.selectors import look_up


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


def project_glance(*, case: Case, standing: Standing) -> dict[str, Any]:
    """Diagnosis and stage at a glance. De-identified: a code that a list here knows, by the name
    that the list gives it, and of a typed stage only what is one.
    """
    if not standing.is_deidentified:
        diagnosis = {
            "system": case.diagnosis_system,
            "code": case.diagnosis_code,
            "display": case.diagnosis_display,
            "text": case.diagnosis_text,
        }
        return {"diagnosis": diagnosis, "stage": case.stage}
    known = None
    for part, system in (("icd-10", ICD_10), ("snomed", SNOMED_CT)):
        if part in case.diagnosis_system.lower():
            known = look_up(system=system, code=case.diagnosis_code)
    diagnosis = {
        "system": case.diagnosis_system if known else "",
        "code": known.code if known else "",
        "display": known.display if known else "",
        "text": "",
    }
    return {"diagnosis": diagnosis, "stage": only_stage(case.stage)}


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
