"""The code on the wall that somebody types into a phone: bound to its meeting, for a minute.

HMAC of the meeting and the minute, so there is no row to keep and no code to steal: 6 digits
that can be said aloud. It proves that somebody sees the room's wall; who they are is proved by
their sign-in, and the code helps nobody who has no business at the meeting.
"""

import hashlib
import hmac
from dataclasses import dataclass
from typing import cast
from uuid import UUID

import qrcode
from django.conf import settings

PERIOD_S = 60
DIGITS = 6
_PURPOSE = b"meeting check-in"


@dataclass(frozen=True, slots=True)
class CheckInCode:
    code: str
    seconds_left: int


def code_at(*, meeting_id: UUID, at_s: float) -> CheckInCode:
    """The code of this minute; the one before it is still taken (``codes_taken_at``)."""
    window, into = divmod(int(at_s), PERIOD_S)
    return CheckInCode(code=_code(meeting_id, window), seconds_left=PERIOD_S - into)


def codes_taken_at(*, meeting_id: UUID, at_s: float) -> tuple[str, str]:
    """This minute's code and the last one's: somebody was still typing when it changed."""
    window = int(at_s) // PERIOD_S
    return _code(meeting_id, window), _code(meeting_id, window - 1)


def qr_rows(text: str) -> list[str]:
    """The squares of a QR code, a row a line, ``1`` dark; no quiet zone."""
    picture = qrcode.QRCode(border=0, error_correction=qrcode.ERROR_CORRECT_M)
    picture.add_data(text)
    matrix = cast("list[list[bool]]", picture.get_matrix())
    return ["".join("1" if dark else "0" for dark in row) for row in matrix]


def _code(meeting_id: UUID, window: int) -> str:
    """Truncated as RFC 4226 5.3 does."""
    key = hmac.new(settings.SECRET_KEY.encode(), _PURPOSE, hashlib.sha256).digest()
    digest = hmac.new(key, meeting_id.bytes + window.to_bytes(8, "big"), hashlib.sha256).digest()
    start = digest[-1] & 0x0F
    number = int.from_bytes(digest[start : start + 4], "big") & 0x7FFFFFFF
    return str(number % 10**DIGITS).zfill(DIGITS)
