"""The one root of expected failures. Each class says who sees it and with which HTTP status."""

from collections.abc import Mapping
from typing import Any, ClassVar


class DomainError(Exception):
    """An expected refusal with a stable code.

    Seen by the user: HTTP answers it as RFC 9457 problem+json, the live socket as
    ``{code, message, details}``, tasks store code and message with the job.
    """

    code: ClassVar[str] = "domain_error"
    status: ClassVar[int] = 400

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        details: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.error_code = code or self.code
        self.details: dict[str, Any] = dict(details or {})


class InvalidInput(DomainError):
    """What was sent cannot be used; ``details`` names the fields."""

    code = "invalid_input"
    status = 400


class NotSignedIn(DomainError):
    """Nobody is signed in."""

    code = "not_signed_in"
    status = 401


class Forbidden(DomainError):
    """The actor may know the thing but not do this to it."""

    code = "forbidden"
    status = 403


class NotVisible(DomainError):
    """Absent, or not this actor's to know: both look the same on purpose."""

    code = "not_found"
    status = 404

    def __init__(self, message: str = "Not found.", **kwargs: Any) -> None:
        super().__init__(message, **kwargs)


class Conflict(DomainError):
    """The state of the thing does not allow this now."""

    code = "conflict"
    status = 409


class StaleVersion(Conflict):
    """Somebody changed it first; ``details['current']`` is what stands now."""

    code = "stale_version"


class IllegalMove(Conflict):
    """A state machine refused the move; ``details`` names from and to."""

    code = "illegal_move"


class TooLarge(DomainError):
    """More than the stated limit."""

    code = "too_large"
    status = 413


class RateLimited(DomainError):
    """Too many in too short a time; ``details['retry_after_s']`` says when to try again."""

    code = "rate_limited"
    status = 429


class Unavailable(DomainError):
    """A dependency (PACS, broker, runner) does not answer. Retrying later may work."""

    code = "unavailable"
    status = 503
