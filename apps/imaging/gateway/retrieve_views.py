"""WADO-RS: objects, metadata, frames and bulk data of one case; thin."""

import re
from functools import partial
from typing import ClassVar
from uuid import UUID

from django.http import HttpResponse, HttpResponseBase
from pydicom.dataset import Dataset
from rest_framework.request import Request

from apps.core.exceptions import InvalidInput, NotVisible
from apps.imaging.gateway import frames, objects
from apps.imaging.gateway.access import PIXEL_TAGS, CaseRoot
from apps.imaging.gateway.base import GatewayView, answer_documents, choose_document_form
from apps.imaging.gateway.capabilities import Offer
from apps.imaging.gateway.frames import OCTETS
from apps.imaging.gateway.holdings import HeldInstance, Holding, load_instances
from apps.imaging.gateway.multipart import Part, multipart_response
from apps.imaging.gateway.negotiation import MediaRange, NotAcceptable, read_accept
from apps.imaging.gateway.projected import write_projected
from apps.imaging.gateway.query_views import AI_HIDDEN, SEARCH_MEDIA, warn

FRAMES_AT_ONCE = 10_000
_BULK_PATH = re.compile(r"[0-9A-Fa-f]{8}(\.[0-9]{1,6}\.[0-9A-Fa-f]{8}){0,8}")
_FRAME_LIST = re.compile(r"[1-9][0-9]{0,8}(,[1-9][0-9]{0,8})*")


def found_holdings(root: CaseRoot, study_uid: str, series_uid: str) -> list[Holding]:
    if series_uid:
        return [root.holding(study_uid, series_uid)]
    return root.holdings([root.study(study_uid)])


class MetadataView(GatewayView):
    """Metadata of a study, a series or an instance."""

    offers = (Offer("GET", "RetrieveMetadata", media=SEARCH_MEDIA),)

    def get(
        self,
        request: Request,
        case_id: UUID,
        study_uid: str,
        series_uid: str = "",
        sop_uid: str = "",
    ) -> HttpResponseBase:
        choose_document_form(request)
        root = self.root()
        holdings = found_holdings(root, study_uid, series_uid)
        if sop_uid:
            root.instance(holdings[0], sop_uid)
        if not holdings:
            raise NotVisible()

        def build(etag: str) -> HttpResponse:
            documents = [document for one in holdings for document in root.metadata(one)]
            if sop_uid:
                documents = [one for one in documents if one["00080018"]["Value"][0] == sop_uid]
            return answer_documents(request, documents)

        root.note_access(holdings[0].study)
        marks = [root.scope, *(one.mark for one in holdings)]
        return _say_hidden(root, self.answer_unless_known(marks, build), of_study=not series_uid)


class RetrieveView(GatewayView):
    """Objects of a study, a series or one instance, as Part 10 files."""

    offers: ClassVar[tuple[Offer, ...]] = (
        Offer(
            "GET",
            "RetrieveObjects",
            parameters=("accept",),
            media=('multipart/related; type="application/dicom"', "application/dicom"),
        ),
    )

    def get(
        self,
        request: Request,
        case_id: UUID,
        study_uid: str,
        series_uid: str = "",
        sop_uid: str = "",
    ) -> HttpResponseBase:
        root = self.root()
        holdings = found_holdings(root, study_uid, series_uid)
        if sop_uid:
            found = [(holdings[0], root.instance(holdings[0], sop_uid))]
        else:
            load_instances(holdings)
            found = [(one, held) for one in holdings for held in one.instances]
        found = [one for one in found if not one[1].rows or root.may_have_pixels(*one)]
        if not found:
            raise NotVisible()
        planned, refused = _plan(read_accept(request), found, projected=root.projection is not None)
        if not planned:
            assert refused is not None
            raise refused
        root.note_access(holdings[0].study)
        marks = [root.scope, *(one.mark for one in holdings)]
        build = partial(_send_objects, root, planned, len(found) - len(planned))
        return _say_hidden(root, self.answer_unless_known(marks, build), of_study=not series_uid)


def _say_hidden(root: CaseRoot, answer: HttpResponseBase, *, of_study: bool) -> HttpResponseBase:
    """A study without its AI objects is not one that has none."""
    if of_study and root.is_ai_hidden and "Warning" not in answer:
        warn(answer, AI_HIDDEN)
    return answer


Planned = list[tuple[Holding, HeldInstance, objects.ObjectPlan]]


def _plan(
    accepted: list[MediaRange], found: list[tuple[Holding, HeldInstance]], *, projected: bool
) -> tuple[Planned, NotAcceptable | None]:
    """What can be sent as asked; some without the others is 206 (PS3.18 10.4.3.1)."""
    planned: Planned = []
    refused = None
    for holding, held in found:
        try:
            plan = objects.plan_object(accepted, held, alone=len(found) == 1, projected=projected)
        except NotAcceptable as error:
            refused = error
        else:
            planned.append((holding, held, plan))
    return planned, refused


