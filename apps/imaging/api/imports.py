"""REST of imports: whole uploads, uploads in pieces (tus 1.0), and whose images they are."""

from typing import IO, Any
from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.parsers import BaseParser, FormParser, JSONParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.api.schema import page_of
from apps.core.api.views import ConsiliumView
from apps.core.exceptions import InvalidInput
from apps.imaging import policies, selectors, services
from apps.imaging.ai_objects import hidden_in_case
from apps.imaging.choices import FileVerdict, ImportState
from apps.imaging.models import Import
from apps.imaging.services.uploading import FILES, PIECE_BYTES

OFFSET_TYPE = "application/offset+octet-stream"
TUS_VERSION = "1.0.0"


class ImportWriteSerializer(serializers.Serializer[Any]):
    case = serializers.UUIDField()
    files = serializers.ListField(
        child=serializers.FileField(allow_empty_file=True), min_length=1, max_length=5000
    )
    mismatch_reason = serializers.CharField(required=False, allow_blank=True, max_length=2000)


class AnnouncedFileSerializer(serializers.Serializer[Any]):
    """A file that will come; its path is shown and compared, never opened."""

    name = serializers.CharField(max_length=4096, trim_whitespace=False)
    size_bytes = serializers.IntegerField(min_value=0)
    modified_ms = serializers.IntegerField(required=False, default=0, min_value=-(2**53))


class UploadWriteSerializer(serializers.Serializer[Any]):
    case = serializers.UUIDField()
    files = serializers.ListField(child=AnnouncedFileSerializer(), max_length=FILES)


class OmitWriteSerializer(serializers.Serializer[Any]):
    position = serializers.IntegerField(min_value=0, max_value=10**6)


class ReconcileWriteSerializer(serializers.Serializer[Any]):
    key = serializers.CharField(max_length=16)
    same_patient = serializers.BooleanField()
    reason = serializers.CharField(required=False, allow_blank=True, max_length=2000, default="")


class ImportFileSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()
    verdict = serializers.ChoiceField(choices=FileVerdict.choices)
    code = serializers.CharField()
    reason = serializers.CharField()
    study_instance_uid = serializers.CharField()
    sop_instance_uid = serializers.CharField()
    position = serializers.IntegerField()
    size_bytes = serializers.IntegerField()
    modified_ms = serializers.IntegerField()
    mismatch_key = serializers.CharField()


FILE_FIELDS = tuple(ImportFileSerializer().fields)


class ImportSummarySerializer(serializers.Serializer[Import]):
    """An import that somebody has to go on with."""

    id = serializers.UUIDField()
    case = serializers.UUIDField(source="case_id")
    state = serializers.ChoiceField(choices=ImportState.choices)
    actor_label = serializers.CharField()
    created_at = serializers.DateTimeField()
    total_bytes = serializers.IntegerField()
    received_bytes = serializers.IntegerField()
    file_count = serializers.IntegerField()
    held_count = serializers.IntegerField()


class ImportSerializer(serializers.Serializer[Import]):
    """An import with one verdict per file."""

    id = serializers.UUIDField()
    case = serializers.UUIDField(source="case_id")
    state = serializers.ChoiceField(choices=ImportState.choices)
    error = serializers.SerializerMethodField()
    mismatches = serializers.ListField(child=serializers.DictField())
    total_bytes = serializers.IntegerField()
    received_bytes = serializers.IntegerField()
    files = serializers.SerializerMethodField()
    created_at = serializers.DateTimeField()

    def get_error(self, parent: Import) -> dict[str, str] | None:
        if not parent.error_code:
            return None
        return {"code": parent.error_code, "message": parent.error_message}

    @extend_schema_field(ImportFileSerializer(many=True))
    def get_files(self, parent: Import) -> list[dict[str, Any]]:
        # By hand: a serializer's fields cost a second for 3,000 files, which are asked for often.
        hidden = self.context.get("hidden", ())
        return [
            {name: getattr(file, name) for name in FILE_FIELDS}
            | ({"sop_instance_uid": ""} if file.sop_instance_uid in hidden else {})
            for file in parent.files.all()
        ]


class OffsetParser(BaseParser):
    """The bytes as they are, and not one more than a piece may have."""

    media_type = OFFSET_TYPE

    def parse(
        self, stream: IO[bytes], media_type: str | None = None, parser_context: Any = None
    ) -> dict[str, bytes]:
        return {"content": stream.read(PIECE_BYTES + 1)}


