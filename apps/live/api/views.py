from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.api.pagination import StandardCursorPagination
from apps.core.api.schema import page_of
from apps.core.api.views import ConsiliumView
from apps.core.exceptions import NotVisible
from apps.live import policies, selectors, services
from apps.live.access import read_access
from apps.live.api.serializers import (
    LiveEventsQuerySerializer,
    LiveEventsSerializer,
    LiveSessionCreateSerializer,
    LiveSessionQuerySerializer,
    LiveSessionSerializer,
    LiveTicketSerializer,
    LobbyAnswerSerializer,
)
from apps.live.projections import project_event, project_snapshot, project_stage


class NewestFirst(StandardCursorPagination):
    ordering = ("-created_at", "id")


class LiveSessionsView(ConsiliumView):
    """Open rooms one may enter; opening one that is open answers with it."""

    policies = {"get": policies.list_sessions, "post": policies.list_sessions}

    @extend_schema(
        parameters=[OpenApiParameter("case", UUID), OpenApiParameter("meeting", UUID)],
        responses=page_of(LiveSessionSerializer),
    )
    def get(self, request: Request) -> Response:
        query = LiveSessionQuerySerializer(data=request.query_params)
        query.is_valid(raise_exception=True)
        filters = {f"{name}_id": value for name, value in query.validated_data.items()}
        sessions = selectors.open_sessions(actor=self.actor).filter(**filters)
        pages = NewestFirst()
        page = pages.paginate_queryset(sessions, request, view=self)
        return pages.get_paginated_response(
            [selectors.describe_session(session) for session in page or ()]
        )

    @extend_schema(
        request=LiveSessionCreateSerializer,
        responses={200: LiveSessionSerializer, 201: LiveSessionSerializer},
    )
    def post(self, request: Request) -> Response:
        body = LiveSessionCreateSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        if "case" in body.validated_data:
            session, opened = services.open_ad_hoc_session(
                actor=self.actor, case_id=body.validated_data["case"]
            )
        else:
            session, opened = services.open_meeting_session(
                actor=self.actor, meeting_id=body.validated_data["meeting"]
            )
        return Response(
            selectors.describe_session(session),
            status=status.HTTP_201_CREATED if opened else status.HTTP_200_OK,
        )


class LiveSessionView(ConsiliumView):
    policies = {"get": policies.enter_session, "delete": policies.end_session}
    open_to_places = frozenset({"get"})

    @extend_schema(responses=LiveSessionSerializer)
    def get(self, request: Request, session_id: UUID) -> Response:
        session = policies.get_session(actor=self.actor, session_id=session_id)
        return Response(selectors.describe_session(session))

    @extend_schema(request=None, responses={204: None})
    def delete(self, request: Request, session_id: UUID) -> Response:
        """End the session for everybody."""
        services.end_session(actor=self.actor, session_id=session_id)
        return Response(status=status.HTTP_204_NO_CONTENT)


class LiveTicketView(ConsiliumView):
    policies = {"post": policies.knock}
    open_to_places = frozenset({"post"})

    @extend_schema(request=None, responses={201: LiveTicketSerializer})
    def post(self, request: Request, session_id: UUID) -> Response:
        """A ticket for one socket, good once and for 60 seconds."""
        ticket = services.mint_ticket(actor=self.actor, session_id=session_id)
        return Response({"ticket": ticket}, status=status.HTTP_201_CREATED)


class LiveLobbyView(ConsiliumView):
    policies = {"put": policies.admit_guests}

    @extend_schema(request=LobbyAnswerSerializer, responses={204: None})
    def put(self, request: Request, session_id: UUID, user_id: UUID) -> Response:
        """Let a guest in, or not."""
        body = LobbyAnswerSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        services.answer_guest(
            actor=self.actor,
            session_id=session_id,
            user_id=user_id,
            answer=body.validated_data["answer"],
        )
        return Response(status=status.HTTP_204_NO_CONTENT)


class LiveEventsView(ConsiliumView):
    """The log by number: gaps (LIVE-J2), and the way where WebSockets are blocked (LIVE-B5)."""

    policies = {"get": policies.enter_session}
    open_to_places = frozenset({"get"})

    @extend_schema(parameters=[OpenApiParameter("after", int)], responses=LiveEventsSerializer)
    def get(self, request: Request, session_id: UUID) -> Response:
        query = LiveEventsQuerySerializer(data=request.query_params)
        query.is_valid(raise_exception=True)
        read = selectors.read_room(
            session_id=session_id, after_seq=query.validated_data.get("after")
        )
        return Response(_as_seen_by(actor_id=self.actor.id, read=read))


def _as_seen_by(*, actor_id: UUID | None, read: selectors.RoomRead) -> dict[str, Any]:
    if actor_id is None:
        raise NotVisible()
    view = read_access(case_id=read.session.case_id, user_ids=[actor_id])[actor_id].view
    stage = selectors.newest_stage(session=read.session, fallback=read.last_keyframe)
    events = None
    if read.events is not None:
        described = (selectors.describe_event(row) for row in read.events)
        events = [project_event(event, view=view) for event in described]
    return {
        "head_seq": read.session.head,
        "projection": view.guise,
        "ai_hidden": view.embargoed,
        "events": events,
        "snapshot": project_snapshot(read.snapshot, view=view),
        "stage": project_stage(stage, view=view),
    }
