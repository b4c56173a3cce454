from typing import Any

from rest_framework import serializers

from apps.accounts.api.serializers import PersonSerializer
from apps.boards.choices import (
    AgendaStatus,
    AiReading,
    BoardRole,
    ClockMove,
    DeferralReason,
    MeetingStatus,
)
from apps.boards.models import (
    AgendaItem,
    Board,
    BoardMember,
    Meeting,
)
from apps.cases.api.serializers import CaseListItemSerializer

RECORDING_FIELDS = ["is_recorded", "records_pointers", "keeps_recordings_days"]
MOST_DAYS_KEPT = 36_500


class BoardSerializer(serializers.ModelSerializer[Board]):
    quorum = serializers.ListField(child=serializers.CharField(), read_only=True)
    my_role = serializers.SerializerMethodField()

    class Meta:
        model = Board
        fields = [
            "id",
            "name",
            "description",
            "minutes_per_case",
            "minutes_per_complex_case",
            "cut_off_hours",
            "quorum",
            "ai_reading",
            "my_role",
            *RECORDING_FIELDS,
        ]
        read_only_fields = ["ai_reading", *RECORDING_FIELDS]

    def get_my_role(self, board: Board) -> str | None:
        role: str | None = self.context.get("roles", {}).get(board.pk)
        return role


class BoardRecordingSerializer(serializers.Serializer[Any]):
    """Whether its rooms are recorded, and how long that is kept: ``null`` is for good."""

    is_recorded = serializers.BooleanField()
    records_pointers = serializers.BooleanField()
    keeps_recordings_days = serializers.IntegerField(
        allow_null=True, min_value=0, max_value=MOST_DAYS_KEPT
    )


class AiReadingSerializer(serializers.Serializer[Any]):
    ai_reading = serializers.ChoiceField(choices=AiReading.choices)


class BoardMemberSerializer(serializers.ModelSerializer[BoardMember]):
    user = PersonSerializer(read_only=True)

    class Meta:
        model = BoardMember
        fields = ["id", "user", "role", "created_at"]
        read_only_fields = fields


class BoardMemberWriteSerializer(serializers.Serializer[Any]):
    user = serializers.UUIDField()
    role = serializers.ChoiceField(choices=BoardRole.choices, default=BoardRole.CORE)


class BoardRoleSerializer(serializers.Serializer[Any]):
    role = serializers.ChoiceField(choices=BoardRole.choices)


class BoardNameSerializer(serializers.ModelSerializer[Board]):
    class Meta:
        model = Board
        fields = ["id", "name"]


class MeetingSerializer(serializers.ModelSerializer[Meeting]):
    board = BoardNameSerializer(read_only=True)
    case_count = serializers.IntegerField(read_only=True, default=0)
    my_role = serializers.SerializerMethodField()

    class Meta:
        model = Meeting
        fields = [
            "id",
            "version",
            "board",
            "starts_at",
            "ends_at",
            "room",
            "video_url",
            "status",
            "series",
            "is_exception",
            "case_count",
            "my_role",
        ]
        read_only_fields = fields

    def get_my_role(self, meeting: Meeting) -> str | None:
        role: str | None = self.context.get("roles", {}).get(meeting.board_id)
        return role


class MeetingWriteSerializer(serializers.Serializer[Any]):
    board = serializers.UUIDField()
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()
    room = serializers.CharField(max_length=200, allow_blank=True, default="")
    video_url = serializers.URLField(max_length=500, allow_blank=True, default="")


class MeetingPatchSerializer(serializers.Serializer[Any]):
    """Either a move of its status, or where it meets, or when."""

    starts_at = serializers.DateTimeField(required=False)
    ends_at = serializers.DateTimeField(required=False)
    status = serializers.ChoiceField(choices=MeetingStatus.choices, required=False)
    room = serializers.CharField(max_length=200, allow_blank=True, required=False)
    video_url = serializers.URLField(max_length=500, allow_blank=True, required=False)
    version = serializers.IntegerField(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        kinds = ({"status"}, {"room", "video_url"}, {"starts_at", "ends_at"})
        if sum(bool(attrs.keys() & kind) for kind in kinds) != 1:
            raise serializers.ValidationError(
                "Send status, or room and video_url, or starts_at and ends_at."
            )
        if ("starts_at" in attrs) != ("ends_at" in attrs):
            raise serializers.ValidationError("A time has a start and an end.")
        return attrs


class MeetingQuerySerializer(serializers.Serializer[Any]):
    board = serializers.UUIDField(required=False)
    since = serializers.DateTimeField(required=False)


class AgendaItemSerializer(serializers.ModelSerializer[AgendaItem]):
    """One case of the agenda, shown as the worklist shows it."""

    case = CaseListItemSerializer(read_only=True)
    is_carried_over = serializers.BooleanField(source="carried_from_id", read_only=True)
    deferral_code = serializers.CharField(read_only=True, help_text="Empty unless deferred.")

    class Meta:
        model = AgendaItem
        fields = [
            "id",
            "version",
            "meeting",
            "case",
            "position",
            "minutes",
            "status",
            "started_at",
            "ended_at",
            "paused_at",
            "paused_s",
            "ai_revealed_at",
            "is_complex",
            "late_reason",
            "is_carried_over",
            "deferral_code",
        ]
        read_only_fields = fields


class ClockSerializer(serializers.Serializer[Any]):
    move = serializers.ChoiceField(choices=ClockMove.choices)
    minutes = serializers.IntegerField(min_value=-120, max_value=120, default=0)


class AgendaItemWriteSerializer(serializers.Serializer[Any]):
    case = serializers.UUIDField()
    minutes = serializers.IntegerField(min_value=1, max_value=120, required=False)
    late_reason = serializers.CharField(max_length=300, allow_blank=True, default="")


class AgendaItemPatchSerializer(serializers.Serializer[Any]):
    position = serializers.IntegerField(min_value=1, required=False)
    status = serializers.ChoiceField(
        choices=[AgendaStatus.CURRENT, AgendaStatus.DISCUSSED, AgendaStatus.DEFERRED],
        required=False,
    )
    deferral_code = serializers.ChoiceField(choices=DeferralReason.choices, required=False)
    version = serializers.IntegerField(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if ("position" in attrs) == ("status" in attrs):
            raise serializers.ValidationError("Send either position or status.")
        return attrs
