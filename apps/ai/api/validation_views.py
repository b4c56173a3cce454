"""Local validation over REST, for AI administration."""

from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.ai import policies
from apps.ai.api import validation_serializers as shapes
from apps.ai.exceptions import ValidationNotPossible
from apps.ai.validation_runs import recording, selectors, services
from apps.ai.validation_runs.folders import list_folders
from apps.core.api.pagination import StandardCursorPagination
from apps.core.api.schema import page_of
from apps.core.api.views import ConsiliumView
from apps.core.exceptions import InvalidInput

NOTHING_LOADS = "sandbox; default-src 'none'; style-src 'unsafe-inline'"


class ValidationFoldersView(ConsiliumView):
    policies = {"get": policies.manage_models}

    @extend_schema(responses=shapes.ValidationFoldersSerializer)
    def get(self, request: Request) -> Response:
        try:
            folders = list_folders()
        except ValidationNotPossible:
            return Response({"configured": False, "folders": []})
        found = [{"name": name, "studies": studies} for name, studies in folders]
        return Response({"configured": True, "folders": found})


class ValidationRunsView(ConsiliumView):
    policies = {"get": policies.manage_models, "post": policies.manage_models}

    @extend_schema(
        operation_id="api_validation_runs_list",
        parameters=[OpenApiParameter("version", OpenApiTypes.UUID)],
        responses=page_of(shapes.ValidationRunSerializer),
    )
    def get(self, request: Request) -> Response:
        runs = selectors.list_runs(actor=self.actor, version_id=_read_version(request))
        paginator = StandardCursorPagination()
        page = paginator.paginate_queryset(runs, request, view=self) or []
        data = shapes.ValidationRunSerializer(page, many=True).data
        return paginator.get_paginated_response(data)

    @extend_schema(
        request=shapes.ValidationRequestSerializer,
        responses={202: shapes.ValidationRunSerializer},
    )
    def post(self, request: Request) -> Response:
        asked = shapes.ValidationRequestSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        run = services.start_run(
            actor=self.actor,
            version_id=asked.validated_data["version"],
            folder=asked.validated_data["folder"],
            limit=asked.validated_data.get("limit"),
        )
        return Response(shapes.ValidationRunSerializer(run).data, status=202)


class ValidationRunView(ConsiliumView):
    policies = {"get": policies.manage_models}

    @extend_schema(responses=shapes.ValidationRunDetailSerializer)
    def get(self, request: Request, run_id: UUID) -> Response:
        run = selectors.get_run(actor=self.actor, run_id=run_id)
        return Response(shapes.ValidationRunDetailSerializer(run).data)


class CancelValidationRunView(ConsiliumView):
    policies = {"post": policies.manage_models}

    @extend_schema(request=None, responses=shapes.ValidationRunSerializer)
    def post(self, request: Request, run_id: UUID) -> Response:
        run = services.cancel_run(actor=self.actor, run_id=run_id)
        return Response(shapes.ValidationRunSerializer(run).data)


class RecordValidationRunView(ConsiliumView):
    """Whoever read the report takes it as the version's local validation."""

    policies = {"post": policies.manage_models}

    @extend_schema(request=None, responses=shapes.ValidationRunDetailSerializer)
    def post(self, request: Request, run_id: UUID) -> Response:
        run = recording.record_run(actor=self.actor, run_id=run_id)
        return Response(shapes.ValidationRunDetailSerializer(run).data)


class ValidationReportView(ConsiliumView):
    """The report as a file; the browser is told to load and run nothing in it."""

    policies = {"get": policies.manage_models}

    @extend_schema(responses={(200, "application/octet-stream"): OpenApiTypes.BINARY})
    def get(self, request: Request, run_id: UUID, kind: str) -> HttpResponse:
        content, media_type = selectors.read_report(actor=self.actor, run_id=run_id, kind=kind)
        return HttpResponse(
            content,
            content_type=media_type,
            headers={
                "Content-Disposition": f'attachment; filename="validation-{run_id}.{kind}"',
                "Content-Security-Policy": NOTHING_LOADS,
                "Cache-Control": "private, no-store",
            },
        )


def _read_version(request: Request) -> UUID | None:
    raw = request.query_params.get("version", "")
    try:
        return UUID(raw) if raw else None
    except ValueError:
        raise InvalidInput("This is not the id of a version.") from None
