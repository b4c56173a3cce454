from typing import Any
from uuid import UUID

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from apps.boards import policies, selectors, services
from apps.boards.api.serializers import (
    AgendaItemPatchSerializer,
    AgendaItemSerializer,
    AgendaItemWriteSerializer,
    BoardMemberSerializer,
    BoardMemberWriteSerializer,
    BoardRecordingSerializer,
    BoardRoleSerializer,
    BoardSerializer,
    MeetingPatchSerializer,
    MeetingQuerySerializer,
    MeetingSerializer,
    MeetingWriteSerializer,
)
from apps.boards.choices import AgendaStatus
from apps.boards.models import AgendaItem
from apps.cases.access import standings
from apps.cases.summaries import summarise
from apps.core.actors import Actor
from apps.core.api.pagination import StandardCursorPagination
from apps.core.api.schema import page_of
from apps.core.api.views import ConsiliumView
from apps.core.exceptions import InvalidInput, NotVisible


class BoardsByName(StandardCursorPagination):
    ordering = ("name", "id")


class MembersInOrder(StandardCursorPagination):
    ordering = ("created_at", "id")


class MeetingsByTime(StandardCursorPagination):
    ordering = ("starts_at", "id")


class AgendaInOrder(StandardCursorPagination):
    ordering = ("position", "id")


def show_agenda(*, actor: Actor, items: list[AgendaItem]) -> list[dict[str, Any]]:
    """Agenda items with their cases in the viewer's guise."""
    ids = [item.case_id for item in items]
    context = {
        "standings": standings(actor=actor, case_ids=ids),
        "summaries": summarise(actor=actor, case_ids=ids),
    }
    return [dict(AgendaItemSerializer(item, context=context).data) for item in items]


class BoardsView(ConsiliumView):
    policies = {"get": policies.list_boards, "post": policies.create_board}

    @extend_schema(responses=page_of(BoardSerializer))
    def get(self, request: Request) -> Response:
        pages = BoardsByName()
        boards = selectors.visible_boards(actor=self.actor)
        page = pages.paginate_queryset(boards, request, view=self)
        context = {"roles": selectors.roles_of(actor=self.actor)}
        return pages.get_paginated_response(BoardSerializer(page, many=True, context=context).data)

    @extend_schema(request=BoardSerializer, responses={201: BoardSerializer})
    def post(self, request: Request) -> Response:
        body = BoardSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        board = services.create_board(actor=self.actor, **body.validated_data)
        context = {"roles": selectors.roles_of(actor=self.actor)}
        return Response(
            BoardSerializer(board, context=context).data, status=status.HTTP_201_CREATED
        )


class BoardRecordingView(ConsiliumView):
    """Recording of this board's live sessions: rooms that open from now on keep to it."""

    policies = {"put": policies.run_board}

    @extend_schema(request=BoardRecordingSerializer, responses=BoardSerializer)
    def put(self, request: Request, board_id: UUID) -> Response:
        body = BoardRecordingSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        board = services.set_recording(actor=self.actor, board_id=board_id, **body.validated_data)
        context = {"roles": selectors.roles_of(actor=self.actor)}
        return Response(BoardSerializer(board, context=context).data)


class BoardMembersView(ConsiliumView):
    policies = {"get": policies.view_board, "post": policies.run_board}

    @extend_schema(responses=page_of(BoardMemberSerializer))
    def get(self, request: Request, board_id: UUID) -> Response:
        pages = MembersInOrder()
        members = selectors.list_members(board_id=board_id)
        page = pages.paginate_queryset(members, request, view=self)
        return pages.get_paginated_response(BoardMemberSerializer(page, many=True).data)

    @extend_schema(request=BoardMemberWriteSerializer, responses={201: BoardMemberSerializer})
    def post(self, request: Request, board_id: UUID) -> Response:
        body = BoardMemberWriteSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        member = services.add_board_member(
            actor=self.actor,
            board_id=board_id,
            user_id=body.validated_data["user"],
            role=body.validated_data["role"],
        )
        return Response(BoardMemberSerializer(member).data, status=status.HTTP_201_CREATED)


class BoardMemberView(ConsiliumView):
    policies = {"patch": policies.run_board, "delete": policies.run_board}

    @extend_schema(request=BoardRoleSerializer, responses=BoardMemberSerializer)
    def patch(self, request: Request, board_id: UUID, member_id: UUID) -> Response:
        body = BoardRoleSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        member = services.change_board_role(
            actor=self.actor, board_id=board_id, member_id=member_id, **body.validated_data
        )
        return Response(BoardMemberSerializer(member).data)

    @extend_schema(responses={204: None})
    def delete(self, request: Request, board_id: UUID, member_id: UUID) -> Response:
        services.remove_board_member(actor=self.actor, board_id=board_id, member_id=member_id)
        return Response(status=status.HTTP_204_NO_CONTENT)


