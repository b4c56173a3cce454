"""Templates per tumour type over HTTP."""

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.boards import readiness_policies as policies
from apps.boards import readiness_selectors as selectors
from apps.boards import services
from apps.boards.case_templates import CaseTemplateDocument, builtin_templates
from apps.boards.models import CaseTemplateVersion
from apps.boards.readiness.sources import known_sources
from apps.cases.choices import TumourType
from apps.core.api.pagination import StandardCursorPagination
from apps.core.api.schema import page_of
from apps.core.api.views import ConsiliumView
from apps.core.exceptions import NotVisible

EXAMPLE: dict[str, Any] = {
    "note": "CT may be eight weeks old",
    "document": {
        "fields": [{"key": "smoking", "label": "Smoking", "kind": "text"}],
        "items": [
            {"key": "question", "label": "Clinical question", "source": "case.question"},
            {
                "key": "ct_chest",
                "label": "CT of the chest",
                "source": "images",
                "modalities": ["CT"],
                "max_age_days": 56,
            },
            {"key": "pathology_report", "label": "Pathology report", "need": "expected"},
        ],
        "hanging": "ct_current_prior",
        "staging": "TNM, lung",
        "is_complex": False,
        "quorum": ["radiology", "pathology"],
    },
}


@extend_schema_field(CaseTemplateDocument)  # type: ignore[arg-type]  # its pydantic extension knows it
class TemplateDocumentField(serializers.JSONField):
    """Checked by the service, which says what is wrong with it."""


class CaseTemplateSerializer(serializers.Serializer[Any]):
    """``version`` is the number of this version; ``newest`` of the one that holds now."""

    tumour_type = serializers.ChoiceField(choices=TumourType.choices)
    version = serializers.IntegerField()
    newest = serializers.IntegerField()
    note = serializers.CharField(allow_blank=True)
    changed_by = serializers.CharField(allow_blank=True)
    changed_at = serializers.DateTimeField()
    document = TemplateDocumentField()

    def to_representation(self, row: CaseTemplateVersion) -> dict[str, Any]:
        return {
            "tumour_type": row.template.tumour_type,
            "version": row.number,
            "newest": row.template.version,
            "note": row.note,
            "changed_by": row.created_by.display_name if row.created_by else "",
            "changed_at": row.created_at.isoformat(),
            "document": row.document,
        }


class CaseTemplateDetailSerializer(CaseTemplateSerializer):
    shipped = TemplateDocumentField(help_text="What came with the product.")
    sources = serializers.ListField(child=serializers.CharField())
    may_edit = serializers.BooleanField()

    def to_representation(self, row: CaseTemplateVersion) -> dict[str, Any]:
        shipped = builtin_templates()[TumourType(row.template.tumour_type)]
        return {
            **super().to_representation(row),
            "shipped": shipped.model_dump(mode="json"),
            "sources": known_sources(),
            "may_edit": policies.may_edit_templates(actor=self.context["actor"]),
        }


class CaseTemplateWriteSerializer(serializers.Serializer[Any]):
    note = serializers.CharField(max_length=200, allow_blank=True, default="")
    document = TemplateDocumentField()
    version = serializers.IntegerField(required=False)


class TemplatesInOrder(StandardCursorPagination):
    ordering = ("template__tumour_type", "id")


class VersionsNewestFirst(StandardCursorPagination):
    ordering = ("-number", "id")


class CaseTemplatesView(ConsiliumView):
    """What holds now, for each tumour type."""

    policies = {"get": policies.view_templates}

    @extend_schema(responses=page_of(CaseTemplateSerializer))
    def get(self, request: Request) -> Response:
        services.ensure_templates()
        pages = TemplatesInOrder()
        page = pages.paginate_queryset(selectors.list_templates(), request, view=self)
        return pages.get_paginated_response(CaseTemplateSerializer(page, many=True).data)


class CaseTemplateView(ConsiliumView):
    policies = {"get": policies.view_templates, "put": policies.edit_templates}

    @extend_schema(responses=CaseTemplateDetailSerializer)
    def get(self, request: Request, tumour_type: str) -> Response:
        return self._show(tumour_type)

    @extend_schema(
        request=CaseTemplateWriteSerializer,
        responses=CaseTemplateDetailSerializer,
        examples=[OpenApiExample("A short template", value=EXAMPLE, request_only=True)],
    )
    def put(self, request: Request, tumour_type: str) -> Response:
        """A new version; cases that are open keep theirs and are offered it."""
        body = CaseTemplateWriteSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        services.revise_template(
            actor=self.actor,
            tumour_type=tumour_type,
            version=self.read_version(),
            document=body.validated_data["document"],
            note=body.validated_data["note"],
        )
        return self._show(tumour_type)

    def _show(self, tumour_type: str) -> Response:
        if tumour_type not in TumourType.values:
            raise NotVisible()
        services.ensure_templates()
        row = selectors.list_templates().get(template__tumour_type=tumour_type)
        shown = CaseTemplateDetailSerializer(row, context={"actor": self.actor}).data
        response = Response(shown)
        response["ETag"] = f'"{row.number}"'
        return response


class CaseTemplateVersionsView(ConsiliumView):
    """Every version there was, the newest first."""

    policies = {"get": policies.view_templates}

    @extend_schema(responses=page_of(CaseTemplateSerializer))
    def get(self, request: Request, tumour_type: str) -> Response:
        if tumour_type not in TumourType.values:
            raise NotVisible()
        pages = VersionsNewestFirst()
        rows = selectors.versions_of(tumour_type=tumour_type)
        page = pages.paginate_queryset(rows, request, view=self)
        return pages.get_paginated_response(CaseTemplateSerializer(page, many=True).data)
