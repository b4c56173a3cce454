from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from apps.cases.policies import view_case
from apps.core.actors import Actor
from apps.core.api.views import ConsiliumView
from apps.core.exceptions import NotVisible
from apps.core.policies import signed_in
from apps.live.access import read_access
from apps.live.api.tour_serializers import (
    TourCaseQuerySerializer,
    TourCreateSerializer,
    TourPatchSerializer,
    TourSerializer,
    ToursSerializer,
    TourStepCreateSerializer,
    TourStepPatchSerializer,
    WaitingToursSerializer,
)
from apps.live.models import TourStep
from apps.live.tours import policies, selectors, services

IF_MATCH = OpenApiParameter("If-Match", str, OpenApiParameter.HEADER, description="version seen")


def _show(*, actor: Actor, case_id: UUID, tour_id: UUID | None = None) -> list[dict[str, Any]]:
    if actor.id is None:
        raise NotVisible()
    view = read_access(case_id=case_id, user_ids=[actor.id])[actor.id].view
    tours = selectors.tours_of_case(case_id=case_id)
    if tour_id is not None:
        tours = tours.filter(pk=tour_id)
    return [selectors.describe_tour(tour, view=view) for tour in tours]


class ToursView(ConsiliumView):
    """Views that were left for a case, in the guise of whoever asks."""

    policies = {"get": policies.list_tours, "post": policies.list_tours}

    @extend_schema(
        parameters=[OpenApiParameter("case", UUID, required=True)], responses=ToursSerializer
    )
    def get(self, request: Request) -> Response:
        query = TourCaseQuerySerializer(data=request.query_params)
        query.is_valid(raise_exception=True)
        case_id = query.validated_data["case"]
        view_case(actor=self.actor, case_id=case_id)
        return Response({"results": _show(actor=self.actor, case_id=case_id)})

    @extend_schema(request=TourCreateSerializer, responses={201: TourSerializer})
    def post(self, request: Request) -> Response:
        body = TourCreateSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        fields = dict(body.validated_data)
        tour = services.create_tour(actor=self.actor, case_id=fields.pop("case"), **fields)
        (shown,) = _show(actor=self.actor, case_id=tour.case_id, tour_id=tour.pk)
        return Response(shown, status=status.HTTP_201_CREATED)


class WaitingToursView(ConsiliumView):
    """Views that were left for me and that I have not seen to the end."""

    policies = {"get": signed_in}

    @extend_schema(responses=WaitingToursSerializer)
    def get(self, request: Request) -> Response:
        return Response({"results": selectors.tours_waiting(actor=self.actor)})


class TourView(ConsiliumView):
    policies = {"patch": policies.change_tour, "delete": policies.change_tour}

    @extend_schema(parameters=[IF_MATCH], request=TourPatchSerializer, responses=TourSerializer)
    def patch(self, request: Request, tour_id: UUID) -> Response:
        body = TourPatchSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        fields = dict(body.validated_data)
        known = policies.get_tour(actor=self.actor, tour_id=tour_id)
        tour = services.revise_tour(
            actor=self.actor,
            tour_id=tour_id,
            version=self.read_version(),
            **{"due": known.due, **fields},
        )
        (shown,) = _show(actor=self.actor, case_id=tour.case_id, tour_id=tour_id)
        return Response(shown)

    @extend_schema(parameters=[IF_MATCH], request=None, responses={204: None})
    def delete(self, request: Request, tour_id: UUID) -> Response:
        services.remove_tour(actor=self.actor, tour_id=tour_id, version=self.read_version())
        return Response(status=status.HTTP_204_NO_CONTENT)


class TourStepsView(ConsiliumView):
    policies = {"post": policies.add_step}

    @extend_schema(request=TourStepCreateSerializer, responses={201: TourSerializer})
    def post(self, request: Request, tour_id: UUID) -> Response:
        """Put a view at the end; the whole tour comes back."""
        body = TourStepCreateSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        step = services.add_step(actor=self.actor, tour_id=tour_id, **body.validated_data)
        (shown,) = _show(actor=self.actor, case_id=step.tour.case_id, tour_id=tour_id)
        return Response(shown, status=status.HTTP_201_CREATED)


class TourSeenView(ConsiliumView):
    policies = {"post": policies.look_at_tour}

    @extend_schema(request=None, responses={204: None})
    def post(self, request: Request, tour_id: UUID) -> Response:
        services.mark_seen(actor=self.actor, tour_id=tour_id)
        return Response(status=status.HTTP_204_NO_CONTENT)


class TourStepView(ConsiliumView):
    """One view of a tour; the version is the tour's."""

    policies = {"patch": policies.change_step, "delete": policies.change_step}

    @extend_schema(parameters=[IF_MATCH], request=TourStepPatchSerializer, responses=TourSerializer)
    def patch(self, request: Request, step_id: UUID) -> Response:
        body = TourStepPatchSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        step = services.revise_step(
            actor=self.actor, step_id=step_id, version=self.read_version(), **body.validated_data
        )
        case_id = TourStep.objects.values_list("tour__case_id", flat=True).get(pk=step.pk)
        (shown,) = _show(actor=self.actor, case_id=case_id, tour_id=step.tour_id)
        return Response(shown)

    @extend_schema(parameters=[IF_MATCH], request=None, responses={204: None})
    def delete(self, request: Request, step_id: UUID) -> Response:
        services.remove_step(actor=self.actor, step_id=step_id, version=self.read_version())
        return Response(status=status.HTTP_204_NO_CONTENT)
