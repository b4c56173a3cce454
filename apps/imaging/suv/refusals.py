"""Headers from which a standardised uptake value would be a guess."""

from __future__ import annotations


class SuvRefused(ValueError):
    """The header does not allow a standardised uptake value to be computed.

    Code and reason are shown to the person who asked.
    """

    def __init__(self, *, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason
