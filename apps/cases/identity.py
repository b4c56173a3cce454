"""Is this the same patient? Pure comparison of identities (issuer + id, birth date, sex)."""

from dataclasses import asdict, dataclass
from datetime import date
from typing import Any
from uuid import UUID, uuid5

PSEUDONYM_NAMESPACE = UUID("6f2a1c3e-0d0f-4f5e-9d51-6f5b6c1f7a10")


@dataclass(frozen=True, slots=True)
class PatientIdentity:
    issuer: str
    patient_id: str
    name: str
    birth_date: date | None
    sex: str

    def as_details(self) -> dict[str, Any]:
        shown = asdict(self)
        shown["birth_date"] = self.birth_date.isoformat() if self.birth_date else None
        return shown


def find_mismatches(*, expected: PatientIdentity, found: PatientIdentity) -> list[str]:
    """Names of the identity fields that contradict; empty means the same patient.

    An absent issuer, birth date or sex contradicts nothing, but the identifier must be there
    and equal: a name alone never matches, and a differing name alone is not a contradiction
    (marriage, transliteration).
    """
    mismatches = []
    if not found.patient_id or found.patient_id != expected.patient_id:
        mismatches.append("patient_id")
    if found.issuer and expected.issuer and found.issuer != expected.issuer:
        mismatches.append("issuer")
    if found.birth_date and expected.birth_date and found.birth_date != expected.birth_date:
        mismatches.append("birth_date")
    if found.sex and expected.sex and found.sex != expected.sex:
        mismatches.append("sex")
    return mismatches


def pseudonym(*, key: UUID) -> str:
    """The stable label of a patient under one grant, e.g. ``SUBJ-4F2A91``."""
    return f"SUBJ-{uuid5(PSEUDONYM_NAMESPACE, str(key)).hex[:6].upper()}"
