"""Who the patient is."""

from django.db import models

from apps.cases.choices import Sex
from apps.core.models import VersionedModel


class Patient(VersionedModel):
    """Identity is (issuer, PatientID), then birth date and sex; a name alone never matches."""

    issuer = models.CharField(max_length=64, blank=True)
    patient_id = models.CharField(max_length=64)
    name = models.CharField(max_length=324)
    birth_date = models.DateField(null=True, blank=True)
    sex = models.CharField(max_length=1, choices=Sex.choices, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["issuer", "patient_id"], name="one_patient_per_id")
        ]
        indexes = [models.Index(fields=["name", "id"], name="patient_by_name")]

    def __str__(self) -> str:
        return f"patient {self.pk}"
