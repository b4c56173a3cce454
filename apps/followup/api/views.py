"""Tasks, and what was found out."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from apps.cases import services as case_services
from apps.core.actors import Actor
from apps.core.api.pagination import StandardCursorPagination
from apps.core.api.schema import page_of
from apps.core.api.views import ConsiliumView
from apps.followup import policies, selectors, services
from apps.followup.api.serializers import (
    FollowUpQuerySerializer,
    FollowUpResultSerializer,
    FollowUpResultWriteSerializer,
    FollowUpTaskPatchSerializer,
    FollowUpTaskSerializer,
    HandOverSerializer,
)
from apps.followup.models import FollowUpTask

KEY = OpenApiParameter(
    "Idempotency-Key", str, OpenApiParameter.HEADER,
    description="Sent again, the same result is answered and nothing is written.",
)  # fmt: skip
NOT_DONE = OpenApiExample(
    "Not implemented",
    value={
        "implementation": "not",
        "reason_code": "patient-wish",
        "text": "Wants to wait until after the summer.",
        "version": 1,
    },
    request_only=True,
)
IN_FULL = OpenApiExample(
    "Implemented in full", value={"implementation": "full", "version": 1}, request_only=True
)
CORRECTION = OpenApiExample(
    "A correction",
    value={
        "implementation": "partial",
        "reason_code": "toxicity",
        "text": "Stopped after the second cycle.",
        "corrects": "7e2ab2c9-94a6-4a5c-8a4b-4c1a9b0f7c55",
        "version": 2,
    },
    request_only=True,
)


class TasksByDay(StandardCursorPagination):
    ordering = ("due", "id")


class ResultsInOrder(StandardCursorPagination):
    ordering = ("number", "id")


def show_tasks(*, actor: Actor, tasks: list[FollowUpTask]) -> list[dict[str, Any]]:
    context = {"may_record": selectors.may_work_on(actor=actor, tasks=tasks)}
    return [dict(FollowUpTaskSerializer(one, context=context).data) for one in tasks]


def show_task(*, actor: Actor, task_id: UUID) -> Response:
    task = selectors.get_task(actor=actor, task_id=task_id)
    (shown,) = show_tasks(actor=actor, tasks=[task])
    return Response(shown, headers={"ETag": f'"{task.version}"'})


class TasksView(ConsiliumView):
    """Tasks that are one's own, or of boards that one chairs or coordinates."""

    policies = {"get": policies.list_tasks}

    @extend_schema(
        parameters=[FollowUpQuerySerializer],
        responses=page_of(FollowUpTaskSerializer, hides_ai=True),
    )
    def get(self, request: Request) -> Response:
        query = FollowUpQuerySerializer(data=request.query_params)
        query.is_valid(raise_exception=True)
        wanted = dict(query.validated_data)
        found = selectors.list_tasks(actor=self.actor, board_id=wanted.pop("board", None), **wanted)
        pages = TasksByDay()
        page = pages.paginate_queryset(found.tasks, request, view=self) or []
        case_services.record_list(actor=self.actor, case_ids=[one.case_id for one in page])
        answer = pages.get_paginated_response(show_tasks(actor=self.actor, tasks=page))
        answer.data["ai_hidden"] = found.ai_hidden
        return answer


class TaskView(ConsiliumView):
    policies = {"get": policies.view_task, "patch": policies.work_on_task}

    @extend_schema(responses=FollowUpTaskSerializer)
    def get(self, request: Request, task_id: UUID) -> Response:
        return show_task(actor=self.actor, task_id=task_id)

    @extend_schema(
        request=FollowUpTaskPatchSerializer,
        responses=FollowUpTaskSerializer,
        examples=[
            OpenApiExample("Another day", value={"due": "2027-03-01", "version": 1},
                           request_only=True)
        ],
    )  # fmt: skip
    def patch(self, request: Request, task_id: UUID) -> Response:
        """Give it to another person of the case, or another day."""
        body = FollowUpTaskPatchSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        selectors.get_task(actor=self.actor, task_id=task_id)
        services.change_task(
            actor=self.actor,
            task_id=task_id,
            version=self.read_version(),
            owner_id=body.validated_data.get("owner"),
            due=body.validated_data.get("due"),
        )
        return show_task(actor=self.actor, task_id=task_id)


class ResultsView(ConsiliumView):
    """Each result by itself: there is no way to record several at once."""

    policies = {"get": policies.view_task, "post": policies.work_on_task}

    @extend_schema(responses=page_of(FollowUpResultSerializer))
    def get(self, request: Request, task_id: UUID) -> Response:
        selectors.get_task(actor=self.actor, task_id=task_id)
        pages = ResultsInOrder()
        page = pages.paginate_queryset(selectors.list_results(task_id=task_id), request, view=self)
        return pages.get_paginated_response(FollowUpResultSerializer(page, many=True).data)

    @extend_schema(
        parameters=[KEY],
        request=FollowUpResultWriteSerializer,
        responses={201: FollowUpTaskSerializer},
        examples=[NOT_DONE, IN_FULL, CORRECTION],
    )
    def post(self, request: Request, task_id: UUID) -> Response:
        body = FollowUpResultWriteSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        fields = dict(body.validated_data)
        fields.pop("version", None)
        selectors.get_task(actor=self.actor, task_id=task_id)
        services.record_result(
            actor=self.actor,
            task_id=task_id,
            version=self.read_version(),
            idempotency_key=request.headers.get("Idempotency-Key", ""),
            **fields,
        )
        answer = show_task(actor=self.actor, task_id=task_id)
        answer.status_code = status.HTTP_201_CREATED
        return answer


class HandOverView(ConsiliumView):
    policies = {"post": policies.work_on_task}

    @extend_schema(
        request=HandOverSerializer,
        responses=FollowUpTaskSerializer,
        examples=[
            OpenApiExample("To a practice", value={"to": "Dr Ahlers, general practice",
                                                   "version": 1}, request_only=True)
        ],
    )  # fmt: skip
    def post(self, request: Request, task_id: UUID) -> Response:
        """Somebody outside follows it up from now on; it ends without a result."""
        body = HandOverSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        selectors.get_task(actor=self.actor, task_id=task_id)
        services.hand_over_task(
            actor=self.actor,
            task_id=task_id,
            version=self.read_version(),
            to=body.validated_data["to"],
        )
        return show_task(actor=self.actor, task_id=task_id)
