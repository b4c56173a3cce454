"""Which patient a row is, and why; never by a name.

The identifier finds (issuer and patient ID); birth date and sex must not contradict
(``apps.cases.identity``). What speaks for and against is told by code.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from apps.cases.identity import PatientIdentity
from apps.cases.models import Patient
from apps.imaging.identity import find_contradictions, identity_of_patient
from apps.intake.choices import Field


@dataclass(frozen=True, slots=True)
class Match:
    """``patient``: the registered one. ``code``: why the row can be nobody; ``fields`` of it."""

    patient: Patient | None = None
    reasons: list[str] = field(default_factory=list)
    code: str = ""
    fields: list[str] = field(default_factory=list)


def identity_of_row(values: Mapping[str, str]) -> PatientIdentity:
    born = values.get(Field.BIRTH_DATE)
    return PatientIdentity(
        issuer=values.get(Field.ISSUER, ""),
        patient_id=values.get(Field.PATIENT_ID, ""),
        name=values.get(Field.NAME, ""),
        birth_date=date.fromisoformat(born) if born else None,
        sex=values.get(Field.SEX, ""),
    )


def patients_by_id(patient_ids: Iterable[str]) -> dict[str, list[Patient]]:
    """Everybody registered with one of these identifiers, whoever issued it; one query."""
    found: dict[str, list[Patient]] = {}
    for patient in Patient.objects.filter(patient_id__in=sorted(set(patient_ids))):
        found.setdefault(patient.patient_id, []).append(patient)
    return found


def match_patient(row: PatientIdentity, registered: Iterable[Patient]) -> Match:
    """``registered``: those with the row's patient ID.

    Codes: ``patient_mismatch`` (birth date or sex contradict), ``issuer_unconfirmed`` (only one
    side names the issuer and no birth date says that it is the same person), ``issuer_needed``
    (several issuers gave this number).
    """
    same_id = [one for one in registered if one.patient_id == row.patient_id]
    candidates = [one for one in same_id if one.issuer == row.issuer]
    if not candidates:
        candidates = [one for one in same_id if not row.issuer or not one.issuer]
    if len(candidates) > 1:
        return Match(code="issuer_needed", fields=["issuer"])
    if not candidates:
        return Match(reasons=["not_registered"])
    patient = candidates[0]
    known = identity_of_patient(patient)
    against = find_contradictions(expected=known, found=row)
    if "issuer_unconfirmed" in against:
        return Match(code="issuer_unconfirmed", fields=["issuer"])
    if against:
        return Match(code="patient_mismatch", fields=against)
    reasons = ["patient_id"]
    if row.issuer and known.issuer:
        reasons.append("issuer")
    reasons.append(
        "birth_date" if row.birth_date and known.birth_date else "birth_date_not_compared"
    )
    reasons.append("sex" if row.sex and known.sex else "sex_not_compared")
    if row.name and _plain(row.name) != _plain(known.name):
        reasons.append("name_differs")
    return Match(patient=patient, reasons=reasons)


def contradicting(one: PatientIdentity, other: PatientIdentity) -> list[str]:
    """Two rows of a list with the same number: what they say differently."""
    return find_contradictions(expected=one, found=other)


def _plain(name: str) -> str:
    return "".join(one for one in name.casefold() if one.isalnum())
