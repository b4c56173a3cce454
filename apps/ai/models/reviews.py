"""What a case thinks of a finding: reviews, opinions beside them, and the way to the PACS."""

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
            (state.value, state.label)
            for state in (
                choices.FindingState.ACCEPTED,
                choices.FindingState.DISMISSED,
                choices.FindingState.DEFERRED,
            )
        ],
    )
    reason_code = models.CharField(
        max_length=40, blank=True, default="", choices=choices.DismissalReason.choices
    )
    comment = models.TextField(blank=True, default="")
    reviewer = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="finding_reviews"
    )
    discipline = models.CharField(
        max_length=40, blank=True, default="", help_text="The reviewer's, at the time."
    )
    context = models.CharField(
        max_length=12,
        choices=choices.ReviewContext.choices,
        default=choices.ReviewContext.CONCURRENT,
        help_text="Whether the images were read before the AI's results were shown.",
    )
    dwell_ms = models.PositiveIntegerField(
        null=True, blank=True, help_text="How long the finding was open, as the client says."
    )
    defer_until = models.DateField(null=True, blank=True)
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
                condition=Q(decision__in=["accepted", "deferred"], reason_code="")
                | (Q(decision="dismissed") & ~Q(reason_code="")),
                name="dismissal_has_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.finding_id} {self.decision}"


class FindingAmendment(BaseModel):
    """What an acceptance changed: the mask a person made of the model's, and by how much.

    Lengths are mm, volumes mL, the place is LPS mm. The model's own finding is never changed.
    """

    review = models.OneToOneField(FindingReview, on_delete=models.CASCADE, related_name="amendment")
    segmentation = models.ForeignKey(
        "annotations.Segmentation",
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
        help_text="What was painted; none where a box was moved.",
    )
    revision = models.PositiveIntegerField(null=True, blank=True)
    segment = models.PositiveIntegerField(null=True, blank=True)
    box_lps = models.JSONField(
        null=True, blank=True, help_text="[[x, y, z] lowest, [x, y, z] highest], LPS mm"
    )
    box_iou = models.FloatField(
        null=True, blank=True, help_text="Of the moved box and the model's."
    )
    mask_sha256 = models.CharField(max_length=64, help_text="As a finding's mask.")
    sop_instance_uid = models.CharField(max_length=64)
    centroid_lps = models.JSONField()
    bbox_lps = models.JSONField()
    measurements = models.JSONField(default=list)
    not_measured = models.JSONField(
        default=list, help_text="Quantities of the model's that were not measured again."
    )
    dice = models.FloatField()
    volume_before_ml = models.FloatField()
    volume_after_ml = models.FloatField()
    diameter_before_mm = models.FloatField()
    diameter_after_mm = models.FloatField()
    segmentation_uid = models.CharField(max_length=64)
    segmentation_sha256 = models.CharField(
        max_length=64, blank=True, default="", help_text="Encoded once, at the first attempt."
    )

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    segmentation__isnull=False,
                    revision__isnull=False,
                    segment__isnull=False,
                    box_lps__isnull=True,
                    box_iou__isnull=True,
                )
                | Q(
                    segmentation__isnull=True,
                    revision__isnull=True,
                    segment__isnull=True,
                    box_lps__isnull=False,
                    box_iou__isnull=False,
                ),
                name="amended_by_paint_or_box",
            )
        ]

    def __str__(self) -> str:
        return f"{self.review_id} Dice {self.dice:.3f}"


class FindingOpinion(BaseModel):
    """What somebody else thinks of a finding: a proposal, a second opinion, a disagreement.

    It decides nothing, and it is kept: a new word of the same person withdraws the older one.
    """

    finding = models.ForeignKey(Finding, on_delete=models.CASCADE, related_name="opinions")
    case = models.ForeignKey("cases.Case", on_delete=models.CASCADE, related_name="+")
    finding_version = models.PositiveIntegerField(help_text="What its author saw.")
    kind = models.CharField(max_length=10, choices=choices.OpinionKind.choices)
    decision = models.CharField(
        max_length=10,
        choices=[
            (state.value, state.label)
            for state in (choices.FindingState.ACCEPTED, choices.FindingState.DISMISSED)
        ],
    )
    reason_code = models.CharField(
        max_length=40, blank=True, default="", choices=choices.DismissalReason.choices
    )
    comment = models.TextField(blank=True, default="")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    discipline = models.CharField(max_length=40, blank=True, default="")
    stands = models.BooleanField(default=True)

    class Meta:
        ordering = ["created_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["finding", "case", "author"],
                condition=Q(stands=True),
                name="one_standing_opinion",
            ),
            models.CheckConstraint(
                condition=Q(decision="accepted", reason_code="")
                | (Q(decision="dismissed") & ~Q(reason_code="")),
                name="opinion_against_has_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.finding_id} {self.kind} {self.decision}"


class FindingViewing(BaseModel):
    """When somebody first opened a finding in a case: from then on it is known there."""

    finding = models.ForeignKey(Finding, on_delete=models.CASCADE, related_name="viewings")
    case = models.ForeignKey("cases.Case", on_delete=models.CASCADE, related_name="+")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")

    class Meta:
        ordering = ["created_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["finding", "case", "user"], name="first_viewing_per_person"
            )
        ]

    def __str__(self) -> str:
        return f"{self.finding_id} by {self.user_id}"


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
