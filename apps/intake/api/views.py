"""Lists of patients: taken in, mapped, corrected, put on an agenda, taken back."""

import io
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.parsers import JSONParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.api.pagination import StandardCursorPagination
from apps.core.api.schema import page_of
from apps.core.api.views import ConsiliumView
from apps.core.exceptions import TooLarge
from apps.intake import policies, selectors, services
from apps.intake.api.serializers import (
    ConfirmIntakeSerializer,
    IntakeListPatchSerializer,
    IntakeListSerializer,
    IntakeListSummarySerializer,
    IntakeListWriteSerializer,
    IntakeProgressSerializer,
    IntakeRowPatchSerializer,
    VersionSerializer,
    summarise_progress,
)
from apps.intake.leftover import write_leftover
from apps.intake.models import IntakeRow
from apps.intake.reading.tables import MOST_BYTES

FORM_BYTES = 64 * 1024


class BoundedFormParser(MultiPartParser):
    """At most one list is read, whatever the body's length is said to be."""

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        body = stream.read(MOST_BYTES + FORM_BYTES + 1)
        if len(body) > MOST_BYTES + FORM_BYTES:
            raise TooLarge(
                "A list is at most 5 MB.", code="list_too_large", details={"most": MOST_BYTES}
            )
        return super().parse(io.BytesIO(body), media_type, parser_context)


class IntakeView(ConsiliumView):
    """What the views of one list answer: the whole list, read anew."""

    def answer(self, intake_list_id: UUID, code: int = status.HTTP_200_OK) -> Response:
        found = selectors.get_list(actor=self.actor, intake_list_id=intake_list_id)
        rows = list(found.rows.all())
        selectors.record_opened(actor=self.actor, intake_list=found, rows=rows)
        response = Response(IntakeListSerializer(found).data, status=code)
        response["ETag"] = f'"{found.version}"'
        return response


class IntakeListsView(IntakeView):
    policies = {"get": policies.list_lists, "post": policies.receive_list}
    parser_classes = (JSONParser, BoundedFormParser)

    @extend_schema(
        responses=page_of(IntakeListSummarySerializer), operation_id="api_intake_lists_list"
    )
    def get(self, request: Request) -> Response:
        pages = StandardCursorPagination()
        lists = selectors.with_counts(selectors.visible_lists(actor=self.actor))
        page = pages.paginate_queryset(lists, request, view=self) or []
        return pages.get_paginated_response(IntakeListSummarySerializer(page, many=True).data)

    @extend_schema(
        request={
            "application/json": IntakeListWriteSerializer,
            "multipart/form-data": IntakeListWriteSerializer,
        },
        responses={201: IntakeListSerializer},
    )
    def post(self, request: Request) -> Response:
        body = IntakeListWriteSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        sent = body.validated_data
        file = sent.get("file")
        made = services.receive_list(
            actor=self.actor,
            board_id=sent["board"],
            text=sent["text"],
            content=file.read(MOST_BYTES + 1) if file is not None else None,
            file_name=str(file.name or "") if file is not None else "",
        )
        return self.answer(made.pk, status.HTTP_201_CREATED)


class IntakeListView(IntakeView):
    policies = {"get": policies.run_list, "patch": policies.run_list}

    @extend_schema(responses=IntakeListSerializer)
    def get(self, request: Request, intake_list_id: UUID) -> Response:
        return self.answer(intake_list_id)

    @extend_schema(request=IntakeListPatchSerializer, responses=IntakeListSerializer)
    def patch(self, request: Request, intake_list_id: UUID) -> Response:
        body = IntakeListPatchSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        changes = dict(body.validated_data)
        changes.pop("version", None)
        services.map_list(
            actor=self.actor,
            intake_list_id=intake_list_id,
            version=self.read_version(),
            changes=changes,
        )
        return self.answer(intake_list_id)


class IntakeProgressView(IntakeView):
    policies = {"get": policies.run_list}

    @extend_schema(responses=IntakeProgressSerializer)
    def get(self, request: Request, intake_list_id: UUID) -> Response:
        found = selectors.visible_lists(actor=self.actor).get(pk=intake_list_id)
        rows = IntakeRow.objects.filter(intake_list=found).only("state", "studies_state")
        return Response(summarise_progress(found, list(rows)))


class IntakeRowView(IntakeView):
    """A row is named by its place in the list; its own version is compared."""

    policies = {"patch": policies.run_list}

    @extend_schema(request=IntakeRowPatchSerializer, responses=IntakeListSerializer)
    def patch(self, request: Request, intake_list_id: UUID, position: int) -> Response:
        body = IntakeRowPatchSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        changes = dict(body.validated_data)
        changes.pop("version", None)
        services.correct_row(
            actor=self.actor,
            intake_list_id=intake_list_id,
            position=position,
            version=self.read_version(),
            changes=changes,
        )
        return self.answer(intake_list_id)


class IntakeSearchView(IntakeView):
    policies = {"post": policies.run_list}

    @extend_schema(request=VersionSerializer, responses=IntakeListSerializer)
    def post(self, request: Request, intake_list_id: UUID) -> Response:
        """Ask the PACS once more, where it did not answer or had nothing."""
        services.search_again(
            actor=self.actor, intake_list_id=intake_list_id, version=self.read_version()
        )
        return self.answer(intake_list_id)


class IntakeConfirmView(IntakeView):
    policies = {"post": policies.run_list}

    @extend_schema(request=ConfirmIntakeSerializer, responses={202: IntakeListSerializer})
    def post(self, request: Request, intake_list_id: UUID) -> Response:
        """Put every ready row on the agenda, in the list's order; a task does it."""
        body = ConfirmIntakeSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        services.confirm_list(
            actor=self.actor,
            intake_list_id=intake_list_id,
            version=self.read_version(),
            meeting_id=body.validated_data["meeting"],
        )
        return self.answer(intake_list_id, status.HTTP_202_ACCEPTED)


class IntakeUndoView(IntakeView):
    policies = {"post": policies.run_list}

    @extend_schema(request=VersionSerializer, responses=IntakeListSerializer)
    def post(self, request: Request, intake_list_id: UUID) -> Response:
        """Take the whole list back, as long as nothing happened to its cases."""
        services.undo_list(
            actor=self.actor, intake_list_id=intake_list_id, version=self.read_version()
        )
        return self.answer(intake_list_id)


class IntakeLeftoverView(IntakeView):
    """The rows that are on no agenda, with what is wrong, as CSV for whoever sent the list."""

    policies = {"get": policies.run_list}

    @extend_schema(responses={(200, "text/csv"): OpenApiTypes.STR})
    def get(self, request: Request, intake_list_id: UUID) -> HttpResponse:
        found = selectors.get_list(actor=self.actor, intake_list_id=intake_list_id)
        rows = list(found.rows.all())
        selectors.record_opened(actor=self.actor, intake_list=found, rows=rows)
        return HttpResponse(
            write_leftover(found, rows),
            content_type="text/csv; charset=utf-8",
            headers={"Content-Disposition": 'attachment; filename="not-on-the-agenda.csv"'},
        )
