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


class AgendaMoved(CaseEvent):
    """The meeting went to another case; ``case_id`` is the new one."""

    kind: ClassVar[str] = "agenda.moved"
    agenda_item: UUID


class DecisionDrafted(CaseEvent):
    kind: ClassVar[str] = "decision.drafted"
    decision: DecisionState


class DecisionSigned(CaseEvent):
    kind: ClassVar[str] = "decision.signed"
    decision: DecisionState
