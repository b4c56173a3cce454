"""Readiness of a case, and chasing what is missing."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.boards import readiness_policies as policies
from apps.boards import readiness_selectors as selectors
from apps.boards import services
from apps.boards.api.readiness_serializers import (
    CaseReadinessSerializer,
    ItemOwnerWriteSerializer,
    ItemRecordWriteSerializer,
    MeetingExceptionListSerializer,
    RemindedListSerializer,
    RemindSerializer,
    TakeTemplateSerializer,
)
from apps.boards.models import CaseReadiness
from apps.boards.services.readiness import compute_readiness
from apps.boards.services.triage import standards_of
from apps.cases.embargo import is_ai_hidden
from apps.core.actors import Actor
from apps.core.api.views import ConsiliumView
from apps.core.exceptions import NotVisible

ARRIVED = OpenApiExample(
    "It arrived", value={"state": "arrived", "on": "2026-11-24"}, request_only=True
)
EXPECTED = OpenApiExample(
    "It is expected", value={"state": "expected", "expected_by": "2026-12-04"}, request_only=True
)
OWED = OpenApiExample(
    "Owed from outside",
    value={"address": "pathology@hospital.example", "due_on": "2026-12-03"},
    request_only=True,
)


def show_readiness(*, actor: Actor, row: CaseReadiness) -> dict[str, Any]:
    """The readiness of one case for somebody who sees it identified."""
    meets = selectors.day_of(row.case.needed_by)
    duties = {one.item: one for one in selectors.duties_of(case_ids=[row.case_id])}
    judged = selectors.judged_facts(row.facts, meets_on=meets)
    hidden = is_ai_hidden(actor=actor, case_id=row.case_id)
    return {
        "case": str(row.case_id),
        "case_version": row.case.version,
        "status": row.case.status,
        "version": row.version,
        "is_ready": not any(one.is_open for one in judged),
        "items": [selectors.describe_item(one, duty=duties.get(one.fact.key)) for one in judged],
        "ai": {
            "state": "hidden" if hidden else row.ai.get("state", "none"),
            "unreviewed": None if hidden else row.ai.get("unreviewed", 0),
        },
        "template": {
            "tumour_type": row.template.template.tumour_type,
            "version": row.template.number,
            "newest": row.template.template.version,
            "document": row.template.document,
        },
        "override": {
            "by": row.overridden_by.display_name if row.overridden_by else "",
            "at": row.overridden_at,
            "reason": row.override_reason,
        }
        if row.overridden_at
        else None,
        "proposal": row.proposal or None,
        "standards": [one.model_dump() for one in standards_of(row)],
        "may": selectors.triage_offers(actor=actor, case_id=row.case_id),
        "computed_at": row.computed_at,
    }


class CaseReadinessView(ConsiliumView):
    """Every item of the case's template: there, missing, expected, too old, not applicable."""

    policies = {"get": policies.view_readiness}

    @extend_schema(responses=CaseReadinessSerializer)
    def get(self, request: Request, case_id: UUID) -> Response:
        return answer(self.actor, services.readiness_of(case_id=case_id))


class CaseItemView(ConsiliumView):
    """Say by hand that an item is there, expected, or not needed; the last word holds."""

    policies = {"put": policies.record_item}

    @extend_schema(
        request=ItemRecordWriteSerializer,
        responses=CaseReadinessSerializer,
        examples=[ARRIVED, EXPECTED],
    )
    def put(self, request: Request, case_id: UUID, item: str) -> Response:
        body = ItemRecordWriteSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        said = dict(body.validated_data)
        services.record_item(
            actor=self.actor, case_id=case_id, item=item, person_id=said.pop("person"), **said
        )
        return computed(self.actor, case_id)


class CaseItemOwnerView(ConsiliumView):
    """Who owes an item: a person of the house or an address outside, and by when."""

    policies = {"put": policies.chase_item}

    @extend_schema(
        request=ItemOwnerWriteSerializer, responses=CaseReadinessSerializer, examples=[OWED]
    )
    def put(self, request: Request, case_id: UUID, item: str) -> Response:
        body = ItemOwnerWriteSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        owner = dict(body.validated_data)
        services.give_duty(
            actor=self.actor, case_id=case_id, item=item, person_id=owner.pop("person"), **owner
        )
        return answer(self.actor, services.readiness_of(case_id=case_id))


class CaseReadinessTemplateView(ConsiliumView):
    """Go over to another version of the template."""

    policies = {"put": policies.choose_template}

    @extend_schema(request=TakeTemplateSerializer, responses=CaseReadinessSerializer)
    def put(self, request: Request, case_id: UUID) -> Response:
        body = TakeTemplateSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        row = services.take_template(actor=self.actor, case_id=case_id, **body.validated_data)
        return answer(self.actor, row)


class ItemRemindersView(ConsiliumView):
    """Remind whoever owes these items, singly or in bulk; what cannot go says why."""

    policies = {"post": policies.move_any}

    @extend_schema(request=RemindSerializer, responses=RemindedListSerializer)
    def post(self, request: Request) -> Response:
        """The cases are in the body, so the service asks ``chase_item`` of each."""
        body = RemindSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        told = services.remind(
            actor=self.actor,
            items=[(one["case"], one["item"]) for one in body.validated_data["items"]],
        )
        return Response(RemindedListSerializer({"results": told}).data)


class MeetingExceptionsView(ConsiliumView):
    """One list for the chair: every item that is not there, of every case to be discussed."""

    policies = {"get": policies.view_exceptions}

    @extend_schema(responses=MeetingExceptionListSerializer)
    def get(self, request: Request, meeting_id: UUID) -> Response:
        rows = selectors.exceptions_of(actor=self.actor, meeting_id=meeting_id)
        return Response(MeetingExceptionListSerializer({"results": rows}).data)


def computed(actor: Actor, case_id: UUID) -> Response:
    """What was just said is in the answer, before the refresh that follows the commit."""
    row = compute_readiness(case_id=case_id)
    if row is None:
        raise NotVisible()
    return answer(actor, row)


def answer(actor: Actor, row: CaseReadiness) -> Response:
    response = Response(CaseReadinessSerializer(show_readiness(actor=actor, row=row)).data)
    response["ETag"] = f'"{row.version}"'
    return response
