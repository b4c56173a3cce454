"""Registering patients."""

from datetime import date

from django.db import IntegrityError, transaction

from apps.audit.services import record_entry
from apps.cases import policies
from apps.cases.models import Patient
from apps.core.actors import Actor
from apps.core.exceptions import Conflict, InvalidInput


@transaction.atomic
def create_patient(
    *,
    actor: Actor,
    patient_id: str,
    name: str,
    issuer: str = "",
    birth_date: date | None = None,
    sex: str = "",
) -> Patient:
    """Register a patient once per (issuer, PatientID).

    Raises
    ------
    Conflict
        ``patient_exists``; details carry the id of the one that stands.
    """
    policies.create_case(actor=actor)
    if not patient_id.strip():
        raise InvalidInput("A patient needs an identifier.", details={"field": "patient_id"})
    try:
        with transaction.atomic():
            patient = Patient.objects.create(
                issuer=issuer.strip(),
                patient_id=patient_id.strip(),
                name=name,
                birth_date=birth_date,
                sex=sex,
            )
    except IntegrityError:
        standing = Patient.objects.get(issuer=issuer.strip(), patient_id=patient_id.strip())
        raise Conflict(
            "This patient is registered.",
            code="patient_exists",
            details={"patient": str(standing.pk)},
        ) from None
    record_entry(
        actor=actor,
        action="patient.created",
        patient_id=patient.pk,
        entity="patient",
        entity_id=patient.pk,
    )
    return patient
