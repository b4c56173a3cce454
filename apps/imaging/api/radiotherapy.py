"""Radiotherapy over REST: structure sets, doses and plans of a case, contours, histograms."""

from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.audit.services import record_entry
from apps.core.api.views import ConsiliumView
from apps.core.exceptions import NotVisible
from apps.imaging import policies
from apps.imaging.api.radiotherapy_shapes import (
    DvhSerializer,
    RadiotherapySerializer,
    show_dvh,
    show_radiotherapy,
)
from apps.imaging.radiotherapy import selectors


class CaseRadiotherapyView(ConsiliumView):
    policies = {"get": policies.view_radiotherapy}

    @extend_schema(responses=RadiotherapySerializer, operation_id="case_radiotherapy")
    def get(self, request: Request, case_id: UUID) -> Response:
        found = selectors.read_radiotherapy(actor=self.actor, case_id=case_id)
        if found.count:
            record_entry(
                actor=self.actor,
                action="radiotherapy.viewed",
                case_id=case_id,
                details={"count": found.count},
            )
        return Response(RadiotherapySerializer(show_radiotherapy(found)).data)


class RegionContoursView(ConsiliumView):
    """All contours of one region, in patient space: ``points_lps`` is x, y, z, x, y, z …"""

    policies = {"get": policies.view_radiotherapy}

    @extend_schema(responses={(200, "application/json"): OpenApiTypes.OBJECT})
    def get(self, request: Request, case_id: UUID, instance_id: UUID, number: int) -> HttpResponse:
        etag, content = selectors.read_contours(
            actor=self.actor, case_id=case_id, instance_id=instance_id, number=number
        )
        headers = {"ETag": f'"{etag}"', "Cache-Control": "private, no-cache"}
        if request.headers.get("If-None-Match") == headers["ETag"]:
            return HttpResponse(status=304, headers=headers)
        return HttpResponse(content, content_type="application/json", headers=headers)


class RegionDvhView(ConsiliumView):
    policies = {"get": policies.view_radiotherapy}

    @extend_schema(
        parameters=[OpenApiParameter("dose", OpenApiTypes.UUID, required=True)],
        responses=DvhSerializer,
        operation_id="region_dvh",
    )
    def get(self, request: Request, case_id: UUID, instance_id: UUID, number: int) -> Response:
        try:
            dose_id = UUID(request.query_params.get("dose", ""))
        except ValueError:
            raise NotVisible() from None
        computed = selectors.compute_dvh(
            actor=self.actor,
            case_id=case_id,
            instance_id=instance_id,
            number=number,
            dose_id=dose_id,
        )
        return Response(DvhSerializer(show_dvh(computed)).data)
