"""Findings and their reviews over REST."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.ai import policies, selectors, storage
from apps.ai.api import finding_serializers as shapes
from apps.ai.api.queries import CASE_PARAMETER, read_case
from apps.ai.choices import FindingState
from apps.ai.models import Finding
from apps.audit.services import record_entry
from apps.core.api.pagination import StandardCursorPagination
from apps.core.api.schema import page_of
from apps.core.api.views import ConsiliumView
from apps.core.exceptions import InvalidInput, NotVisible
from apps.imaging.api.segmentations import MaskGeometrySerializer
from apps.imaging.masks import describe_grid, mask_response

STATE_PARAMETER = OpenApiParameter(
    "state", OpenApiTypes.STR, enum=[str(value) for value in FindingState.values]
)


class FindingPagination(StandardCursorPagination):
    page_size = 200
    max_page_size = 500
    ordering = ("-created_at", "id")


class FindingsView(ConsiliumView):
    policies = {"get": policies.list_in_case}
    open_to_places = frozenset({"get"})

    @extend_schema(
        operation_id="api_findings_list",
        parameters=[CASE_PARAMETER, STATE_PARAMETER],
        responses=page_of(shapes.FindingSerializer, hides_ai=True),
    )
    def get(self, request: Request) -> Response:
        case_id = read_case(request)
        cases = selectors.result_cases(actor=self.actor, case_id=case_id)
        findings = selectors.list_findings(cases=cases, state=_read_state(request))
        paginator = FindingPagination()
        page = paginator.paginate_queryset(findings, request, view=self) or []
        record_entry(
            actor=self.actor, action="findings.viewed", case_id=case_id,
            details={"count": len(page)},
        )  # fmt: skip
        described = [selectors.describe_finding(finding=finding) for finding in page]
        shown = shapes.FindingSerializer(described, many=True).data
        answer = paginator.get_paginated_response(shown)
        answer.data["ai_hidden"] = cases.ai_hidden
        return answer


class FindingView(ConsiliumView):
    policies = {"get": policies.view_finding}

    @extend_schema(parameters=[CASE_PARAMETER], responses=shapes.FindingSerializer)
    def get(self, request: Request, finding_id: UUID) -> Response:
        case_id = selectors.resolve_case(
            actor=self.actor, finding_id=finding_id, case_id=read_case(request)
        )
        return Response(finding_data(self, finding_id, case_id))


class MaskView(ConsiliumView):
    """The mask, gzipped as it lies on disk; uint8, (slice, row, column)."""

    policies = {"get": policies.view_finding}
    open_to_places = frozenset({"get"})

    @extend_schema(responses={(200, "application/octet-stream"): OpenApiTypes.BINARY})
    def get(self, request: Request, finding_id: UUID) -> HttpResponse:
        finding = Finding.objects.select_related("job").get(pk=finding_id)
        if not finding.mask_sha256:
            raise NotVisible("The finding marks no voxels.")
        sha256 = finding.mask_sha256
        return mask_response(
            request,
            etag=sha256,
            shape=finding.job.grid["shape"],
            packed=lambda: storage.get_bytes(sha256=sha256),
        )


class MaskGeometryView(ConsiliumView):
    policies = {"get": policies.view_finding}
    open_to_places = frozenset({"get"})

    @extend_schema(responses=MaskGeometrySerializer)
    def get(self, request: Request, finding_id: UUID) -> Response:
        marked = Finding.objects.exclude(mask_sha256="").filter(pk=finding_id)
        grid = marked.values_list("job__grid", flat=True).first()
        if grid is None:
            raise NotVisible("The finding marks no voxels.")
        return Response(
            MaskGeometrySerializer(
                describe_grid(
                    shape=grid["shape"],
                    sop_instance_uids=grid["sop_instance_uids"],
                    frames=grid.get("frames"),
                )
            ).data
        )


def _read_state(request: Request) -> str:
    state = request.query_params.get("state", "")
    if state and state not in FindingState.values:
        raise InvalidInput("Unknown state.", details={"states": list(FindingState.values)})
    return state


def finding_data(view: ConsiliumView, finding_id: UUID, case_id: UUID) -> Any:
    finding = selectors.get_finding(actor=view.actor, finding_id=finding_id, case_id=case_id)
    return shapes.FindingSerializer(selectors.describe_finding(finding=finding)).data
