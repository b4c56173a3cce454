"""One clinical question about one patient."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from apps.cases.choices import CaseStatus, TumourType, Urgency
from apps.cases.models.patients import Patient
from apps.core.models import VersionedModel


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
