from collections.abc import Callable
from typing import Any, TypeVar
from uuid import UUID

from django.db.models import Model, QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from apps.annotations import policies, selectors, services
from apps.annotations.api.serializers import (
    CaseQuerySerializer,
    KeyImageCreateSerializer,
    KeyImageSerializer,
    MeasurementCreateSerializer,
    MeasurementPatchSerializer,
    MeasurementSerializer,
)
from apps.cases.policies import view_identified
from apps.core.api.pagination import StandardCursorPagination
from apps.core.api.schema import page_of
from apps.core.api.views import ConsiliumView

Row = TypeVar("Row", bound=Model)
IF_MATCH = OpenApiParameter("If-Match", str, OpenApiParameter.HEADER, description="version seen")


class OldestFirst(StandardCursorPagination):
    ordering = ("created_at", "id")


class CaseListView(ConsiliumView):
    """What is laid on the images of one case, oldest first, for whoever sees whose they are."""

    policies = {"get": policies.list_measurements, "post": policies.list_measurements}

    def page_of_case(
        self,
        request: Request,
        *,
        rows: Callable[..., QuerySet[Row]],
        describe: Callable[[Row], dict[str, Any]],
    ) -> Response:
        query = CaseQuerySerializer(data=request.query_params)
        query.is_valid(raise_exception=True)
        case_id = query.validated_data["case"]
        view_identified(actor=self.actor, case_id=case_id)
        pages = OldestFirst()
        page = pages.paginate_queryset(rows(case_id=case_id), request, view=self)
        return pages.get_paginated_response([describe(row) for row in page or ()])


class MeasurementsView(CaseListView):
    """Measurements of one case, in the order they were made."""

    @extend_schema(
        parameters=[OpenApiParameter("case", UUID, required=True)],
        responses=page_of(MeasurementSerializer),
    )
    def get(self, request: Request) -> Response:
        return self.page_of_case(
            request, rows=selectors.measurements_of_case, describe=selectors.describe_measurement
        )

    @extend_schema(request=MeasurementCreateSerializer, responses={201: MeasurementSerializer})
    def post(self, request: Request) -> Response:
        body = MeasurementCreateSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        measurement = services.put_measurement(
            actor=self.actor,
            case_id=body.validated_data["case"],
            measurement_id=body.validated_data.get("id"),
            version=body.validated_data.get("version"),
            drawing=body.drawing(),
        )
        return Response(selectors.describe_measurement(measurement), status=status.HTTP_201_CREATED)


class MeasurementView(ConsiliumView):
    policies = {"patch": policies.change_measurement, "delete": policies.change_measurement}

    @extend_schema(
        parameters=[IF_MATCH], request=MeasurementPatchSerializer, responses=MeasurementSerializer
    )
    def patch(self, request: Request, measurement_id: UUID) -> Response:
        body = MeasurementPatchSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        measurement = services.revise_measurement(
            actor=self.actor,
            measurement_id=measurement_id,
            version=self.read_version(),
            **body.validated_data,
        )
        return Response(selectors.describe_measurement(measurement))

    @extend_schema(parameters=[IF_MATCH], request=None, responses={204: None})
    def delete(self, request: Request, measurement_id: UUID) -> Response:
        services.remove_measurement(
            actor=self.actor, measurement_id=measurement_id, version=self.read_version()
        )
        return Response(status=status.HTTP_204_NO_CONTENT)


class KeyImagesView(CaseListView):
    """Key images of one case, in the order they were marked."""

    @extend_schema(
        parameters=[OpenApiParameter("case", UUID, required=True)],
        responses=page_of(KeyImageSerializer),
    )
    def get(self, request: Request) -> Response:
        return self.page_of_case(
            request, rows=selectors.key_images_of_case, describe=selectors.describe_key_image
        )

    @extend_schema(request=KeyImageCreateSerializer, responses={201: KeyImageSerializer})
    def post(self, request: Request) -> Response:
        body = KeyImageCreateSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        key_image = services.add_key_image(
            actor=self.actor,
            case_id=body.validated_data["case"],
            place=body.place(),
            note=body.validated_data["note"],
            key_image_id=body.validated_data.get("id"),
            version=body.validated_data.get("version"),
        )
        return Response(selectors.describe_key_image(key_image), status=status.HTTP_201_CREATED)


class KeyImageView(ConsiliumView):
    policies = {"delete": policies.change_key_image}

    @extend_schema(parameters=[IF_MATCH], request=None, responses={204: None})
    def delete(self, request: Request, key_image_id: UUID) -> Response:
        services.remove_key_image(
            actor=self.actor, key_image_id=key_image_id, version=self.read_version()
        )
        return Response(status=status.HTTP_204_NO_CONTENT)
