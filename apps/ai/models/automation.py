"""Rules that ask for analyses by themselves, and what each did with each study."""

from django.conf import settings
from django.db import models

from apps.ai import urgency_choices as choices
from apps.ai.models.jobs import Job
from apps.ai.models.registry import Model
from apps.core.models import BaseModel, VersionedModel


class AutomationRule(VersionedModel):
    """When a study of a case is complete in the archive: which series, which model, how soon.

    ``board_id`` names a board of the floor above, or is empty: the whole house. A rule is
    switched off, never deleted: what it asked for names it.
    """

    name = models.CharField(max_length=80)
    board_id = models.UUIDField(null=True, blank=True)
    model = models.ForeignKey(Model, on_delete=models.PROTECT, related_name="rules")
    modality = models.CharField(max_length=16)
    body_parts = models.JSONField(default=list, blank=True, help_text="Any of these; empty: all.")
    descriptions = models.JSONField(default=list, blank=True, help_text="Patterns with *, any.")
    not_descriptions = models.JSONField(default=list, blank=True, help_text="Patterns, none.")
    contrast = models.CharField(
        max_length=8,
        choices=choices.ContrastAsked.choices,
        default=choices.ContrastAsked.ANY,
    )
    min_images = models.PositiveIntegerField(default=1)
    is_urgent = models.BooleanField(default=False, help_text="Its jobs go before the others.")
    enabled = models.BooleanField(default=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        ordering = ["name", "id"]

    def __str__(self) -> str:
        return self.name


class AutomationRun(BaseModel):
    """What one version of a rule did with one content of one study: once."""

    rule = models.ForeignKey(AutomationRule, on_delete=models.CASCADE, related_name="runs")
    rule_version = models.PositiveIntegerField()
    study = models.ForeignKey("imaging.Study", on_delete=models.CASCADE, related_name="+")
    content_sha256 = models.CharField(
        max_length=64, help_text="Over the content of the study's image series."
    )
    case = models.ForeignKey("cases.Case", on_delete=models.CASCADE, related_name="+")
    outcome = models.CharField(max_length=20, choices=choices.RuleOutcome.choices)
    reason = models.CharField(max_length=400, blank=True, default="")
    job = models.ForeignKey(
        Job, null=True, blank=True, on_delete=models.SET_NULL, related_name="rule_runs"
    )

    class Meta:
        ordering = ["-created_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["rule", "rule_version", "study", "content_sha256"],
                name="one_run_per_rule_and_content",
            )
        ]
        indexes = [models.Index(fields=["rule", "-created_at"], name="ai_rule_runs")]

    def __str__(self) -> str:
        return f"{self.rule_id} {self.outcome}"
