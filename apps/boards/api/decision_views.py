from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from apps.boards import policies, selectors, services
from apps.boards.api.decision_serializers import (
    DecisionSerializer,
    DecisionWriteSerializer,
    OwnPositionSerializer,
)
from apps.boards.models import Decision
from apps.cases import policies as case_policies
from apps.cases import services as case_services
from apps.cases.selectors import get_case
from apps.core.actors import Actor
from apps.core.api.pagination import StandardCursorPagination
from apps.core.api.schema import page_of
from apps.core.api.views import ConsiliumView
from apps.core.exceptions import InvalidInput, NotVisible
from apps.core.policies import signed_in

WORDS = (
    "summary",
    "conditions",
    "trial_considered",
    "trial_id",
    "patient_view",
    "patient_view_text",
)


def show_decision(*, decision_id: UUID) -> dict[str, Any]:
    decision = Decision.objects.filter(pk=decision_id).first()
    if decision is None:
        raise NotVisible()
    shown = selectors.list_decisions(case_id=decision.case_id).get(pk=decision_id)
    return dict(DecisionSerializer(shown).data)


def save_draft(
    *, actor: Actor, fields: dict[str, Any], case_id: UUID, decision_id: UUID | None = None
) -> Decision:
    return services.save_draft(
        actor=actor,
        case_id=case_id,
        decision_id=decision_id,
        meeting_id=fields["meeting"],
        version=fields.get("version"),
        recommendations=[_recommendation(dict(one)) for one in fields["recommendations"]],
        positions=[services.PositionDraft(**dict(one)) for one in fields["positions"]],
        consensus=fields["consensus"],
        words=_words(fields),
        view=fields["view"],
    )


def _recommendation(fields: dict[str, Any]) -> services.RecommendationDraft:
    evidence = [services.EvidenceDraft(**dict(one)) for one in fields.pop("evidence")]
    return services.RecommendationDraft(**fields, evidence=evidence)


def _words(fields: dict[str, Any]) -> services.DraftWords:
    """What was said, and nothing of what was left out."""
    alternatives = fields.get("alternatives")
    said = {name: fields.get(name) for name in WORDS}
    return services.DraftWords(
        **said,
        alternatives=None
        if alternatives is None
        else [services.AlternativeDraft(**dict(one)) for one in alternatives],
    )


class CaseQuerySerializer(serializers.Serializer[Any]):
    case = serializers.UUIDField()


class DecisionsView(ConsiliumView):
    """Decisions of one case; the case is a parameter, so the view asks its policy itself."""

    policies = {"get": signed_in, "post": signed_in}

    @extend_schema(
        parameters=[OpenApiParameter("case", UUID, required=True)],
        responses=page_of(DecisionSerializer),
    )
    def get(self, request: Request) -> Response:
        query = CaseQuerySerializer(data=request.query_params)
        query.is_valid(raise_exception=True)
        case_id = query.validated_data["case"]
        case_policies.view_identified(actor=self.actor, case_id=case_id)
        case_services.record_view(
            actor=self.actor, case=get_case(actor=self.actor, case_id=case_id), what="decision"
        )
        pages = StandardCursorPagination()
        decisions = selectors.list_decisions(case_id=case_id)
        page = pages.paginate_queryset(decisions, request, view=self)
        return pages.get_paginated_response(DecisionSerializer(page, many=True).data)

    @extend_schema(request=DecisionWriteSerializer, responses={201: DecisionSerializer})
    def post(self, request: Request) -> Response:
        body = DecisionWriteSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        fields = dict(body.validated_data)
        if "case" not in fields:
            raise InvalidInput("Name the case.", details={"missing": ["case"]})
        decision = save_draft(actor=self.actor, fields=fields, case_id=fields["case"])
        return Response(show_decision(decision_id=decision.pk), status=status.HTTP_201_CREATED)


class DecisionView(ConsiliumView):
    policies = {"get": policies.view_decision, "patch": policies.write_decision}

    @extend_schema(responses=DecisionSerializer)
    def get(self, request: Request, decision_id: UUID) -> Response:
        return Response(show_decision(decision_id=decision_id))

    @extend_schema(request=DecisionWriteSerializer, responses=DecisionSerializer)
    def patch(self, request: Request, decision_id: UUID) -> Response:
        body = DecisionWriteSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        fields = {**body.validated_data, "version": self.read_version()}
        case_id = Decision.objects.only("case_id").get(pk=decision_id).case_id
        save_draft(actor=self.actor, fields=fields, case_id=case_id, decision_id=decision_id)
        return Response(show_decision(decision_id=decision_id))


class DecisionPositionView(ConsiliumView):
    """One's own position on a draft."""

    policies = {"post": policies.state_position}

    @extend_schema(request=OwnPositionSerializer, responses=DecisionSerializer)
    def post(self, request: Request, decision_id: UUID) -> Response:
        body = OwnPositionSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        services.state_position(actor=self.actor, decision_id=decision_id, **body.validated_data)
        return Response(show_decision(decision_id=decision_id))


class CallForVotesView(ConsiliumView):
    """The chair asks everybody for their position."""

    policies = {"post": policies.sign_decision}

    @extend_schema(request=None, responses=DecisionSerializer)
    def post(self, request: Request, decision_id: UUID) -> Response:
        services.call_for_votes(actor=self.actor, decision_id=decision_id)
        return Response(show_decision(decision_id=decision_id))
