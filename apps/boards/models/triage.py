"""Every move of every case: who, when, from, to, why. Rows are added and never changed."""

from django.conf import settings
from django.db import models

from apps.cases.choices import CaseStatus
from apps.cases.models import Case
from apps.core.models import BaseModel


class CaseMove(BaseModel):
    """One move along MDT-4; ``created_at`` is when. The database refuses UPDATE and DELETE.

    ``details``: the standard and its reference, the items that were missing, and what became of
    agenda items with it (so that it can be taken back).
    """

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="moves")
    number = models.PositiveIntegerField(help_text="Of the case, from 1.")
    moved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    moved_by_label = models.CharField(max_length=200, blank=True)
    from_status = models.CharField(max_length=20, choices=CaseStatus.choices)
    to_status = models.CharField(max_length=20, choices=CaseStatus.choices)
    reason_code = models.CharField(max_length=40, blank=True)
    reason = models.CharField(max_length=500, blank=True)
    details = models.JSONField(default=dict, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["case", "number"], name="case_move_once_per_number")
        ]

    def __str__(self) -> str:
        return f"{self.case_id}: {self.from_status} to {self.to_status}"
