from typing import Any

from rest_framework import serializers

from apps.annotations.api.serializers import MeasurementAuthorSerializer
from apps.annotations.choices import LesionRole
from apps.annotations.services import Saying


def _label(**changes: Any) -> serializers.CharField:
    return serializers.CharField(max_length=80, allow_blank=True, **changes)


def _site(**changes: Any) -> serializers.CharField:
    return serializers.CharField(max_length=64, allow_blank=True, **changes)


def _role(**changes: Any) -> serializers.ChoiceField:
    return serializers.ChoiceField(
        choices=LesionRole.choices,
        allow_null=True,
        help_text="As RECIST 1.1 means it; null: nobody has said.",
        **changes,
    )


class LesionSerializer(serializers.Serializer[Any]):
    """The shape of ``selectors.describe_lesion``; a test holds the two together."""

    id = serializers.UUIDField()
    version = serializers.IntegerField()
    case = serializers.UUIDField()
    number = serializers.IntegerField(help_text="Within the case; never given again.")
    label = _label()  # type: ignore[assignment]  # Field.label is not meant
    site = _site()
    role = _role()
    is_node = serializers.BooleanField()
    author = MeasurementAuthorSerializer()
    tracking_uid = serializers.CharField()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class LesionCreateSerializer(serializers.Serializer[Any]):
    case = serializers.UUIDField()
    id = serializers.UUIDField(required=False)
    version = serializers.IntegerField(required=False, min_value=1)
    label = _label(default="")  # type: ignore[assignment]  # Field.label is not meant
    site = _site(default="")
    role = _role(default=None)
    is_node = serializers.BooleanField(default=False)

    def saying(self) -> Saying:
        data = self.validated_data
        return Saying(
            label=data["label"],
            site=data["site"],
            role=data["role"] or "",
            is_node=data["is_node"],
        )


class LesionPatchSerializer(serializers.Serializer[Any]):
    label = _label(required=False)  # type: ignore[assignment]  # Field.label is not meant
    site = _site(required=False)
    role = _role(required=False)
    is_node = serializers.BooleanField(required=False)

    def changes(self) -> dict[str, Any]:
        data = dict(self.validated_data)
        if "role" in data:
            data["role"] = data["role"] or ""
        return data


class AssignmentSerializer(serializers.Serializer[Any]):
    lesion = serializers.UUIDField(allow_null=True, help_text="Null: of none.")
