"""Domain events: said once by the service that did the work.

Two doors. ``record`` runs its subscribers inside the caller's transaction (the live log's
appender is one), so that what happened and what is told about it commit together or not at
all. ``after_commit`` rings bells; a bell that is lost loses nothing.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any, ClassVar, TypeVar
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone
from pydantic import BaseModel, ConfigDict, Field

from apps.core.actors import Actor


class DomainEvent(BaseModel):
    """Something that happened, in the past tense. Subclasses set ``kind`` and add fields."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: ClassVar[str]

    actor_id: UUID | None = None
    actor_label: str = ""
    at: datetime = Field(default_factory=timezone.now)


class CaseEvent(DomainEvent):
    """An event of one case: the live log carries ``payload()`` to everyone in the room.

    ``entity_version`` is the version *after* the change.
    """

    case_id: UUID
    entity: str
    entity_id: str
    entity_version: int = 0

    def payload(self) -> dict[str, Any]:
        """JSON-able content for the log; never contains patient identity."""
        own = set(type(self).model_fields) - set(CaseEvent.model_fields)
        return self.model_dump(mode="json", include=own)


EventT = TypeVar("EventT", bound=DomainEvent)
_subscribers: list[tuple[type[DomainEvent], Callable[[Any], None]]] = []


def subscribe(event_type: type[EventT], handler: Callable[[EventT], None]) -> None:
    """Call ``handler`` for every recorded event of ``event_type`` and its subclasses.

    Called from ``AppConfig.ready``; subscribing twice is harmless.
    """
    if (event_type, handler) not in _subscribers:
        _subscribers.append((event_type, handler))


def actor_fields(actor: Actor) -> dict[str, Any]:
    """The two fields every event takes from its actor."""
    return {"actor_id": actor.id, "actor_label": actor.label}


def record(event: DomainEvent) -> None:
    """Run the event's subscribers now, inside the transaction that did the work.

    Raises
    ------
    RuntimeError
        Outside a transaction: the event could outlive work that rolls back.
    """
    if not connection.in_atomic_block:
        raise RuntimeError(f"{type(event).__name__} recorded outside a transaction")
    for event_type, handler in list(_subscribers):
        if isinstance(event, event_type):
            handler(event)


def after_commit(bell: Callable[[], object]) -> None:
    """Ring ``bell`` once the transaction is durable; a failing bell breaks nobody else's."""
    transaction.on_commit(bell, robust=True)
