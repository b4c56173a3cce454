from typing import Any

from rest_framework import serializers

from apps.live.api.serializers import LivePersonSerializer

PROJECTIONS = ["identified", "deidentified", "none"]


class RecordingQuerySerializer(serializers.Serializer[Any]):
    case = serializers.UUIDField()


class CaseRecordingSerializer(serializers.Serializer[Any]):
    """The shape of ``recordings.selectors.recordings_of_case``."""

    session = serializers.UUIDField()
    state = serializers.ChoiceField(choices=["open", "ended"])
    board = serializers.CharField(allow_null=True)
    at = serializers.DateTimeField()
    seconds = serializers.IntegerField()
    from_seq = serializers.IntegerField()
    people = LivePersonSerializer(many=True)
    kept_until = serializers.DateTimeField(allow_null=True)


class CaseRecordingsSerializer(serializers.Serializer[Any]):
    results = CaseRecordingSerializer(many=True)


class RecordedDecisionSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    seq = serializers.IntegerField()
    at = serializers.DateTimeField()


class ChapterSerializer(serializers.Serializer[Any]):
    number = serializers.IntegerField()
    case = serializers.UUIDField()
    from_seq = serializers.IntegerField()
    to_seq = serializers.IntegerField()
    from_at = serializers.DateTimeField()
    to_at = serializers.DateTimeField()
    projection = serializers.ChoiceField(choices=PROJECTIONS)
    keyframes = serializers.IntegerField()
    decisions = RecordedDecisionSerializer(many=True)


class VisitSerializer(serializers.Serializer[Any]):
    user = LivePersonSerializer()
    came_at = serializers.DateTimeField()
    left_at = serializers.DateTimeField(allow_null=True)


class RecordingSerializer(serializers.Serializer[Any]):
    session = serializers.UUIDField()
    board = serializers.CharField(allow_null=True)
    state = serializers.ChoiceField(choices=["open", "ended"])
    records_pointers = serializers.BooleanField()
    keeps_days = serializers.IntegerField(allow_null=True)
    chapters = ChapterSerializer(many=True)
    visits = VisitSerializer(many=True)


class RecordedEventsQuerySerializer(serializers.Serializer[Any]):
    after = serializers.IntegerField(min_value=0)
    until = serializers.IntegerField(min_value=0, required=False)


class RecordedStateSerializer(serializers.Serializer[Any]):
    seq = serializers.IntegerField()
    snapshot = serializers.DictField(allow_null=True)


class RecordedEventsSerializer(serializers.Serializer[Any]):
    """Events of one chapter after a number; states are in effect at theirs."""

    states = RecordedStateSerializer(many=True)
    events = serializers.ListField(child=serializers.DictField())
    next_after = serializers.IntegerField(allow_null=True)


class PointersQuerySerializer(serializers.Serializer[Any]):
    since = serializers.DateTimeField()
    until = serializers.DateTimeField()


class PointerTrackSerializer(serializers.Serializer[Any]):
    """``samples``: ``[milliseconds, person, place or -1, coordinates]``, both by their index."""

    from_at = serializers.DateTimeField()
    people = serializers.ListField(child=serializers.UUIDField())
    places = serializers.ListField(child=serializers.DictField())
    samples = serializers.ListField(child=serializers.ListField(child=serializers.JSONField()))


class RecordedPointersSerializer(serializers.Serializer[Any]):
    tracks = PointerTrackSerializer(many=True)
