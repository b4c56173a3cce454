"""What happens on boards. Texts of decisions stay out of the log: readers fetch what they may."""

from typing import Any, ClassVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from apps.core.events import CaseEvent, DomainEvent


class DecisionState(BaseModel):
    """Enough to know whether one's copy is current."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: UUID
    version: int
    status: str


class VoteCount(BaseModel):
    """How many, and nobody's name: what everybody in the room may know."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    agree: int
    dissent: int
    abstain: int


class AgendaMoved(CaseEvent):
    """The meeting went to another case; ``case_id`` is the new one."""

    kind: ClassVar[str] = "agenda.moved"
    agenda_item: UUID


class AiRevealed(CaseEvent):
    """The images have been read: AI results of the case are shown from here on."""

    kind: ClassVar[str] = "ai.revealed"
    agenda_item: UUID


class ClockChanged(CaseEvent):
    """The clock of the case was paused, went on or was given minutes; read where it stands."""

    kind: ClassVar[str] = "clock.changed"
    agenda_item: UUID
    move: str
    minutes: int


class DecisionDrafted(CaseEvent):
    kind: ClassVar[str] = "decision.drafted"
    decision: DecisionState


class DecisionVoted(CaseEvent):
    """Somebody stated a position; who and why is read where the guise allows it."""

    kind: ClassVar[str] = "decision.voted"
    decision: DecisionState
    votes: VoteCount


class VotesCalled(CaseEvent):
    """The chair asks everybody for their position on the draft."""

    kind: ClassVar[str] = "votes.called"
    decision: DecisionState


class DecisionSigned(CaseEvent):
    kind: ClassVar[str] = "decision.signed"
    decision: DecisionState


class MeetingEvent(DomainEvent):
    """An event of one meeting: the log of its live session carries it, whichever case is on."""

    meeting_id: UUID
    entity: str
    entity_id: str
    entity_version: int = 0

    def payload(self) -> dict[str, Any]:
        own = set(type(self).model_fields) - set(MeetingEvent.model_fields)
        return self.model_dump(mode="json", include=own)


class AttendanceChanged(MeetingEvent):
    """Somebody came, went, or is now known to be here by a surer way."""

    kind: ClassVar[str] = "attendance.changed"
    attendance: dict[str, Any]


class AttendanceRemoved(MeetingEvent):
    """They were not there after all."""

    kind: ClassVar[str] = "attendance.removed"
    user: UUID


class QuorumChanged(MeetingEvent):
    kind: ClassVar[str] = "quorum.changed"
    needs: tuple[str, ...]
