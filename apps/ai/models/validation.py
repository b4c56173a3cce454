"""Local validation: a model version measured on a folder of studies with reference masks."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from apps.ai import choices
from apps.ai.models.registry import ModelVersion
from apps.core.models import BaseModel


class ValidationRun(BaseModel):
    """One run. Its studies enter no other table; what is kept are figures and the report.

    A worker owns the run while ``lease_until`` lies ahead; a run whose worker is gone fails.
    """

    version = models.ForeignKey(
        ModelVersion, on_delete=models.PROTECT, related_name="validation_runs"
    )
    model_tree_sha256 = models.CharField(max_length=64, help_text="What ran, as it was at start.")
    folder = models.CharField(max_length=400, help_text="Below the configured root.")
    study_limit = models.PositiveIntegerField(null=True, blank=True)
    started_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    started_by_label = models.CharField(max_length=200)
    state = models.CharField(
        max_length=10,
        choices=choices.ValidationState.choices,
        default=choices.ValidationState.QUEUED,
    )
    progress = models.FloatField(default=0.0)
    stage = models.CharField(max_length=260, blank=True, default="")
    cancel_requested = models.BooleanField(default=False)
    lease_until = models.DateTimeField(null=True, blank=True)
    rung_at = models.DateTimeField()
    worker = models.CharField(max_length=120, blank=True, default="")
    reason_code = models.CharField(max_length=80, blank=True, default="")
    reason_message = models.TextField(blank=True, default="")
    studies_total = models.PositiveIntegerField(default=0)
    studies_evaluated = models.PositiveIntegerField(default=0)
    studies_out_of_scope = models.PositiveIntegerField(default=0)
    studies_failed = models.PositiveIntegerField(default=0)
    studies_refused = models.PositiveIntegerField(default=0)
    parameters = models.JSONField(default=dict, help_text="What the model was run with.")
    thresholds = models.JSONField(
        default=dict, help_text="How model and reference were compared, and the model's own limits."
    )
    software = models.JSONField(default=dict)
    dataset_name = models.CharField(max_length=200, blank=True, default="")
    dataset_sha256 = models.CharField(max_length=64, blank=True, default="")
    metrics = models.JSONField(default=dict)
    report_sha256 = models.CharField(max_length=64, blank=True, default="", help_text="HTML")
    rows_sha256 = models.CharField(max_length=64, blank=True, default="", help_text="CSV")
    metrics_sha256 = models.CharField(max_length=64, blank=True, default="", help_text="JSON")
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at", "id"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(state="running") | Q(lease_until__isnull=False),
                name="running_validation_has_lease",
            ),
            models.CheckConstraint(
                condition=~Q(state="finished") | ~Q(report_sha256=""),
                name="finished_validation_has_report",
            ),
        ]
        indexes = [
            models.Index(
                fields=["rung_at"],
                condition=Q(state__in=["queued", "running"]),
                name="ai_validation_open",
            )
        ]

    def __str__(self) -> str:
        return f"{self.pk} {self.state}"
