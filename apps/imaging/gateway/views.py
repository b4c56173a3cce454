"""QIDO-RS and WADO-RS over one case; thin: resolve, negotiate, answer."""

import re
from collections.abc import Iterable
from typing import Any
from uuid import UUID

import orjson
from django.http import HttpResponse, HttpResponseBase
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from apps.core.api.views import ConsiliumView
from apps.core.exceptions import InvalidInput, NotVisible
from apps.imaging import policies
from apps.imaging.archive import SeriesArchive
from apps.imaging.archive.pixels import draw_picture
from apps.imaging.gateway import objects, query, records
from apps.imaging.gateway.access import CaseRoot, instances_of
from apps.imaging.gateway.multipart import Part, multipart_response
from apps.imaging.gateway.negotiation import (
    MediaRange,
    NotAcceptable,
    ServeWhatTheViewDecides,
    read_accept,
)
from apps.imaging.selectors import open_published

DICOM_JSON = "application/dicom+json"
JSON_TYPES = frozenset({DICOM_JSON, "application/json", "*/*", "application/*", ""})
RENDERED_TYPES = {"image/jpeg": "JPEG", "image/png": "PNG", "*/*": "JPEG", "image/*": "JPEG"}
FRAMES_AT_ONCE = 10_000
_TAG = re.compile(r"^[0-9A-F]{8}$")


@extend_schema(exclude=True)
class GatewayView(ConsiliumView):
    """Base: the case's root in the actor's guise. Not in OpenAPI: PS3.18 describes it."""

    policies = {"get": policies.view_studies}
    content_negotiation_class = ServeWhatTheViewDecides

    def root(self) -> CaseRoot:
        case_id: UUID = self.kwargs["case_id"]
        base = self.request.build_absolute_uri(f"/dicomweb/cases/{case_id}")
        return CaseRoot(actor=self.actor, case_id=case_id, base_url=base)

    def answer_query(self, found: Iterable[query.Record]) -> HttpResponse:
        _require_json(self.request)
        params = {name: self.request.query_params[name] for name in self.request.query_params}
        matching = query.select(found, params)
        if not matching:
            return HttpResponse(status=204)
        response = _json(matching)
        if params.get("fuzzymatching") == "true":
            response["Warning"] = '299 consilium "fuzzy matching is not supported"'
        return response


class StudiesView(GatewayView):
    def get(self, request: Request, case_id: UUID) -> HttpResponse:
        root = self.root()
        return self.answer_query(records.study_records(root, root.studies()))


class SeriesQueryView(GatewayView):
    """Series of the case or of one study."""

    def get(self, request: Request, case_id: UUID, study_uid: str = "") -> HttpResponse:
        root = self.root()
        studies = [root.study(study_uid)] if study_uid else root.studies()
        return self.answer_query(
            records.series_record(root, one) for one in root.series_of(studies)
        )


class InstancesQueryView(GatewayView):
    """Instances of the case, of one study or of one series."""

    def get(
        self, request: Request, case_id: UUID, study_uid: str = "", series_uid: str = ""
    ) -> HttpResponse:
        root = self.root()
        if series_uid:
            series = [root.series(study_uid, series_uid)]
        else:
            series = root.series_of([root.study(study_uid)] if study_uid else root.studies())
        return self.answer_query(records.instance_record(root, one) for one in instances_of(series))


class MetadataView(GatewayView):
    """Metadata of a study, a series or an instance."""

    def get(
        self,
        request: Request,
        case_id: UUID,
        study_uid: str,
        series_uid: str = "",
        sop_uid: str = "",
    ) -> HttpResponse:
        _require_json(request)
        root = self.root()
        study = root.study(study_uid)
        series = [root.series(study_uid, series_uid)] if series_uid else root.series_of([study])
        documents = [document for one in series for document in root.metadata(one)]
        if sop_uid:
            documents = [one for one in documents if one["00080018"]["Value"][0] == sop_uid]
        if not documents:
            raise NotVisible()
        root.note_access(study)
        response = _json(documents)
        response["Cache-Control"] = "private, no-cache"
        return response


class RetrieveView(GatewayView):
    """Objects of a study, a series or one instance, as Part 10 files."""

    def get(
        self,
        request: Request,
        case_id: UUID,
        study_uid: str,
        series_uid: str = "",
        sop_uid: str = "",
    ) -> HttpResponseBase:
        root = self.root()
        study = root.study(study_uid)
        root.require_identified()
        chosen, syntax = objects.choose_object_syntax(read_accept(request))
        series = [root.series(study_uid, series_uid)] if series_uid else root.series_of([study])
        found = [
            (one, archive, uid)
            for one in series
            for archive in [open_published(one)]
            for uid in _uids(archive, sop_uid)
        ]
        if not found:
            raise NotVisible()
        root.note_access(study)
        if not chosen.is_multipart and chosen.media_type == objects.DICOM:
            if len(found) != 1:
                raise NotAcceptable("Several objects need multipart/related.")
            raw = objects.read_object(found[0][1], found[0][2], syntax=syntax)
            return _bytes(raw, objects.DICOM)
        return multipart_response(
            [
                Part(
                    content_type=_object_type(archive, uid, syntax),
                    location=root.instance_url(one, uid),
                    read=_object_reader(archive, uid, syntax),
                )
                for one, archive, uid in found
            ],
            inner=objects.DICOM,
        )


