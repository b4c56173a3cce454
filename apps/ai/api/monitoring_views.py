"""Monitoring of models over REST: figures, the same as CSV, drift, alerts."""

from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.ai import policies, selectors, services
from apps.ai.api import monitoring_serializers as shapes
from apps.ai.monitoring.limits import WEEKS_DEFAULT
from apps.ai.monitoring.report import Report
from apps.ai.monitoring.table import write_csv
from apps.ai.selectors import MonitoredVersion
from apps.core.api.pagination import StandardCursorPagination
from apps.core.api.schema import page_of
from apps.core.api.views import ConsiliumView
from apps.core.exceptions import InvalidInput

CSV = "text/csv"
VERSION = OpenApiParameter(
    "version", OpenApiTypes.UUID, description="The version in use where none is named."
)
WHAT = [
    VERSION,
    OpenApiParameter("weeks", OpenApiTypes.INT, description="Complete weeks back, 12 by default."),
    OpenApiParameter(
        "by", OpenApiTypes.STR, enum=shapes.SUBGROUPS,
        description="By subgroup, in blocks of four weeks.",
    ),
]  # fmt: skip


class _MonitoringView(ConsiliumView):
    policies = {"get": policies.view_monitoring}

    def read_asked(self, request: Request, model_id: UUID) -> MonitoredVersion:
        return selectors.monitored_version(
            actor=self.actor, model_id=model_id, version_id=_read_id(request, "version")
        )

    def read_report(self, request: Request, asked: MonitoredVersion) -> Report:
        weeks = request.query_params.get("weeks", str(WEEKS_DEFAULT))
        return selectors.monitoring_report(
            actor=self.actor,
            version=asked.version,
            weeks=int(weeks) if weeks.isdecimal() and len(weeks) < 6 else 0,
            by=request.query_params.get("by", ""),
        )


class MonitoringView(_MonitoringView):
    @extend_schema(parameters=WHAT, responses=shapes.MonitoringSerializer)
    def get(self, request: Request, model_id: UUID) -> Response:
        asked = self.read_asked(request, model_id)
        described = shapes.describe_report(asked=asked, report=self.read_report(request, asked))
        return Response(shapes.MonitoringSerializer(described).data)


class MonitoringCsvView(_MonitoringView):
    @extend_schema(parameters=WHAT, responses={(200, CSV): OpenApiTypes.STR})
    def get(self, request: Request, model_id: UUID) -> HttpResponse:
        asked = self.read_asked(request, model_id)
        report = self.read_report(request, asked)
        name = "-".join(one for one in (asked.model.slug, "monitoring", report.by) if one)
        return HttpResponse(
            write_csv(report=report, model=asked.model.slug, version=asked.version.version),
            content_type=f"{CSV}; charset=utf-8",
            headers={
                "Content-Disposition": f'attachment; filename="{name}.csv"',
                "Cache-Control": "no-store",
                "X-Content-Type-Options": "nosniff",
            },
        )


class DriftView(_MonitoringView):
    @extend_schema(parameters=[VERSION], responses=shapes.DriftSerializer)
    def get(self, request: Request, model_id: UUID) -> Response:
        asked = self.read_asked(request, model_id)
        report = selectors.drift_report(actor=self.actor, version=asked.version)
        described = shapes.describe_drift(asked=asked, report=report)
        return Response(shapes.DriftSerializer(described).data)


class AlertsView(ConsiliumView):
    policies = {"get": policies.view_monitoring}

    @extend_schema(
        operation_id="api_model_alerts_list",
        parameters=[
            OpenApiParameter("model", OpenApiTypes.UUID),
            OpenApiParameter("open", OpenApiTypes.BOOL, description="Only those nobody answered."),
        ],
        responses=page_of(shapes.ModelAlertSerializer),
    )
    def get(self, request: Request) -> Response:
        alerts = selectors.list_alerts(
            actor=self.actor,
            model_id=_read_id(request, "model"),
            is_open=request.query_params.get("open", "").lower() in {"1", "true"},
        )
        paginator = StandardCursorPagination()
        page = paginator.paginate_queryset(alerts, request, view=self) or []
        return paginator.get_paginated_response(shapes.ModelAlertSerializer(page, many=True).data)


class AcknowledgeAlertView(ConsiliumView):
    policies = {"post": policies.manage_models}

    @extend_schema(request=shapes.AcknowledgeSerializer, responses=shapes.ModelAlertSerializer)
    def post(self, request: Request, alert_id: UUID) -> Response:
        asked = shapes.AcknowledgeSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        alert = services.acknowledge_alert(
            actor=self.actor, alert_id=alert_id, words=asked.validated_data["words"]
        )
        return Response(shapes.ModelAlertSerializer(alert).data)


def _read_id(request: Request, name: str) -> UUID | None:
    raw = request.query_params.get(name, "")
    try:
        return UUID(raw) if raw else None
    except ValueError:
        raise InvalidInput(f"This is not the id of a {name}.") from None
