"""Earlier studies of a case's patient that a PACS holds: an offer, linked by a person."""

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.api.schema import page_of
from apps.core.api.views import ConsiliumView
from apps.imaging import policies, selectors
from apps.imaging.models import PriorStudy


class PriorStudySerializer(serializers.ModelSerializer[PriorStudy]):
    """``POST …/studies`` with ``pacs`` and ``study_instance_uid`` links it."""

    is_here = serializers.BooleanField(help_text="In the archive already: opens at once.")

    class Meta:
        model = PriorStudy
        fields = (
            "id",
            "pacs",
            "study_instance_uid",
            "study_date",
            "description",
            "modalities",
            "series_count",
            "instance_count",
            "is_here",
        )
        read_only_fields = fields


class CasePriorsView(ConsiliumView):
    policies = {"get": policies.list_priors}

    @extend_schema(responses=page_of(PriorStudySerializer), operation_id="case_priors_list")
    def get(self, request: Request, case_id: UUID) -> Response:
        rows = selectors.list_priors(case_id=case_id)
        shown = PriorStudySerializer(rows, many=True).data
        return Response({"next": None, "previous": None, "results": shown})
