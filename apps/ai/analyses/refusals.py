"""Refusals of the built-in analyses: input on which a number would be a guess."""

from __future__ import annotations


class AnalysisRefused(ValueError):
    """The input is outside what the analysis can answer honestly.

    Ends the job as ``out_of_scope``; code and reason are shown to the person who asked.
    """

    def __init__(self, *, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason
