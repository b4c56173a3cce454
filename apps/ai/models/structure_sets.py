"""Accepted findings of one series as contours for radiotherapy, on their way to the PACS."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from apps.ai.models.reviews import FindingReview
from apps.ai.models.sending import Sending


class StructureSet(Sending):
    """One RT Structure Set of a case: its UID says what is in it, its bytes are encoded once."""

    case = models.ForeignKey("cases.Case", on_delete=models.CASCADE, related_name="+")
    study = models.ForeignKey("imaging.Study", on_delete=models.PROTECT, related_name="+")
    series = models.ForeignKey("imaging.Series", on_delete=models.PROTECT, related_name="+")
    reviews = models.ManyToManyField(
        FindingReview, related_name="structure_sets", help_text="The acceptances it rests on."
    )
    sop_instance_uid = models.CharField(max_length=64, unique=True)
    object_sha256 = models.CharField(
        max_length=64, blank=True, default="", help_text="Encoded once, at the first attempt."
    )
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        ordering = ["-created_at", "id"]
        indexes = [
            models.Index(
                fields=["not_before"],
                condition=Q(state__in=["queued", "storing"]),
                name="ai_structure_sets_due",
            )
        ]

    def __str__(self) -> str:
        return f"{self.sop_instance_uid} {self.state}"
