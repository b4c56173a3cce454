from collections.abc import Mapping
from typing import IO, Any
from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.response import Response

from apps.annotations.api import segmentation_serializers as shapes
from apps.annotations.api.serializers import CaseQuerySerializer
from apps.annotations.models import Segmentation
from apps.annotations.segmentations import policies, selectors, services
from apps.annotations.segmentations.bits import MAX_CHUNK_BYTES, pack_bits
from apps.annotations.segmentations.selectors import describe_segmentation, head_of
from apps.core.api.schema import page_of
from apps.core.api.views import ConsiliumView
from apps.imaging.api.segmentations import MaskGeometrySerializer
from apps.imaging.masks import IMMUTABLE, mask_response, pack_mask

IF_MATCH = OpenApiParameter("If-Match", str, OpenApiParameter.HEADER, description="version seen")
BOX = OpenApiParameter("box", str, description="first frame,row,column and the end of each")


def _shown(segmentation: Segmentation) -> dict[str, Any]:
    return describe_segmentation(segmentation, head_of(segmentation))


def _bytes_of(request: Request) -> bytes:
    """What ``ChunkParser`` read; it is not asked where nothing was sent."""
    given = request.data
    return bytes(given.get("content", b"")) if isinstance(given, Mapping) else b""


class ChunkParser(BaseParser):
    """At most one chunk of the body is read, whatever its length is said to be."""

    media_type = "application/octet-stream"

    def parse(
        self, stream: IO[bytes], media_type: str | None = None, parser_context: Any = None
    ) -> dict[str, bytes]:
        return {"content": stream.read(MAX_CHUNK_BYTES + 1)}


class SegmentationsView(ConsiliumView):
    """Segmentations that people drew in one case, in the order they were begun."""

    policies = {"get": policies.list_segmentations, "post": policies.list_segmentations}

    @extend_schema(
        parameters=[OpenApiParameter("case", UUID, required=True)],
        responses=page_of(shapes.DrawnSegmentationSerializer),
        operation_id="segmentations_list",
    )
    def get(self, request: Request) -> Response:
        query = CaseQuerySerializer(data=request.query_params)
        query.is_valid(raise_exception=True)
        found = selectors.list_segmentations(actor=self.actor, case_id=query.validated_data["case"])
        return Response({"next": None, "previous": None, "results": found})

    @extend_schema(
        request=shapes.SegmentationCreateSerializer,
        responses={201: shapes.DrawnSegmentationSerializer},
    )
    def post(self, request: Request) -> Response:
        body = shapes.SegmentationCreateSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        made = services.put_segmentation(actor=self.actor, **body.call())
        return Response(_shown(made), status=status.HTTP_201_CREATED)


class SegmentationView(ConsiliumView):
    policies = {
        "get": policies.view_segmentation,
        "patch": policies.change_segmentation,
        "delete": policies.change_segmentation,
    }

    @extend_schema(responses=shapes.DrawnSegmentationSerializer)
    def get(self, request: Request, segmentation_id: UUID) -> Response:
        found, projection = selectors.find_segmentation(
            actor=self.actor, segmentation_id=segmentation_id
        )
        return Response(describe_segmentation(found, head_of(found), projection))

    @extend_schema(
        parameters=[IF_MATCH],
        request=shapes.SegmentationPatchSerializer,
        responses=shapes.DrawnSegmentationSerializer,
    )
    def patch(self, request: Request, segmentation_id: UUID) -> Response:
        body = shapes.SegmentationPatchSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        changed = services.change_segmentation(
            actor=self.actor,
            segmentation_id=segmentation_id,
            version=self.read_version(),
            **body.call(),
        )
        return Response(_shown(changed))

    @extend_schema(parameters=[IF_MATCH], request=None, responses={204: None})
    def delete(self, request: Request, segmentation_id: UUID) -> Response:
        services.remove_segmentation(
            actor=self.actor, segmentation_id=segmentation_id, version=self.read_version()
        )
        return Response(status=status.HTTP_204_NO_CONTENT)


