"""Research data out and back: a zip of NIfTI files with a side-car, and a mask of one series."""

import asyncio
import io
from collections.abc import AsyncIterator
from typing import IO, Any
from uuid import UUID

from django.http import StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, status
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import SimpleRateThrottle

from apps.ai import policies
from apps.ai.research.exporting import export_series
from apps.ai.research.importing import MAX_MASK_BYTES, NEUTRAL_TYPE, GivenLabel, import_mask
from apps.ai.research.sidecar import MAX_SIDECAR_BYTES
from apps.annotations.api.segmentation_serializers import DrawnSegmentationSerializer
from apps.annotations.segmentations.codes import SEGMENT_TYPES
from apps.annotations.segmentations.selectors import describe_segmentation, head_of
from apps.core.api.views import ConsiliumView
from apps.core.exceptions import InvalidInput, TooLarge

PIECE_BYTES = 1 << 20
FORM_BYTES = 1 << 20
MAX_BODY_BYTES = MAX_MASK_BYTES + MAX_SIDECAR_BYTES + FORM_BYTES
ZIP = "application/zip"
STACK = OpenApiParameter(
    "stack", OpenApiTypes.INT, description="Its number, where the series has several."
)


class ResearchPerPerson(SimpleRateThrottle):
    """An export reads and packs a whole series: enough for work, not for emptying the archive."""

    scope, rate = "research", "120/hour"

    def get_cache_key(self, request: Request, view: Any) -> str:
        return self.cache_format % {"scope": self.scope, "ident": view.actor.id}


class BoundedMultiPartParser(MultiPartParser):
    """At most a mask and a side-car of the body are read, whatever its length is said to be."""

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        body = stream.read(MAX_BODY_BYTES + 1)
        if len(body) > MAX_BODY_BYTES:
            raise TooLarge("The mask is too large.")
        return super().parse(io.BytesIO(body), media_type, parser_context)


class MaskLabelSerializer(serializers.Serializer[Any]):
    """What one value of the mask is."""

    value = serializers.IntegerField(min_value=1, max_value=65535)
    label = serializers.CharField(max_length=64)  # type: ignore[assignment]
    type = serializers.ChoiceField(choices=sorted(SEGMENT_TYPES), default=NEUTRAL_TYPE)


class NiftiMaskWriteSerializer(serializers.Serializer[Any]):
    mask = serializers.FileField(help_text="One .nii or .nii.gz with whole-number labels.")
    sidecar = serializers.FileField(
        required=False, help_text="The sidecar.json that the images were exported with."
    )
    made_by = serializers.ChoiceField(
        choices=["MANUAL", "SEMIAUTOMATIC", "AUTOMATIC"],
        help_text="AUTOMATIC is refused: it is no person's segmentation.",
    )
    name = serializers.CharField(max_length=64, allow_blank=True, default="")
    stack = serializers.IntegerField(required=False, min_value=1, max_value=100_000)
    labels = serializers.JSONField(
        required=False, help_text='[{"value": 1, "label": "GTV", "type": "108369006"}]'
    )


class SeriesNiftiView(ConsiliumView):
    """A series as NIfTI with what people drew on it, accepted findings, and a side-car."""

    policies = {"get": policies.export_research}
    throttle_classes = (ResearchPerPerson,)

    @extend_schema(parameters=[STACK], responses={(200, ZIP): OpenApiTypes.BINARY})
    def get(
        self, request: Request, case_id: UUID, study_uid: str, series_uid: str
    ) -> StreamingHttpResponse:
        file = export_series(
            actor=self.actor,
            case_id=case_id,
            study_instance_uid=study_uid,
            series_instance_uid=series_uid,
            stack=_read_stack(request),
        )
        size = file.seek(0, io.SEEK_END)
        file.seek(0)
        return StreamingHttpResponse(
            _stream(file),
            content_type=ZIP,
            headers={
                "Content-Length": str(size),
                "Content-Disposition": 'attachment; filename="series-nifti.zip"',
                "Cache-Control": "no-store",
                "X-Content-Type-Options": "nosniff",
            },
        )


class SeriesNiftiMaskView(ConsiliumView):
    """A NIfTI mask of a series becomes a segmentation of whoever brings it."""

    policies = {"post": policies.import_mask}
    throttle_classes = (ResearchPerPerson,)
    parser_classes = (BoundedMultiPartParser,)

    @extend_schema(
        request={"multipart/form-data": NiftiMaskWriteSerializer},
        responses={201: DrawnSegmentationSerializer},
    )
    def post(self, request: Request, case_id: UUID, study_uid: str, series_uid: str) -> Response:
        body = NiftiMaskWriteSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        given = body.validated_data
        sidecar = given.get("sidecar")
        made = import_mask(
            actor=self.actor,
            case_id=case_id,
            study_instance_uid=study_uid,
            series_instance_uid=series_uid,
            stack=given.get("stack"),
            mask=given["mask"].read(),
            file_name=given["mask"].name or "mask.nii.gz",
            made_by=given["made_by"],
            name=given["name"],
            sidecar=sidecar.read() if sidecar is not None else None,
            labels=_read_labels(given.get("labels")),
        )
        return Response(describe_segmentation(made, head_of(made)), status=status.HTTP_201_CREATED)


def _read_labels(given: Any) -> list[GivenLabel]:
    if given is None:
        return []
    rows = MaskLabelSerializer(data=given, many=True)
    rows.is_valid(raise_exception=True)
    return [GivenLabel(one["value"], one["label"], one["type"]) for one in rows.validated_data]


def _read_stack(request: Request) -> int | None:
    raw = request.query_params.get("stack", "")
    if raw and not (raw.isascii() and raw.isdigit() and len(raw) <= 6):
        raise InvalidInput("A stack is named by its number.", code="bad_numbers")
    return int(raw) if raw else None


async def _stream(file: IO[bytes]) -> AsyncIterator[bytes]:
    """Async, so that under ASGI pieces leave one by one instead of being collected first."""
    with file:
        while piece := await asyncio.to_thread(file.read, PIECE_BYTES):
            yield piece
