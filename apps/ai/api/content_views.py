"""A version's files and card, and bundles that arrive through the browser, over REST."""

from typing import IO, Any
from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.response import Response

from apps.ai import policies, selectors, services
from apps.ai.api import content_serializers as shapes
from apps.ai.api.model_serializers import VersionDetailSerializer
from apps.ai.api.queries import read_version
from apps.ai.models import BundleUpload, ModelVersion
from apps.ai.services.bundle_uploads import MAX_ARCHIVE_BYTES, PIECE_BYTES
from apps.ai.version_files import compared_by_default, read_content
from apps.audit.services import record_entry
from apps.core.api.views import ConsiliumView
from apps.core.exceptions import InvalidInput

OFFSET_TYPE = "application/offset+octet-stream"
NOTHING = "nothing"
AGAINST = OpenApiParameter(
    "against",
    OpenApiTypes.STR,
    description="The id of the version to compare with, or `nothing`; left out, the one in use.",
)


class VersionContentView(ConsiliumView):
    """Every file with its hash, and what changed, as text. Nothing of it is evaluated."""

    policies = {"get": policies.read_content}

    @extend_schema(parameters=[AGAINST], responses=shapes.VersionContentSerializer)
    def get(self, request: Request, version_id: UUID) -> Response:
        version = selectors.get_version(version_id=version_id)
        content = read_content(version=version, against=_against(request, version))
        record_entry(
            actor=self.actor, action="model.content_read", entity="model_version",
            entity_id=version.pk, details={"tree_sha256": version.tree_sha256},
        )  # fmt: skip
        return Response(
            shapes.VersionContentSerializer(
                {
                    "tree_sha256": version.tree_sha256,
                    "files": content.files,
                    "against": content.against,
                    "changes": content.changes,
                }
            ).data
        )


class VersionCardView(ConsiliumView):
    """The card of a version: every attribute, stated or not; and what the house adds."""

    policies = {"get": policies.view_models, "post": policies.administer_model}

    @extend_schema(responses=shapes.VersionCardSerializer)
    def get(self, request: Request, version_id: UUID) -> Response:
        return self._show(version_id)

    @extend_schema(request=shapes.CardEntryWriteSerializer, responses=shapes.VersionCardSerializer)
    def post(self, request: Request, version_id: UUID) -> Response:
        said = shapes.CardEntryWriteSerializer(data=request.data)
        said.is_valid(raise_exception=True)
        services.write_card_entry(actor=self.actor, version_id=version_id, **said.validated_data)
        return self._show(version_id)

    def _show(self, version_id: UUID) -> Response:
        card = selectors.describe_card(actor=self.actor, version_id=version_id)
        return Response(shapes.VersionCardSerializer(card).data)


class BundleUploadsView(ConsiliumView):
    """Announce a ZIP file; its bytes go to ``content`` in pieces."""

    policies = {"post": policies.administer_model}

    @extend_schema(
        request=shapes.BundleUploadWriteSerializer, responses={201: shapes.BundleUploadSerializer}
    )
    def post(self, request: Request) -> Response:
        said = shapes.BundleUploadWriteSerializer(data=request.data)
        said.is_valid(raise_exception=True)
        upload = services.open_bundle_upload(
            actor=self.actor,
            name=said.validated_data["name"],
            total_bytes=said.validated_data["size_bytes"],
        )
        return Response(
            shapes.BundleUploadSerializer({"id": upload.pk, "most_bytes": MAX_ARCHIVE_BYTES}).data,
            status=201,
        )


class BundleUploadView(ConsiliumView):
    policies = {"delete": policies.administer_model}

    @extend_schema(responses={204: None})
    def delete(self, request: Request, upload_id: UUID) -> Response:
        services.discard_upload(actor=self.actor, upload_id=upload_id)
        return Response(status=204)


class BundlePieceParser(BaseParser):
    """The bytes as they are, and not one more than a piece may have."""

    media_type = OFFSET_TYPE

    def parse(
        self, stream: IO[bytes], media_type: str | None = None, parser_context: Any = None
    ) -> dict[str, bytes]:
        return {"content": stream.read(PIECE_BYTES + 1)}


class BundleUploadContentView(ConsiliumView):
    """The bytes of an upload, as tus 1.0 sends them."""

    policies = {"patch": policies.administer_model}
    parser_classes = (BundlePieceParser,)

    @extend_schema(
        parameters=[
            OpenApiParameter(
                "Upload-Offset", OpenApiTypes.INT, OpenApiParameter.HEADER, required=True
            )
        ],
        request={OFFSET_TYPE: OpenApiTypes.BINARY},
        responses={204: None},
    )
    def patch(self, request: Request, upload_id: UUID) -> HttpResponse:
        raw = request.headers.get("Upload-Offset", "")
        if not raw.isdecimal() or len(raw) > 18:
            raise InvalidInput("Send Upload-Offset.", code="offset_required")
        given = request.data if isinstance(request.data, dict) else {}
        upload = services.receive_bundle_piece(
            actor=self.actor,
            upload_id=upload_id,
            offset=int(raw),
            content=given.get("content", b""),
        )
        return _tus_answer(upload)


class BundleInstallView(ConsiliumView):
    """Read the upload as hostile and register it; the refusal says what is wrong with it."""

    policies = {"post": policies.administer_model}

    @extend_schema(request=shapes.BundleInstallSerializer, responses={201: VersionDetailSerializer})
    def post(self, request: Request, upload_id: UUID) -> Response:
        said = shapes.BundleInstallSerializer(data=request.data)
        said.is_valid(raise_exception=True)
        made = services.install_upload(actor=self.actor, upload_id=upload_id, **said.validated_data)
        version = selectors.get_version(version_id=made.pk)
        shown = VersionDetailSerializer(version, context={"actor": self.actor}).data
        return Response(shown, status=201)


def _against(request: Request, version: ModelVersion) -> ModelVersion | None:
    asked = request.query_params.get("against", "")
    if asked == NOTHING:
        return None
    if not asked:
        return compared_by_default(version=version)
    other = selectors.get_version(version_id=read_version(asked))
    if other.model_id != version.model_id:
        raise InvalidInput("This is a version of another model.", code="another_model")
    return other


def _tus_answer(upload: BundleUpload) -> HttpResponse:
    response = HttpResponse(status=204)
    response["Tus-Resumable"] = "1.0.0"
    response["Upload-Offset"] = str(upload.received_bytes)
    response["Upload-Length"] = str(upload.total_bytes)
    response["Cache-Control"] = "no-store"
    return response
