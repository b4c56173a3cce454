"""Shapes of what is known of another vendor's finding."""

from typing import Any

from rest_framework import serializers

from apps.ai.api.serializers import ReasonSerializer
from apps.ai.choices import VerifiedElsewhere


class ExternalSourceSerializer(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(choices=["pixels", "report"])
    sop_instance_uid = serializers.CharField()


class OutlineImageSerializer(serializers.Serializer[Any]):
    sop_instance_uid = serializers.CharField()
    frames = serializers.ListField(child=serializers.IntegerField())


class OutlineSerializer(serializers.Serializer[Any]):
    shape = serializers.CharField(help_text="Graphic Type of the SR (PS3.3 C.18.6, C.18.9).")
    points_lps = serializers.ListField(
        child=serializers.ListField(child=serializers.FloatField()), help_text="Millimetres."
    )
    points_image = serializers.ListField(
        child=serializers.ListField(child=serializers.FloatField()),
        help_text="Column and row, pixel centres at whole numbers.",
    )
    images = OutlineImageSerializer(many=True)


class EvaluationSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()
    value = serializers.CharField()


class ExternalSerializer(serializers.Serializer[Any]):
    """As its objects say; what they do not say is empty, ``version`` then ``unknown``."""

    manufacturer = serializers.CharField(allow_blank=True)
    algorithm = serializers.CharField(allow_blank=True)
    version = serializers.CharField()
    verification = serializers.ChoiceField(
        choices=VerifiedElsewhere.choices, allow_blank=True,
        help_text="What its report says of itself; here it is unreviewed all the same.",
    )  # fmt: skip
    verified_by = serializers.CharField(allow_blank=True)
    verified_at = serializers.DateTimeField(
        allow_null=True, default_timezone=None, help_text="As written, without a time zone."
    )
    segment = serializers.IntegerField(allow_null=True)
    sources = ExternalSourceSerializer(many=True)
    outlines = OutlineSerializer(many=True)
    evaluations = EvaluationSerializer(many=True)
    remarks = ReasonSerializer(many=True)
