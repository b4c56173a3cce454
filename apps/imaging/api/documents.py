"""Documents of a case over REST: thin views. How they are shown is in ``document_shapes``."""

import hashlib
from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.audit.services import record_entry
from apps.cases.embargo import is_ai_hidden
from apps.core.api.schema import page_of
from apps.core.api.views import ConsiliumView
from apps.core.exceptions import InvalidInput
from apps.imaging import policies
from apps.imaging.api import document_shapes as shapes
from apps.imaging.documents.pages import WIDTHS, Page
from apps.imaging.documents.selectors import (
    list_case_documents,
    open_document,
    open_document_page,
)

WIDTH = OpenApiParameter("width", int, enum=list(WIDTHS), description="Pixels across the page.")


class CaseDocumentsView(ConsiliumView):
    policies = {"get": policies.view_documents}

    @extend_schema(
        responses=page_of(shapes.DocumentSerializer, hides_ai=True),
        operation_id="case_documents_list",
    )
    def get(self, request: Request, case_id: UUID) -> Response:
        found = list_case_documents(actor=self.actor, case_id=case_id)
        if found:
            record_entry(
                actor=self.actor,
                action="documents.listed",
                case_id=case_id,
                details={"count": len(found)},
            )
        results = [shapes.show_document(one, case_id=case_id) for one in found]
        is_hidden = is_ai_hidden(actor=self.actor, case_id=case_id)
        return Response(
            {"next": None, "previous": None, "results": results, "ai_hidden": is_hidden}
        )


class CaseDocumentView(ConsiliumView):
    """All that one of them says; a PDF's words and pictures are asked page by page."""

    policies = {"get": policies.read_document}

    @extend_schema(responses=shapes.OpenedDocumentSerializer, operation_id="case_document")
    def get(self, request: Request, case_id: UUID, instance_id: UUID) -> Response:
        opened = open_document(actor=self.actor, case_id=case_id, instance_id=instance_id)
        record_entry(
            actor=self.actor,
            action="document.viewed",
            case_id=case_id,
            entity="instance",
            entity_id=instance_id,
        )
        return Response(shapes.show_opened(opened, case_id=case_id))


class DocumentPageView(ConsiliumView):
    """One page of a PDF, drawn; the PDF itself is for the gateway and whoever may have it."""

    policies = {"get": policies.view_documents}

    @extend_schema(parameters=[WIDTH], responses={(200, "image/png"): OpenApiTypes.BINARY})
    def get(self, request: Request, case_id: UUID, instance_id: UUID, page: int) -> HttpResponse:
        opened = _open_page(self, request, case_id, instance_id, page)
        if page == 1:
            record_entry(
                actor=self.actor,
                action="document.page_viewed",
                case_id=case_id,
                entity="instance",
                entity_id=instance_id,
            )
        headers = {
            "ETag": f'"{hashlib.sha256(opened.path.name.encode()).hexdigest()}"',
            # Withheld again, it has to be gone at the next look.
            "Cache-Control": "private, no-cache",
            "Vary": "Cookie",
            "X-Document-Pages": str(opened.pages),
        }
        if request.headers.get("If-None-Match") == headers["ETag"]:
            return HttpResponse(status=304, headers=headers)
        return HttpResponse(opened.png(), content_type="image/png", headers=headers)


class DocumentPageTextView(ConsiliumView):
    """The words of a page, for those who listen; never for a de-identified viewer."""

    policies = {"get": policies.read_document}

    @extend_schema(responses=shapes.PageTextSerializer)
    def get(self, request: Request, case_id: UUID, instance_id: UUID, page: int) -> Response:
        opened = _open_page(self, request, case_id, instance_id, page)
        return Response({"page": page, "pages": opened.pages, "text": opened.text()})


def _open_page(
    view: ConsiliumView, request: Request, case_id: UUID, instance_id: UUID, page: int
) -> Page:
    try:
        width = int(request.query_params.get("width", WIDTHS[1]))
    except ValueError:
        raise InvalidInput("The width is no number.", code="page_width") from None
    return open_document_page(
        actor=view.actor, case_id=case_id, instance_id=instance_id, page=page, width=width
    )
