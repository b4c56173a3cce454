"""What happens to cases. Never carries identity: the live log is shown in several guises."""

from typing import Any, ClassVar
from uuid import UUID

from apps.core.events import CaseEvent, DomainEvent


class CaseChanged(CaseEvent):
    kind: ClassVar[str] = "case.changed"
    fields: list[str]
    status: str


class AccessChanged(CaseEvent):
    """Somebody's access to the case was granted, changed or revoked."""

    kind: ClassVar[str] = "access.changed"
    user_id: UUID
    granted: bool


class CaseOpened(DomainEvent):
    """A case was created."""

    kind: ClassVar[str] = "case.opened"
    case_id: UUID


class CaseMoved(DomainEvent):
    """A case went to another status. Carries the reason in words: for the case's own history,
    never for the log of a room, which has ``CaseChanged``.
    """

    kind: ClassVar[str] = "case.moved"
    case_id: UUID
    from_status: str
    to_status: str
    reason_code: str
    reason: str
    details: dict[str, Any]
