"""The study index, its links to cases, tickets, and the work of ingesting."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from apps.core.models import BaseModel
from apps.imaging import choices
from apps.imaging.models.pacs import PacsConnection


class Study(BaseModel):
    """One DICOM study as indexed here; the objects are in the archive."""

    study_instance_uid = models.CharField(max_length=64, unique=True)
    patient_id = models.CharField(max_length=64, blank=True, default="")
    issuer_of_patient_id = models.CharField(max_length=64, blank=True, default="")
    patient_name = models.CharField(max_length=324, blank=True, default="")
    patient_birth_date = models.DateField(null=True, blank=True)
    patient_sex = models.CharField(max_length=16, blank=True, default="")
    study_date = models.DateField(null=True, blank=True)
    study_time = models.CharField(max_length=16, blank=True, default="", help_text="DICOM TM")
    accession_number = models.CharField(max_length=64, blank=True, default="")
    description = models.CharField(max_length=255, blank=True, default="")
    modalities = ArrayField(models.CharField(max_length=16), default=list, blank=True)
    state = models.CharField(
        max_length=10, choices=choices.StudyState.choices, default=choices.StudyState.QUEUED
    )
    error_code = models.CharField(max_length=60, blank=True, default="")
    error_message = models.CharField(max_length=500, blank=True, default="")
    retry_at = models.DateTimeField(
        null=True, blank=True, help_text="Its PACS was away: fetched again by itself at this time."
    )
    done_instances = models.PositiveIntegerField(default=0)
    total_instances = models.PositiveIntegerField(default=0)
    synthetic = models.BooleanField(default=False)
    source = models.CharField(
        max_length=10, choices=choices.StudySource.choices, default=choices.StudySource.PACS
    )
    pacs = models.ForeignKey(
        PacsConnection, null=True, blank=True, on_delete=models.PROTECT, related_name="studies"
    )
    ready_at = models.DateTimeField(
        null=True, blank=True, help_text="First completely archived; nothing is served before."
    )
    source_checked_at = models.DateTimeField(
        null=True, blank=True, help_text="Last compared with the PACS's own counts."
    )
    source_listed_at = models.DateTimeField(
        null=True, blank=True, help_text="Last compared object by object."
    )
    source_warnings = models.JSONField(default=list, blank=True)  # what the PACS changed since
    check_due_at = models.DateTimeField(null=True, blank=True)
    checking_until = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-study_date", "study_instance_uid"]
        indexes = [
            models.Index(fields=["patient_id"], name="study_patient"),
            models.Index(fields=["check_due_at"], name="study_check_due"),
            models.Index(
                fields=["retry_at"], condition=Q(retry_at__isnull=False), name="study_retry"
            ),
        ]
        verbose_name_plural = "studies"

    def __str__(self) -> str:
        return self.study_instance_uid


class Series(BaseModel):
    """One series; ``archive_key`` names the immutable directory that serves it."""

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="series")
    series_instance_uid = models.CharField(max_length=64)
    modality = models.CharField(max_length=16, blank=True, default="")
    number = models.IntegerField(null=True, blank=True)
    description = models.CharField(max_length=255, blank=True, default="")
    body_part = models.CharField(max_length=64, blank=True, default="")
    laterality = models.CharField(max_length=16, blank=True, default="")
    frame_of_reference_uid = models.CharField(max_length=64, blank=True, default="")
    kind = models.CharField(
        max_length=20, choices=choices.SeriesKind.choices, default=choices.SeriesKind.OTHER
    )
    instance_count = models.PositiveIntegerField(default=0)
    frame_count = models.PositiveIntegerField(default=0)
    archive_key = models.CharField(max_length=64, blank=True, default="")
    content_sha256 = models.CharField(
        max_length=64,
        blank=True,
        default="",
        help_text="Over the sorted (SOP Instance UID, sha256 of the original) of the series.",
    )
    geometry = models.JSONField(default=dict, blank=True)
    warnings = models.JSONField(default=list, blank=True)
    deidentifiable = models.BooleanField(
        default=False, help_text="May be projected for a de-identified viewer."
    )
    source_warnings = models.JSONField(default=list, blank=True)  # what the PACS changed since
    stored_bytes = models.PositiveBigIntegerField(default=0)
    needed_at = models.DateTimeField(null=True, blank=True)  # written every few minutes at most
    wanted_at = models.DateTimeField(null=True, blank=True)  # opened while it was evicted
    evicted_at = models.DateTimeField(
        null=True, blank=True, help_text="Its files left the archive; the PACS holds them."
    )

    class Meta:
        ordering = ["number", "series_instance_uid"]
        verbose_name_plural = "series"
        constraints = [
            models.UniqueConstraint(
                fields=["study", "series_instance_uid"], name="series_once_per_study"
            )
        ]
        indexes = [
            models.Index(fields=["series_instance_uid"], name="series_uid"),
            models.Index(fields=["archive_key"], name="series_archive_key"),
            models.Index(
                fields=["wanted_at"], condition=Q(wanted_at__isnull=False), name="series_wanted"
            ),
        ]

    def __str__(self) -> str:
        return self.series_instance_uid


class Instance(BaseModel):
    """One SOP instance, numbered in slice order (along the slice normal) in its series."""

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="instances")
    series = models.ForeignKey(Series, on_delete=models.CASCADE, related_name="instances")
    sop_instance_uid = models.CharField(max_length=64)
    sop_class_uid = models.CharField(max_length=64)
    transfer_syntax_uid = models.CharField(max_length=64, blank=True, default="")
    instance_number = models.IntegerField(null=True, blank=True)
    index = models.PositiveIntegerField(help_text="Position in slice order, from 0.")
    frames = models.PositiveIntegerField(default=0)
    rows = models.PositiveIntegerField(null=True, blank=True)
    columns = models.PositiveIntegerField(null=True, blank=True)
    size_bytes = models.PositiveBigIntegerField(default=0)
    sha256 = models.CharField(max_length=64, help_text="Of the stored original, preamble zeroed.")
    source_state = models.CharField(
        max_length=10, choices=choices.SourceState.choices, default=choices.SourceState.OURS
    )

    class Meta:
        ordering = ["series", "index"]
        constraints = [
            models.UniqueConstraint(
                fields=["study", "sop_instance_uid"], name="instance_once_per_study"
            )
        ]
        indexes = [models.Index(fields=["sop_instance_uid"], name="instance_uid")]

    def __str__(self) -> str:
        return self.sop_instance_uid


class CaseStudy(BaseModel):
    """A study shown in a case; a mismatch of patients needs a coordinator's reason."""

    case = models.ForeignKey("cases.Case", on_delete=models.CASCADE, related_name="case_studies")
    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="case_studies")
    linked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    mismatch_reason = models.TextField(blank=True, default="")
    mismatch_details = models.JSONField(default=dict, blank=True)

    class Meta:
        verbose_name_plural = "case studies"
        constraints = [
            models.UniqueConstraint(fields=["case", "study"], name="study_once_per_case")
        ]

    def __str__(self) -> str:
        return f"{self.case_id} · {self.study_id}"


