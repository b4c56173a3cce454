import time
from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from apps.boards import checkin, policies, selectors, services
from apps.boards.api.serializers import BoardSerializer
from apps.boards.choices import Arrival
from apps.boards.models import Attendance
from apps.core.api.views import ConsiliumView


class AttendeeUserSerializer(serializers.Serializer[Any]):
    """A colleague, with the discipline in which they came that day."""

    id = serializers.UUIDField()
    display_name = serializers.CharField()
    discipline = serializers.CharField()


class AttendanceSerializer(serializers.Serializer[Any]):
    """The shape of ``selectors.describe_attendance``."""

    user = AttendeeUserSerializer()
    counts = serializers.BooleanField()
    how = serializers.ChoiceField(choices=Arrival.choices)
    present = serializers.BooleanField()
    arrived_at = serializers.DateTimeField()
    left_at = serializers.DateTimeField(allow_null=True)


class QuorumSerializer(serializers.Serializer[Any]):
    needs = serializers.ListField(child=serializers.CharField())
    missing = serializers.ListField(child=serializers.CharField())


class MeetingAttendanceSerializer(serializers.Serializer[Any]):
    quorum = QuorumSerializer()
    people = AttendanceSerializer(many=True)


class AttendanceWriteSerializer(serializers.Serializer[Any]):
    user = serializers.UUIDField()


class BoardPatchSerializer(serializers.Serializer[Any]):
    quorum = serializers.ListField(child=serializers.CharField(max_length=30), max_length=12)


class CheckInCodeSerializer(serializers.Serializer[Any]):
    """What is shown on the wall; ``qr`` is a row of squares a line, ``1`` dark."""

    code = serializers.CharField()
    url = serializers.CharField()
    seconds_left = serializers.IntegerField()
    qr = serializers.ListField(child=serializers.CharField())


class CheckInSerializer(serializers.Serializer[Any]):
    code = serializers.CharField(max_length=20)


class CheckedInSerializer(serializers.Serializer[Any]):
    meeting = serializers.UUIDField()
    board = serializers.CharField()
    room = serializers.CharField()
    starts_at = serializers.DateTimeField()
    counts = serializers.BooleanField()
    discipline = serializers.CharField()


class BoardView(ConsiliumView):
    policies = {"patch": policies.run_board}

    @extend_schema(request=BoardPatchSerializer, responses=BoardSerializer)
    def patch(self, request: Request, board_id: UUID) -> Response:
        """The disciplines that make the board's quorum."""
        body = BoardPatchSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        board = services.set_quorum(
            actor=self.actor, board_id=board_id, disciplines=body.validated_data["quorum"]
        )
        context = {"roles": selectors.roles_of(actor=self.actor)}
        return Response(BoardSerializer(board, context=context).data)


class AttendanceView(ConsiliumView):
    policies = {"get": policies.view_meeting, "post": policies.run_meeting}

    @extend_schema(responses=MeetingAttendanceSerializer)
    def get(self, request: Request, meeting_id: UUID) -> Response:
        return Response(
            {
                "quorum": selectors.describe_quorum(meeting_id=meeting_id),
                "people": [
                    selectors.describe_attendance(row)
                    for row in selectors.attendance_of(meeting_id=meeting_id)
                ],
            }
        )

    @extend_schema(request=AttendanceWriteSerializer, responses={201: AttendanceSerializer})
    def post(self, request: Request, meeting_id: UUID) -> Response:
        """Somebody sits in the room."""
        body = AttendanceWriteSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        row = services.tick_attendance(
            actor=self.actor, meeting_id=meeting_id, user_id=body.validated_data["user"]
        )
        return Response(selectors.describe_attendance(row), status=status.HTTP_201_CREATED)


class AttendeeView(ConsiliumView):
    policies = {"patch": policies.run_meeting, "delete": policies.run_meeting}

    @extend_schema(request=None, responses=AttendanceSerializer)
    def patch(self, request: Request, meeting_id: UUID, user_id: UUID) -> Response:
        """They have left; they have attended."""
        row = services.note_left(actor=self.actor, meeting_id=meeting_id, user_id=user_id)
        return Response(selectors.describe_attendance(row))

    @extend_schema(responses={204: None})
    def delete(self, request: Request, meeting_id: UUID, user_id: UUID) -> Response:
        """They were not there after all."""
        services.remove_attendance(actor=self.actor, meeting_id=meeting_id, user_id=user_id)
        return Response(status=status.HTTP_204_NO_CONTENT)


class CheckInCodeView(ConsiliumView):
    policies = {"get": policies.run_meeting}

    @extend_schema(responses=CheckInCodeSerializer)
    def get(self, request: Request, meeting_id: UUID) -> Response:
        """The code of this minute, for the wall of the room."""
        shown = show_code(request, meeting_id=meeting_id)
        return Response(shown, headers={"Cache-Control": "no-store"})


class CheckInView(ConsiliumView):
    policies = {"post": policies.check_in}

    @extend_schema(request=CheckInSerializer, responses={201: CheckedInSerializer})
    def post(self, request: Request) -> Response:
        body = CheckInSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        row = services.check_in(actor=self.actor, code=body.validated_data["code"])
        return Response(_describe_check_in(row), status=status.HTTP_201_CREATED)


def show_code(request: Request, *, meeting_id: UUID) -> dict[str, Any]:
    """The code of this minute as a wall shows it: to be typed, or taken by a phone's camera."""
    code = checkin.code_at(meeting_id=meeting_id, at_s=time.time())
    url = request.build_absolute_uri(f"/checkin/{code.code}")
    return {
        "code": code.code,
        "url": url,
        "seconds_left": code.seconds_left,
        "qr": checkin.qr_rows(url),
    }


def _describe_check_in(row: Attendance) -> dict[str, Any]:
    return {
        "meeting": str(row.meeting_id),
        "board": row.meeting.board.name,
        "room": row.meeting.room,
        "starts_at": row.meeting.starts_at.isoformat(),
        "counts": row.counts,
        "discipline": row.discipline,
    }
