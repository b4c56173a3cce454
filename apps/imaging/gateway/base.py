"""What every gateway view shares: who asks, CORS, conditional answers, capabilities."""

import hashlib
import re
from collections.abc import Callable, Iterable
from typing import Any, ClassVar
from uuid import UUID

import orjson
from django.conf import settings
from django.http import HttpResponse, HttpResponseBase
from django.utils.cache import patch_vary_headers
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from apps.accounts.authentication import SessionAuthentication401
from apps.core.actors import Actor
from apps.core.api.views import ConsiliumView
from apps.core.exceptions import Forbidden, InvalidInput, NotVisible
from apps.imaging import policies
from apps.imaging.gateway import capabilities
from apps.imaging.gateway.access import CaseRoot, note_refusal
from apps.imaging.gateway.bearer import CHALLENGE, BearerAuthentication
from apps.imaging.gateway.native_xml import to_xml
from apps.imaging.gateway.negotiation import (
    MediaRange,
    NotAcceptable,
    ServeWhatTheViewDecides,
    read_accept,
)

DICOM_JSON = "application/dicom+json"
DICOM_XML = "application/dicom+xml"
JSON = "application/json"
UID = re.compile(r"[0-9.]{1,64}")
EXPOSED = "Content-Type, Content-Length, Content-Location, ETag, Warning, WWW-Authenticate"


@extend_schema(exclude=True)
class GatewayView(ConsiliumView):
    """Base: the case's root in the actor's guise. Not in OpenAPI: PS3.18 describes it."""

    policies = {"get": policies.read_dicomweb}
    authentication_classes = (BearerAuthentication, SessionAuthentication401)
    content_negotiation_class = ServeWhatTheViewDecides
    offers: ClassVar[tuple[capabilities.Offer, ...]] = ()

    @property
    def actor(self) -> Actor:
        auth = self.request.auth
        return auth if isinstance(auth, Actor) else super().actor

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        for name, value in kwargs.items():
            if name.endswith("_uid") and not UID.fullmatch(value):
                raise InvalidInput("Not a DICOM UID.", code="bad_uid")

    def check_permissions(self, request: Request) -> None:
        """A machine that asks for more than it may leaves a trace; people just made a mistake."""
        try:
            super().check_permissions(request)
        except (Forbidden, NotVisible) as refusal:
            if self.actor.is_machine:
                note_refusal(self.actor, case_id=self.kwargs["case_id"], code=refusal.error_code)
            raise

    def finalize_response(  # type: ignore[override]
        self, request: Request, response: HttpResponseBase, *args: Any, **kwargs: Any
    ) -> HttpResponseBase:
        answer: HttpResponseBase = super().finalize_response(
            request,
            response,  # type: ignore[arg-type]
            *args,
            **kwargs,
        )
        if answer.status_code == 401:
            error = ', error="invalid_token"' if "Authorization" in request.headers else ""
            answer["WWW-Authenticate"] = CHALLENGE + error
        if "Cache-Control" not in answer:
            answer["Cache-Control"] = "private, no-store"
        patch_vary_headers(answer, ("Accept", "Authorization", "Cookie"))
        _allow_origin(request, answer)
        return answer

    def options(  # type: ignore[override]
        self, request: Request, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Capabilities of the resource (PS3.18 8.9); the same whether or not the case exists."""
        methods = ", ".join([*(name.upper() for name in self.policies), "HEAD", "OPTIONS"])
        if "Access-Control-Request-Method" in request.headers:
            answer = HttpResponse(status=204)
        else:
            media = choose_media(request, (capabilities.WADL, JSON))
            write = capabilities.as_json if media == JSON else capabilities.as_wadl
            answer = HttpResponse(write(request.path, self.offers), content_type=media)
        answer["Allow"] = methods
        answer["Cache-Control"] = "no-cache"
        return answer

    def root(self) -> CaseRoot:
        case_id: UUID = self.kwargs["case_id"]
        base = self.request.build_absolute_uri(f"/dicomweb/cases/{case_id}")
        return CaseRoot(actor=self.actor, case_id=case_id, base_url=base)

    def answer_unless_known(
        self, marks: Iterable[str], build: Callable[[str], HttpResponseBase]
    ) -> HttpResponseBase:
        """``build(etag)``, or 304 when the client has it (RFC 9110 13.1.2)."""
        asked = (self.request.build_absolute_uri(), self.request.headers.get("Accept", ""))
        facts = "\n".join([*asked, *marks])
        etag = f'"{hashlib.sha256(facts.encode()).hexdigest()[:40]}"'
        known = self.request.headers.get("If-None-Match", "")
        offered = {one.strip().removeprefix("W/") for one in known.split(",")}
        is_known = known.strip() == "*" or etag in offered
        answer = HttpResponse(status=304) if is_known else build(etag)
        answer["ETag"] = etag
        answer["Cache-Control"] = "private, no-cache"
        return answer


def _allow_origin(request: Request, answer: HttpResponseBase) -> None:
    """Other origins only where the site names them; never with cookies (no credentials)."""
    origin = request.headers.get("Origin", "")
    if not origin or origin not in settings.DICOMWEB_ORIGINS:
        return
    answer["Access-Control-Allow-Origin"] = origin
    patch_vary_headers(answer, ("Origin",))
    if request.method == "OPTIONS":
        answer["Access-Control-Allow-Methods"] = "GET, HEAD, POST, OPTIONS"
        answer["Access-Control-Allow-Headers"] = (
            "Authorization, Accept, Content-Type, If-None-Match"
        )
        answer["Access-Control-Max-Age"] = "600"
    else:
        answer["Access-Control-Expose-Headers"] = EXPOSED


def choose_media(request: Request, offered: tuple[str, ...]) -> str:
    """The first of ``offered`` that Accept admits best."""
    for one in read_accept(request):
        for media in offered:
            if one.admits(media):
                return media
    raise NotAcceptable(f"Answered as {' or '.join(offered)}.")


def answer_documents(request: Request, documents: list[dict[str, Any]]) -> HttpResponse:
    """DICOM JSON, or the Native DICOM Model as multipart (PS3.18 8.7.3)."""
    one = choose_document_form(request)
    if one.content == DICOM_XML:
        boundary = hashlib.sha256(orjson.dumps(documents)).hexdigest()[:40]
        head = f"--{boundary}\r\nContent-Type: {DICOM_XML}\r\n\r\n".encode()
        body = b"".join(head + to_xml(document) + b"\r\n" for document in documents)
        return HttpResponse(
            body + f"--{boundary}--\r\n".encode(),
            content_type=f'multipart/related; type="{DICOM_XML}"; boundary={boundary}',
        )
    media = JSON if one.media_type == JSON else DICOM_JSON
    return HttpResponse(orjson.dumps(documents), content_type=media)


def choose_document_form(request: Request) -> MediaRange:
    for one in read_accept(request):
        if one.is_multipart and one.content == DICOM_XML:
            return one
        if not one.is_multipart and (one.admits(DICOM_JSON) or one.admits(JSON)):
            return one
    raise NotAcceptable(
        "Metadata and queries are answered as application/dicom+json or "
        'multipart/related; type="application/dicom+xml".'
    )
