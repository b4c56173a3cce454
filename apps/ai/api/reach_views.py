"""What a version touched, over REST and as a table."""

import csv
import io
from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.ai import policies, selectors
from apps.ai.choices import ExportState, FindingState, JobState
from apps.ai.models import ModelVersion
from apps.audit.services import record_entry
from apps.core.api.pagination import StandardCursorPagination
from apps.core.api.views import ConsiliumView

CSV_CHUNK = 500
COLUMNS = (
    "case", "case_pseudonym", "answered_at", "outcome", "finding", "finding_pseudonym", "label",
    "state", "reason_code", "reviewed_at", "reviewer", "discipline", "export", "stored_at",
    "report_uid", "decisions",
)  # fmt: skip
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


class ReachFindingSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField(allow_null=True)
    pseudonym = serializers.CharField()
    number = serializers.IntegerField()
    label = serializers.CharField()  # type: ignore[assignment]
    urgency = serializers.CharField()
    state = serializers.ChoiceField(choices=FindingState.choices)
    reason_code = serializers.CharField(allow_null=True)
    reviewed_at = serializers.DateTimeField(allow_null=True)
    reviewer = serializers.CharField(allow_blank=True)
    discipline = serializers.CharField(allow_blank=True)
    export = serializers.ChoiceField(choices=ExportState.choices, allow_null=True)
    stored_at = serializers.DateTimeField(allow_null=True)
    report_uid = serializers.CharField(allow_blank=True)


class ReachDecisionSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField(allow_null=True)
    pseudonym = serializers.CharField()
    status = serializers.CharField()
    at = serializers.DateTimeField()


class ReachRowSerializer(serializers.Serializer[Any]):
    """One answer of the version in one case. Without ``case`` it is known by pseudonym only."""

    case = serializers.UUIDField(allow_null=True)
    case_title = serializers.CharField(allow_blank=True)
    case_pseudonym = serializers.CharField(allow_blank=True)
    answered_at = serializers.DateTimeField()
    outcome = serializers.ChoiceField(choices=[JobState.FINDINGS.value, JobState.NO_FINDINGS.value])
    findings = ReachFindingSerializer(many=True)
    decisions = ReachDecisionSerializer(many=True)


class ReachTotalsSerializer(serializers.Serializer[Any]):
    cases = serializers.IntegerField()
    findings = serializers.IntegerField()
    accepted = serializers.IntegerField()
    dismissed = serializers.IntegerField()
    exported = serializers.IntegerField()
    decisions = serializers.IntegerField()
    without_findings = serializers.IntegerField()


REACH_PAGE = inline_serializer(
    "ReachPage",
    {
        "next": serializers.URLField(allow_null=True),
        "previous": serializers.URLField(allow_null=True),
        "results": ReachRowSerializer(many=True),
        "totals": ReachTotalsSerializer(),
        "by_pseudonym": serializers.BooleanField(),
        "ai_hidden": serializers.BooleanField(),
    },
)


class ReachView(ConsiliumView):
    policies = {"get": policies.view_reach}

    @extend_schema(operation_id="api_model_version_reach", responses=REACH_PAGE)
    def get(self, request: Request, version_id: UUID) -> Response:
        version = selectors.get_version(version_id=version_id)
        scope = selectors.reach_scope(actor=self.actor)
        paginator = StandardCursorPagination()
        rows = selectors.list_reach(version=version, scope=scope)
        page = paginator.paginate_queryset(rows, request, view=self) or []
        described = selectors.describe_reach(jobs=page, scope=scope)
        _audit(self, version, len(page))
        answer = paginator.get_paginated_response(ReachRowSerializer(described, many=True).data)
        answer.data["totals"] = selectors.count_reach(version=version, scope=scope)
        answer.data["by_pseudonym"] = scope.by_pseudonym
        answer.data["ai_hidden"] = scope.ai_hidden
        return answer


class ReachTableView(ConsiliumView):
    """The same list whole, one line for each finding, as CSV."""

    policies = {"get": policies.view_reach}

    @extend_schema(
        operation_id="api_model_version_reach_csv",
        responses={(200, "text/csv"): OpenApiTypes.STR},
    )
    def get(self, request: Request, version_id: UUID) -> HttpResponse:
        version = selectors.get_version(version_id=version_id)
        scope = selectors.reach_scope(actor=self.actor)
        written = io.StringIO()
        table = csv.writer(written)
        table.writerow(COLUMNS)
        count = 0
        for row in _all_rows(version, scope):
            for line in _lines(row):
                table.writerow([_cell(line.get(name)) for name in COLUMNS])
            count += 1
        _audit(self, version, count)
        return HttpResponse(
            written.getvalue(),
            content_type="text/csv; charset=utf-8",
            headers={
                "Content-Disposition": f'attachment; filename="reach-{version.pk}.csv"',
                "Cache-Control": "no-store",
                "X-Content-Type-Options": "nosniff",
            },
        )


def _all_rows(version: ModelVersion, scope: selectors.ReachScope) -> Iterator[dict[str, Any]]:
    jobs = selectors.list_reach(version=version, scope=scope)
    at = 0
    while chunk := list(jobs[at : at + CSV_CHUNK]):
        yield from selectors.describe_reach(jobs=chunk, scope=scope)
        at += CSV_CHUNK


def _lines(row: dict[str, Any]) -> list[dict[str, Any]]:
    """One line for each finding, or one that says there was none."""
    decisions = "; ".join(
        f"{one['id'] or one['pseudonym']} {one['status']} {one['at'].isoformat()}"
        for one in row["decisions"]
    )
    shared = {**row, "decisions": decisions}
    if not row["findings"]:
        return [shared]
    return [
        {**shared, **finding, "finding": finding["id"], "finding_pseudonym": finding["pseudonym"]}
        for finding in row["findings"]
    ]


def _cell(value: Any) -> str:
    """As text that no spreadsheet takes for a formula."""
    if value is None:
        return ""
    text = value.isoformat() if hasattr(value, "isoformat") else str(value)
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


def _audit(view: ConsiliumView, version: ModelVersion, count: int) -> None:
    record_entry(
        actor=view.actor, action="model.reach_viewed", entity="model_version",
        entity_id=version.pk, details={"model": version.model.slug, "rows": count},
    )  # fmt: skip
