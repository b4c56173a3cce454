from typing import Any

from rest_framework import serializers

from apps.live.api.serializers import LivePersonSerializer
from apps.live.choices import TourPurpose

MOST_READERS = 100


class TourCaseQuerySerializer(serializers.Serializer[Any]):
    case = serializers.UUIDField()


class TourStepSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    position = serializers.IntegerField()
    title = serializers.CharField()
    comment = serializers.CharField()
    stage = serializers.DictField(allow_null=True)
    author = LivePersonSerializer()
    at = serializers.DateTimeField()


class TourReaderSerializer(serializers.Serializer[Any]):
    user = LivePersonSerializer()
    seen_at = serializers.DateTimeField(allow_null=True)


class TourSerializer(serializers.Serializer[Any]):
    """The shape of ``tours.selectors.describe_tour``."""

    id = serializers.UUIDField()
    version = serializers.IntegerField()
    case = serializers.UUIDField()
    purpose = serializers.ChoiceField(choices=TourPurpose.choices)
    title = serializers.CharField()
    due = serializers.DateField(allow_null=True)
    author = LivePersonSerializer()
    created_at = serializers.DateTimeField()
    readers = TourReaderSerializer(many=True)
    steps = TourStepSerializer(many=True)


class ToursSerializer(serializers.Serializer[Any]):
    results = TourSerializer(many=True)


class WaitingTourSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    case = serializers.UUIDField()
    author = LivePersonSerializer()
    due = serializers.DateField(allow_null=True)
    steps = serializers.IntegerField()


class WaitingToursSerializer(serializers.Serializer[Any]):
    results = WaitingTourSerializer(many=True)


class TourCreateSerializer(serializers.Serializer[Any]):
    case = serializers.UUIDField()
    purpose = serializers.ChoiceField(choices=TourPurpose.choices)
    title = serializers.CharField(max_length=120)
    due = serializers.DateField(required=False, allow_null=True, default=None)
    readers = serializers.ListField(
        child=serializers.UUIDField(), required=False, default=list, max_length=MOST_READERS
    )


class TourPatchSerializer(serializers.Serializer[Any]):
    title = serializers.CharField(max_length=120, required=False)
    due = serializers.DateField(allow_null=True, required=False)
    readers = serializers.ListField(
        child=serializers.UUIDField(), required=False, max_length=MOST_READERS
    )
    order = serializers.ListField(
        child=serializers.UUIDField(), required=False, max_length=MOST_READERS
    )


class TourStepCreateSerializer(serializers.Serializer[Any]):
    title = serializers.CharField(max_length=120, allow_blank=True, default="")
    comment = serializers.CharField(max_length=2000, allow_blank=True, default="")
    stage = serializers.DictField()


class TourStepPatchSerializer(serializers.Serializer[Any]):
    title = serializers.CharField(max_length=120, allow_blank=True)
    comment = serializers.CharField(max_length=2000, allow_blank=True)
