"""Shapes of a version's files, card and uploads; the OpenAPI document is made from them."""

from typing import Any

from rest_framework import serializers

from apps.ai.api.model_serializers import (
    LocalValidationSerializer,
    VersionBesideSerializer,
    VersionChangeSerializer,
)
from apps.ai.content_diff import kind_of

FILE_KINDS = ["side_car", "configuration", "script", "weights", "document", "other"]
STATEMENT_SOURCES = ["developer", "house", "record", "rule", "nobody"]


class BundleFileSerializer(serializers.Serializer[Any]):
    path = serializers.CharField()
    size = serializers.IntegerField()
    sha256 = serializers.CharField()
    kind = serializers.SerializerMethodField()

    def get_kind(self, file: Any) -> str:
        return kind_of(file.path)


class FileChangeSerializer(serializers.Serializer[Any]):
    """``lines`` are those of a unified diff; there are none where ``text`` says why."""

    path = serializers.CharField()
    kind = serializers.ChoiceField(choices=FILE_KINDS)
    change = serializers.ChoiceField(choices=["added", "changed", "removed"])
    before = BundleFileSerializer(allow_null=True)
    after = BundleFileSerializer(allow_null=True)
    text = serializers.ChoiceField(choices=["lines", "binary", "too_long"])
    lines = serializers.ListField(child=serializers.CharField(allow_blank=True))
    cut = serializers.BooleanField()


class VersionContentSerializer(serializers.Serializer[Any]):
    tree_sha256 = serializers.CharField()
    files = BundleFileSerializer(many=True)
    against = VersionBesideSerializer(allow_null=True)
    changes = FileChangeSerializer(many=True)


class StatementSerializer(serializers.Serializer[Any]):
    """One attribute of the card; ``nobody`` stated it where the text is empty."""

    key = serializers.CharField()
    text = serializers.CharField(allow_blank=True)
    source = serializers.ChoiceField(choices=STATEMENT_SOURCES)  # type: ignore[assignment]
    author = serializers.CharField(allow_blank=True)
    at = serializers.DateTimeField(allow_null=True)


class CardGroupSerializer(serializers.Serializer[Any]):
    key = serializers.CharField()
    statements = StatementSerializer(many=True)


class WeightsSerializer(serializers.Serializer[Any]):
    path = serializers.CharField()
    format = serializers.CharField()
    sha256 = serializers.CharField()


class VersionCardSerializer(serializers.Serializer[Any]):
    """The card of a version; ``groups`` are HTI-1's, in its order."""

    groups = CardGroupSerializer(many=True)
    imaging = CardGroupSerializer()
    change_log = CardGroupSerializer()
    regulatory_status = StatementSerializer()
    scope_rules = serializers.ListField(child=serializers.CharField())
    thresholds = serializers.ListField(child=serializers.CharField())
    weights = WeightsSerializer(allow_null=True)
    tree_sha256 = serializers.CharField()
    validation = LocalValidationSerializer(allow_null=True)
    not_validated_because = serializers.CharField(allow_blank=True)
    changes = VersionChangeSerializer(many=True)
    may_write = serializers.BooleanField()


class CardEntryWriteSerializer(serializers.Serializer[Any]):
    key = serializers.CharField(max_length=80)
    text = serializers.CharField(max_length=4_000)


class BundleUploadWriteSerializer(serializers.Serializer[Any]):
    """A ZIP file that will come; its name is shown, never opened."""

    name = serializers.CharField(max_length=4_096)
    size_bytes = serializers.IntegerField(min_value=0)


class BundleUploadSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    most_bytes = serializers.IntegerField()


class BundleInstallSerializer(serializers.Serializer[Any]):
    side_car = serializers.CharField(
        required=False, allow_blank=True, default="", max_length=4_000_000, trim_whitespace=False,
        help_text="The house's consilium.json, for a bundle without one.",
    )  # fmt: skip
    slug = serializers.SlugField(
        required=False, allow_blank=True, default="", max_length=80,
        help_text="The model it is a version of; left out, by its name.",
    )  # fmt: skip
