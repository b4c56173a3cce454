"""Objects of other vendors, and what a finding of theirs knows beside a finding of ours."""

from django.db import models
from django.db.models import Q

from apps.ai import choices
from apps.ai.models.findings import Finding
from apps.ai.models.jobs import Job
from apps.core.models import BaseModel


class ExternalReading(BaseModel):
    """A study whose objects are owed a look; gone once everything in it has been read."""

    study = models.OneToOneField("imaging.Study", on_delete=models.CASCADE, related_name="+")
    owed = models.PositiveIntegerField(default=1, help_text="Counts up with each arrival.")
    due_at = models.DateTimeField()

    class Meta:
        ordering = ["due_at"]
        indexes = [models.Index(fields=["due_at"], name="external_readings_due")]

    def __str__(self) -> str:
        return f"{self.study_id} {self.due_at}"


class ExternalObject(BaseModel):
    """One SEG, SR or map of somebody else's, as it was read when it arrived.

    Written once for each content: arriving again changes nothing, other content is another row.
    """

    study = models.ForeignKey(
        "imaging.Study", on_delete=models.CASCADE, related_name="external_objects"
    )
    sop_instance_uid = models.CharField(max_length=64)
    sop_class_uid = models.CharField(max_length=64)
    sha256 = models.CharField(max_length=64, help_text="Of the archived original.")
    outcome = models.CharField(max_length=10, choices=choices.ExternalOutcome.choices)
    reason_code = models.CharField(max_length=80, blank=True, default="")
    reason_message = models.TextField(blank=True, default="")
    job = models.ForeignKey(
        Job,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        help_text="The first of those that hold its results.",
    )

    class Meta:
        ordering = ["created_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["study", "sop_instance_uid", "sha256"], name="external_object_read_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.sop_instance_uid} {self.outcome}"


class ExternalFinding(BaseModel):
    """Whose a finding is, where it stands there, and what of its place is no mask.

    UIDs name the source objects: ``pixels_uid`` a SEG (with ``segment``) or a map,
    ``report_uid`` an SR. They are never among the finding's own UIDs, which are of objects that
    this house wrote.
    """

    finding = models.OneToOneField(Finding, on_delete=models.CASCADE, related_name="external")
    pixels_uid = models.CharField(max_length=64, blank=True, default="")
    segment = models.PositiveIntegerField(null=True, blank=True)
    report_uid = models.CharField(max_length=64, blank=True, default="")
    verification = models.CharField(
        max_length=10,
        blank=True,
        default=choices.VerifiedElsewhere.NOT_SAID,
        choices=choices.VerifiedElsewhere.choices,
    )
    verified_by = models.CharField(max_length=200, blank=True, default="")
    verified_at = models.CharField(max_length=26, blank=True, default="", help_text="DICOM DT")
    outlines = models.JSONField(
        default=list,
        blank=True,
        help_text="shape, points_lps (mm), points_image (column, row), images",
    )
    evaluations = models.JSONField(default=list, blank=True, help_text="name and value, in words")
    remarks = models.JSONField(default=list, blank=True, help_text="code and message")

    class Meta:
        ordering = ["created_at", "id"]
        indexes = [
            models.Index(
                fields=["pixels_uid"], condition=~Q(pixels_uid=""), name="external_pixels"
            ),
            models.Index(
                fields=["report_uid"], condition=~Q(report_uid=""), name="external_reports"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.finding_id} external"
