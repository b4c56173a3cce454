"""What happens to a room, as opposed to its case. Recorded by services only."""

from typing import Any, ClassVar
from uuid import UUID

from apps.core.events import CaseEvent, DomainEvent


class SessionEvent(DomainEvent):
    """An event of one session: the log of that session carries it, and no other."""

    session_id: UUID
    case_id: UUID
    entity: str
    entity_id: str
    entity_version: int = 0

    def payload(self) -> dict[str, Any]:
        own = set(type(self).model_fields) - set(SessionEvent.model_fields)
        return self.model_dump(mode="json", include=own)


class PresenterChanged(SessionEvent):
    kind: ClassVar[str] = "presenter.changed"

    entity: str = "live_session"
    presenter: dict[str, Any]
    reason: str


class ChatPosted(SessionEvent):
    kind: ClassVar[str] = "chat.posted"

    entity: str = "chat_message"
    message: dict[str, Any]


class StageKeyframed(SessionEvent):
    kind: ClassVar[str] = "stage.keyframe"

    entity: str = "stage"
    stage: dict[str, Any]


class TourChanged(CaseEvent):
    """Views that somebody left for the case are other ones now: read by REST, never told here."""

    kind: ClassVar[str] = "tour.changed"

    entity: str = "tour"
    tour: dict[str, Any]


class PresenterAsked(SessionEvent):
    kind: ClassVar[str] = "presenter.asked"

    entity: str = "presenter_ask"
    ask: dict[str, Any]


class PresenterAskEnded(SessionEvent):
    kind: ClassVar[str] = "presenter.ask_ended"

    entity: str = "presenter_ask"
    user: UUID
    reason: str
