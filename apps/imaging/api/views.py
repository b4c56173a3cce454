"""REST of imaging: thin."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.audit.services import record_entry
from apps.cases.embargo import is_ai_hidden
from apps.core.api.schema import page_of
from apps.core.api.views import ConsiliumView
from apps.core.exceptions import NotVisible
from apps.imaging import policies, selectors, services
from apps.imaging.api import segmentations as shapes
from apps.imaging.api import serializers
from apps.imaging.masks import describe_grid, mask_response
from apps.imaging.segmentations import selectors as segmentations


class PacsListView(ConsiliumView):
    policies = {"get": policies.list_pacs, "post": policies.manage_pacs}

    @extend_schema(responses=page_of(serializers.PacsSerializer), operation_id="pacs_list")
    def get(self, request: Request) -> Response:
        rows = selectors.list_connections()
        if self.actor.has_role("system_admin"):
            shown: Any = serializers.PacsSerializer(rows, many=True).data
        else:
            active = rows.filter(is_active=True)
            shown = serializers.PacsNameSerializer(active, many=True).data
        return Response({"next": None, "previous": None, "results": shown})

    @extend_schema(
        request=serializers.PacsWriteSerializer, responses={201: serializers.PacsSerializer}
    )
    def post(self, request: Request) -> Response:
        given = serializers.PacsWriteSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        connection = services.create_connection(actor=self.actor, **given.validated_data)
        return Response(serializers.PacsSerializer(connection).data, status=201)


class PacsDetailView(ConsiliumView):
    policies = {
        "get": policies.manage_pacs,
        "patch": policies.manage_pacs,
        "delete": policies.manage_pacs,
    }

    @extend_schema(responses=serializers.PacsSerializer, operation_id="pacs_retrieve")
    def get(self, request: Request, pacs_id: UUID) -> Response:
        connection = selectors.list_connections().filter(pk=pacs_id).first()
        if connection is None:
            raise NotVisible()
        return Response(serializers.PacsSerializer(connection).data)

    @extend_schema(
        request=serializers.PacsWriteSerializer(partial=True),
        responses=serializers.PacsSerializer,
    )
    def patch(self, request: Request, pacs_id: UUID) -> Response:
        given = serializers.PacsWriteSerializer(data=request.data, partial=True)
        given.is_valid(raise_exception=True)
        connection = services.update_connection(
            actor=self.actor, pacs_id=pacs_id, changes=given.validated_data
        )
        return Response(serializers.PacsSerializer(connection).data)

    @extend_schema(responses={204: None})
    def delete(self, request: Request, pacs_id: UUID) -> Response:
        services.delete_connection(actor=self.actor, pacs_id=pacs_id)
        return Response(status=204)


class PacsTestView(ConsiliumView):
    policies = {"post": policies.manage_pacs}

    @extend_schema(request=None, responses=serializers.PacsTestSerializer)
    def post(self, request: Request, pacs_id: UUID) -> Response:
        return Response(services.test_connection(actor=self.actor, pacs_id=pacs_id))


class CaseStudiesView(ConsiliumView):
    policies = {"get": policies.view_studies, "post": policies.link_study}
    open_to_places = frozenset({"get"})

    @extend_schema(responses=serializers.StudiesSerializer, operation_id="case_studies_list")
    def get(self, request: Request, case_id: UUID) -> Response:
        studies = selectors.list_case_studies(actor=self.actor, case_id=case_id)
        services.note_case_opened(case_id=case_id)
        results = [serializers.show_study(one, case_id=case_id) for one in studies]
        is_hidden = is_ai_hidden(actor=self.actor, case_id=case_id)
        return Response(
            {"next": None, "previous": None, "results": results, "ai_hidden": is_hidden}
        )

    @extend_schema(
        request=serializers.LinkStudySerializer, responses={202: serializers.StudySerializer}
    )
    def post(self, request: Request, case_id: UUID) -> Response:
        given = serializers.LinkStudySerializer(data=request.data)
        given.is_valid(raise_exception=True)
        link = services.link_study(
            actor=self.actor,
            case_id=case_id,
            pacs_id=given.validated_data["pacs"],
            study_instance_uid=given.validated_data["study_instance_uid"],
            mismatch_reason=given.validated_data.get("mismatch_reason", ""),
        )
        return Response(_study(self, case_id, link.study_id), status=202)


class RetryStudyView(ConsiliumView):
    policies = {"post": policies.link_study}

    @extend_schema(request=None, responses={202: serializers.StudySerializer})
    def post(self, request: Request, case_id: UUID, study_uid: str) -> Response:
        link = selectors.find_case_study(
            actor=self.actor, case_id=case_id, study_instance_uid=study_uid
        )
        services.retry_ingest(actor=self.actor, case_id=case_id, study_id=link.study_id)
        return Response(_study(self, case_id, link.study_id), status=202)


class StudyTicketView(ConsiliumView):
    policies = {"post": policies.view_studies}
    open_to_places = frozenset({"post"})

    @extend_schema(request=None, responses=serializers.TicketSerializer)
    def post(self, request: Request, case_id: UUID, study_uid: str) -> Response:
        ticket = services.mint_ticket(
            actor=self.actor, case_id=case_id, study_instance_uid=study_uid
        )
        response = Response(serializers.TicketSerializer(ticket).data)
        response["Cache-Control"] = "no-store"
        return response


class SeriesThumbnailView(ConsiliumView):
    """For lists, where an ``<img>`` cannot send a ticket."""

    policies = {"get": policies.view_studies}

    @extend_schema(responses={(200, "image/jpeg"): OpenApiTypes.BINARY})
    def get(self, request: Request, case_id: UUID, study_uid: str, series_uid: str) -> HttpResponse:
        series = selectors.find_case_series(
            actor=self.actor,
            case_id=case_id,
            study_instance_uid=study_uid,
            series_instance_uid=series_uid,
        )
        picture = selectors.open_published(series).thumbnail()
        if picture is None:
            raise NotVisible()
        response = HttpResponse(picture, content_type="image/jpeg")
        response["Cache-Control"] = "private, max-age=300"
        return response


class CaseSegmentationsView(ConsiliumView):
    policies = {"get": policies.view_segmentations}
    open_to_places = frozenset({"get"})

    @extend_schema(
        responses=page_of(shapes.SegmentationSerializer, hides_ai=True),
        operation_id="case_segmentations_list",
    )
    def get(self, request: Request, case_id: UUID) -> Response:
        found = segmentations.list_case_segmentations(actor=self.actor, case_id=case_id)
        if found:
            record_entry(
                actor=self.actor,
                action="segmentations.viewed",
                case_id=case_id,
                details={"count": len(found)},
            )
        results = [shapes.show_segmentation(one, case_id=case_id) for one in found]
        shown = shapes.SegmentationSerializer(results, many=True).data
        is_hidden = is_ai_hidden(actor=self.actor, case_id=case_id)
        return Response({"next": None, "previous": None, "results": shown, "ai_hidden": is_hidden})


class SegmentMaskView(ConsiliumView):
    """A segment on one series, as findings' masks are; slices without pixels are left out."""

    policies = {"get": policies.view_segmentations}
    open_to_places = frozenset({"get"})

    @extend_schema(responses={(200, "application/octet-stream"): OpenApiTypes.BINARY})
    def get(self, request: Request, **ids: Any) -> HttpResponse:
        mask = segmentations.read_segment_mask(actor=self.actor, **ids)
        return mask_response(
            request,
            etag=mask.etag,
            shape=mask.shape,
            packed=mask.pack,
            cache_control="private, no-cache",  # the series may grow
        )


