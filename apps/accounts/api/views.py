from uuid import UUID

from django.http import HttpResponse
from django.middleware.csrf import get_token
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, inline_serializer
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts import policies, selectors, services
from apps.accounts.api.serializers import (
    InstitutionSerializer,
    MeSerializer,
    PersonAdminSerializer,
    PersonCreateSerializer,
    PersonPatchSerializer,
    PersonSerializer,
)
from apps.accounts.models import Institution, User
from apps.core.api.pagination import StandardCursorPagination
from apps.core.api.schema import page_of
from apps.core.api.views import ConsiliumView
from apps.core.policies import anyone, signed_in


class ByName(StandardCursorPagination):
    ordering = ("display_name", "id")


class InstitutionsByName(StandardCursorPagination):
    ordering = ("name", "id")


class CsrfView(ConsiliumView):
    """Sets the CSRF cookie that the browser client sends back."""

    policies = {"get": anyone}

    @extend_schema(
        responses=inline_serializer("Csrf", {"csrf_token": serializers.CharField()}),
    )
    def get(self, request: Request) -> Response:
        return Response({"csrf_token": get_token(request._request)})


class MeView(ConsiliumView):
    policies = {"get": signed_in}

    @extend_schema(responses=MeSerializer)
    def get(self, request: Request) -> Response:
        user = User.objects.select_related("institution").prefetch_related("roles")
        return Response(MeSerializer(user.get(pk=self.actor.person_id)).data)


class TotpQrView(ConsiliumView):
    """The key of the enrolment that is under way, as a picture for a phone's camera.

    The key comes from the session, never from the address: addresses end up in logs.
    """

    policies = {"get": signed_in}

    @extend_schema(responses={(200, "image/svg+xml"): OpenApiTypes.BINARY})
    def get(self, request: Request) -> HttpResponse:
        return HttpResponse(
            selectors.draw_totp_qr(
                user=User.objects.get(pk=self.actor.person_id), session=request._request.session
            ),
            content_type="image/svg+xml",
            headers={"Cache-Control": "no-store"},
        )


class PeopleView(ConsiliumView):
    policies = {"get": policies.read_people, "post": policies.manage_people}

    @extend_schema(
        parameters=[OpenApiParameter("search", str)], responses=page_of(PersonSerializer)
    )
    def get(self, request: Request) -> Response:
        people = selectors.search_people(text=request.query_params.get("search", "")[:100])
        serializer: type[PersonSerializer] = PersonSerializer
        if self.actor.has_role("system_admin"):
            people = people.prefetch_related("roles")
            serializer = PersonAdminSerializer
        pages = ByName()
        page = pages.paginate_queryset(people, request, view=self)
        return pages.get_paginated_response(serializer(page, many=True).data)

    @extend_schema(request=PersonCreateSerializer, responses={201: PersonAdminSerializer})
    def post(self, request: Request) -> Response:
        body = PersonCreateSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        fields = dict(body.validated_data)
        fields["system_roles"] = tuple(fields["system_roles"])
        user = services.create_person(actor=self.actor, **fields)
        return Response(PersonAdminSerializer(user).data, status=status.HTTP_201_CREATED)


class PersonView(ConsiliumView):
    policies = {"patch": policies.manage_people}

    @extend_schema(request=PersonPatchSerializer, responses=PersonAdminSerializer)
    def patch(self, request: Request, user_id: UUID) -> Response:
        body = PersonPatchSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        user = services.set_active(actor=self.actor, user_id=user_id, **body.validated_data)
        return Response(PersonAdminSerializer(user).data)


class InstitutionsView(ConsiliumView):
    policies = {"get": policies.read_people, "post": policies.manage_people}

    @extend_schema(responses=page_of(InstitutionSerializer))
    def get(self, request: Request) -> Response:
        pages = InstitutionsByName()
        page = pages.paginate_queryset(Institution.objects.all(), request, view=self)
        return pages.get_paginated_response(InstitutionSerializer(page, many=True).data)

    @extend_schema(request=InstitutionSerializer, responses={201: InstitutionSerializer})
    def post(self, request: Request) -> Response:
        body = InstitutionSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        made = services.create_institution(actor=self.actor, name=body.validated_data["name"])
        return Response(InstitutionSerializer(made).data, status=status.HTTP_201_CREATED)
