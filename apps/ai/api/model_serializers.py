"""Shapes of models; the OpenAPI document is made from them."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.ai.choices import (
    ModelKind,
    VersionAct,
    VersionState,
)
from apps.ai.models import Model, ModelVersion
from apps.ai.selectors import current_version, version_acts


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
