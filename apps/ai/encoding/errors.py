"""Refusals of the encoding."""

from __future__ import annotations


class EncodingRefused(ValueError):
    """DICOM cannot say this honestly for these source images; shown to the person who asked."""

    def __init__(self, *, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason
