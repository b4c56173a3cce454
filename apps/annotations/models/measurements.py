"""Measurements on images, with every version they ever had."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from apps.annotations.choices import Layer, MeasurementKind
from apps.core.models import VersionedModel


class Measurement(VersionedModel):
    """What somebody measured on one frame of one image, or on a plane between images.

    Points are LPS millimetres in the image's frame of reference, or sub-pixel
    (column, row) where the image has no patient space; exactly one of the two. Removal is
    soft, because undo and the record need what was there.
    """

    case = models.ForeignKey("cases.Case", on_delete=models.CASCADE, related_name="measurements")
    kind = models.CharField(max_length=20, choices=MeasurementKind.choices)
    study_instance_uid = models.CharField(max_length=64)
    series_instance_uid = models.CharField(max_length=64)
    sop_instance_uid = models.CharField(
        max_length=64, blank=True, default="", help_text="Empty on a plane between slices."
    )
    frame = models.PositiveIntegerField(default=1, help_text="From 1, as in DICOM.")
    frame_of_reference_uid = models.CharField(max_length=64, blank=True, default="")
    points_lps = models.JSONField(null=True, blank=True)
    points_image = models.JSONField(null=True, blank=True)
    values = models.JSONField(help_text="Computed from the points by the server, never given.")
    problem = models.CharField(
        max_length=40, blank=True, default="", help_text="Why pixel values are missing, as a code."
    )
    label = models.CharField(max_length=200, blank=True, default="")
    site = models.CharField(
        max_length=64, blank=True, default="", help_text="One of choices.SITES, or own words."
    )
    layer = models.CharField(max_length=10, choices=Layer.choices, default=Layer.SHARED)
    lesion = models.ForeignKey(
        "annotations.Lesion",
        on_delete=models.RESTRICT,
        null=True,
        blank=True,
        related_name="measurements",
        help_text="What it is a measurement of; of the same case.",
    )
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="measurements"
    )
    tracking_uid = models.CharField(
        max_length=64, unique=True, help_text="Tracking Unique Identifier (PS3.16 TID 1501)."
    )
    removed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["created_at", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(points_lps__isnull=True) ^ Q(points_image__isnull=True),
                name="measurement_one_space",
            ),
            models.CheckConstraint(
                condition=Q(points_lps__isnull=True) | ~Q(frame_of_reference_uid=""),
                name="measurement_lps_has_frame_of_reference",
            ),
            models.CheckConstraint(
                condition=~Q(sop_instance_uid="") | Q(points_image__isnull=True),
                name="measurement_without_image_is_in_patient",
            ),
            models.UniqueConstraint(
                fields=["lesion", "study_instance_uid", "kind"],
                condition=Q(removed_at__isnull=True),
                name="lesion_measured_once",
            ),
        ]
        indexes = [
            models.Index(
                fields=["case", "created_at"],
                condition=Q(removed_at__isnull=True),
                name="measurement_of_case",
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"


class MeasurementRevision(models.Model):
    """One version as it stood: rows are only ever added."""

    measurement = models.ForeignKey(Measurement, on_delete=models.CASCADE, related_name="revisions")
    version = models.PositiveIntegerField()
    points_lps = models.JSONField(null=True, blank=True)
    points_image = models.JSONField(null=True, blank=True)
    values = models.JSONField()
    label = models.CharField(max_length=200, blank=True, default="")
    site = models.CharField(max_length=64, blank=True, default="")
    lesion_id = models.UUIDField(null=True, blank=True)
    removed = models.BooleanField(default=False)
    actor_id = models.UUIDField(null=True, blank=True)
    actor_label = models.CharField(max_length=200, blank=True, default="")
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["measurement", "version"]
        constraints = [
            models.UniqueConstraint(
                fields=["measurement", "version"], name="measurement_revision_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.measurement_id} v{self.version}"


class KeyImage(VersionedModel):
    """An image somebody marked as one the board must see. Removal is soft, for undo."""

    case = models.ForeignKey("cases.Case", on_delete=models.CASCADE, related_name="key_images")
    study_instance_uid = models.CharField(max_length=64)
    series_instance_uid = models.CharField(max_length=64)
    sop_instance_uid = models.CharField(max_length=64)
    frame = models.PositiveIntegerField(default=1, help_text="From 1, as in DICOM.")
    note = models.CharField(max_length=200, blank=True, default="")
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="key_images"
    )
    removed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["created_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["case", "series_instance_uid", "sop_instance_uid", "frame"],
                condition=Q(removed_at__isnull=True),
                name="key_image_once",
            )
        ]

    def __str__(self) -> str:
        return f"key image {self.pk}"
