"""Shapes of jobs; the OpenAPI document is made from them."""

from typing import Any
from uuid import UUID

from rest_framework import serializers

from apps.ai.api.serializers import ReasonSerializer
from apps.ai.choices import (
    JobState,
    ModelKind,
    RankReason,
)
from apps.ai.models import Job
from apps.ai.selectors import QueuePlace


class JobModelSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    name = serializers.CharField()
    version = serializers.CharField()
    kind = serializers.ChoiceField(choices=ModelKind.choices)


class JobSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    case = serializers.UUIDField(allow_null=True)
    case_title = serializers.CharField()
    model = JobModelSerializer()
    study_instance_uid = serializers.CharField(allow_null=True)
    series_instance_uid = serializers.CharField(allow_null=True)
    state = serializers.ChoiceField(choices=JobState.choices)
    progress = serializers.FloatField()
    stage = serializers.CharField()
    reason = ReasonSerializer(allow_null=True)
    warnings = serializers.ListField(child=ReasonSerializer())
    parameters = serializers.DictField()
    attempts = serializers.IntegerField()
    is_urgent = serializers.BooleanField()
    is_shadow = serializers.BooleanField(help_text="Shown to AI administration only.")
    queue_position = serializers.IntegerField(allow_null=True)
    queue_reason = serializers.ChoiceField(
        choices=RankReason.choices, allow_null=True, help_text="Why it stands where it stands."
    )
    starts_in_s = serializers.FloatField(
        allow_null=True, help_text="While it waits, as far as that can be said."
    )
    created_at = serializers.DateTimeField()
    started_at = serializers.DateTimeField(allow_null=True)
    finished_at = serializers.DateTimeField(allow_null=True)


class JobRequestSerializer(serializers.Serializer[Any]):
    case = serializers.UUIDField()
    model = serializers.UUIDField()
    series_instance_uid = serializers.RegexField(r"^[0-9.]{1,64}$")
    parameters = serializers.DictField(required=False)
    is_urgent = serializers.BooleanField(default=False, help_text="It is put before the others.")
    inputs = serializers.DictField(
        child=serializers.RegexField(r"^[0-9.]{1,64}$"),
        required=False,
        help_text="Role to Series Instance UID, where several series fit a role.",
    )


def describe_job(
    *, job: Job, places: dict[UUID, QueuePlace], with_identifiers: bool
) -> dict[str, Any]:
    """A job as REST shows it; the AI administrator's list carries no study identifiers."""
    version = job.version
    place = places.get(job.pk)
    reason = {"code": job.reason_code, "message": job.reason_message}
    return {
        "id": job.pk,
        "case": getattr(job, "case_pk", None),
        "case_title": getattr(job, "case_title", ""),
        "model": {
            "id": version.model_id,
            "name": version.model.name,
            "version": version.version,
            "kind": version.model.kind,
        },
        "study_instance_uid": job.series.study.study_instance_uid if with_identifiers else None,
        "series_instance_uid": job.series.series_instance_uid if with_identifiers else None,
        "state": job.state,
        "progress": job.progress,
        "stage": job.stage,
        "reason": reason if job.reason_code else None,
        "warnings": [{"code": code, "message": text} for code, text in job.warnings],
        "parameters": job.results_parameters or job.parameters,
        "attempts": job.attempts,
        "is_urgent": job.is_urgent,
        "is_shadow": job.is_shadow,
        "queue_position": place.position if place else None,
        "queue_reason": job.rank_reason if place else None,
        "starts_in_s": place.starts_in_s if place else None,
        "created_at": job.created_at,
        "started_at": job.started_at,
        "finished_at": job.finished_at,
    }