class ImportsView(ConsiliumView):
    policies = {"get": policies.list_imports, "post": policies.start_import}
    parser_classes = (MultiPartParser, FormParser, JSONParser)

    @extend_schema(
        parameters=[OpenApiParameter("case", OpenApiTypes.UUID, required=True)],
        responses=page_of(ImportSummarySerializer),
        operation_id="imports_list",
    )
    def get(self, request: Request) -> Response:
        """What somebody has to go on with in a case: unfinished uploads, open questions."""
        rows: Any = selectors.list_open_imports(actor=self.actor, case_id=_case_of(request))
        shown: Any = ImportSummarySerializer(rows, many=True).data
        return Response({"next": None, "previous": None, "results": shown})

    @extend_schema(
        request={"multipart/form-data": ImportWriteSerializer},
        responses={202: ImportSerializer},
    )
    def post(self, request: Request) -> Response:
        """Everything in one request, for scripts; browsers upload in pieces."""
        files = request.FILES.getlist("files") or request.FILES.getlist("files[]")
        given = ImportWriteSerializer(
            data={
                "case": request.POST.get("case"),
                "mismatch_reason": request.POST.get("mismatch_reason", ""),
                "files": files,
            }
        )
        given.is_valid(raise_exception=True)
        parent = services.open_import(
            actor=self.actor,
            case_id=given.validated_data["case"],
            files=[(one.name or "file", one.file) for one in files],
            mismatch_reason=given.validated_data["mismatch_reason"],
        )
        return Response(_shown(self, parent.pk), status=202)


class UploadsView(ConsiliumView):
    policies = {"post": policies.start_import}

    @extend_schema(request=UploadWriteSerializer, responses={201: ImportSerializer})
    def post(self, request: Request) -> Response:
        """Announce files; their bytes go to ``content``, one after the other, in this order."""
        given = UploadWriteSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        parent = services.open_upload(
            actor=self.actor,
            case_id=given.validated_data["case"],
            files=[services.AnnouncedFile(**one) for one in given.validated_data["files"]],
        )
        response = Response(_shown(self, parent.pk), status=201)
        response["Location"] = f"/api/imports/{parent.pk}/content"
        return response


class ImportDetailView(ConsiliumView):
    policies = {"get": policies.view_import, "delete": policies.change_import}

    @extend_schema(responses=ImportSerializer)
    def get(self, request: Request, import_id: UUID) -> Response:
        return Response(_shown(self, import_id))

    @extend_schema(responses={204: None})
    def delete(self, request: Request, import_id: UUID) -> Response:
        """Give up an upload that has not arrived completely."""
        services.cancel_upload(actor=self.actor, import_id=import_id)
        return Response(status=204)


class ImportContentView(ConsiliumView):
    """The bytes of an upload: tus 1.0, core protocol."""

    policies = {"get": policies.view_import, "patch": policies.change_import}
    parser_classes = (OffsetParser,)

    @extend_schema(responses={204: None}, operation_id="import_content_offset")
    def get(self, request: Request, import_id: UUID) -> HttpResponse:
        """``Upload-Offset`` says where to go on; tus asks by HEAD."""
        parent = selectors.get_import(actor=self.actor, import_id=import_id)
        return _tus_answer(parent)

    @extend_schema(
        parameters=[
            OpenApiParameter(
                "Upload-Offset", OpenApiTypes.INT, OpenApiParameter.HEADER, required=True
            )
        ],
        request={OFFSET_TYPE: OpenApiTypes.BINARY},
        responses={204: None},
    )
    def patch(self, request: Request, import_id: UUID) -> HttpResponse:
        """The next bytes; 409 ``offset_mismatch`` names the offset when they are not."""
        raw = request.headers.get("Upload-Offset", "")
        if not raw.isdecimal() or len(raw) > 18:
            raise InvalidInput("Send Upload-Offset.", code="offset_required")
        given = request.data if isinstance(request.data, dict) else {}
        parent = services.receive_piece(
            actor=self.actor,
            import_id=import_id,
            offset=int(raw),
            content=given.get("content", b""),  # without bytes it only asks for the offset
        )
        return _tus_answer(parent)


class OmitFileView(ConsiliumView):
    policies = {"post": policies.change_import}

    @extend_schema(request=OmitWriteSerializer, responses={204: None})
    def post(self, request: Request, import_id: UUID) -> HttpResponse:
        """The next file cannot be read where it lies; go on with the one after it."""
        given = OmitWriteSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        parent = services.omit_file(
            actor=self.actor, import_id=import_id, position=given.validated_data["position"]
        )
        return _tus_answer(parent)


class ReconcileView(ConsiliumView):
    policies = {"post": policies.change_import}

    @extend_schema(request=ReconcileWriteSerializer, responses={200: ImportSerializer})
    def post(self, request: Request, import_id: UUID) -> Response:
        """Say whose images the held files of one identity are."""
        given = ReconcileWriteSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        services.reconcile_import(actor=self.actor, import_id=import_id, **given.validated_data)
        return Response(_shown(self, import_id))


def _shown(view: ConsiliumView, import_id: UUID) -> Any:
    parent = selectors.get_import(actor=view.actor, import_id=import_id)
    hidden = hidden_in_case(actor=view.actor, case_id=parent.case_id)
    return ImportSerializer(parent, context={"hidden": hidden}).data


def _tus_answer(parent: Import) -> HttpResponse:
    response = HttpResponse(status=204)
    response["Tus-Resumable"] = TUS_VERSION
    response["Upload-Offset"] = str(parent.received_bytes)
    response["Upload-Length"] = str(parent.total_bytes)
    response["Cache-Control"] = "no-store"
    return response


def _case_of(request: Request) -> UUID:
    try:
        return UUID(request.query_params.get("case", ""))
    except ValueError:
        raise InvalidInput("Name the case.", code="case_required") from None