class MeetingsView(ConsiliumView):
    policies = {"get": policies.list_boards, "post": policies.list_boards}

    @extend_schema(parameters=[MeetingQuerySerializer], responses=page_of(MeetingSerializer))
    def get(self, request: Request) -> Response:
        query = MeetingQuerySerializer(data=request.query_params)
        query.is_valid(raise_exception=True)
        meetings = selectors.visible_meetings(
            actor=self.actor,
            board_id=query.validated_data.get("board"),
            since=query.validated_data.get("since"),
        )
        pages = MeetingsByTime()
        page = pages.paginate_queryset(meetings, request, view=self)
        context = {"roles": selectors.roles_of(actor=self.actor)}
        return pages.get_paginated_response(
            MeetingSerializer(page, many=True, context=context).data
        )

    @extend_schema(request=MeetingWriteSerializer, responses={201: MeetingSerializer})
    def post(self, request: Request) -> Response:
        """The board is in the body, so the service asks `run_board` itself."""
        body = MeetingWriteSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        fields = dict(body.validated_data)
        meeting = services.schedule_meeting(
            actor=self.actor, board_id=fields.pop("board"), **fields
        )
        return Response(MeetingSerializer(meeting).data, status=status.HTTP_201_CREATED)


class MeetingView(ConsiliumView):
    policies = {"get": policies.view_meeting, "patch": policies.run_meeting}

    @extend_schema(responses=MeetingSerializer)
    def get(self, request: Request, meeting_id: UUID) -> Response:
        return Response(self._show(meeting_id))

    @extend_schema(request=MeetingPatchSerializer, responses=MeetingSerializer)
    def patch(self, request: Request, meeting_id: UUID) -> Response:
        body = MeetingPatchSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        wanted = body.validated_data
        if "status" in wanted:
            services.move_meeting(
                actor=self.actor,
                meeting_id=meeting_id,
                version=self.read_version(),
                to=wanted["status"],
            )
        elif "starts_at" in wanted:
            services.reschedule_meeting(
                actor=self.actor,
                meeting_id=meeting_id,
                version=self.read_version(),
                starts_at=wanted["starts_at"],
                ends_at=wanted["ends_at"],
            )
        else:
            services.revise_meeting(
                actor=self.actor,
                meeting_id=meeting_id,
                version=self.read_version(),
                room=wanted.get("room"),
                video_url=wanted.get("video_url"),
            )
        return Response(self._show(meeting_id))

    def _show(self, meeting_id: UUID) -> dict[str, Any]:
        meeting = selectors.visible_meetings(actor=self.actor).filter(pk=meeting_id).first()
        if meeting is None:
            raise NotVisible()
        context = {"roles": selectors.roles_of(actor=self.actor)}
        return dict(MeetingSerializer(meeting, context=context).data)


class AgendaView(ConsiliumView):
    policies = {"get": policies.view_meeting, "post": policies.run_meeting}

    @extend_schema(responses=page_of(AgendaItemSerializer))
    def get(self, request: Request, meeting_id: UUID) -> Response:
        pages = AgendaInOrder()
        agenda = selectors.list_agenda(actor=self.actor, meeting_id=meeting_id)
        page = pages.paginate_queryset(agenda, request, view=self) or []
        return pages.get_paginated_response(show_agenda(actor=self.actor, items=list(page)))

    @extend_schema(request=AgendaItemWriteSerializer, responses={201: AgendaItemSerializer})
    def post(self, request: Request, meeting_id: UUID) -> Response:
        body = AgendaItemWriteSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        item = services.add_agenda_item(
            actor=self.actor,
            meeting_id=meeting_id,
            case_id=body.validated_data["case"],
            minutes=body.validated_data.get("minutes"),
            late_reason=body.validated_data["late_reason"],
        )
        shown = show_agenda(actor=self.actor, items=[item])[0]
        return Response(shown, status=status.HTTP_201_CREATED)


class AgendaItemView(ConsiliumView):
    policies = {"patch": policies.run_agenda_item, "delete": policies.run_agenda_item}

    @extend_schema(
        request=AgendaItemPatchSerializer,
        responses=AgendaItemSerializer,
        parameters=[OpenApiParameter("If-Match", OpenApiTypes.STR, OpenApiParameter.HEADER)],
    )
    def patch(self, request: Request, item_id: UUID) -> Response:
        body = AgendaItemPatchSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        wanted = body.validated_data
        if "position" in wanted:
            item = services.move_agenda_item(
                actor=self.actor,
                item_id=item_id,
                version=self.read_version(),
                position=wanted["position"],
            )
        elif wanted["status"] == AgendaStatus.CURRENT:
            item = services.goto_agenda_item(actor=self.actor, item_id=item_id)
        elif wanted["status"] in {AgendaStatus.DISCUSSED, AgendaStatus.DEFERRED}:
            item = services.finish_agenda_item(
                actor=self.actor,
                item_id=item_id,
                version=self.read_version(),
                status=wanted["status"],
                deferral_code=wanted.get("deferral_code", ""),
            )
        else:
            raise InvalidInput("Unknown move.")
        return Response(show_agenda(actor=self.actor, items=[item])[0])

    @extend_schema(responses={204: None})
    def delete(self, request: Request, item_id: UUID) -> Response:
        services.remove_agenda_item(actor=self.actor, item_id=item_id)
        return Response(status=status.HTTP_204_NO_CONTENT)
