"""What every clinical entry of a case has: when, from where, by whom, and whether it stands."""

from uuid import UUID

from django.conf import settings
from django.db import models

from apps.cases.clinical_choices import EntrySource, EntryStatus, Precision
from apps.cases.models.cases import Case
from apps.core.models import VersionedModel


class ClinicalEntry(VersionedModel):
    """A statement about a patient at a time. It is superseded or withdrawn, never overwritten.

    ``on`` is the first day of the month or year where that is all that is known.
    """

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="+")
    status = models.CharField(
        max_length=20, choices=EntryStatus.choices, default=EntryStatus.CURRENT
    )
    on = models.DateField(null=True, blank=True)
    precision = models.CharField(max_length=5, choices=Precision.choices, blank=True)
    source = models.CharField(
        max_length=20, choices=EntrySource.choices, default=EntrySource.CLINICIAN
    )
    source_detail = models.CharField(max_length=200, blank=True)
    note = models.TextField(max_length=5000, blank=True)
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    supersedes_id: UUID | None
    supersedes = models.OneToOneField(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="superseded_by"
    )
    error_reason = models.CharField(max_length=500, blank=True)
    withdrawn_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        abstract = True
        indexes = [models.Index(fields=["case", "status", "-on"], name="%(class)s_of_case")]

    def __str__(self) -> str:
        return f"{self._meta.model_name} {self.pk}"
