"""Is the study's patient the case's? (issuer, PatientID), then birth date and sex; never a name."""

import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from apps.cases.identity import PatientIdentity, find_mismatches
from apps.cases.models import Patient
from apps.imaging.models import Study
from apps.imaging.pacs.replies import QidoStudy

KNOWN_SEXES = frozenset({"M", "F", "O"})
_DATE = re.compile(r"^(\d{4})\.?(\d{2})\.?(\d{2})$")


def parse_date(raw: str) -> date | None:
    """DICOM DA (and the old form with dots); ``None`` for anything else."""
    match = _DATE.match(raw.strip())
    if not match:
        return None
    try:
        return datetime(*(int(part) for part in match.groups())).date()  # type: ignore[arg-type]
    except ValueError:
        return None


def identity_of_patient(patient: Patient) -> PatientIdentity:
    return PatientIdentity(
        issuer=patient.issuer,
        patient_id=patient.patient_id,
        name=patient.name,
        birth_date=patient.birth_date,
        sex=patient.sex,
    )


def identity_of_study(study: Study) -> PatientIdentity:
    return PatientIdentity(
        issuer=study.issuer_of_patient_id,
        patient_id=study.patient_id,
        name=study.patient_name,
        birth_date=study.patient_birth_date,
        sex=_sex(study.patient_sex),
    )


def identity_of_answer(found: QidoStudy, *, default_issuer: str) -> PatientIdentity:
    return PatientIdentity(
        issuer=found.issuer_of_patient_id or default_issuer,
        patient_id=found.patient_id.strip(),
        name=found.patient_name,
        birth_date=parse_date(found.birth_date),
        sex=_sex(found.sex),
    )


def identity_of_object(fields: Mapping[str, str], *, default_issuer: str = "") -> PatientIdentity:
    """From the ``identity`` record of a parsed object."""
    return PatientIdentity(
        issuer=(fields["issuer_of_patient_id"] or default_issuer)[:64],
        patient_id=fields["patient_id"][:64],
        name=fields["patient_name"][:324],
        birth_date=parse_date(fields["patient_birth_date"]),
        sex=_sex(fields["patient_sex"]),
    )


def find_contradictions(*, expected: PatientIdentity, found: PatientIdentity) -> list[str]:
    """Fields that speak against the same patient; empty means the same patient.

    Beside plain contradictions: where only one side names an issuer, equal PatientIDs of two
    hospitals look alike, so the birth dates must be there and agree (``issuer_unconfirmed``).
    """
    fields = find_mismatches(expected=expected, found=found)
    if fields or bool(expected.issuer) == bool(found.issuer):
        return fields
    confirmed = expected.birth_date and expected.birth_date == found.birth_date
    return [] if confirmed else ["issuer_unconfirmed"]


def same_person(one: PatientIdentity, other: PatientIdentity) -> bool:
    """Two objects of one study: no field may contradict (an empty ID equals an empty ID)."""
    if one.patient_id != other.patient_id:
        return False
    fields = find_mismatches(expected=one, found=other)
    return not [name for name in fields if name != "patient_id"]


def mismatch_details(
    *, expected: PatientIdentity, found: PatientIdentity, fields: list[str]
) -> dict[str, Any]:
    """Both identities, for the side-by-side on screen."""
    return {
        "fields": fields,
        "case_patient": expected.as_details(),
        "study_patient": found.as_details(),
    }


def _sex(raw: str) -> str:
    sex = raw.strip().upper()
    return sex if sex in KNOWN_SEXES else ""