class CaseImages(BaseModel):
    """When a case's images were last warmed, so that asking again costs nothing."""

    case = models.OneToOneField("cases.Case", on_delete=models.CASCADE, related_name="case_images")
    asked_at = models.DateTimeField(null=True, blank=True)
    warmed_for = models.DateTimeField(
        null=True, blank=True, help_text="Start of the meeting it was prefetched for."
    )
    priors_checked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "case images"

    def __str__(self) -> str:
        return f"images of {self.case_id}"


class PriorStudy(BaseModel):
    """A study of the case's patient that a PACS holds and nobody has linked; an offer only."""

    case = models.ForeignKey("cases.Case", on_delete=models.CASCADE, related_name="prior_studies")
    pacs = models.ForeignKey(PacsConnection, on_delete=models.CASCADE, related_name="+")
    study_instance_uid = models.CharField(max_length=64)
    study_date = models.DateField(null=True, blank=True)
    description = models.CharField(max_length=255, blank=True, default="")
    modalities = ArrayField(models.CharField(max_length=16), default=list, blank=True)
    series_count = models.PositiveIntegerField(null=True, blank=True)
    instance_count = models.PositiveIntegerField(null=True, blank=True)

    class Meta:
        ordering = ["-study_date", "study_instance_uid"]
        verbose_name_plural = "prior studies"
        constraints = [
            models.UniqueConstraint(
                fields=["case", "study_instance_uid"], name="prior_once_per_case"
            )
        ]

    def __str__(self) -> str:
        return f"{self.case_id} · {self.study_instance_uid}"


class IngestJob(BaseModel):
    """The pull of one study from its PACS. A lease and a fencing token make it one worker's."""

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="ingest_jobs")
    state = models.CharField(
        max_length=10, choices=choices.JobState.choices, default=choices.JobState.QUEUED
    )
    attempts = models.PositiveIntegerField(default=0)
    fencing_token = models.PositiveIntegerField(default=0)
    lease_expires_at = models.DateTimeField(null=True, blank=True)
    worker = models.CharField(max_length=120, blank=True, default="")
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    error_code = models.CharField(max_length=60, blank=True, default="")
    error_message = models.CharField(max_length=500, blank=True, default="")
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["study"],
                condition=Q(state__in=["queued", "running"]),
                name="one_open_ingest_per_study",
            )
        ]

    def __str__(self) -> str:
        return f"{self.study_id} {self.state}"


class PixelTicket(BaseModel):
    """A minted study ticket. The pixel path refuses it within two seconds of revocation."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="pixel_tickets"
    )
    session_key = models.CharField(max_length=40)
    case = models.ForeignKey("cases.Case", on_delete=models.CASCADE, related_name="+")
    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="+")
    guise = models.CharField(max_length=20)
    grant_id = models.UUIDField(null=True, blank=True)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["expires_at"], name="pixel_ticket_expiry")]

    def __str__(self) -> str:
        return str(self.pk)


class AccessToken(BaseModel):
    """A machine client's key to cases, through grants of the person who made it.

    It opens what those grants open and no longer than they do, in their guise.
    """

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="access_tokens"
    )
    name = models.CharField(max_length=100)
    key = models.CharField(max_length=16, unique=True, help_text="The part that is not secret.")
    token_sha256 = models.CharField(max_length=64)
    scopes = ArrayField(models.CharField(max_length=30, choices=choices.TokenScope.choices))
    grants = models.ManyToManyField("cases.CaseGrant", related_name="access_tokens")
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return self.key


class TokenFailure(BaseModel):
    """Bad tokens from one address, counted where every process sees it."""

    address = models.GenericIPAddressField()
    key = models.CharField(max_length=16, blank=True, default="")
    count = models.PositiveIntegerField(default=0)
    since = models.DateTimeField()
    locked_until = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["address", "key"], name="token_failures_once")
        ]

    def __str__(self) -> str:
        return f"{self.count}"
