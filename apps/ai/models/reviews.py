"""What a case thinks of a finding, and the way of what it accepted to the PACS."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from apps.ai import choices
from apps.ai.models.findings import Finding
from apps.ai.models.sending import Sending
from apps.core.models import BaseModel


class FindingReview(BaseModel):
    """A person's word on a finding in a case. The newest stands; older ones stay readable.

    ``version`` counts up from 2 within finding and case; an unreviewed finding is version 1.
    """

    finding = models.ForeignKey(Finding, on_delete=models.CASCADE, related_name="reviews")
    case = models.ForeignKey("cases.Case", on_delete=models.CASCADE, related_name="+")
    version = models.PositiveIntegerField()
    decision = models.CharField(
        max_length=10,
        choices=[
            (choices.FindingState.ACCEPTED.value, choices.FindingState.ACCEPTED.label),
            (choices.FindingState.DISMISSED.value, choices.FindingState.DISMISSED.label),
        ],
    )
    reason_code = models.CharField(
        max_length=40, blank=True, default="", choices=choices.DismissalReason.choices
    )
    comment = models.TextField(blank=True, default="")
    reviewer = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="finding_reviews"
    )
    stands = models.BooleanField(default=True)

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["finding", "case"], condition=Q(stands=True), name="one_standing_review"
            ),
            models.UniqueConstraint(
                fields=["finding", "case", "version"], name="review_versions_count_up"
            ),
            models.CheckConstraint(
                condition=Q(decision="accepted", reason_code="")
                | (Q(decision="dismissed") & ~Q(reason_code="")),
                name="dismissal_has_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.finding_id} {self.decision}"


class FindingExport(Sending):
    """The way of one accepted finding to the study's PACS; exists only for accepted ones."""

    review = models.OneToOneField(FindingReview, on_delete=models.CASCADE, related_name="export")
    finding = models.ForeignKey(Finding, on_delete=models.CASCADE, related_name="exports")
    verified_report_uid = models.CharField(max_length=64, blank=True, default="")
    verified_report_sha256 = models.CharField(
        max_length=64, blank=True, default="", help_text="Encoded once, at the first attempt."
    )

    class Meta:
        ordering = ["-created_at"]
        indexes = [
            models.Index(
                fields=["not_before"],
                condition=Q(state__in=["queued", "storing"]),
                name="ai_exports_due",
            )
        ]

    def __str__(self) -> str:
        return f"{self.finding_id} {self.state}"
