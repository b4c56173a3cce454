"""Findings outside the question of their case, which somebody has to look after."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from apps.ai.models import Finding
from apps.cases.models import Case
from apps.core.models import VersionedModel


class IncidentalFinding(VersionedModel):
    """An accepted finding that is outside the case's question.

    Until it has an owner and a date its case does not close.
    """

    finding = models.ForeignKey(Finding, on_delete=models.PROTECT, related_name="incidental")
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="incidental_findings")
    marked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    due = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["finding", "case"], name="incidental_once_per_case"),
            models.CheckConstraint(
                condition=Q(owner__isnull=True, due__isnull=True)
                | Q(owner__isnull=False, due__isnull=False),
                name="incidental_owner_with_date",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.finding_id} in {self.case_id}"
