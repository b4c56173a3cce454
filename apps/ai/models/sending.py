"""The way of something we made to the study's PACS, as a row: claimed, retried, verified."""

from django.db import models

from apps.ai import choices
from apps.core.models import BaseModel


class Sending(BaseModel):
    """State of one delivery; a worker owns it while its lease runs, and writes with its fence."""

    state = models.CharField(
        max_length=10, choices=choices.ExportState.choices, default=choices.ExportState.QUEUED
    )
    attempts = models.PositiveSmallIntegerField(default=0)
    fence = models.PositiveIntegerField(default=0)
    lease_until = models.DateTimeField(null=True, blank=True)
    not_before = models.DateTimeField()
    error_code = models.CharField(max_length=80, blank=True, default="")
    error_message = models.TextField(blank=True, default="")
    stored_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        abstract = True
