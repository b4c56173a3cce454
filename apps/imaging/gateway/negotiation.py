"""Accept for DICOMweb (PS3.18 8.7): multipart types, quoted or not, and transfer syntaxes."""

from dataclasses import dataclass, field
from email.message import Message
from typing import Any

from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

from apps.core.exceptions import DomainError

EXPLICIT_LE = "1.2.840.10008.1.2.1"
ANY = "*"
ACCEPT_LENGTH = 4096


class NotAcceptable(DomainError):
    """None of the media types asked for can be given."""

    code = "not_acceptable"
    status = 406


class ServeWhatTheViewDecides(BaseContentNegotiation):
    """DRF's own negotiation knows no multipart/related; our views look at Accept themselves."""

    def select_parser(self, request: Request, parsers: Any) -> BaseParser:
        parser: BaseParser = parsers[0]
        return parser

    def select_renderer(
        self, request: Request, renderers: Any, format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        return renderers[0], renderers[0].media_type


@dataclass(frozen=True, slots=True)
class MediaRange:
    """One entry of Accept; ``inner`` is the ``type`` parameter of multipart/related."""

    media_type: str
    inner: str = ""
    transfer_syntax: str = ""
    quality: float = 1.0
    parameters: dict[str, str] = field(default_factory=dict)

    @property
    def is_multipart(self) -> bool:
        return self.media_type == "multipart/related"

    def admits(self, media: str) -> bool:
        """Whether a single part of this type is wanted: exactly, by ``type/*`` or by ``*/*``."""
        if self.is_multipart:
            return False
        return self.media_type in ("*/*", "", media, media.split("/", maxsplit=1)[0] + "/*")

    @property
    def content(self) -> str:
        """What the bytes themselves should be."""
        return self.inner if self.is_multipart else self.media_type


def read_accept(request: Request) -> list[MediaRange]:
    """The Accept header (or the ``accept`` query parameter), best first."""
    raw = ",".join(request.query_params.getlist("accept")) or request.headers.get("Accept", "")
    ranges = [parse_media_type(part) for part in _split(raw[:ACCEPT_LENGTH])] or [MediaRange("*/*")]
    wanted = [one for one in ranges if one.quality > 0]
    return sorted(wanted, key=lambda one: (-one.quality, "*" in one.media_type))


def _split(raw: str) -> list[str]:
    """At commas outside quotes."""
    parts, quoted, current = [], False, ""
    for character in raw:
        if character == '"':
            quoted = not quoted
        if character == "," and not quoted:
            parts.append(current)
            current = ""
        else:
            current += character
    return [part.strip() for part in [*parts, current] if part.strip()]


def parse_media_type(part: str) -> MediaRange:
    """A media type with its parameters, quoted or not."""
    message = Message()
    message["Content-Type"] = part
    pairs = message.get_params(failobj=[("", "")]) or [("", "")]
    media_type = str(pairs[0][0]).lower()
    parameters = {str(name).lower(): str(value).strip() for name, value in pairs[1:]}
    try:
        quality = float(parameters.get("q", "1"))
    except ValueError:
        quality = 1.0
    return MediaRange(
        media_type=media_type,
        inner=parameters.get("type", "").lower(),
        transfer_syntax=parameters.get("transfer-syntax", ""),
        quality=quality,
        parameters=parameters,
    )
