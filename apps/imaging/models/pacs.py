"""Where images come from: DICOMweb archives."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from apps.core.models import BaseModel
from apps.imaging import choices


class PacsConnection(BaseModel):
    """A DICOMweb archive. Its secret is encrypted; its address is allow-listed by an admin."""

    name = models.CharField(max_length=120, unique=True)
    base_url = models.URLField(max_length=500, help_text="DICOMweb root, e.g. …/dicom-web")
    auth_kind = models.CharField(
        max_length=10, choices=choices.AuthKind.choices, default=choices.AuthKind.NONE
    )
    username = models.CharField(max_length=200, blank=True, default="")
    secret_encrypted = models.BinaryField(default=bytes, blank=True)
    ca_certificates = models.TextField(
        blank=True, default="", help_text="PEM; trusted instead of the public authorities."
    )
    client_certificate = models.TextField(blank=True, default="", help_text="PEM, shown to it.")
    client_key_encrypted = models.BinaryField(default=bytes, blank=True)
    allowed_networks = ArrayField(
        models.CharField(max_length=50),
        default=list,
        help_text="Networks (CIDR) that the host's address must lie in; checked on each connect.",
    )
    default_issuer = models.CharField(
        max_length=64,
        blank=True,
        default="",
        help_text="Issuer of patient ID for objects that name none.",
    )
    is_active = models.BooleanField(default=True)
    priority = models.PositiveSmallIntegerField(default=100)
    managed_by_settings = models.BooleanField(default=False)
    last_checked_at = models.DateTimeField(null=True, blank=True)
    last_latency_ms = models.FloatField(null=True, blank=True)
    last_error = models.CharField(max_length=300, blank=True, default="")
    last_error_at = models.DateTimeField(null=True, blank=True)
    unreachable_since = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["priority", "name"]

    def __str__(self) -> str:
        return self.name


class SourceReport(BaseModel):
    """What the PACS a study is linked through last said it holds of it.

    Another PACS may stand in only for all of it that is not in the archive.
    """

    study = models.OneToOneField(
        "imaging.Study", on_delete=models.CASCADE, related_name="source_report"
    )
    pacs = models.ForeignKey(PacsConnection, on_delete=models.CASCADE, related_name="+")
    series_count = models.PositiveIntegerField(null=True, blank=True)
    instance_count = models.PositiveIntegerField(null=True, blank=True)
    listing = models.JSONField(
        default=dict, blank=True, help_text="Series Instance UID: its SOP Instance UIDs."
    )

    def __str__(self) -> str:
        return f"{self.study_id} at {self.pacs_id}"


class SeriesOrigin(BaseModel):
    """How many of a series' objects were fetched from which PACS."""

    series = models.ForeignKey("imaging.Series", on_delete=models.CASCADE, related_name="origins")
    pacs = models.ForeignKey(PacsConnection, on_delete=models.PROTECT, related_name="origins")
    objects_fetched = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["created_at"]
        constraints = [
            models.UniqueConstraint(fields=["series", "pacs"], name="origin_once_per_series")
        ]

    def __str__(self) -> str:
        return f"{self.series_id}: {self.objects_fetched} from {self.pacs_id}"
