"""What the network and HTTP say when a PACS does not do what was asked, in our words."""

import ssl
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx

from apps.imaging.exceptions import PacsError, PacsRefused

WAIT_STATUSES = frozenset({429, 502, 503, 504})


class NobodyThere(PacsError):
    """Not even a connection within its time. Asking again at once would only wait as long again."""

    code = "pacs_unreachable"


class Busy(Exception):
    """The PACS asks to come back later (429, 502, 503, 504). For the client's retry loop only."""

    def __init__(self, status: int, retry_after_s: float | None) -> None:
        super().__init__(str(status))
        self.status = status
        self.retry_after_s = retry_after_s


def busy_error(error: Busy) -> PacsError:
    return PacsError(
        f"The PACS is busy (HTTP {error.status}).",
        code="pacs_busy",
        details={"retry_after_s": error.retry_after_s} if error.retry_after_s else {},
    )


def connect_error(error: httpx.ConnectError) -> PacsError:
    """TLS that does not come about is not the same as nobody there: an admin can mend it."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return PacsError(
                f"The PACS's certificate is not trusted: {cause.verify_message}.",
                code="pacs_certificate_untrusted",
            )
        if isinstance(cause, ssl.SSLError):
            return PacsError("No secure connection to the PACS.", code="pacs_tls_failed")
        cause = cause.__cause__ or cause.__context__
    return PacsError("The PACS cannot be reached.", code="pacs_unreachable")


def check_status(response: httpx.Response, *, accepted: tuple[int, ...]) -> None:
    status = response.status_code
    if status in accepted:
        return
    if status in WAIT_STATUSES:
        raise Busy(status, retry_after_s(response.headers.get("Retry-After", "")))
    if 300 <= status < 400:
        raise PacsRefused("The PACS redirects; that is never followed.", code="pacs_redirected")
    if status in (401, 403):
        raise PacsRefused("The PACS refuses our credentials.", code="pacs_unauthorised")
    if status == 404:
        raise PacsRefused("The PACS does not have it.", code="pacs_not_found")
    if status >= 500:
        raise PacsError(f"The PACS failed (HTTP {status}).", code="pacs_failed")
    raise PacsRefused(f"The PACS refused (HTTP {status}).", details={"status": status})


def retry_after_s(raw: str) -> float | None:
    """Seconds or a date (RFC 9110 10.2.3); ``None`` for anything else."""
    if raw.isascii() and raw.isdigit() and len(raw) < 9:
        return float(raw)
    try:
        moment = parsedate_to_datetime(raw)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - datetime.now(UTC)).total_seconds())
