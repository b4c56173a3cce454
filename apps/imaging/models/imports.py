"""Files brought in from outside, one verdict each."""

from django.db import models

from apps.core.models import BaseModel
from apps.imaging import choices


class Import(BaseModel):
    """One upload, folder or zip brought into a case, file by file."""

    case = models.ForeignKey("cases.Case", on_delete=models.CASCADE, related_name="imports")
    actor_id = models.UUIDField(null=True, blank=True)
    actor_label = models.CharField(max_length=200, blank=True, default="")
    mismatch_reason = models.TextField(blank=True, default="")
    mismatches = models.JSONField(
        default=list, blank=True, help_text="Both identities of each patient who is not the case's."
    )
    asks_identity = models.BooleanField(
        default=False, help_text="Files of another patient wait for a person's word."
    )
    confirmations = models.JSONField(
        default=dict, blank=True, help_text="Who said that it is the same patient, and why."
    )
    total_bytes = models.BigIntegerField(default=0)
    received_bytes = models.BigIntegerField(default=0)
    only_study_instance_uid = models.CharField(
        max_length=64, blank=True, default="", help_text="Objects of other studies are refused."
    )
    state = models.CharField(
        max_length=10, choices=choices.ImportState.choices, default=choices.ImportState.PENDING
    )
    error_code = models.CharField(max_length=60, blank=True, default="")
    error_message = models.CharField(max_length=500, blank=True, default="")
    fencing_token = models.PositiveIntegerField(default=0)
    lease_expires_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return str(self.pk)


class ImportFile(BaseModel):
    """What became of one file of an import, with the reason in words."""

    parent = models.ForeignKey(Import, on_delete=models.CASCADE, related_name="files")
    position = models.PositiveIntegerField()
    name = models.CharField(max_length=400)
    verdict = models.CharField(
        max_length=10, choices=choices.FileVerdict.choices, default=choices.FileVerdict.PENDING
    )
    code = models.CharField(max_length=60, blank=True, default="")
    reason = models.CharField(max_length=500, blank=True, default="")
    study_instance_uid = models.CharField(max_length=64, blank=True, default="")
    sop_instance_uid = models.CharField(max_length=64, blank=True, default="")
    sop_class_uid = models.CharField(max_length=64, blank=True, default="")
    size_bytes = models.BigIntegerField(default=0)
    starts_at = models.BigIntegerField(default=0, help_text="First byte within the upload.")
    modified_ms = models.BigIntegerField(default=0, help_text="As the browser told it.")
    mismatch_key = models.CharField(max_length=16, blank=True, default="")

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["parent", "position"], name="import_file_position")
        ]

    def __str__(self) -> str:
        return self.name
