"""Shapes of findings and reviews; the OpenAPI document is made from them."""

from typing import Any

from rest_framework import serializers

from apps.ai.api.external_serializers import ExternalSerializer
from apps.ai.api.serializers import CodeSerializer, ReasonSerializer
from apps.ai.choices import (
    DismissalReason,
    ExportState,
    FindingState,
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
    external = ExternalSerializer(
        allow_null=True, help_text="Of another vendor; null where this house computed it."
    )
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
