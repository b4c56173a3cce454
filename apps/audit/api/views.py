from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.audit import policies, selectors
from apps.audit.api.serializers import AuditEntrySerializer, AuditQuerySerializer
from apps.audit.services import record_entry
from apps.core.api.pagination import StandardCursorPagination
from apps.core.api.schema import page_of
from apps.core.api.views import ConsiliumView


class NewestFirst(StandardCursorPagination):
    ordering = ("-at", "id")


class AuditListView(ConsiliumView):
    """Who saw or did what. Reading the trail is itself in the trail."""

    policies = {"get": policies.read_audit}

    @extend_schema(parameters=[AuditQuerySerializer], responses=page_of(AuditEntrySerializer))
    def get(self, request: Request) -> Response:
        query = AuditQuerySerializer(data=request.query_params)
        query.is_valid(raise_exception=True)
        wanted = query.validated_data
        record_entry(
            actor=self.actor,
            action="audit.read",
            case_id=wanted.get("case"),
            patient_id=wanted.get("patient"),
            details={key: str(value) for key, value in wanted.items()},
        )
        entries = selectors.list_entries(
            case_id=wanted.get("case"),
            patient_id=wanted.get("patient"),
            actor_id=wanted.get("actor"),
            action=wanted.get("action", ""),
        )
        pages = NewestFirst()
        page = pages.paginate_queryset(entries, request, view=self)
        return pages.get_paginated_response(AuditEntrySerializer(page, many=True).data)
