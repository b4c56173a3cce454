"""The clinical content of a case: one list, one entry and one withdrawal per kind."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from apps.cases import policies, selectors, services
from apps.cases.api import clinical_serializers as shapes
from apps.cases.clinical.disclosure import show_entry
from apps.cases.clinical.kinds import KINDS, Kind
from apps.cases.clinical.reading import clinical_content, entries_of, stage_tables
from apps.cases.models import ClinicalEntry
from apps.core.api.pagination import StandardCursorPagination
from apps.core.api.schema import page_of
from apps.core.api.views import ConsiliumView
from apps.core.exceptions import NotVisible

View = type[ConsiliumView]


class ClinicalContentView(ConsiliumView):
    policies = {"get": policies.view_case}

    @extend_schema(responses=shapes.ClinicalContentSerializer)
    def get(self, request: Request, case_id: UUID) -> Response:
        case = selectors.get_case(actor=self.actor, case_id=case_id)
        services.record_view(actor=self.actor, case=case, what="clinical")
        return Response(clinical_content(actor=self.actor, case_id=case_id))


class EntriesInOrder(StandardCursorPagination):
    """By when they were recorded: a cursor needs a value that every row has."""

    ordering = ("-created_at", "id")


class StageTablesByName(StandardCursorPagination):
    ordering = ("name", "id")


class StageTablesView(ConsiliumView):
    """Staging tables that this site has loaded; none is shipped."""

    policies = {"get": policies.list_cases}

    @extend_schema(responses=page_of(shapes.StageTableSerializer))
    def get(self, request: Request) -> Response:
        pages = StageTablesByName()
        page = pages.paginate_queryset(stage_tables(), request, view=self)
        return pages.get_paginated_response(shapes.StageTableSerializer(page, many=True).data)


class EntryViewBase(ConsiliumView):
    kind: Kind

    def note_reading(self, case_id: UUID) -> None:
        case = selectors.get_case(actor=self.actor, case_id=case_id)
        services.record_view(actor=self.actor, case=case, what=self.kind.name)

    def show(self, entry: ClinicalEntry) -> dict[str, Any]:
        standing = policies.require_standing(actor=self.actor, case_id=entry.case_id)
        return show_entry(kind=self.kind, entry=entry, standing=standing)

    def answer(self, entry: ClinicalEntry, *, code: int = status.HTTP_200_OK) -> Response:
        response = Response(self.show(entry), status=code)
        response["ETag"] = f'"{entry.version}"'
        return response


def views_of(name: str, write: type[Any], read: type[Any]) -> tuple[View, View, View]:
    """The three views of one kind; ``<name>_id`` names the entry in the address."""
    one = KINDS[name]

    class ListView(EntryViewBase):
        kind = one
        policies = {"get": policies.view_case, "post": policies.record_clinical}

        @extend_schema(
            operation_id=f"cases_{one.plural}_list",
            parameters=[shapes.HistoryQuerySerializer],
            responses=page_of(read),
        )
        def get(self, request: Request, case_id: UUID) -> Response:
            query = shapes.HistoryQuerySerializer(data=request.query_params)
            query.is_valid(raise_exception=True)
            self.note_reading(case_id)
            rows = entries_of(kind=one, case_id=case_id, history=query.validated_data["history"])
            pages = EntriesInOrder()
            page = pages.paginate_queryset(rows, request, view=self) or []
            with selectors.one_look():
                shown = [self.show(entry) for entry in page]
            return pages.get_paginated_response(shown)

        @extend_schema(
            operation_id=f"cases_{one.plural}_create", request=write, responses={201: read}
        )
        def post(self, request: Request, case_id: UUID) -> Response:
            body = write(data=request.data)
            body.is_valid(raise_exception=True)
            entry = services.record_clinical(
                actor=self.actor, case_id=case_id, kind=one.name, fields=body.to_fields()
            )
            return self.answer(entry, code=status.HTTP_201_CREATED)

    class DetailView(EntryViewBase):
        """GET one entry. PATCH makes a new entry in its place and answers with that."""

        kind = one
        policies = {"get": policies.view_case, "patch": policies.record_clinical}

        @extend_schema(operation_id=f"cases_{one.plural}_retrieve", responses=read)
        def get(self, request: Request, case_id: UUID, **ids: UUID) -> Response:
            entries = entries_of(kind=one, case_id=case_id, history=True)
            entry = entries.filter(pk=ids[f"{one.name}_id"]).first()
            if entry is None:
                raise NotVisible()
            self.note_reading(case_id)
            return self.answer(entry)

        @extend_schema(operation_id=f"cases_{one.plural}_revise", request=write, responses=read)
        def patch(self, request: Request, case_id: UUID, **ids: UUID) -> Response:
            body = write(data=request.data, partial=True)
            body.is_valid(raise_exception=True)
            entry = services.revise_clinical(
                actor=self.actor,
                case_id=case_id,
                kind=one.name,
                entry_id=ids[f"{one.name}_id"],
                version=self.read_version(),
                changes=body.to_fields(),
            )
            return self.answer(entry)

    class WithdrawView(EntryViewBase):
        kind = one
        policies = {"post": policies.record_clinical}

        @extend_schema(
            operation_id=f"cases_{one.plural}_withdraw",
            request=shapes.WithdrawSerializer,
            responses=read,
        )
        def post(self, request: Request, case_id: UUID, **ids: UUID) -> Response:
            body = shapes.WithdrawSerializer(data=request.data)
            body.is_valid(raise_exception=True)
            entry = services.withdraw_clinical(
                actor=self.actor,
                case_id=case_id,
                kind=one.name,
                entry_id=ids[f"{one.name}_id"],
                version=self.read_version(),
                reason=body.validated_data["reason"],
            )
            return self.answer(entry)

    return ListView, DetailView, WithdrawView


SHAPES: dict[str, tuple[type[Any], type[Any]]] = {
    "referral": (shapes.ReferralWriteSerializer, shapes.ReferralEntrySerializer),
    "diagnosis": (shapes.DiagnosisWriteSerializer, shapes.DiagnosisEntrySerializer),
    "staging": (shapes.StagingWriteSerializer, shapes.StagingEntrySerializer),
    "performance": (shapes.PerformanceWriteSerializer, shapes.PerformanceEntrySerializer),
    "comorbidity": (shapes.ComorbidityWriteSerializer, shapes.ComorbidityEntrySerializer),
    "preference": (shapes.PreferenceWriteSerializer, shapes.PreferenceEntrySerializer),
    "allergy": (shapes.AllergyWriteSerializer, shapes.AllergyEntrySerializer),
    "biomarker": (shapes.BiomarkerWriteSerializer, shapes.BiomarkerEntrySerializer),
    "treatment": (shapes.TreatmentWriteSerializer, shapes.TreatmentEntrySerializer),
}
VIEWS: dict[str, tuple[View, View, View]] = {
    name: views_of(name, write, read) for name, (write, read) in SHAPES.items()
}