def _send_objects(root: CaseRoot, planned: Planned, missing: int, etag: str) -> HttpResponseBase:
    holding, held, (accepted, syntax) = planned[0]
    if not accepted.is_multipart and accepted.media_type == objects.DICOM:
        raw = _read(root, holding, held, syntax)
        return HttpResponse(raw, content_type=f"{objects.DICOM}; transfer-syntax={syntax}")
    parts = [
        Part(
            content_type=f"{objects.DICOM}; transfer-syntax={syntax}",
            location=root.instance_url(holding, held.sop_instance_uid),
            read=partial(_read, root, holding, held, syntax),
        )
        for holding, held, (_, syntax) in planned
    ]
    response = multipart_response(
        parts, inner=objects.DICOM, etag=etag, status=206 if missing else 200
    )
    if missing:
        warn(response, f"{missing} instances cannot be given in an acceptable transfer syntax.")
    return response


def _read(root: CaseRoot, holding: Holding, held: HeldInstance, syntax: str) -> bytes:
    if root.projection is not None:
        return write_projected(holding, held, root.projection)
    return objects.read_object(holding, held, syntax=syntax)


class FramesView(GatewayView):
    """Frames of one instance, by a comma-separated list from 1."""

    offers = (
        Offer(
            "GET",
            "RetrieveFrames",
            parameters=("accept",),
            media=(
                f'multipart/related; type="{OCTETS}"',
                'multipart/related; type="image/jphc"',
                OCTETS,
                "image/jphc",
            ),
        ),
    )

    def get(self, request: Request, case_id: UUID, **of: str) -> HttpResponseBase:
        root = self.root()
        holding = root.holding(of["study_uid"], of["series_uid"])
        held = root.instance(holding, of["sop_uid"])
        numbers = frame_numbers(of["frames"])
        if not root.may_have_pixels(holding, held):
            raise NotVisible("No such frame.")
        if max(numbers) > frames.count_frames(holding, held):
            raise NotVisible("No such frame.")
        form = frames.plan_frames(
            read_accept(request), holding, held, only_ours=root.projection is not None
        )
        root.note_access(holding.study)

        def build(etag: str) -> HttpResponseBase:
            if form.is_single and len(numbers) == 1:
                body = frames.read_frame(holding, held, numbers[0], syntax=form.syntax)
                return HttpResponse(body, content_type=form.content_type)
            parts = [
                Part(
                    content_type=form.content_type,
                    location=f"{root.instance_url(holding, held.sop_instance_uid)}/frames/{number}",
                    read=partial(frames.read_frame, holding, held, number, syntax=form.syntax),
                )
                for number in numbers
            ]
            return multipart_response(parts, inner=form.media, etag=etag)

        return self.answer_unless_known([root.scope, holding.mark], build)


class BulkDataView(GatewayView):
    """One bulk value of an instance, where its metadata says: ``tag`` or ``tag.item.tag``."""

    offers = (
        Offer("GET", "RetrieveBulkdata", media=(f'multipart/related; type="{OCTETS}"', OCTETS)),
    )

    def get(self, request: Request, case_id: UUID, **of: str) -> HttpResponseBase:
        root = self.root()
        holding = root.holding(of["study_uid"], of["series_uid"])
        held = root.instance(holding, of["sop_uid"])
        if not (of["path"].upper() in PIXEL_TAGS and root.may_have_pixels(holding, held)):
            root.require_identified()
        if not _BULK_PATH.fullmatch(of["path"]):
            raise NotVisible()
        accepted = _choose_octets(request)
        location = f"{root.instance_url(holding, held.sop_instance_uid)}/bulkdata/{of['path']}"

        def build(etag: str) -> HttpResponseBase:
            body = _read_bulk(holding, held, of["path"].upper())
            if not accepted.is_multipart and accepted.media_type == OCTETS:
                return HttpResponse(body, content_type=OCTETS)
            part = Part(content_type=OCTETS, location=location, read=lambda: body)
            return multipart_response([part], inner=OCTETS, etag=etag)

        root.note_access(holding.study)
        return self.answer_unless_known([root.scope, holding.mark], build)


def _choose_octets(request: Request) -> MediaRange:
    for one in read_accept(request):
        if one.content in (OCTETS, "*/*", "", "application/*"):
            return one
    raise NotAcceptable(f"Bulk data is served as {OCTETS}.")


def _read_bulk(holding: Holding, held: HeldInstance, path: str) -> bytes:
    if path in PIXEL_TAGS:
        return frames.read_pixel_data(holding, held)
    dataset: Dataset = objects.read_dataset(holding, held)
    *nested, last = path.split(".")
    for tag, number in zip(nested[::2], nested[1::2], strict=True):
        items = dataset[int(tag, 16)].value if int(tag, 16) in dataset else []
        if int(number) >= len(items) or not isinstance(items[int(number)], Dataset):
            raise NotVisible()
        dataset = items[int(number)]
    value = dataset[int(last, 16)].value if int(last, 16) in dataset else None
    if isinstance(value, str):
        return value.encode()
    if not isinstance(value, bytes):
        raise NotVisible()
    return value


def frame_numbers(raw: str) -> list[int]:
    text = raw.replace("%2C", ",").replace("%2c", ",")
    if not _FRAME_LIST.fullmatch(text) or text.count(",") >= FRAMES_AT_ONCE:
        raise InvalidInput("Frames are numbers from 1, separated by commas.", code="bad_frames")
    return [int(part) for part in text.split(",")]
