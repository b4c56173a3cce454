"""The trail and its seals: both append-only, held by triggers (migration 0002)."""

from uuid import uuid4

from django.db import models
from django.utils import timezone

from apps.audit.choices import Outcome


class AuditEntry(models.Model):
    """What an actor did, written in the transaction that did it. Identifiers only."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    at = models.DateTimeField(default=timezone.now)
    actor_kind = models.CharField(max_length=12)
    actor_id = models.UUIDField(null=True)
    actor_label = models.CharField(max_length=200)
    action = models.CharField(max_length=80)
    outcome = models.CharField(max_length=10, choices=Outcome.choices, default=Outcome.SUCCESS)
    case_id = models.UUIDField(null=True)
    patient_id = models.UUIDField(null=True)
    entity = models.CharField(max_length=60, blank=True)
    entity_id = models.CharField(max_length=128, blank=True)
    request_id = models.CharField(max_length=64, blank=True)
    details = models.JSONField(default=dict)

    class Meta:
        indexes = [
            models.Index(fields=["-at", "id"], name="audit_newest"),
            models.Index(fields=["case_id", "-at"], name="audit_of_case"),
            models.Index(fields=["patient_id", "-at"], name="audit_of_patient"),
            models.Index(fields=["actor_id", "-at"], name="audit_of_actor"),
        ]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M:%S} {self.actor_label} {self.action}"


class AuditSeal(models.Model):
    """The chain: position, the sealed entry and SHA-256 over entry and previous seal."""

    position = models.BigIntegerField(primary_key=True)
    entry = models.OneToOneField(AuditEntry, on_delete=models.PROTECT, related_name="seal")
    sealed_at = models.DateTimeField(default=timezone.now)
    previous_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)

    def __str__(self) -> str:
        return f"#{self.position} {self.hash[:12]}"
