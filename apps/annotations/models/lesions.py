"""Lesions: what several measurements, of several studies, are measurements of."""

from django.conf import settings
from django.db import models

from apps.annotations.choices import LesionRole
from apps.core.models import VersionedModel


class Lesion(VersionedModel):
    """One thing in the patient that is followed from study to study.

    Its number is its name for people and is never given again in the case, so that what was
    said of "T1" last month is said of no other. Removal is soft, because undo and the record
    need what was there.
    """

    case = models.ForeignKey("cases.Case", on_delete=models.CASCADE, related_name="lesions")
    number = models.PositiveIntegerField(help_text="From 1 within the case, never used again.")
    label = models.CharField(max_length=80, blank=True, default="")
    site = models.CharField(
        max_length=64, blank=True, default="", help_text="One of choices.SITES, or own words."
    )
    role = models.CharField(
        max_length=12,
        choices=LesionRole.choices,
        blank=True,
        default="",
        help_text="As RECIST 1.1 means it; empty: nobody has said.",
    )
    is_node = models.BooleanField(default=False, help_text="Nodes are judged by the short axis.")
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="lesions"
    )
    tracking_uid = models.CharField(
        max_length=64, unique=True, help_text="Tracking Unique Identifier (PS3.16 TID 1501)."
    )
    removed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["created_at", "id"]
        constraints = [
            models.UniqueConstraint(fields=["case", "number"], name="lesion_number_once"),
        ]

    def __str__(self) -> str:
        return f"lesion {self.number}"


class LesionRevision(models.Model):
    """One version as it stood: rows are only ever added."""

    lesion = models.ForeignKey(Lesion, on_delete=models.CASCADE, related_name="revisions")
    version = models.PositiveIntegerField()
    label = models.CharField(max_length=80, blank=True, default="")
    site = models.CharField(max_length=64, blank=True, default="")
    role = models.CharField(max_length=12, blank=True, default="")
    is_node = models.BooleanField(default=False)
    removed = models.BooleanField(default=False)
    actor_id = models.UUIDField(null=True, blank=True)
    actor_label = models.CharField(max_length=200, blank=True, default="")
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["lesion", "version"]
        constraints = [
            models.UniqueConstraint(fields=["lesion", "version"], name="lesion_revision_once")
        ]

    def __str__(self) -> str:
        return f"{self.lesion_id} v{self.version}"
