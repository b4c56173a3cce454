"""Rendered pictures and thumbnails of a study, a series, an instance or frames."""

from functools import partial
from uuid import UUID

from django.http import HttpResponse, HttpResponseBase
from rest_framework.request import Request

from apps.core.exceptions import NotVisible
from apps.imaging.gateway import rendering
from apps.imaging.gateway.access import CaseRoot
from apps.imaging.gateway.base import GatewayView
from apps.imaging.gateway.capabilities import Offer
from apps.imaging.gateway.holdings import HeldInstance, Holding
from apps.imaging.gateway.multipart import Part, multipart_response
from apps.imaging.gateway.negotiation import MediaRange, NotAcceptable, read_accept
from apps.imaging.gateway.query_views import warn
from apps.imaging.gateway.rendering import FORMS
from apps.imaging.gateway.retrieve_views import found_holdings, frame_numbers

PARAMETERS = ("viewport", "window", "quality")
PICTURES_AT_ONCE = 2_000

Picture = tuple[Holding, HeldInstance, int]


class RenderedView(GatewayView):
    """Pictures in a consumer format, the header's window applied or the one asked for.

    A type without multipart is answered with one picture: the frame asked for, else the middle
    of the series.
    """

    offers = (
        Offer(
            "GET",
            "RetrieveRendered",
            parameters=PARAMETERS,
            media=(*FORMS, *(f'multipart/related; type="{one}"' for one in FORMS)),
        ),
    )
    thumbnail = False

    def get(self, request: Request, case_id: UUID, **of: str) -> HttpResponseBase:
        root, sop_uid = self.root(), of.get("sop_uid", "")
        look = rendering.read_look(request.query_params, thumbnail=self.thumbnail)
        accepted, media = _choose_form(request)
        holdings = found_holdings(root, of["study_uid"], of.get("series_uid", ""))
        pictures = _pictures(root, holdings, sop_uid, of.get("frames", ""))
        if not pictures:
            raise NotVisible("Nothing of this can be drawn.", code="nothing_to_draw")
        root.note_access(holdings[0].study)

        def build(etag: str) -> HttpResponseBase:
            if not accepted.is_multipart or self.thumbnail:
                middle = pictures[0 if sop_uid else len(pictures) // 2]
                body = _draw(*middle, media=media, look=look)
                response: HttpResponseBase = HttpResponse(body, content_type=media)
            else:
                response = multipart_response(
                    [_part(root, one, media, look) for one in pictures[:PICTURES_AT_ONCE]],
                    inner=media,
                    etag=etag,
                )
            warn(response, *look.warnings)
            return response

        return self.answer_unless_known([root.scope, *(one.mark for one in holdings)], build)


class ThumbnailView(RenderedView):
    """A small picture; 160 pixels unless a viewport is asked for."""

    offers = (Offer("GET", "RetrieveThumbnail", parameters=PARAMETERS, media=tuple(FORMS)),)
    thumbnail = True


def _choose_form(request: Request) -> tuple[MediaRange, str]:
    for one in read_accept(request):
        for media in FORMS:
            if one.content in (media, "image/*", "*/*", ""):
                return one, media
    raise NotAcceptable("Pictures are image/jpeg or image/png.")


def _pictures(root: CaseRoot, holdings: list[Holding], sop_uid: str, frames: str) -> list[Picture]:
    if not sop_uid:
        return [
            (one, held, number + 1)
            for one in holdings
            for held in one.instances
            for number in range(held.frames)
        ]
    held = root.instance(holdings[0], sop_uid)
    numbers = frame_numbers(frames) if frames else [number + 1 for number in range(held.frames)]
    if numbers and max(numbers) > held.frames:
        raise NotVisible("No such frame.")
    return [(holdings[0], held, number) for number in numbers]


def _draw(
    holding: Holding, held: HeldInstance, number: int, *, media: str, look: rendering.Look
) -> bytes:
    archive = holding.archive
    assert archive is not None
    position = archive.position(held.sop_instance_uid)
    assert position is not None
    return rendering.render(
        archive.decode(held.sop_instance_uid, number),
        profile=archive.viewer_profile()[position],
        media=media,
        look=look,
    )


def _part(root: CaseRoot, picture: Picture, media: str, look: rendering.Look) -> Part:
    holding, held, number = picture
    return Part(
        content_type=media,
        location=(f"{root.instance_url(holding, held.sop_instance_uid)}/frames/{number}/rendered"),
        read=partial(_draw, holding, held, number, media=media, look=look),
    )
