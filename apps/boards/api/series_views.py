"""Boards that meet by a rule."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from apps.boards import policies, selectors, services
from apps.boards.api.series_serializers import (
    PlannedSeriesSerializer,
    SeriesPatchSerializer,
    SeriesQuerySerializer,
    SeriesSerializer,
    SeriesWriteSerializer,
)
from apps.boards.services.series import Planned
from apps.core.actors import Actor
from apps.core.api.pagination import StandardCursorPagination
from apps.core.api.schema import page_of
from apps.core.api.views import ConsiliumView


class SeriesInOrder(StandardCursorPagination):
    ordering = ("first_on", "id")


def show_planned(actor: Actor, planned: Planned) -> dict[str, Any]:
    context = {"roles": selectors.roles_of(actor=actor)}
    return dict(PlannedSeriesSerializer(planned, context=context).data)


class SeriesListView(ConsiliumView):
    policies = {"get": policies.list_boards, "post": policies.list_boards}

    @extend_schema(parameters=[SeriesQuerySerializer], responses=page_of(SeriesSerializer))
    def get(self, request: Request) -> Response:
        query = SeriesQuerySerializer(data=request.query_params)
        query.is_valid(raise_exception=True)
        series = selectors.visible_series(
            actor=self.actor, board_id=query.validated_data.get("board")
        )
        pages = SeriesInOrder()
        page = pages.paginate_queryset(series, request, view=self)
        return pages.get_paginated_response(SeriesSerializer(page, many=True).data)

    @extend_schema(request=SeriesWriteSerializer, responses={201: PlannedSeriesSerializer})
    def post(self, request: Request) -> Response:
        """The board is in the body, so the service asks `run_board` itself."""
        body = SeriesWriteSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        fields = dict(body.validated_data)
        planned = services.plan_series(actor=self.actor, board_id=fields.pop("board"), **fields)
        return Response(show_planned(self.actor, planned), status=status.HTTP_201_CREATED)


class SeriesView(ConsiliumView):
    policies = {"get": policies.view_series, "patch": policies.run_series}

    @extend_schema(responses=SeriesSerializer)
    def get(self, request: Request, meeting_series_id: UUID) -> Response:
        series = selectors.visible_series(actor=self.actor).get(pk=meeting_series_id)
        return Response(SeriesSerializer(series).data)

    @extend_schema(request=SeriesPatchSerializer, responses=PlannedSeriesSerializer)
    def patch(self, request: Request, meeting_series_id: UUID) -> Response:
        body = SeriesPatchSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        changes = dict(body.validated_data)
        changes.pop("version", None)
        version = self.read_version()
        if "ends_on" in changes:
            series = services.end_series(
                actor=self.actor,
                series_id=meeting_series_id,
                version=version,
                ends_on=changes["ends_on"],
            )
            return Response(show_planned(self.actor, Planned(series)))
        planned = services.revise_series(
            actor=self.actor, series_id=meeting_series_id, version=version, changes=changes
        )
        return Response(show_planned(self.actor, planned))