class FramesView(GatewayView):
    """Frames of one instance, by a comma-separated list from 1."""

    def get(self, request: Request, case_id: UUID, **of: str) -> HttpResponseBase:
        root = self.root()
        series = root.series(of["study_uid"], of["series_uid"])
        archive = open_published(series)
        original = root.instance_uid(archive, of["sop_uid"])
        numbers = _frame_numbers(of["frames"])
        spans = [archive.frame_span(original, number) for number in numbers]
        if not all(spans):
            raise NotVisible("No such frame.")
        stored = next(span[2] for span in spans if span)
        chosen, syntax = objects.choose_frame_form(read_accept(request), stored_syntax=stored)
        media = f"{objects.media_type_of(syntax)}; transfer-syntax={syntax}"
        root.note_access(series.study)
        if _wants_single(chosen) and len(numbers) == 1:
            body = objects.read_frame(archive, original, numbers[0], syntax=syntax)
            return _bytes(body, media)
        return multipart_response(
            [
                Part(
                    content_type=media,
                    location=f"{root.instance_url(series, original)}/frames/{number}",
                    read=_frame_reader(archive, original, number, syntax),
                )
                for number in numbers
            ],
            inner=objects.media_type_of(syntax),
        )


class BulkDataView(GatewayView):
    """One bulk element of the top level of an instance."""

    def get(self, request: Request, case_id: UUID, **of: str) -> HttpResponseBase:
        root = self.root()
        series = root.series(of["study_uid"], of["series_uid"])
        root.require_identified()
        archive = open_published(series)
        if not _TAG.match(of["tag"]):
            raise NotVisible()
        header = archive.read_header(root.instance_uid(archive, of["sop_uid"]))
        value = header[int(of["tag"], 16)].value if int(of["tag"], 16) in header else None
        if not isinstance(value, bytes):
            raise NotVisible()
        root.note_access(series.study)
        body = bytes(value)
        part = Part(content_type=objects.OCTETS, location=request.path, read=lambda: body)
        return multipart_response([part], inner=objects.OCTETS)


class RenderedView(GatewayView):
    """A picture of one instance or frame in a consumer format, the header's window applied."""

    def get(self, request: Request, case_id: UUID, **of: str) -> HttpResponse:
        root = self.root()
        series = root.series(of["study_uid"], of["series_uid"])
        archive = open_published(series)
        original = root.instance_uid(archive, of["sop_uid"])
        number = _frame_numbers(of.get("frames", "1"))[0]
        if archive.frame_span(original, number) is None:
            raise NotVisible("No such frame.")
        media, form = _rendered_form(request)
        position = archive.position(original)
        assert position is not None
        picture = draw_picture(
            archive.decode(original, number),
            profile=archive.viewer_profile()[position],
            form=form,
            side=None,
        )
        root.note_access(series.study)
        return _bytes(picture, media)


class SeriesThumbnailView(GatewayView):
    def get(self, request: Request, case_id: UUID, study_uid: str, series_uid: str) -> HttpResponse:
        root = self.root()
        picture = open_published(root.series(study_uid, series_uid)).thumbnail()
        if picture is None:
            raise NotVisible()
        return _bytes(picture, "image/jpeg")


# --- small answers -----------------------------------------------------------------------------


def _json(documents: Any) -> HttpResponse:
    return HttpResponse(orjson.dumps(documents), content_type=DICOM_JSON)


def _bytes(body: bytes, content_type: str) -> HttpResponse:
    response = HttpResponse(body, content_type=content_type)
    response["Cache-Control"] = "private, no-store"
    return response


def _require_json(request: Request) -> None:
    if not any(one.media_type in JSON_TYPES for one in read_accept(request)):
        raise NotAcceptable("Metadata and queries are answered as application/dicom+json.")


def _uids(archive: SeriesArchive, sop_uid: str) -> list[str]:
    every = [one["sop_instance_uid"] for one in archive.instances]
    return [uid for uid in every if uid == sop_uid] if sop_uid else every


def _object_type(archive: SeriesArchive, uid: str, syntax: str) -> str:
    summary = archive.instance(uid)
    assert summary is not None
    named = summary["transfer_syntax_uid"] if syntax == "*" else syntax
    return f"{objects.DICOM}; transfer-syntax={named}"


def _object_reader(archive: SeriesArchive, uid: str, syntax: str) -> Any:
    summary = archive.instance(uid)
    assert summary is not None
    if syntax not in ("*", summary["transfer_syntax_uid"]):
        objects.check_convertible(summary, syntax=syntax)  # refuse before the first byte leaves
    return lambda: objects.read_object(archive, uid, syntax=syntax)


def _frame_reader(archive: SeriesArchive, uid: str, number: int, syntax: str) -> Any:
    return lambda: objects.read_frame(archive, uid, number, syntax=syntax)


def _frame_numbers(raw: str) -> list[int]:
    parts = raw.replace("%2C", ",").split(",")
    if len(parts) > FRAMES_AT_ONCE or not all(part.isdigit() and int(part) > 0 for part in parts):
        raise InvalidInput("Frames are numbers from 1, separated by commas.", code="bad_frames")
    return [int(part) for part in parts]


def _wants_single(chosen: MediaRange) -> bool:
    return not chosen.is_multipart and chosen.media_type not in ("*/*", "", "application/*")


def _rendered_form(request: Request) -> tuple[str, str]:
    for one in read_accept(request):
        form = RENDERED_TYPES.get(one.media_type)
        if form:
            return f"image/{form.lower()}", form
    raise NotAcceptable("Rendered images are image/jpeg or image/png.")
