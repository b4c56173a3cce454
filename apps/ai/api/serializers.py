"""Shapes of the AI resources; the OpenAPI document is made from them."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.ai.choices import (
    DismissalReason,
    ExportState,
    FindingState,
    JobState,
    ModelKind,
    RankReason,
    VersionAct,
    VersionState,
)
from apps.ai.models import Job, Model, ModelVersion
from apps.ai.selectors import QueuePlace, current_version, version_acts


class CodeSerializer(serializers.Serializer[Any]):
    system = serializers.CharField()
    code = serializers.CharField()
    display = serializers.CharField()


class ApprovalSerializer(serializers.Serializer[Any]):
    person = serializers.CharField(source="user.display_name")
    side = serializers.CharField()
    at = serializers.DateTimeField(source="created_at")


class ModelVersionSerializer(serializers.ModelSerializer[ModelVersion]):
    """One content of a model; ``can`` is what the viewer may do with it, needs ``actor``."""

    state = serializers.ChoiceField(choices=VersionState.choices)
    approvals = ApprovalSerializer(many=True)
    can = serializers.SerializerMethodField()

    class Meta:
        model = ModelVersion
        fields = ("id", "version", "tree_sha256", "state", "card", "scope", "approvals", "can",
                  "created_at")  # fmt: skip

    @extend_schema_field(serializers.ListField(child=serializers.ChoiceField(VersionAct.choices)))
    def get_can(self, version: ModelVersion) -> list[str]:
        acts = version_acts(actor=self.context["actor"], version=version)
        return [act.value for act in acts]


class ModelSerializer(serializers.ModelSerializer[Model]):
    kind = serializers.ChoiceField(choices=ModelKind.choices)
    version = serializers.SerializerMethodField()
    version_id = serializers.SerializerMethodField()
    sha256 = serializers.SerializerMethodField()
    state = serializers.SerializerMethodField()
    card = serializers.SerializerMethodField()
    scope = serializers.SerializerMethodField()
    versions = ModelVersionSerializer(many=True)

    class Meta:
        model = Model
        fields = (
            "id",
            "slug",
            "name",
            "kind",
            "version",
            "version_id",
            "sha256",
            "state",
            "card",
            "scope",
            "versions",
        )

    def get_version(self, model: Model) -> str:
        version = current_version(model=model)
        return version.version if version else ""

    def get_version_id(self, model: Model) -> UUID | None:
        version = current_version(model=model)
        return version.pk if version else None

    def get_sha256(self, model: Model) -> str:
        version = current_version(model=model)
        return version.tree_sha256 if version else ""

    def get_state(self, model: Model) -> str:
        version = current_version(model=model)
        return version.state if version else VersionState.RETIRED.value

    def get_card(self, model: Model) -> dict[str, Any]:
        version = current_version(model=model)
        return dict(version.card) if version else {}

    def get_scope(self, model: Model) -> dict[str, Any]:
        version = current_version(model=model)
        return dict(version.scope) if version else {}


class JobModelSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    name = serializers.CharField()
    version = serializers.CharField()
    kind = serializers.ChoiceField(choices=ModelKind.choices)


class ReasonSerializer(serializers.Serializer[Any]):
    code = serializers.CharField()
    message = serializers.CharField()


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


class MeasuredSerializer(serializers.Serializer[Any]):
    quantity = serializers.CharField()
    value = serializers.FloatField()
    unit = serializers.CharField()


class FindingModelSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()
    version = serializers.CharField()


class ReviewerSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    display_name = serializers.CharField()
    discipline = serializers.CharField()


class ReviewSerializer(serializers.Serializer[Any]):
    reviewer = ReviewerSerializer()
    at = serializers.DateTimeField()
    reason_code = serializers.ChoiceField(choices=DismissalReason.choices, allow_null=True)
    comment = serializers.CharField()


class ExportSerializer(serializers.Serializer[Any]):
    state = serializers.ChoiceField(choices=ExportState.choices)
    attempts = serializers.IntegerField()
    error = ReasonSerializer(allow_null=True)
    stored_at = serializers.DateTimeField(allow_null=True)


class FindingSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    version = serializers.IntegerField()
    case = serializers.UUIDField()
    case_title = serializers.CharField()
    job = serializers.UUIDField()
    number = serializers.IntegerField()
    model = FindingModelSerializer()
    study_instance_uid = serializers.CharField()
    series_instance_uid = serializers.CharField()
    frame_of_reference_uid = serializers.CharField(allow_null=True)
    sop_instance_uid = serializers.CharField()
    frame = serializers.IntegerField()
    label = serializers.CharField()  # type: ignore[assignment]
    code = CodeSerializer()
    site = CodeSerializer(allow_null=True)
    measurements = MeasuredSerializer(many=True)
    probability = serializers.FloatField(allow_null=True)
    urgency = serializers.CharField()
    state = serializers.ChoiceField(choices=FindingState.choices)
    review = ReviewSerializer(allow_null=True)
    centroid_lps = serializers.ListField(child=serializers.FloatField(), allow_null=True)
    bbox_lps = serializers.ListField(
        child=serializers.ListField(child=serializers.FloatField()), allow_null=True
    )
    mask_url = serializers.CharField(allow_null=True)
    export = ExportSerializer(allow_null=True)


class AcceptSerializer(serializers.Serializer[Any]):
    version = serializers.IntegerField(min_value=1)
    case = serializers.UUIDField(required=False)


class DismissSerializer(AcceptSerializer):
    reason_code = serializers.ChoiceField(choices=DismissalReason.choices)
    comment = serializers.CharField(required=False, allow_blank=True, max_length=2_000)


class ExportRetrySerializer(serializers.Serializer[Any]):
    case = serializers.UUIDField(required=False)


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
        "queue_position": place.position if place else None,
        "queue_reason": job.rank_reason if place else None,
        "starts_in_s": place.starts_in_s if place else None,
        "created_at": job.created_at,
        "started_at": job.started_at,
        "finished_at": job.finished_at,
    }
