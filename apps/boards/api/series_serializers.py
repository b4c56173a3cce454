from typing import Any

from rest_framework import serializers

from apps.boards.api.serializers import BoardNameSerializer, MeetingSerializer
from apps.boards.models import MeetingSeries

HOLIDAYS_HELP = "Public holidays without a meeting: DE, or DE-BY for a part of the country."


class SeriesSerializer(serializers.ModelSerializer[MeetingSeries]):
    board = BoardNameSerializer(read_only=True)
    left_out = serializers.ListField(child=serializers.DateField(), read_only=True)

    class Meta:
        model = MeetingSeries
        fields = [
            "id",
            "version",
            "board",
            "rule",
            "time_zone",
            "first_on",
            "starts_at",
            "minutes",
            "room",
            "video_url",
            "holidays",
            "left_out",
            "ends_on",
        ]
        read_only_fields = fields


class PlannedSeriesSerializer(serializers.Serializer[Any]):
    """A series, the meetings made of it, and the days on which the board meets already."""

    series = SeriesSerializer()
    made = MeetingSerializer(many=True)
    overlapping = serializers.ListField(child=serializers.DateField())


class SeriesFieldsSerializer(serializers.Serializer[Any]):
    starts_at = serializers.TimeField(help_text="On the wall, in the time zone of the series.")
    minutes = serializers.IntegerField(min_value=1, max_value=600)
    room = serializers.CharField(max_length=200, allow_blank=True, default="")
    video_url = serializers.URLField(max_length=500, allow_blank=True, default="")
    holidays = serializers.CharField(
        max_length=10, allow_blank=True, default="", help_text=HOLIDAYS_HELP
    )
    left_out = serializers.ListField(child=serializers.DateField(), max_length=200, default=list)


class SeriesWriteSerializer(SeriesFieldsSerializer):
    board = serializers.UUIDField()
    rule = serializers.CharField(max_length=200, help_text="FREQ=WEEKLY;BYDAY=TU (RFC 5545).")
    time_zone = serializers.CharField(max_length=64)
    first_on = serializers.DateField()


class SeriesPatchSerializer(SeriesFieldsSerializer):
    """Either what changes for all meetings to come, or the last day."""

    ends_on = serializers.DateField(required=False)
    version = serializers.IntegerField(required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, partial=True, **kwargs)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        changes = attrs.keys() - {"ends_on", "version"}
        if ("ends_on" in attrs) == bool(changes):
            raise serializers.ValidationError("Send either ends_on, or what changes.")
        return attrs


class SeriesQuerySerializer(serializers.Serializer[Any]):
    board = serializers.UUIDField(required=False)
