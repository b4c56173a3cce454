"""What a job found."""

from django.db import models
from django.db.models import Q

from apps.ai.models.jobs import Job
from apps.core.models import BaseModel


class ShownFindings(models.Manager["Finding"]):
    """Findings people may come to see: none of a shadow version's (decision 0237)."""

    def get_queryset(self) -> models.QuerySet["Finding"]:
        return super().get_queryset().filter(job__is_shadow=False)


class Finding(BaseModel):
    """One thing a job found, with the DICOM objects encoded once for it.

    What is said of the whole series has no place: no mask, no SEG, empty coordinates.
    ``objects``, and every list by way of a job or a study, leaves out what ran in shadow;
    ``with_shadow`` is for counting how a version does, and for nothing that names a case.
    """

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="findings")
    study = models.ForeignKey("imaging.Study", on_delete=models.PROTECT, related_name="ai_findings")
    number = models.PositiveIntegerField(help_text="From 1 within its job.")
    label = models.CharField(max_length=400)
    code = models.JSONField()
    category = models.JSONField()
    site = models.JSONField(null=True, blank=True)
    laterality = models.JSONField(null=True, blank=True)
    measurements = models.JSONField(default=list)
    probability = models.FloatField(null=True, blank=True)
    tg263 = models.CharField(
        max_length=16, blank=True, default="", help_text="TG-263 name that the model names."
    )
    urgency = models.CharField(max_length=10, default="routine")
    tracking_uid = models.CharField(max_length=64)
    frame_of_reference_uid = models.CharField(max_length=64, blank=True, default="")
    sop_instance_uid = models.CharField(
        max_length=64, help_text="The slice with the largest area of the finding."
    )
    frame = models.PositiveIntegerField(default=1)
    centroid_lps = models.JSONField(help_text="LPS millimetres; empty without a place")
    bbox_lps = models.JSONField(help_text="[[x, y, z] lowest, [x, y, z] highest], LPS mm")
    mask_sha256 = models.CharField(
        max_length=64, blank=True, default="", help_text="gzip, uint8 (slice, row, column)"
    )
    segmentation_uid = models.CharField(max_length=64, blank=True, default="")
    segmentation_sha256 = models.CharField(max_length=64, blank=True, default="")
    report_uid = models.CharField(
        max_length=64, blank=True, default="", help_text="Of our own SR; external ones have none."
    )
    report_sha256 = models.CharField(max_length=64, blank=True, default="")

    objects = ShownFindings()
    with_shadow = models.Manager["Finding"]()

    class Meta:
        ordering = ["job_id", "number"]
        constraints = [
            models.UniqueConstraint(fields=["job", "number"], name="one_finding_per_number"),
            models.UniqueConstraint(
                fields=["segmentation_uid"],
                condition=~Q(segmentation_uid=""),
                name="segmentation_uid_once",
            ),
            models.UniqueConstraint(
                fields=["report_uid"], condition=~Q(report_uid=""), name="report_uid_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.label} ({self.pk})"
