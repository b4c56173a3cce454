"""How far the dates of a de-identified view are moved: one shift per grant, for every floor."""

import hashlib
import hmac
from datetime import date, timedelta
from uuid import UUID

from django.conf import settings

_PURPOSE = b"consilium.imaging.projection.v1"
SHIFT_DAYS = 3650


def grant_key(*, grant_id: UUID) -> bytes:
    """The secret of one grant, from which its pseudonymous values are made."""
    return hmac.new(
        settings.SECRET_KEY.encode(), _PURPOSE + grant_id.bytes, hashlib.sha256
    ).digest()


def grant_digest(key: bytes, kind: bytes, text: str = "") -> bytes:
    return hmac.new(key, kind + b":" + text.encode(), hashlib.sha256).digest()


def date_shift(*, grant_id: UUID) -> timedelta:
    """Between one day and ten years back, the same for every date of this grant's view."""
    digest = grant_digest(grant_key(grant_id=grant_id), b"dates")
    return timedelta(days=-1 - int.from_bytes(digest[:4]) % SHIFT_DAYS)


def shift_day(*, day: date, grant_id: UUID) -> date:
    return day + date_shift(grant_id=grant_id)
