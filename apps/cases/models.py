"""Patients, cases and who may see which case, in which guise, until when, granted by what."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from apps.cases.choices import (
    Capacity,
    CaseStatus,
    GrantSource,
    Guise,
    Sex,
    TumourType,
    Urgency,
)
from apps.core.models import BaseModel, VersionedModel


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


class Case(VersionedModel):
    """One clinical question about one patient, to be answered by a board."""

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="cases")
    title = models.CharField(max_length=200)
    clinical_question = models.TextField(blank=True)
    history = models.TextField(blank=True)
    tumour_type = models.CharField(
        max_length=20, choices=TumourType.choices, default=TumourType.OTHER
    )
    diagnosis_system = models.CharField(max_length=100, blank=True)
    diagnosis_code = models.CharField(max_length=40, blank=True)
    diagnosis_display = models.CharField(max_length=300, blank=True)
    diagnosis_text = models.TextField(blank=True)
    stage = models.CharField(max_length=200, blank=True)
    ecog = models.PositiveSmallIntegerField(null=True, blank=True)
    status = models.CharField(
        max_length=20, choices=CaseStatus.choices, default=CaseStatus.SUBMITTED
    )
    urgency = models.CharField(max_length=10, choices=Urgency.choices, default=Urgency.ROUTINE)
    urgency_reason = models.CharField(max_length=300, blank=True)
    needed_by = models.DateTimeField(null=True, blank=True)
    routing_tags = models.JSONField(default=list, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        indexes = [
            models.Index(fields=["-updated_at", "id"], name="case_newest"),
            models.Index(fields=["status", "-updated_at"], name="case_by_status"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(ecog__isnull=True) | Q(ecog__lte=5), name="ecog_0_to_5"
            )
        ]

    def __str__(self) -> str:
        return f"case {self.pk}"


class CaseGrant(BaseModel):
    """The one key to a case. Of several in force the most permissive wins."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="grants")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="case_grants"
    )
    capacity = models.CharField(max_length=12, choices=Capacity.choices, default=Capacity.MEMBER)
    guise = models.CharField(max_length=12, choices=Guise.choices, default=Guise.IDENTIFIED)
    source = models.CharField(
        max_length=10, choices=GrantSource.choices, default=GrantSource.DIRECT
    )
    source_id = models.CharField(max_length=64, blank=True)
    granted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["user", "case"],
                condition=Q(revoked_at__isnull=True),
                name="grant_in_force",
            ),
            models.Index(fields=["revoked_at"], name="grant_revoked"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["case", "user", "source", "source_id"],
                condition=Q(revoked_at__isnull=True),
                name="one_grant_per_source",
            )
        ]

    def __str__(self) -> str:
        return f"grant {self.pk}"