class SegmentationRestoreView(ConsiliumView):
    """Put a removed one back: the inverse of DELETE."""

    policies = {"post": policies.change_segmentation}

    @extend_schema(
        parameters=[IF_MATCH], request=None, responses=shapes.DrawnSegmentationSerializer
    )
    def post(self, request: Request, segmentation_id: UUID) -> Response:
        restored = services.restore_segmentation(
            actor=self.actor, segmentation_id=segmentation_id, version=self.read_version()
        )
        return Response(_shown(restored))


class SegmentationGridView(ConsiliumView):
    """The image under each frame of the labelmap."""

    policies = {"get": policies.view_segmentation}

    @extend_schema(responses=MaskGeometrySerializer)
    def get(self, request: Request, segmentation_id: UUID) -> Response:
        found, projection = selectors.find_segmentation(
            actor=self.actor, segmentation_id=segmentation_id
        )
        shown = selectors.describe_grid_of(found, projection)
        return Response(
            MaskGeometrySerializer(shown).data,
            headers={"Cache-Control": IMMUTABLE, "Vary": "Cookie"},
        )


class SegmentationChunksView(ConsiliumView):
    """Voxels on their way to the next revision; see ``apps.annotations.segmentations.bits``."""

    policies = {"put": policies.change_segmentation}
    parser_classes = (ChunkParser,)

    @extend_schema(
        parameters=[shapes.ChunkQuerySerializer],
        request={"application/octet-stream": OpenApiTypes.BINARY},
        responses={204: None},
    )
    def put(self, request: Request, segmentation_id: UUID) -> Response:
        query = shapes.ChunkQuerySerializer(data=request.query_params)
        query.is_valid(raise_exception=True)
        given = query.validated_data
        services.put_chunk(
            actor=self.actor,
            segmentation_id=segmentation_id,
            parent=given["parent"],
            sha256=given["sha256"],
            box=shapes.parse_box(given["box"]),
            segments=shapes.parse_numbers(given["segments"]),
            body=_bytes_of(request),
        )
        return Response(status=status.HTTP_204_NO_CONTENT)


class SegmentationRevisionsView(ConsiliumView):
    policies = {"post": policies.change_segmentation}

    @extend_schema(
        request=shapes.RevisionCreateSerializer,
        responses={201: shapes.DrawnSegmentationSerializer},
    )
    def post(self, request: Request, segmentation_id: UUID) -> Response:
        body = shapes.RevisionCreateSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        given = body.validated_data
        common = {
            "actor": self.actor,
            "segmentation_id": segmentation_id,
            "parent": given["parent"],
            "client_id": given.get("client_id"),
        }
        if "sha256" in given:
            revised = services.commit_chunk(**common, sha256=given["sha256"])
        else:
            revised = services.revert_revision(**common, revision=given["inverse_of"])
        return Response(_shown(revised), status=status.HTTP_201_CREATED)


class SegmentationVoxelsView(ConsiliumView):
    """One segment at one revision, packed bits; of a box, so that followers fetch no more."""

    policies = {"get": policies.view_segmentation}

    @extend_schema(
        parameters=[OpenApiParameter("segment", int, required=True), BOX],
        responses={(200, "application/octet-stream"): OpenApiTypes.BINARY},
    )
    def get(self, request: Request, segmentation_id: UUID, revision: int) -> HttpResponse:
        query = shapes.VoxelQuerySerializer(data=request.query_params)
        query.is_valid(raise_exception=True)
        segment, text = query.validated_data["segment"], query.validated_data.get("box")
        found, _ = selectors.find_segmentation(actor=self.actor, segmentation_id=segmentation_id)
        labelmap, box = selectors.read_voxels(
            segmentation=found,
            revision=revision,
            box=shapes.parse_box(text) if text else None,
        )
        return mask_response(
            request,
            etag=f"{segmentation_id}.{revision}.{segment}.{'.'.join(map(str, box.as_list()))}",
            shape=box.shape,
            packed=lambda: pack_mask(pack_bits(labelmap.cut(segment, box))),
        )
