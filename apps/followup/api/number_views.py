"""A board's numbers, and when it follows up."""

from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.audit.services import record_entry
from apps.core.actors import Actor
from apps.core.api.views import ConsiliumView
from apps.followup import policies, services
from apps.followup.api.number_serializers import (
    FollowUpRuleSerializer,
    IndicatorQuerySerializer,
    IndicatorReportSerializer,
    unset_rule,
)
from apps.followup.models import FollowUpRule
from apps.followup.numbers.report import IndicatorReport, build_report
from apps.followup.numbers.table import write_csv

PERIOD = [
    OpenApiParameter("from", OpenApiTypes.DATE, description="90 days up to `to` where not said."),
    OpenApiParameter("to", OpenApiTypes.DATE, description="Today where not said."),
]


def read_report(*, actor: Actor, request: Request, board_id: UUID) -> IndicatorReport:
    query = IndicatorQuerySerializer(data=request.query_params)
    query.is_valid(raise_exception=True)
    wanted = query.validated_data
    return build_report(actor=actor, board_id=board_id, first=wanted["from"], last=wanted["to"])


class IndicatorsView(ConsiliumView):
    policies = {"get": policies.view_indicators}

    @extend_schema(parameters=PERIOD, responses=IndicatorReportSerializer)
    def get(self, request: Request, board_id: UUID) -> Response:
        report = read_report(actor=self.actor, request=request, board_id=board_id)
        return Response(IndicatorReportSerializer(report).data)


class IndicatorsCsvView(ConsiliumView):
    """The same numbers as a file, without those about single people."""

    policies = {"get": policies.view_indicators}

    @extend_schema(
        operation_id="api_board_indicators_csv",
        parameters=PERIOD,
        responses={(200, "text/csv"): OpenApiTypes.STR},
    )
    def get(self, request: Request, board_id: UUID) -> HttpResponse:
        report = read_report(actor=self.actor, request=request, board_id=board_id)
        record_entry(
            actor=self.actor,
            action="board.indicators_exported",
            entity="board",
            entity_id=board_id,
            details={"from": report.first.isoformat(), "to": report.last.isoformat()},
        )
        name = f"indicators-{report.first}-{report.last}.csv"
        return HttpResponse(
            write_csv(report),
            content_type="text/csv; charset=utf-8",
            headers={
                "Content-Disposition": f'attachment; filename="{name}"',
                "Cache-Control": "no-store",
                "X-Content-Type-Options": "nosniff",
            },
        )


class FollowUpRuleView(ConsiliumView):
    policies = {"get": policies.view_rule, "put": policies.set_rule}

    @extend_schema(responses=FollowUpRuleSerializer)
    def get(self, request: Request, board_id: UUID) -> Response:
        rule = FollowUpRule.objects.filter(board_id=board_id).first() or unset_rule()
        return Response(FollowUpRuleSerializer(rule).data, headers={"ETag": f'"{rule.version}"'})

    @extend_schema(
        request=FollowUpRuleSerializer,
        responses=FollowUpRuleSerializer,
        examples=[
            OpenApiExample("Three times", value={"version": 0, "days": [30, 90, 180],
                                                 "time_zone": "Europe/Berlin",
                                                 "analytic_cases_a_year": 800},
                           request_only=True)
        ],
    )  # fmt: skip
    def put(self, request: Request, board_id: UUID) -> Response:
        body = FollowUpRuleSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        fields = dict(body.validated_data)
        fields.pop("version", None)
        rule = services.set_rule(
            actor=self.actor, board_id=board_id, version=self.read_version(), **fields
        )
        return Response(FollowUpRuleSerializer(rule).data, headers={"ETag": f'"{rule.version}"'})
