"""What has to be done before a case closes: floors above know, and register it here."""

from typing import Any
from uuid import UUID

from apps.core.registry import Registry

case_close_checks: "Registry[Any]" = Registry("checks before a case closes")
"""``provider(*, case_id) -> None``: raises ``Conflict`` with a code of its own when it may not."""


def check_may_close(*, case_id: UUID) -> None:
    """Ask everybody; the first refusal stands."""
    for _, check in case_close_checks.items():
        check(case_id=case_id)
