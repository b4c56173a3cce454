"""What people did with a version: proposals, changes of state, local validation, card entries."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from apps.ai import choices
from apps.ai.models.registry import ModelVersion
from apps.core.models import BaseModel


class ActivationProposal(BaseModel):
    """An AI administrator proposes a content for use; a clinician confirms, or it is closed.

    ``reason`` is why it may be used although it was not validated here; empty where it was.
    """

    version = models.ForeignKey(ModelVersion, on_delete=models.CASCADE, related_name="proposals")
    tree_sha256 = models.CharField(max_length=64)
    reason = models.TextField(blank=True, default="")
    proposed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["version"], condition=Q(closed_at=None), name="one_open_proposal"
            ),
            models.CheckConstraint(
                condition=Q(confirmed_by=None) | ~Q(confirmed_by=models.F("proposed_by")),
                name="activation_needs_two_people",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.version_id} proposed"


class VersionChange(BaseModel):
    """One change of a version's state, kept for good. ``user`` is empty for the installation."""

    version = models.ForeignKey(ModelVersion, on_delete=models.CASCADE, related_name="changes")
    kind = models.CharField(max_length=14, choices=choices.VersionChangeKind.choices)
    from_state = models.CharField(max_length=10, blank=True, default="")
    to_state = models.CharField(max_length=10, choices=choices.VersionState.choices)
    reason = models.TextField(blank=True, default="")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        ordering = ["-created_at", "id"]
        indexes = [models.Index(fields=["version", "-created_at"], name="ai_version_changes")]

    def __str__(self) -> str:
        return f"{self.version_id} {self.kind}"


class LocalValidation(BaseModel):
    """What one run on this house's own studies said of a content; the report is named by hash."""

    version = models.ForeignKey(ModelVersion, on_delete=models.CASCADE, related_name="validations")
    tree_sha256 = models.CharField(max_length=64)
    done_on = models.DateField()
    studies = models.PositiveIntegerField()
    headline = models.JSONField(default=dict, help_text="Figure by name, as the report has them.")
    report_sha256 = models.CharField(max_length=64)
    summary = models.JSONField(default=dict, help_text="As it was recorded.")
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["version", "report_sha256"], name="one_validation_per_report"
            )
        ]

    def __str__(self) -> str:
        return f"{self.version_id} {self.done_on}"


class CardEntry(BaseModel):
    """What the house says on a card where the developer said nothing. The newest counts."""

    version = models.ForeignKey(ModelVersion, on_delete=models.CASCADE, related_name="card_entries")
    key = models.CharField(max_length=80)
    text = models.TextField()
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["created_at"]

    def __str__(self) -> str:
        return f"{self.version_id} {self.key}"


class BundleUpload(BaseModel):
    """A ZIP file on its way here; its bytes lie in the spool until it is installed or given up."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=200)
    total_bytes = models.BigIntegerField()
    received_bytes = models.BigIntegerField(default=0)

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return self.name
