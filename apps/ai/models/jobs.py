"""Runs of a model, and the queue they stand in."""

from django.db import models
from django.db.models import Q

from apps.ai import choices
from apps.ai.models.registry import ModelVersion
from apps.core.models import BaseModel


class Job(BaseModel):
    """One run of one model version on one content with one set of parameters.

    PostgreSQL holds the queue: a worker owns the job while its lease runs, and writes only
    with the fencing token it was given. The broker merely rings.
    """

    version = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="jobs")
    series = models.ForeignKey("imaging.Series", on_delete=models.PROTECT, related_name="ai_jobs")
    series_content_sha256 = models.CharField(
        max_length=64, help_text="Of the series; of several inputs, a digest over all of them."
    )
    parameters = models.JSONField(default=dict)
    parameters_sha256 = models.CharField(max_length=64)
    state = models.CharField(
        max_length=12, choices=choices.JobState.choices, default=choices.JobState.QUEUED
    )
    is_urgent = models.BooleanField(default=False)
    is_shadow = models.BooleanField(
        default=False, help_text="Run to be watched: nobody is shown that it ran or what it found."
    )
    queued_at = models.DateTimeField()
    rank_at = models.DateTimeField(help_text="queued_at less its head start: the earliest is next")
    rank_reason = models.CharField(
        max_length=10, choices=choices.RankReason.choices, default=choices.RankReason.TURN
    )
    progress = models.FloatField(default=0.0)
    stage = models.CharField(max_length=60, blank=True, default="")
    reason_code = models.CharField(max_length=80, blank=True, default="")
    reason_message = models.TextField(blank=True, default="")
    warnings = models.JSONField(default=list, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    fence = models.PositiveIntegerField(default=0)
    lease_until = models.DateTimeField(null=True, blank=True)
    worker = models.CharField(max_length=120, blank=True, default="")
    cancel_requested = models.BooleanField(default=False)
    not_before = models.DateTimeField()
    rung_at = models.DateTimeField()
    requested_by_id = models.UUIDField(null=True, blank=True)
    requested_by_label = models.CharField(max_length=200, blank=True, default="")
    first_started_at = models.DateTimeField(null=True, blank=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    grid = models.JSONField(
        default=dict, blank=True, help_text="shape and SOP Instance UIDs, in slice order"
    )
    results_parameters = models.JSONField(default=dict, blank=True)
    superseded_by = models.ForeignKey(
        "self",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="supersedes",
        help_text="The run of a newer version of the model on the same content.",
    )

    class Meta:
        ordering = ["-created_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["series_content_sha256", "version", "parameters_sha256"],
                name="one_job_per_question",
            ),
            models.CheckConstraint(
                condition=~Q(state="running") | Q(lease_until__isnull=False),
                name="running_job_has_lease",
            ),
        ]
        indexes = [
            models.Index(
                fields=["rank_at", "id"],
                condition=Q(state="queued"),
                name="ai_job_queue",
            ),
            models.Index(
                fields=["lease_until"], condition=Q(state="running"), name="ai_job_leases"
            ),
            models.Index(fields=["-created_at", "id"], name="ai_job_newest"),
            models.Index(fields=["version", "finished_at"], name="ai_job_ended"),
        ]

    def __str__(self) -> str:
        return f"{self.pk} {self.state}"


class JobInput(BaseModel):
    """One series of a job that reads several; written with the job and never changed.

    The first one is the job's ``series``: results lie on its grid. A job of one series has no
    rows here.
    """

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="inputs")
    position = models.PositiveSmallIntegerField(help_text="From 1.")
    role = models.CharField(max_length=61)
    series = models.ForeignKey("imaging.Series", on_delete=models.PROTECT, related_name="+")
    content_sha256 = models.CharField(max_length=64)

    class Meta:
        ordering = ["job_id", "position"]
        constraints = [
            models.UniqueConstraint(fields=["job", "position"], name="one_input_per_position"),
            models.UniqueConstraint(fields=["job", "role"], name="one_input_per_role"),
        ]

    def __str__(self) -> str:
        return f"{self.job_id} {self.role}"