class SegmentMaskGeometryView(ConsiliumView):
    policies = {"get": policies.view_segmentations}
    open_to_places = frozenset({"get"})

    @extend_schema(responses=shapes.MaskGeometrySerializer)
    def get(self, request: Request, **ids: Any) -> Response:
        mask = segmentations.read_segment_mask(actor=self.actor, **ids)
        shown = describe_grid(
            shape=mask.shape, sop_instance_uids=mask.sop_instance_uids, frames=mask.frames
        )
        return Response(shapes.MaskGeometrySerializer(shown).data)


class TokensView(ConsiliumView):
    """Tokens of machine clients: one's own; the secret is in the answer to POST only."""

    policies = {"get": policies.manage_tokens, "post": policies.manage_tokens}

    @extend_schema(responses=page_of(serializers.AccessTokenSerializer), operation_id="tokens_list")
    def get(self, request: Request) -> Response:
        rows: Any = selectors.list_tokens(actor=self.actor)
        shown: Any = serializers.AccessTokenSerializer(rows, many=True).data
        return Response({"next": None, "previous": None, "results": shown})

    @extend_schema(
        request=serializers.AccessTokenWriteSerializer,
        responses={201: serializers.MintedTokenSerializer},
    )
    def post(self, request: Request) -> Response:
        given = serializers.AccessTokenWriteSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        minted = services.create_token(
            actor=self.actor,
            name=given.validated_data["name"],
            case_ids=given.validated_data["cases"],
            scopes=given.validated_data["scopes"],
            expires_at=given.validated_data["expires_at"],
        )
        shown = serializers.AccessTokenSerializer(minted.row).data
        response = Response({**shown, "token": minted.token}, status=201)
        response["Cache-Control"] = "no-store"
        return response


class TokenView(ConsiliumView):
    policies = {"delete": policies.manage_tokens}

    @extend_schema(responses={204: None})
    def delete(self, request: Request, token_id: UUID) -> Response:
        services.revoke_token(actor=self.actor, token_id=token_id)
        return Response(status=204)


def _study(view: ConsiliumView, case_id: UUID, study_id: UUID) -> dict[str, Any]:
    studies = selectors.list_case_studies(actor=view.actor, case_id=case_id)
    study = next(one for one in studies if one.row.pk == study_id)
    return serializers.show_study(study, case_id=case_id)
