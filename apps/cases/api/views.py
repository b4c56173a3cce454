from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from apps.cases import policies, selectors, services
from apps.cases.access import standings
from apps.cases.api.serializers import (
    CaseDetailSerializer,
    CaseListItemSerializer,
    CaseQuerySerializer,
    CaseWriteSerializer,
    GrantSerializer,
    GrantWriteSerializer,
    PatientSerializer,
)
from apps.cases.models import Case, Patient
from apps.cases.summaries import summarise
from apps.core.actors import Actor
from apps.core.api.pagination import StandardCursorPagination
from apps.core.api.schema import page_of
from apps.core.api.views import ConsiliumView
from apps.core.exceptions import InvalidInput


class NewestFirst(StandardCursorPagination):
    ordering = ("-updated_at", "id")


class PatientsByName(StandardCursorPagination):
    ordering = ("name", "id")


def describe_case(*, actor: Actor, case: Case) -> dict[str, Any]:
    """The full document of one case for this viewer."""
    context = {
        "standings": standings(actor=actor, case_ids=[case.pk]),
        "summaries": summarise(actor=actor, case_ids=[case.pk]),
        "members_count": selectors.people_in_case(case_id=case.pk).count(),
        "can": policies.capabilities(actor=actor, case_id=case.pk),
    }
    return dict(CaseDetailSerializer(case, context=context).data)


class PatientsView(ConsiliumView):
    policies = {"get": policies.find_patients, "post": policies.create_case}

    @extend_schema(responses=page_of(PatientSerializer))
    def get(self, request: Request) -> Response:
        text = request.query_params.get("search", "")[:100]
        patients = Patient.objects.all()
        if text:
            patients = patients.filter(name__icontains=text) | patients.filter(patient_id=text)
        pages = PatientsByName()
        page = pages.paginate_queryset(patients, request, view=self) or []
        rows = [_patient_row(patient) for patient in page]
        services.record_search(actor=self.actor, count=len(rows))
        return pages.get_paginated_response(rows)

    @extend_schema(request=PatientSerializer, responses={201: PatientSerializer})
    def post(self, request: Request) -> Response:
        body = PatientSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        patient = services.create_patient(actor=self.actor, **body.validated_data)
        return Response(_patient_row(patient), status=status.HTTP_201_CREATED)


class CasesView(ConsiliumView):
    """The worklist: every case the viewer may see, in the guise they may see it."""

    policies = {"get": policies.list_cases, "post": policies.create_case}

    @extend_schema(parameters=[CaseQuerySerializer], responses=page_of(CaseListItemSerializer))
    def get(self, request: Request) -> Response:
        query = CaseQuerySerializer(data=request.query_params)
        query.is_valid(raise_exception=True)
        wanted = query.validated_data
        cases = selectors.search_cases(
            actor=self.actor,
            text=wanted.get("search", ""),
            status=wanted.get("status", ""),
            tumour_type=wanted.get("tumour_type", ""),
        )
        pages = NewestFirst()
        page = pages.paginate_queryset(cases, request, view=self) or []
        ids = [case.pk for case in page]
        context = {
            "standings": standings(actor=self.actor, case_ids=ids),
            "summaries": summarise(actor=self.actor, case_ids=ids),
        }
        services.record_list(actor=self.actor, case_ids=ids)
        rows = [dict(CaseListItemSerializer(case, context=context).data) for case in page]
        return pages.get_paginated_response(rows)

    @extend_schema(request=CaseWriteSerializer, responses={201: CaseDetailSerializer})
    def post(self, request: Request) -> Response:
        body = CaseWriteSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        fields = body.to_fields()
        missing = [name for name in ("patient", "title") if not fields.get(name)]
        if missing:
            raise InvalidInput("Patient and title are needed.", details={"missing": missing})
        case = services.create_case(
            actor=self.actor, patient_id=fields.pop("patient"), title=fields.pop("title"), **fields
        )
        return Response(describe_case(actor=self.actor, case=case), status=status.HTTP_201_CREATED)


class CaseView(ConsiliumView):
    policies = {"get": policies.view_case, "patch": policies.edit_case}
    open_to_places = frozenset({"get"})

    @extend_schema(responses=CaseDetailSerializer)
    def get(self, request: Request, case_id: UUID) -> Response:
        case = selectors.get_case(actor=self.actor, case_id=case_id)
        services.record_view(actor=self.actor, case=case)
        response = Response(describe_case(actor=self.actor, case=case))
        response["ETag"] = f'"{case.version}"'
        return response

    @extend_schema(request=CaseWriteSerializer, responses=CaseDetailSerializer)
    def patch(self, request: Request, case_id: UUID) -> Response:
        body = CaseWriteSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        case = services.edit_case(
            actor=self.actor,
            case_id=case_id,
            version=self.read_version(),
            changes=body.to_fields(),
        )
        return Response(describe_case(actor=self.actor, case=case))


class MembersView(ConsiliumView):
    policies = {"get": policies.view_identified, "post": policies.manage_members}

    @extend_schema(responses=page_of(GrantSerializer))
    def get(self, request: Request, case_id: UUID) -> Response:
        pages = StandardCursorPagination()
        pages.ordering = ("created_at", "id")
        grants = selectors.list_grants(case_id=case_id)
        page = pages.paginate_queryset(grants, request, view=self)
        return pages.get_paginated_response(GrantSerializer(page, many=True).data)

    @extend_schema(request=GrantWriteSerializer, responses={201: GrantSerializer})
    def post(self, request: Request, case_id: UUID) -> Response:
        body = GrantWriteSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        fields = dict(body.validated_data)
        grant = services.grant_access(
            actor=self.actor, case_id=case_id, user_id=fields.pop("user"), **fields
        )
        return Response(GrantSerializer(grant).data, status=status.HTTP_201_CREATED)


class MemberView(ConsiliumView):
    policies = {"delete": policies.manage_members}

    @extend_schema(responses={204: None})
    def delete(self, request: Request, case_id: UUID, grant_id: UUID) -> Response:
        services.revoke_grant(actor=self.actor, case_id=case_id, grant_id=grant_id)
        return Response(status=status.HTTP_204_NO_CONTENT)


def _patient_row(patient: Patient) -> dict[str, Any]:
    return {
        "id": str(patient.pk),
        "patient_id": patient.patient_id,
        "issuer": patient.issuer,
        "name": patient.name,
        "birth_date": patient.birth_date.isoformat() if patient.birth_date else None,
        "birth_year": patient.birth_date.year if patient.birth_date else None,
        "sex": patient.sex,
    }
