"""What happens on boards. Texts of decisions stay out of the log: readers fetch what they may."""

from typing import ClassVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from apps.core.events import CaseEvent


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
