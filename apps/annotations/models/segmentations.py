"""Segmentations that people drew, with every revision they ever had."""

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from apps.annotations.choices import Layer
from apps.core.models import VersionedModel


class Segmentation(VersionedModel):
    """Segments somebody painted on one stack of one series.

    ``version`` counts what is said of it (name, segments); ``head`` counts its voxels. The grid is
    that of the images when it was begun: a series that grows later does not move it.
    """

    case = models.ForeignKey("cases.Case", on_delete=models.CASCADE, related_name="segmentations")
    study_instance_uid = models.CharField(max_length=64)
    series_instance_uid = models.CharField(max_length=64)
    frame_of_reference_uid = models.CharField(max_length=64, blank=True, default="")
    stack = models.PositiveIntegerField(default=1)
    grid = models.JSONField(help_text="Images in slice order, their size and spacing.")
    name = models.CharField(max_length=64, blank=True, default="")
    segments = models.JSONField(help_text="All ever made, in their order; some are removed.")
    origin = models.JSONField(null=True, blank=True, help_text="What it was copied from.")
    layer = models.CharField(max_length=10, choices=Layer.choices, default=Layer.SHARED)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="segmentations"
    )
    head = models.PositiveIntegerField(default=0, help_text="Number of the newest revision.")
    removed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["created_at", "id"]
        indexes = [
            models.Index(
                fields=["case", "created_at"],
                condition=Q(removed_at__isnull=True),
                name="segmentation_of_case",
            )
        ]

    def __str__(self) -> str:
        return f"segmentation {self.pk}"


class SegmentationRevision(models.Model):
    """The voxels as they stood after one change: rows are only ever added (LIVE-S2)."""

    segmentation = models.ForeignKey(
        Segmentation, on_delete=models.CASCADE, related_name="revisions"
    )
    number = models.PositiveIntegerField(help_text="From 1; 0 is the empty labelmap.")
    parent = models.PositiveIntegerField()
    content_sha256 = models.CharField(max_length=64, help_text="Names the file that holds it.")
    chunk_sha256 = models.CharField(max_length=64, blank=True, default="")
    box = models.JSONField(help_text="Where voxels changed.")
    segments = models.JSONField(help_text="Numbers of the segments that changed.")
    stats = models.JSONField(help_text="Voxels and extent of each segment.")
    inverse_of = models.PositiveIntegerField(null=True, blank=True)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["segmentation", "number"]
        constraints = [
            models.UniqueConstraint(
                fields=["segmentation", "number"], name="segmentation_revision_once"
            ),
            models.CheckConstraint(
                condition=Q(number=F("parent") + 1), name="segmentation_revision_follows"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.segmentation_id} r{self.number}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self.pk is not None:
            raise TypeError("revisions are immutable")
        super().save(*args, **kwargs)


class SegmentationChunk(models.Model):
    """Voxels that were sent and are not committed; its bytes lie in the store."""

    segmentation = models.ForeignKey(Segmentation, on_delete=models.CASCADE, related_name="chunks")
    parent = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    box = models.JSONField()
    segments = models.JSONField()
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["segmentation", "parent", "sha256", "author"],
                name="segmentation_chunk_once",
            )
        ]

    def __str__(self) -> str:
        return f"chunk for {self.segmentation_id} r{self.parent + 1}"
