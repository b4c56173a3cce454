"""Shapes of models; the OpenAPI document is made from them."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.ai.choices import (
    ModelKind,
    VersionAct,
    VersionChangeKind,
    VersionState,
)
from apps.ai.models import Model, ModelVersion
from apps.ai.selectors import (
    current_version,
    may_skip_validation,
    open_proposal,
    unvalidated_reason,
    version_acts,
    version_to_return_to,
)


class ApprovalSerializer(serializers.Serializer[Any]):
    person = serializers.CharField(source="user.display_name")
    side = serializers.CharField()
    at = serializers.DateTimeField(source="created_at")


class ProposalSerializer(serializers.Serializer[Any]):
    """A content that waits for a clinician's word to come into use."""

    person = serializers.CharField(source="proposed_by.display_name")
    reason = serializers.CharField(help_text="Why, although it was not validated here.")
    at = serializers.DateTimeField(source="created_at")


class VersionChangeSerializer(serializers.Serializer[Any]):
    """One change of state; ``person`` is empty for the installation of a release."""

    kind = serializers.ChoiceField(choices=VersionChangeKind.choices)
    from_state = serializers.CharField()
    to_state = serializers.ChoiceField(choices=VersionState.choices)
    reason = serializers.CharField()
    person = serializers.CharField(source="user.display_name", default="", read_only=True)
    confirmed_by = serializers.CharField(
        source="confirmed_by.display_name", default="", read_only=True
    )
    at = serializers.DateTimeField(source="created_at")


class LocalValidationSerializer(serializers.Serializer[Any]):
    done_on = serializers.DateField()
    studies = serializers.IntegerField()
    headline = serializers.DictField(child=serializers.FloatField())
    report_sha256 = serializers.CharField()
    person = serializers.CharField(source="recorded_by.display_name")
    at = serializers.DateTimeField(source="created_at")


class ModelVersionSerializer(serializers.ModelSerializer[ModelVersion]):
    """One content of a model; ``can`` is what the viewer may do with it, needs ``actor``."""

    state = serializers.ChoiceField(choices=VersionState.choices)
    approvals = ApprovalSerializer(many=True)
    proposal = serializers.SerializerMethodField()
    last_change = serializers.SerializerMethodField()
    validation = serializers.SerializerMethodField()
    needs_reason = serializers.SerializerMethodField()
    not_validated_because = serializers.SerializerMethodField()
    returns_to = serializers.SerializerMethodField()
    can = serializers.SerializerMethodField()

    class Meta:
        model = ModelVersion
        fields: tuple[str, ...] = (
            "id",
            "version",
            "tree_sha256",
            "state",
            "card",
            "scope",
            "approvals",
            "proposal",
            "last_change",
            "validation",
            "needs_reason",
            "not_validated_because",
            "returns_to",
            "can",
            "created_at",
        )

    @extend_schema_field(ProposalSerializer(allow_null=True))
    def get_proposal(self, version: ModelVersion) -> dict[str, Any] | None:
        proposal = open_proposal(version=version)
        return ProposalSerializer(proposal).data if proposal else None

    @extend_schema_field(VersionChangeSerializer(allow_null=True))
    def get_last_change(self, version: ModelVersion) -> dict[str, Any] | None:
        last = next(iter(version.changes.all()), None)
        return VersionChangeSerializer(last).data if last else None

    @extend_schema_field(LocalValidationSerializer(allow_null=True))
    def get_validation(self, version: ModelVersion) -> dict[str, Any] | None:
        newest = next(iter(version.validations.all()), None)
        return LocalValidationSerializer(newest).data if newest else None

    def get_needs_reason(self, version: ModelVersion) -> bool:
        """Whether a proposal to use it must say why it was not validated here."""
        return not may_skip_validation(version=version)

    def get_not_validated_because(self, version: ModelVersion) -> str:
        """The reason it came into use with, while nothing was validated here."""
        return unvalidated_reason(version=version)

    @extend_schema_field(serializers.CharField(help_text="Which version a roll-back brings back."))
    def get_returns_to(self, version: ModelVersion) -> str:
        before = version_to_return_to(version=version)
        return before.version if before else ""

    @extend_schema_field(serializers.ListField(child=serializers.ChoiceField(VersionAct.choices)))
    def get_can(self, version: ModelVersion) -> list[str]:
        acts = version_acts(actor=self.context["actor"], version=version)
        return [act.value for act in acts]


class VersionModelSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    slug = serializers.CharField()
    name = serializers.CharField()
    kind = serializers.ChoiceField(choices=ModelKind.choices)


class VersionBesideSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    version = serializers.CharField()
    state = serializers.ChoiceField(choices=VersionState.choices)
    created_at = serializers.DateTimeField()


class VersionDetailSerializer(ModelVersionSerializer):
    """A version with all that was done with it, and the versions beside it."""

    model = VersionModelSerializer()
    changes = VersionChangeSerializer(many=True)
    validations = LocalValidationSerializer(many=True)
    beside = serializers.SerializerMethodField()

    class Meta(ModelVersionSerializer.Meta):
        fields = (*ModelVersionSerializer.Meta.fields, "model", "changes", "validations", "beside")

    @extend_schema_field(VersionBesideSerializer(many=True))
    def get_beside(self, version: ModelVersion) -> list[dict[str, Any]]:
        others = [one for one in version.model.versions.all() if one.pk != version.pk]
        return list(VersionBesideSerializer(others, many=True).data)


class ShownContentSerializer(serializers.Serializer[Any]):
    """A word on a content names the hash that was on the person's screen."""

    tree_sha256 = serializers.RegexField(r"^[0-9a-f]{64}$")


class ProposeSerializer(ShownContentSerializer):
    reason = serializers.CharField(required=False, allow_blank=True, default="", max_length=2_000)


class ReasonWriteSerializer(serializers.Serializer[Any]):
    reason = serializers.CharField(allow_blank=True, max_length=2_000)


class RollBackSerializer(ReasonWriteSerializer):
    to = serializers.ChoiceField(
        choices=[VersionState.SHADOW.value, VersionState.SUSPENDED.value],
        default=VersionState.SUSPENDED.value,
        help_text="Where the version that is in use now goes.",
    )


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
