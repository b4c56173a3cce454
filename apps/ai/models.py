"""Models and their approvals, jobs, findings, their reviews and exports.

A finding belongs to the study's job; a review belongs to finding and case. So one series seen
in two cases is analysed once, and each case decides for itself.
"""

from django.conf import settings
from django.db import models
from django.db.models import Q

from apps.ai import choices
from apps.core.models import BaseModel


class Model(BaseModel):
    """Something that reads images: a MONAI bundle or a built-in analysis."""

    slug = models.SlugField(max_length=80, unique=True)
    name = models.CharField(max_length=200)
    kind = models.CharField(max_length=10, choices=choices.ModelKind.choices)

    class Meta:
        ordering = ["name", "id"]

    def __str__(self) -> str:
        return self.slug


class ModelVersion(BaseModel):
    """One exact content of a model. What is approved is ``tree_sha256``, nothing else."""

    model = models.ForeignKey(Model, on_delete=models.PROTECT, related_name="versions")
    version = models.CharField(max_length=60)
    tree_sha256 = models.CharField(max_length=64)
    module = models.CharField(max_length=200, blank=True, default="")
    state = models.CharField(
        max_length=10, choices=choices.VersionState.choices, default=choices.VersionState.PENDING
    )
    card = models.JSONField(default=dict)
    scope = models.JSONField(default=dict)
    limits = models.JSONField(default=dict)
    default_parameters = models.JSONField(default=dict)

    class Meta:
        ordering = ["-created_at", "id"]
        constraints = [
            models.UniqueConstraint(fields=["model", "tree_sha256"], name="one_version_per_tree"),
            models.UniqueConstraint(
                fields=["model"], condition=Q(state="active"), name="one_active_version"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.model.slug} {self.version}"


class ModelApproval(BaseModel):
    """One person's word for one content. It does not carry over to another hash."""

    version = models.ForeignKey(ModelVersion, on_delete=models.CASCADE, related_name="approvals")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    side = models.CharField(max_length=20, help_text="administration or clinic")
    tree_sha256 = models.CharField(max_length=64)

    class Meta:
        ordering = ["created_at"]
        constraints = [
            models.UniqueConstraint(fields=["version", "user"], name="one_approval_per_person")
        ]

    def __str__(self) -> str:
        return f"{self.version_id} by {self.user_id}"


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


class Finding(BaseModel):
    """One thing a job found, with the DICOM objects encoded once for it.

    What is said of the whole series has no place: no mask, no SEG, empty coordinates.
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
    report_uid = models.CharField(max_length=64, unique=True)
    report_sha256 = models.CharField(max_length=64)

    class Meta:
        ordering = ["job_id", "number"]
        constraints = [
            models.UniqueConstraint(fields=["job", "number"], name="one_finding_per_number"),
            models.UniqueConstraint(
                fields=["segmentation_uid"],
                condition=~Q(segmentation_uid=""),
                name="segmentation_uid_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.label} ({self.pk})"


class FindingReview(BaseModel):
    """A person's word on a finding in a case. The newest stands; older ones stay readable.

    ``version`` counts up from 2 within finding and case; an unreviewed finding is version 1.
    """

    finding = models.ForeignKey(Finding, on_delete=models.CASCADE, related_name="reviews")
    case = models.ForeignKey("cases.Case", on_delete=models.CASCADE, related_name="+")
    version = models.PositiveIntegerField()
    decision = models.CharField(
        max_length=10,
        choices=[
            (choices.FindingState.ACCEPTED.value, choices.FindingState.ACCEPTED.label),
            (choices.FindingState.DISMISSED.value, choices.FindingState.DISMISSED.label),
        ],
    )
    reason_code = models.CharField(
        max_length=40, blank=True, default="", choices=choices.DismissalReason.choices
    )
    comment = models.TextField(blank=True, default="")
    reviewer = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="finding_reviews"
    )
    stands = models.BooleanField(default=True)

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["finding", "case"], condition=Q(stands=True), name="one_standing_review"
            ),
            models.UniqueConstraint(
                fields=["finding", "case", "version"], name="review_versions_count_up"
            ),
            models.CheckConstraint(
                condition=Q(decision="accepted", reason_code="")
                | (Q(decision="dismissed") & ~Q(reason_code="")),
                name="dismissal_has_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.finding_id} {self.decision}"


class FindingExport(BaseModel):
    """The way of one accepted finding to the study's PACS; exists only for accepted ones."""

    review = models.OneToOneField(FindingReview, on_delete=models.CASCADE, related_name="export")
    finding = models.ForeignKey(Finding, on_delete=models.CASCADE, related_name="exports")
    state = models.CharField(
        max_length=10, choices=choices.ExportState.choices, default=choices.ExportState.QUEUED
    )
    attempts = models.PositiveSmallIntegerField(default=0)
    fence = models.PositiveIntegerField(default=0)
    lease_until = models.DateTimeField(null=True, blank=True)
    not_before = models.DateTimeField()
    error_code = models.CharField(max_length=80, blank=True, default="")
    error_message = models.TextField(blank=True, default="")
    verified_report_uid = models.CharField(max_length=64, blank=True, default="")
    verified_report_sha256 = models.CharField(
        max_length=64, blank=True, default="", help_text="Encoded once, at the first attempt."
    )
    stored_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at"]
        indexes = [
            models.Index(
                fields=["not_before"],
                condition=Q(state__in=["queued", "storing"]),
                name="ai_exports_due",
            )
        ]

    def __str__(self) -> str:
        return f"{self.finding_id} {self.state}"
