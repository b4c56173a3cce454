"""Accepted findings as contours for radiotherapy, over REST."""

from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from apps.ai import policies
from apps.ai.api import structure_set_serializers as shapes
from apps.ai.selectors.structure_sets import describe_structure_sets
from apps.ai.services.structure_sets import request_structure_sets, study_of_case
from apps.ai.structure_sets import download_structure_set
from apps.core.api.views import ConsiliumView
from apps.core.exceptions import Forbidden, InvalidInput, NotVisible

DICOM = "application/dicom"
SERIES = OpenApiParameter("series", OpenApiTypes.STR, required=True, description="Its UID.")


class StructureSetsView(ConsiliumView):
    """What would be sent of a study, how far it is, and the order to send it."""

    policies = {"get": policies.read_results, "post": policies.send_structure_set}

    @extend_schema(responses=shapes.AcceptedStructureSetsSerializer)
    def get(self, request: Request, case_id: UUID, study_uid: str) -> Response:
        return Response(self._describe(case_id, study_uid))

    @extend_schema(
        request=shapes.SendStructureSetSerializer,
        responses={202: shapes.AcceptedStructureSetsSerializer},
    )
    def post(self, request: Request, case_id: UUID, study_uid: str) -> Response:
        asked = shapes.SendStructureSetSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        request_structure_sets(
            actor=self.actor,
            case_id=case_id,
            study_instance_uid=study_uid,
            series_instance_uid=asked.validated_data.get("series_instance_uid", ""),
        )
        return Response(self._describe(case_id, study_uid), status=status.HTTP_202_ACCEPTED)

    def _describe(self, case_id: UUID, study_uid: str) -> dict[str, object]:
        study_id = study_of_case(case_id=case_id, study_instance_uid=study_uid)
        described = {
            "may_send": self._may_send(case_id),
            "results": describe_structure_sets(case_id=case_id, study_id=study_id),
        }
        return dict(shapes.AcceptedStructureSetsSerializer(described).data)

    def _may_send(self, case_id: UUID) -> bool:
        try:
            policies.send_structure_set(actor=self.actor, case_id=case_id)
        except (Forbidden, NotVisible):
            return False
        return True


class StructureSetFileView(ConsiliumView):
    """The RT Structure Set of one series, as a DICOM file."""

    policies = {"get": policies.send_structure_set}

    @extend_schema(parameters=[SERIES], responses={(200, DICOM): OpenApiTypes.BINARY})
    def get(self, request: Request, case_id: UUID, study_uid: str) -> HttpResponse:
        series_uid = request.query_params.get("series", "")
        if not series_uid:
            raise InvalidInput("Name the series.", code="series_required")
        content = download_structure_set(
            actor=self.actor,
            case_id=case_id,
            study_instance_uid=study_uid,
            series_instance_uid=series_uid,
        )
        return HttpResponse(
            content,
            content_type=DICOM,
            headers={
                "Content-Disposition": 'attachment; filename="structure-set.dcm"',
                "Cache-Control": "no-store",
                "X-Content-Type-Options": "nosniff",
            },
        )
