"""Why a bundle, or what it gave, is refused inside the runner."""

from __future__ import annotations


class BundleRefused(RuntimeError):
    """The bundle on disk is not the approved one, or gave what cannot be used."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
