"""Signing, what waits for it, and what comes after it."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.step_up import proven_until, require_proven, ways_to_prove
from apps.boards import decision_text, policies, selectors, services, signing_queue
from apps.boards.api.decision_serializers import (
    AddendumSerializer,
    ChangesSerializer,
    ConfirmSerializer,
    DecisionNoteSerializer,
    DecisionSerializer,
    DecisionTextSerializer,
    SignedManySerializer,
    SigningSerializer,
    SignManySerializer,
    SignSerializer,
    ToldSerializer,
    WaitingDecisionSerializer,
)
from apps.boards.api.decision_views import CaseQuerySerializer, show_decision
from apps.boards.choices import DecisionStatus
from apps.boards.decision_quorum import QuorumThen, quorum_of
from apps.boards.models import Decision
from apps.boards.since_last import describe_changes
from apps.cases import policies as case_policies
from apps.cases import services as case_services
from apps.cases.selectors import get_case
from apps.core.api.pagination import StandardCursorPagination
from apps.core.api.schema import page_of
from apps.core.api.views import ConsiliumView
from apps.core.exceptions import NotVisible
from apps.core.policies import signed_in

NO_STORE = {"Cache-Control": "no-store"}
READ = "0c4ac2b1c7a5f9d7bb4d8a0a5b1f2f6f0f7f0d1f9a4a0f0c5d6b7a8e9c0d1e2f"
ONE = "7b0c6f0e-3c39-4d53-9b6b-3f1f7a4f5a01"


class OldestFirst(StandardCursorPagination):
    ordering = ("created_at", "id")


class SigningView(ConsiliumView):
    policies = {"get": policies.list_to_sign}

    @extend_schema(responses=SigningSerializer)
    def get(self, request: Request) -> Response:
        """How many decisions wait, and until when a signature needs no new proof."""
        shown = {
            "waiting": signing_queue.waiting_for(actor=self.actor).count(),
            "proven_until": proven_until(request=request),
            "ways": ways_to_prove(request=request),
        }
        return Response(SigningSerializer(shown).data, headers=NO_STORE)


class WaitingDecisionsView(ConsiliumView):
    policies = {"get": policies.list_to_sign}

    @extend_schema(responses=page_of(WaitingDecisionSerializer))
    def get(self, request: Request) -> Response:
        """Every draft of the cases this person chairs."""
        pages = OldestFirst()
        waiting = signing_queue.waiting_for(actor=self.actor)
        page = pages.paginate_queryset(waiting, request, view=self) or []
        shown = signing_queue.describe_waiting(actor=self.actor, decisions=page)
        case_services.record_list(actor=self.actor, case_ids=[one["case"] for one in shown])
        return pages.get_paginated_response(WaitingDecisionSerializer(shown, many=True).data)


class DecisionTextView(ConsiliumView):
    policies = {"get": policies.view_decision}

    @extend_schema(responses=DecisionTextSerializer)
    def get(self, request: Request, decision_id: UUID) -> Response:
        """The whole decision as plain text: to be read before it is signed, or copied."""
        found = Decision.objects.filter(pk=decision_id)
        decision = selectors.with_all_of_it(found).select_related("case__patient").first()
        if decision is None:
            raise NotVisible()
        case_services.record_view(actor=self.actor, case=decision.case, what="decision")
        body = decision_text.signed_part(decision)
        then = _quorum(decision)
        shown = {
            "id": decision.pk,
            "version": decision.version,
            "status": decision.status,
            "digest": decision.signed_digest or decision_text.digest_of(body),
            "body": body,
            "text": decision_text.record_text(decision, case=decision.case),
            "quorum": then.state,
            "quorum_missing": list(then.missing),
        }
        return Response(DecisionTextSerializer(shown).data, headers=NO_STORE)


class DecisionSignView(ConsiliumView):
    policies = {"post": policies.sign_decision}

    @extend_schema(
        request=SignSerializer,
        responses=DecisionSerializer,
        examples=[OpenApiExample("The text that was read", value={"version": 4, "digest": READ})],
    )
    def post(self, request: Request, decision_id: UUID) -> Response:
        """Sign one: the very text that was read, by whoever lately proved who they are."""
        body = SignSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        require_proven(request=request)
        services.sign_decision(
            actor=self.actor,
            decision_id=decision_id,
            version=self.read_version(),
            digest=body.validated_data["digest"],
        )
        return Response(show_decision(decision_id=decision_id))


class SignManyView(ConsiliumView):
    """The decisions are in the body: the service asks the policy of each."""

    policies = {"post": policies.list_to_sign}

    @extend_schema(
        request=SignManySerializer,
        responses=SignedManySerializer,
        examples=[
            OpenApiExample(
                "One of two was changed meanwhile",
                value={
                    "signed": [ONE],
                    "refused": [
                        {
                            "id": "0d0a8e80-6a52-4e7e-9df2-5d0f2f1c7b02",
                            "code": "text_changed",
                            "detail": "The decision was changed since you read it. Read it again.",
                        }
                    ],
                },
                response_only=True,
            )
        ],
    )
    def post(self, request: Request) -> Response:
        """Sign several, each for itself: what is refused stops no other."""
        body = SignManySerializer(data=request.data)
        body.is_valid(raise_exception=True)
        require_proven(request=request)
        outcome = services.sign_many(
            actor=self.actor,
            decisions=[
                services.ToSign(one["id"], one["version"], one["digest"])
                for one in body.validated_data["decisions"]
            ],
        )
        return Response(SignedManySerializer(outcome).data)


class AddendaView(ConsiliumView):
    policies = {"post": policies.sign_decision}

    @extend_schema(
        request=AddendumSerializer,
        responses={201: DecisionNoteSerializer},
        examples=[
            OpenApiExample(
                "A correction",
                value={
                    "text": "The segment is VII, not VIII.",
                    "reason": "Typing error found by the surgeon.",
                    "is_correction": True,
                },
                request_only=True,
            )
        ],
    )
    def post(self, request: Request, decision_id: UUID) -> Response:
        """Add to a signed decision, or correct it; the chair signs it."""
        body = AddendumSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        require_proven(request=request)
        said = dict(body.validated_data)
        note = services.add_addendum(
            actor=self.actor,
            decision_id=decision_id,
            note_id=said.pop("id"),
            author_id=said.pop("author"),
            **said,
        )
        return Response(DecisionNoteSerializer(note).data, status=status.HTTP_201_CREATED)


class ToldView(ConsiliumView):
    policies = {"post": policies.note_told}

    @extend_schema(request=ToldSerializer, responses={201: DecisionNoteSerializer})
    def post(self, request: Request, decision_id: UUID) -> Response:
        """Who told the patient, and when."""
        body = ToldSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        said: dict[str, Any] = dict(body.validated_data)
        note = services.note_told(
            actor=self.actor, decision_id=decision_id, note_id=said.pop("id"), **said
        )
        return Response(DecisionNoteSerializer(note).data, status=status.HTTP_201_CREATED)


class ConfirmView(ConsiliumView):
    policies = {"post": policies.sign_decision}

    @extend_schema(request=ConfirmSerializer, responses={201: DecisionNoteSerializer})
    def post(self, request: Request, decision_id: UUID) -> Response:
        """Confirm a provisional decision in a meeting of its board that has a quorum."""
        body = ConfirmSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        require_proven(request=request)
        said = body.validated_data
        note = services.confirm_decision(
            actor=self.actor,
            decision_id=decision_id,
            meeting_id=said["meeting"],
            text=said["text"],
        )
        return Response(DecisionNoteSerializer(note).data, status=status.HTTP_201_CREATED)


class ChangesView(ConsiliumView):
    """The case is a parameter, so the view asks its policy itself."""

    policies = {"get": signed_in}

    @extend_schema(parameters=[CaseQuerySerializer], responses=ChangesSerializer)
    def get(self, request: Request) -> Response:
        """What is new in a case since its board last decided."""
        query = CaseQuerySerializer(data=request.query_params)
        query.is_valid(raise_exception=True)
        case_id = query.validated_data["case"]
        case_policies.view_identified(actor=self.actor, case_id=case_id)
        case = get_case(actor=self.actor, case_id=case_id)
        case_services.record_view(actor=self.actor, case=case, what="decision")
        return Response(ChangesSerializer(describe_changes(actor=self.actor, case=case)).data)


def _quorum(decision: Decision) -> QuorumThen:
    if decision.status == DecisionStatus.SIGNED:
        return QuorumThen(decision.quorum, tuple(decision.quorum_missing))  # type: ignore[arg-type]
    return quorum_of(case_id=decision.case_id, meeting_id=decision.meeting_id)
