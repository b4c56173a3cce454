"""Words on findings over REST: each is one person's, about one finding in one case."""

from typing import Any, ClassVar
from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.ai import policies, selectors, services, storage
from apps.ai.amending import AmendedBy
from apps.ai.amending_boxes import AmendedBox
from apps.ai.api import finding_serializers as shapes
from apps.ai.api.queries import CASE_PARAMETER, read_case
from apps.ai.api.serializers import ReasonSerializer
from apps.ai.api.views import finding_data
from apps.ai.choices import DismissalReason
from apps.ai.models import FindingAmendment
from apps.core.api.views import ConsiliumView
from apps.core.exceptions import NotVisible
from apps.imaging.api.segmentations import MaskGeometrySerializer
from apps.imaging.masks import describe_grid, mask_response


class _WordView(ConsiliumView):
    """Parse, find the case, hand it to one service, answer with the finding as it stands now."""

    shape: ClassVar[type[serializers.Serializer[Any]]]

    def say(self, finding_id: UUID, case_id: UUID, asked: dict[str, Any]) -> None:
        raise NotImplementedError

    def post(self, request: Request, finding_id: UUID) -> Response:
        asked = self.shape(data=request.data)
        asked.is_valid(raise_exception=True)
        values = dict(asked.validated_data)
        case_id = selectors.resolve_case(
            actor=self.actor, finding_id=finding_id, case_id=values.pop("case", None)
        )
        self.say(finding_id, case_id, values)
        return Response(finding_data(self, finding_id, case_id))


class AcceptFindingView(_WordView):
    policies = {"post": policies.review_finding}
    shape = shapes.AcceptSerializer

    def say(self, finding_id: UUID, case_id: UUID, asked: dict[str, Any]) -> None:
        by = asked.pop("amended_by", None)
        box = asked.pop("amended_box", None)
        amended_by: AmendedBy | AmendedBox | None = None
        if by:
            amended_by = AmendedBy(by["segmentation"], by["segment"], by["revision"])
        elif box:
            amended_by = AmendedBox(tuple(box["low"]), tuple(box["high"]))
        services.accept_finding(
            actor=self.actor,
            finding_id=finding_id,
            case_id=case_id,
            amended_by=amended_by,
            **asked,
        )

    @extend_schema(request=shapes.AcceptSerializer, responses=shapes.FindingSerializer)
    def post(self, request: Request, finding_id: UUID) -> Response:
        return super().post(request, finding_id)


class DismissFindingView(_WordView):
    policies = {"post": policies.review_finding}
    shape = shapes.DismissSerializer

    def say(self, finding_id: UUID, case_id: UUID, asked: dict[str, Any]) -> None:
        services.dismiss_finding(actor=self.actor, finding_id=finding_id, case_id=case_id, **asked)

    @extend_schema(request=shapes.DismissSerializer, responses=shapes.FindingSerializer)
    def post(self, request: Request, finding_id: UUID) -> Response:
        return super().post(request, finding_id)


class DeferFindingView(_WordView):
    policies = {"post": policies.review_finding}
    shape = shapes.DeferSerializer

    def say(self, finding_id: UUID, case_id: UUID, asked: dict[str, Any]) -> None:
        services.defer_finding(actor=self.actor, finding_id=finding_id, case_id=case_id, **asked)

    @extend_schema(request=shapes.DeferSerializer, responses=shapes.FindingSerializer)
    def post(self, request: Request, finding_id: UUID) -> Response:
        return super().post(request, finding_id)


class FindingOpinionView(_WordView):
    policies = {"post": policies.view_finding}
    shape = shapes.OpinionRequestSerializer

    def say(self, finding_id: UUID, case_id: UUID, asked: dict[str, Any]) -> None:
        services.give_opinion(actor=self.actor, finding_id=finding_id, case_id=case_id, **asked)

    @extend_schema(request=shapes.OpinionRequestSerializer, responses=shapes.FindingSerializer)
    def post(self, request: Request, finding_id: UUID) -> Response:
        return super().post(request, finding_id)


class RetryExportView(_WordView):
    policies = {"post": policies.review_finding}
    shape = shapes.CaseRequestSerializer

    def say(self, finding_id: UUID, case_id: UUID, asked: dict[str, Any]) -> None:
        services.retry_export(actor=self.actor, finding_id=finding_id, case_id=case_id)

    @extend_schema(request=shapes.CaseRequestSerializer, responses=shapes.FindingSerializer)
    def post(self, request: Request, finding_id: UUID) -> Response:
        return super().post(request, finding_id)


class FindingOpenedView(_WordView):
    """Somebody looks at the finding; the first time is kept."""

    policies = {"post": policies.view_finding}
    shape = shapes.CaseRequestSerializer

    def say(self, finding_id: UUID, case_id: UUID, asked: dict[str, Any]) -> None:
        services.note_viewing(actor=self.actor, finding_id=finding_id, case_id=case_id)

    @extend_schema(request=shapes.CaseRequestSerializer, responses=shapes.FindingSerializer)
    def post(self, request: Request, finding_id: UUID) -> Response:
        return super().post(request, finding_id)


class FindingHistoryView(ConsiliumView):
    policies = {"get": policies.view_finding}

    @extend_schema(parameters=[CASE_PARAMETER], responses=shapes.HistoryEntrySerializer(many=True))
    def get(self, request: Request, finding_id: UUID) -> Response:
        case_id = selectors.resolve_case(
            actor=self.actor, finding_id=finding_id, case_id=read_case(request)
        )
        finding = selectors.get_finding(actor=self.actor, finding_id=finding_id, case_id=case_id)
        said = selectors.history_of_finding(finding=finding, case_id=case_id)
        return Response(shapes.HistoryEntrySerializer(said, many=True).data)


class DismissalReasonsView(ConsiliumView):
    policies = {"get": policies.view_models}

    @extend_schema(responses=ReasonSerializer(many=True))
    def get(self, request: Request) -> Response:
        return Response(
            [{"code": code, "message": str(label)} for code, label in DismissalReason.choices]
        )


class AmendedMaskView(ConsiliumView):
    """What a person made of the finding's mask, as ``MaskView`` gives the model's."""

    policies = {"get": policies.view_amendment}
    open_to_places = frozenset({"get"})

    @extend_schema(responses={(200, "application/octet-stream"): OpenApiTypes.BINARY})
    def get(self, request: Request, finding_id: UUID, review_id: UUID) -> HttpResponse:
        amendment = _amendment(finding_id, review_id)
        sha256 = amendment.mask_sha256
        return mask_response(
            request,
            etag=sha256,
            shape=amendment.review.finding.job.grid["shape"],
            packed=lambda: storage.get_bytes(sha256=sha256),
        )


class AmendedMaskGeometryView(ConsiliumView):
    policies = {"get": policies.view_amendment}
    open_to_places = frozenset({"get"})

    @extend_schema(responses=MaskGeometrySerializer)
    def get(self, request: Request, finding_id: UUID, review_id: UUID) -> Response:
        grid = _amendment(finding_id, review_id).review.finding.job.grid
        geometry = describe_grid(shape=grid["shape"], sop_instance_uids=grid["sop_instance_uids"])
        return Response(MaskGeometrySerializer(geometry).data)


def _amendment(finding_id: UUID, review_id: UUID) -> FindingAmendment:
    found = (
        FindingAmendment.objects.select_related("review__finding__job")
        .filter(review_id=review_id, review__finding_id=finding_id)
        .first()
    )
    if found is None:
        raise NotVisible()
    return found
