"""Shapes of structure sets; the OpenAPI document is made from them."""

from typing import Any

from rest_framework import serializers

from apps.ai.api.finding_serializers import ExportSerializer


class AcceptedStructureSerializer(serializers.Serializer[Any]):
    """An accepted finding as it is called in radiotherapy planning (TG-263)."""

    finding = serializers.UUIDField()
    label = serializers.CharField()  # type: ignore[assignment]
    name = serializers.CharField()
    interpreted_type = serializers.CharField(allow_blank=True)


class AcceptedStructureSetSerializer(serializers.Serializer[Any]):
    """What of one series would be sent now; ``sending`` is null while it has not been asked for."""

    series_instance_uid = serializers.CharField()
    series_description = serializers.CharField(allow_blank=True)
    sop_instance_uid = serializers.CharField()
    approval = serializers.CharField()
    regions = AcceptedStructureSerializer(many=True)
    sending = ExportSerializer(allow_null=True)
    earlier = serializers.IntegerField(
        help_text="Structure sets of this series sent before, with other contents."
    )


class AcceptedStructureSetsSerializer(serializers.Serializer[Any]):
    """``may_send``: whether this person may send or download them."""

    may_send = serializers.BooleanField()
    results = AcceptedStructureSetSerializer(many=True)


class SendStructureSetSerializer(serializers.Serializer[Any]):
    series_instance_uid = serializers.CharField(
        required=False, max_length=64, help_text="Of all series of the study where left out."
    )
