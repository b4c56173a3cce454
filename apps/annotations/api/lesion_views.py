from uuid import UUID

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from apps.annotations import policies, selectors, services
from apps.annotations.api.lesion_serializers import (
    AssignmentSerializer,
    LesionCreateSerializer,
    LesionPatchSerializer,
    LesionSerializer,
)
from apps.annotations.api.serializers import MeasurementSerializer
from apps.annotations.api.views import IF_MATCH, CaseListView
from apps.core.api.schema import page_of
from apps.core.api.views import ConsiliumView


class LesionsView(CaseListView):
    """Lesions of one case, in the order of their numbers."""

    @extend_schema(
        parameters=[OpenApiParameter("case", UUID, required=True)],
        responses=page_of(LesionSerializer),
    )
    def get(self, request: Request) -> Response:
        return self.page_of_case(
            request, rows=selectors.lesions_of_case, describe=selectors.describe_lesion
        )

    @extend_schema(request=LesionCreateSerializer, responses={201: LesionSerializer})
    def post(self, request: Request) -> Response:
        body = LesionCreateSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        lesion = services.put_lesion(
            actor=self.actor,
            case_id=body.validated_data["case"],
            lesion_id=body.validated_data.get("id"),
            version=body.validated_data.get("version"),
            saying=body.saying(),
        )
        return Response(selectors.describe_lesion(lesion), status=status.HTTP_201_CREATED)


class LesionView(ConsiliumView):
    policies = {"patch": policies.change_lesion, "delete": policies.change_lesion}

    @extend_schema(parameters=[IF_MATCH], request=LesionPatchSerializer, responses=LesionSerializer)
    def patch(self, request: Request, lesion_id: UUID) -> Response:
        body = LesionPatchSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        lesion = services.revise_lesion(
            actor=self.actor, lesion_id=lesion_id, version=self.read_version(), **body.changes()
        )
        return Response(selectors.describe_lesion(lesion))

    @extend_schema(parameters=[IF_MATCH], request=None, responses={204: None})
    def delete(self, request: Request, lesion_id: UUID) -> Response:
        services.remove_lesion(actor=self.actor, lesion_id=lesion_id, version=self.read_version())
        return Response(status=status.HTTP_204_NO_CONTENT)


class MeasurementLesionView(ConsiliumView):
    """Of which lesion a measurement is one."""

    policies = {"put": policies.change_measurement}

    @extend_schema(
        parameters=[IF_MATCH], request=AssignmentSerializer, responses=MeasurementSerializer
    )
    def put(self, request: Request, measurement_id: UUID) -> Response:
        body = AssignmentSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        measurement = services.assign_measurement(
            actor=self.actor,
            measurement_id=measurement_id,
            version=self.read_version(),
            lesion_id=body.validated_data["lesion"],
        )
        return Response(selectors.describe_measurement(measurement))
