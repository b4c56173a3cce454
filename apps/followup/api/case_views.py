"""The follow-up of one case."""

from uuid import UUID

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from apps.cases import services as case_services
from apps.core.api.views import ConsiliumView
from apps.followup import policies, selectors, services
from apps.followup.api.serializers import (
    CaseClosedSerializer,
    CaseFollowUpSerializer,
    CasePresentationSerializer,
    CaseVersionSerializer,
    IncidentalAssignSerializer,
    IncidentalFindingSerializer,
    IncidentalMarkSerializer,
    OutcomeSerializer,
    OutcomeWriteSerializer,
)

STARTED = OpenApiExample(
    "Treatment started",
    value={"treatment_started_on": "2026-11-02", "treatment_kind": "surgery", "version": 0},
    request_only=True,
)


class CaseFollowUpView(ConsiliumView):
    policies = {"get": policies.view_case_follow_up}

    @extend_schema(responses=CaseFollowUpSerializer)
    def get(self, request: Request, case_id: UUID) -> Response:
        found = selectors.follow_up_of_case(actor=self.actor, case_id=case_id)
        case_services.record_view(actor=self.actor, case=found.case, what="follow_up")
        context = {"may_record": selectors.may_work_on(actor=self.actor, tasks=found.tasks)}
        return Response(CaseFollowUpSerializer(found, context=context).data)


class CaseCloseView(ConsiliumView):
    policies = {"post": policies.close_case}

    @extend_schema(
        request=CaseVersionSerializer,
        responses=CaseClosedSerializer,
        examples=[OpenApiExample("Close", value={"version": 7}, request_only=True)],
    )
    def post(self, request: Request, case_id: UUID) -> Response:
        """Refused with `follow_up_open` or `incidental_without_owner`, naming what is left."""
        case = services.close_case(actor=self.actor, case_id=case_id, version=self.read_version())
        return Response(CaseClosedSerializer(case).data)


class IncidentalFindingsView(ConsiliumView):
    policies = {"post": policies.mark_incidental}

    @extend_schema(request=IncidentalMarkSerializer, responses={201: IncidentalFindingSerializer})
    def post(self, request: Request, case_id: UUID) -> Response:
        """Say that an accepted finding is outside the case's question."""
        body = IncidentalMarkSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        row = services.mark_incidental(
            actor=self.actor, case_id=case_id, finding_id=body.validated_data["finding"]
        )
        return Response(IncidentalFindingSerializer(row).data, status=status.HTTP_201_CREATED)


class IncidentalFindingView(ConsiliumView):
    policies = {"put": policies.assign_incidental, "delete": policies.unmark_incidental}

    @extend_schema(request=IncidentalAssignSerializer, responses=IncidentalFindingSerializer)
    def put(self, request: Request, incidental_id: UUID) -> Response:
        """Give it an owner and a day."""
        body = IncidentalAssignSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        row = services.assign_incidental(
            actor=self.actor,
            incidental_id=incidental_id,
            version=self.read_version(),
            owner_id=body.validated_data["owner"],
            due=body.validated_data["due"],
        )
        return Response(IncidentalFindingSerializer(row).data)

    @extend_schema(responses={204: None})
    def delete(self, request: Request, incidental_id: UUID) -> Response:
        """It belongs to the question after all; refused once somebody looks after it."""
        services.unmark_incidental(
            actor=self.actor, incidental_id=incidental_id, version=self.read_version()
        )
        return Response(status=status.HTTP_204_NO_CONTENT)


class OutcomeView(ConsiliumView):
    policies = {"put": policies.record_outcome}

    @extend_schema(request=OutcomeWriteSerializer, responses=OutcomeSerializer, examples=[STARTED])
    def put(self, request: Request, decision_id: UUID) -> Response:
        body = OutcomeWriteSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        fields = dict(body.validated_data)
        fields.pop("version", None)
        row = services.record_outcome(
            actor=self.actor,
            decision_id=decision_id,
            version=self.read_version(),
            rereferred_case_id=fields.pop("rereferred_case"),
            rereferred_item_id=fields.pop("rereferred_item"),
            **fields,
        )
        return Response(OutcomeSerializer(row).data, headers={"ETag": f'"{row.version}"'})


class PresentationView(ConsiliumView):
    policies = {"put": policies.record_presentation}

    @extend_schema(request=CasePresentationSerializer, responses=CasePresentationSerializer)
    def put(self, request: Request, item_id: UUID) -> Response:
        """Whether it was presented before treatment, and is an analytic case of this house."""
        body = CasePresentationSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        row = services.record_presentation(actor=self.actor, item_id=item_id, **body.validated_data)
        return Response(CasePresentationSerializer(row).data)
