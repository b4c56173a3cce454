"""Why something offered as a bundle is refused."""

from __future__ import annotations


class BundleError(ValueError):
    """What was offered cannot be registered; read by the AI administrator.

    ``code`` is stable: ``unsafe_path``, ``link``, ``yaml_tag`` …; docs/ai.md lists them.
    """

    def __init__(self, message: str, *, code: str = "not_a_bundle") -> None:
        super().__init__(message)
        self.code = code
