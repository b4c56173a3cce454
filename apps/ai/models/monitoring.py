"""What monitoring keeps: of whom and with what images were made, references, and alerts.

None of it names a patient. Figures themselves are not stored: they are counted when asked for.
"""

from django.conf import settings
from django.db import models
from django.db.models import Q

from apps.ai import choices
from apps.ai.models.jobs import Job
from apps.ai.models.registry import ModelVersion
from apps.core.models import BaseModel


class JobProfile(BaseModel):
    """What the images of a job were like, by which its results are compared. No identity.

    Written by the worker from the headers it read: a later eviction of the series, or a change
    in the PACS, alters no figure of the past. An empty value was not in the headers.
    """

    job = models.OneToOneField(Job, on_delete=models.CASCADE, related_name="profile")
    sex = models.CharField(max_length=1, blank=True, default="")
    age_years = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="At the study; 90 stands for 90 and older."
    )
    manufacturer = models.CharField(max_length=64, blank=True, default="")
    scanner = models.CharField(max_length=128, blank=True, default="")
    site = models.CharField(max_length=128, blank=True, default="")
    slice_thickness_mm = models.FloatField(null=True, blank=True)
    kernel = models.CharField(max_length=64, blank=True, default="")

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"profile of {self.job_id}"


class MonitoringReference(BaseModel):
    """Distributions that a version's later runs are compared with, as its validation saw them.

    ``numbers`` maps a feature to its values, ``categories`` a feature to counts by value.
    A version without one is compared with its own first runs.
    """

    version = models.OneToOneField(
        ModelVersion, on_delete=models.CASCADE, related_name="monitoring_reference"
    )
    source = models.CharField(max_length=200, help_text="Which validation, in words.")
    numbers = models.JSONField(default=dict)
    categories = models.JSONField(default=dict)

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"{self.version_id}: {self.source}"


class ModelAlert(BaseModel):
    """A rule that a version broke, with the figures; somebody of AI administration answers it.

    One row per version and rule until it is both answered and over. It changes nothing by
    itself: ``suggests_shadow`` is advice to people.
    """

    version = models.ForeignKey(ModelVersion, on_delete=models.CASCADE, related_name="alerts")
    rule = models.CharField(max_length=24, choices=choices.AlertRule.choices)
    figures = models.JSONField(default=dict)
    suggests_shadow = models.BooleanField(default=False)
    checked_at = models.DateTimeField(help_text="When the figures were last counted.")
    cleared_at = models.DateTimeField(
        null=True, blank=True, help_text="Since when the rule is kept again."
    )
    acknowledged_at = models.DateTimeField(null=True, blank=True)
    acknowledged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    words = models.TextField(blank=True, default="")

    class Meta:
        ordering = ["-created_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["version", "rule"],
                condition=Q(acknowledged_at__isnull=True) | Q(cleared_at__isnull=True),
                name="one_alert_per_rule",
            ),
            models.CheckConstraint(
                condition=Q(acknowledged_at__isnull=True) | ~Q(words=""),
                name="alert_answered_with_words",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.version_id} {self.rule}"
