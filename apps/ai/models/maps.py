"""Maps a job gave: one number for each voxel."""

from django.db import models

from apps.ai.models.jobs import Job
from apps.core.models import BaseModel


class ResultMap(BaseModel):
    """A DICOM Parametric Map of a job; it leaves the house with the first accepted finding."""

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="maps")
    number = models.PositiveSmallIntegerField(help_text="From 1 within its job.")
    label = models.CharField(max_length=400)
    quantity = models.JSONField(help_text="What the numbers are, as a code.")
    unit = models.JSONField(help_text="Their unit, as a UCUM code.")
    sop_instance_uid = models.CharField(max_length=64, unique=True)
    object_sha256 = models.CharField(max_length=64)

    class Meta:
        ordering = ["job_id", "number"]
        constraints = [
            models.UniqueConstraint(fields=["job", "number"], name="one_map_per_number"),
        ]

    def __str__(self) -> str:
        return f"{self.label} ({self.pk})"
