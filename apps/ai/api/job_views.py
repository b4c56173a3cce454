"""Jobs over REST."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.ai import policies, selectors, services
from apps.ai.api import job_serializers as shapes
from apps.ai.api.queries import CASE_PARAMETER, read_case
from apps.ai.models import Job
from apps.core.api.pagination import StandardCursorPagination
from apps.core.api.schema import page_of
from apps.core.api.views import ConsiliumView


class JobsView(ConsiliumView):
    policies = {"get": policies.list_in_case, "post": policies.list_in_case}

    @extend_schema(
        operation_id="api_jobs_list",
        parameters=[CASE_PARAMETER],
        responses=page_of(shapes.JobSerializer, hides_ai=True),
    )
    def get(self, request: Request) -> Response:
        case_id = read_case(request)
        cases = selectors.result_cases(actor=self.actor, case_id=case_id)
        jobs = selectors.list_jobs(actor=self.actor, cases=cases)
        paginator = StandardCursorPagination()
        page = paginator.paginate_queryset(jobs, request, view=self) or []
        places = selectors.queue_places()
        described = [
            shapes.describe_job(job=job, places=places, with_identifiers=case_id is not None)
            for job in page
        ]
        answer = paginator.get_paginated_response(shapes.JobSerializer(described, many=True).data)
        answer.data["ai_hidden"] = cases.ai_hidden
        return answer

    @extend_schema(request=shapes.JobRequestSerializer, responses={202: shapes.JobSerializer})
    def post(self, request: Request) -> Response:
        asked = shapes.JobRequestSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        job = services.request_job(
            actor=self.actor,
            case_id=asked.validated_data["case"],
            model_id=asked.validated_data["model"],
            series_instance_uid=asked.validated_data["series_instance_uid"],
            parameters=asked.validated_data.get("parameters"),
            inputs=asked.validated_data.get("inputs"),
            is_urgent=asked.validated_data["is_urgent"],
        )
        return Response(_job_data(job), status=202)


class JobView(ConsiliumView):
    policies = {"get": policies.view_job}

    @extend_schema(responses=shapes.JobSerializer)
    def get(self, request: Request, job_id: UUID) -> Response:
        job = selectors.get_job(actor=self.actor, job_id=job_id)
        return Response(_job_data(job, with_identifiers=not self.actor.has_role("ai_admin")))


class CancelJobView(ConsiliumView):
    policies = {"post": policies.control_job}

    @extend_schema(request=None, responses=shapes.JobSerializer)
    def post(self, request: Request, job_id: UUID) -> Response:
        job = services.cancel_job(actor=self.actor, job_id=job_id)
        return Response(_job_data(job, with_identifiers=not self.actor.has_role("ai_admin")))


class RetryJobView(ConsiliumView):
    policies = {"post": policies.control_job}

    @extend_schema(request=None, responses=shapes.JobSerializer)
    def post(self, request: Request, job_id: UUID) -> Response:
        job = services.retry_job(actor=self.actor, job_id=job_id)
        return Response(_job_data(job, with_identifiers=not self.actor.has_role("ai_admin")))


def _job_data(job: Job, *, with_identifiers: bool = True) -> Any:
    described = shapes.describe_job(
        job=job, places=selectors.queue_places(), with_identifiers=with_identifiers
    )
    return shapes.JobSerializer(described).data
