from typing import Any

from rest_framework import serializers


class CalendarFeedSerializer(serializers.Serializer[Any]):
    """Whether a calendar program may fetch one's meetings; never the address itself."""

    exists = serializers.BooleanField()
    created_at = serializers.DateTimeField(allow_null=True)
    last_read_at = serializers.DateTimeField(allow_null=True)


class NewCalendarFeedSerializer(CalendarFeedSerializer):
    """The only answer that ever holds the address."""

    url = serializers.CharField()
