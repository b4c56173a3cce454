"""Triage: moves of one case or of several, proposals, pull-ups, and the history of it all."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.boards import readiness_policies as policies
from apps.boards import readiness_selectors as selectors
from apps.boards import services
from apps.boards.api.readiness_serializers import (
    CaseMoveSerializer,
    CaseReadinessSerializer,
    MovedListSerializer,
    ProposeStandardSerializer,
    PullUpSerializer,
    TriageManySerializer,
    TriageSerializer,
    UndoSerializer,
)
from apps.boards.api.readiness_views import answer
from apps.core.api.pagination import StandardCursorPagination
from apps.core.api.schema import page_of
from apps.core.api.views import ConsiliumView

DEFER = OpenApiExample(
    "Put off", value={"to": "deferred", "reason_code": "pathology_pending"}, request_only=True
)
LIST_IT = OpenApiExample(
    "List by a standard (chair)",
    value={"to": "soc_listed", "standard": "stage_one_resection"},
    request_only=True,
)
ASK = OpenApiExample(
    "Ask for what is missing",
    value={
        "to": "needs_info",
        "missing": [{"item": "pathology_report", "address": "pathology@hospital.example"}],
    },
    request_only=True,
)


class MovesNewestFirst(StandardCursorPagination):
    ordering = ("-number", "id")


def wish_of(wanted: dict[str, Any]) -> services.TriageWish:
    return services.TriageWish(
        to=wanted["to"],
        reason=wanted["reason"],
        reason_code=wanted["reason_code"],
        standard=wanted["standard"],
        missing=tuple(
            services.Owed(
                item=one["item"],
                person_id=one["person"],
                address=one["address"],
                due_on=one["due_on"],
            )
            for one in wanted["missing"]
        ),
        is_override=wanted["override"],
    )


class CaseTriageView(ConsiliumView):
    policies = {"post": policies.triage_case}

    @extend_schema(
        request=TriageSerializer, responses=CaseMoveSerializer, examples=[DEFER, LIST_IT, ASK]
    )
    def post(self, request: Request, case_id: UUID) -> Response:
        """``If-Match`` names the version of the case that was seen."""
        body = TriageSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        move = services.triage_case(
            actor=self.actor,
            case_id=case_id,
            version=self.read_version(),
            wish=wish_of(body.validated_data),
        )
        return Response(CaseMoveSerializer(move).data)


class CaseProposalView(ConsiliumView):
    """The coordinator proposes to list a case by a standard; the chair signs it by moving it."""

    policies = {"put": policies.triage_case}

    @extend_schema(request=ProposeStandardSerializer, responses=CaseReadinessSerializer)
    def put(self, request: Request, case_id: UUID) -> Response:
        body = ProposeStandardSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        row = services.propose_standard(actor=self.actor, case_id=case_id, **body.validated_data)
        return answer(self.actor, row)


class CasePullUpView(ConsiliumView):
    """Have a case discussed that was listed by a standard: any core member, in one act."""

    policies = {"post": policies.pull_up}

    @extend_schema(request=PullUpSerializer, responses=CaseMoveSerializer)
    def post(self, request: Request, case_id: UUID) -> Response:
        body = PullUpSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        move = services.pull_up(actor=self.actor, case_id=case_id, **body.validated_data)
        return Response(CaseMoveSerializer(move).data)


class CaseMovesView(ConsiliumView):
    """Every move of the case, the newest first."""

    policies = {"get": policies.view_readiness}

    @extend_schema(responses=page_of(CaseMoveSerializer))
    def get(self, request: Request, case_id: UUID) -> Response:
        pages = MovesNewestFirst()
        page = pages.paginate_queryset(selectors.moves_of(case_id=case_id), request, view=self)
        return pages.get_paginated_response(CaseMoveSerializer(page, many=True).data)


class TriageManyView(ConsiliumView):
    """The same move for several cases; what is refused says why and holds up no other."""

    policies = {"post": policies.move_any}

    @extend_schema(request=TriageManySerializer, responses=MovedListSerializer)
    def post(self, request: Request) -> Response:
        body = TriageManySerializer(data=request.data)
        body.is_valid(raise_exception=True)
        told = services.triage_many(
            actor=self.actor,
            cases=[(one["id"], one["version"]) for one in body.validated_data["cases"]],
            wish=wish_of(body.validated_data),
        )
        return Response(MovedListSerializer({"results": told}).data)


class UndoMovesView(ConsiliumView):
    """Take back one's own moves of the last quarter of an hour."""

    policies = {"post": policies.move_any}

    @extend_schema(request=UndoSerializer, responses=MovedListSerializer)
    def post(self, request: Request) -> Response:
        body = UndoSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        told = services.undo_moves(actor=self.actor, move_ids=body.validated_data["moves"])
        return Response(MovedListSerializer({"results": told}).data)
