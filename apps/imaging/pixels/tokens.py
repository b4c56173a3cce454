"""The study ticket: claims and an HMAC, sent in a header and never in a URL.

The claims name no patient and no DICOM UID, since the browser can read them. Whether the
ticket still holds is asked of PostgreSQL (``guard``); the signature only says who minted it.
A ticket opens nothing without the session it was minted for: its cookie travels beside it, and
no script can read that.
"""

import base64
import binascii
import hashlib
import hmac
import json
import time
from dataclasses import dataclass
from functools import lru_cache
from uuid import UUID

from django.conf import settings
from django.http import parse_cookie

HEADER = "X-Consilium-Ticket"
LIFETIME_S = 300
_PURPOSE = b"consilium.imaging.pixel-ticket.v1"
TOKEN_LENGTH = 1024


class BadTicket(Exception):
    """``code``: ticket_missing, ticket_invalid or ticket_expired. For the pixel path."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Claims:
    ticket_id: UUID
    study_mark: str  # keyed digest of the Study Instance UID
    session_mark: str  # keyed digest of the session key
    expires_at: int  # epoch seconds
    grant_id: UUID | None  # set: a de-identified view

    @property
    def is_deidentified(self) -> bool:
        return self.grant_id is not None


def mark_study(study_instance_uid: str) -> str:
    """Binds a ticket to a study without naming it."""
    digest = hmac.new(_key(), b"study:" + study_instance_uid.encode(), hashlib.sha256)
    return digest.hexdigest()[:32]


def mark_session(session_key: str) -> str:
    """Binds a ticket to a sign-in session without naming it."""
    digest = hmac.new(_key(), b"session:" + session_key.encode(), hashlib.sha256)
    return digest.hexdigest()[:32]


@lru_cache(maxsize=1024)
def session_mark_of(cookie_header: bytes) -> str:
    """The mark of the session that a request's cookies name; of no session where none do."""
    cookies = parse_cookie(cookie_header.decode("latin-1"))
    return mark_session(cookies.get(settings.SESSION_COOKIE_NAME, ""))


def sign(claims: Claims) -> str:
    body = json.dumps(
        {
            "t": claims.ticket_id.hex,
            "s": claims.study_mark,
            "k": claims.session_mark,
            "e": claims.expires_at,
            "g": claims.grant_id.hex if claims.grant_id else "",
        },
        separators=(",", ":"),
    ).encode()
    return f"{_encode(body)}.{_encode(_seal(body))}"


def read(token: str, *, now: float | None = None) -> Claims:
    """The claims of a genuine, unexpired ticket.

    Raises
    ------
    BadTicket
    """
    if not token:
        raise BadTicket("ticket_missing")
    if len(token) > TOKEN_LENGTH:
        raise BadTicket("ticket_invalid")
    claims = _genuine(token)
    if (time.time() if now is None else now) >= claims.expires_at:
        raise BadTicket("ticket_expired")
    return claims


@lru_cache(maxsize=1024)
def _genuine(token: str) -> Claims:
    """The claims under a seal of ours; a viewer sends the same ticket with every frame."""
    try:
        body_text, _, seal_text = token.partition(".")
        body = _decode(body_text)
        if not hmac.compare_digest(_decode(seal_text), _seal(body)):
            raise ValueError("forged")
        fields = json.loads(body)
        return Claims(
            ticket_id=UUID(fields["t"]),
            study_mark=fields["s"],
            session_mark=fields["k"],
            expires_at=int(fields["e"]),
            grant_id=UUID(fields["g"]) if fields["g"] else None,
        )
    except (ValueError, KeyError, TypeError, binascii.Error):
        raise BadTicket("ticket_invalid") from None


def _key() -> bytes:
    return hmac.new(settings.SECRET_KEY.encode(), _PURPOSE, hashlib.sha256).digest()


def _seal(body: bytes) -> bytes:
    return hmac.new(_key(), body, hashlib.sha256).digest()


def _encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")


def _decode(text: str) -> bytes:
    return base64.b64decode(
        text.encode("ascii") + b"=" * (-len(text) % 4), altchars=b"-_", validate=True
    )
