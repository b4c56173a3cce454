"""What happens to cases. Never carries identity: the live log is shown in several guises."""

from typing import ClassVar
from uuid import UUID

from apps.core.events import CaseEvent


class CaseChanged(CaseEvent):
    kind: ClassVar[str] = "case.changed"
    fields: list[str]
    status: str


class AccessChanged(CaseEvent):
    """Somebody's access to the case was granted, changed or revoked."""

    kind: ClassVar[str] = "access.changed"
    user_id: UUID
    granted: bool
