from typing import Any

from rest_framework import serializers


class LivePersonSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    display_name = serializers.CharField()
    discipline = serializers.CharField()


class PresenterSerializer(serializers.Serializer[Any]):
    user = LivePersonSerializer(allow_null=True)
    epoch = serializers.IntegerField()


class RecordingRulesSerializer(serializers.Serializer[Any]):
    is_recorded = serializers.BooleanField()
    records_pointers = serializers.BooleanField()
    keeps_days = serializers.IntegerField(allow_null=True)


class LiveSessionSerializer(serializers.Serializer[Any]):
    """The shape of ``selectors.describe_session``."""

    id = serializers.UUIDField()
    meeting = serializers.UUIDField(allow_null=True)
    case = serializers.UUIDField()
    agenda_item = serializers.UUIDField(allow_null=True)
    state = serializers.ChoiceField(choices=["open", "ended"])
    head_seq = serializers.IntegerField()
    chair = LivePersonSerializer()
    presenter = PresenterSerializer()
    opened_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField(allow_null=True)
    recording = RecordingRulesSerializer()


class LiveSessionCreateSerializer(serializers.Serializer[Any]):
    """Exactly one of ``meeting`` and ``case``."""

    meeting = serializers.UUIDField(required=False)
    case = serializers.UUIDField(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if len(attrs) != 1:
            raise serializers.ValidationError("Name a meeting or a case, and not both.")
        return attrs


class LiveSessionQuerySerializer(serializers.Serializer[Any]):
    meeting = serializers.UUIDField(required=False)
    case = serializers.UUIDField(required=False)


class LiveTicketSerializer(serializers.Serializer[Any]):
    ticket = serializers.CharField()


class LiveEventsQuerySerializer(serializers.Serializer[Any]):
    after = serializers.IntegerField(required=False, min_value=0)


class LiveEventsSerializer(serializers.Serializer[Any]):
    """Events after a number, or a snapshot where the gap is long; as over the socket."""

    head_seq = serializers.IntegerField()
    projection = serializers.ChoiceField(choices=["identified", "deidentified", "none"])
    ai_hidden = serializers.BooleanField()
    events = serializers.ListField(child=serializers.DictField(), allow_null=True)
    snapshot = serializers.DictField(allow_null=True)
    stage = serializers.DictField(allow_null=True)


class LobbyAnswerSerializer(serializers.Serializer[Any]):
    answer = serializers.ChoiceField(choices=["admitted", "refused"])
