from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.cases import policies, selectors, services
from apps.cases.api.clinical_serializers import TimelineSerializer
from apps.cases.timeline import read_timeline
from apps.core.api.views import ConsiliumView


class TimelineView(ConsiliumView):
    """All that is known of the case in time, from every floor, as the viewer may see it."""

    policies = {"get": policies.view_case}

    @extend_schema(responses=TimelineSerializer)
    def get(self, request: Request, case_id: UUID) -> Response:
        case = selectors.get_case(actor=self.actor, case_id=case_id)
        services.record_view(actor=self.actor, case=case, what="timeline")
        return Response(read_timeline(actor=self.actor, case_id=case_id))
