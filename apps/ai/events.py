"""What happened to jobs and findings. Never carries patient identity."""

from typing import Any, ClassVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from apps.core.events import CaseEvent


class FindingStamp(BaseModel):
    """Which finding, in which version and state; content is read where the guise allows it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: UUID
    version: int
    state: str


class JobChanged(CaseEvent):
    """``job.changed``: a job was queued, started or ended."""

    kind: ClassVar[str] = "job.changed"

    state: str
    series_instance_uid: str
    reason_code: str = ""


class FindingsAdded(CaseEvent):
    """``findings.added``: a job ended with findings, or a newer version superseded some."""

    kind: ClassVar[str] = "findings.added"

    job: UUID | None
    findings: tuple[FindingStamp, ...]


class FindingReviewed(CaseEvent):
    """``finding.reviewed``: accepted, or dismissed with a reason."""

    kind: ClassVar[str] = "finding.reviewed"

    finding: FindingStamp
    reason_code: str | None = None


class FindingOpinionGiven(CaseEvent):
    """``finding.opinion``: somebody said beside the review what they think; read by REST."""

    kind: ClassVar[str] = "finding.opinion"

    finding: FindingStamp


class FindingExported(CaseEvent):
    """``finding.exported``: the export of an accepted finding moved."""

    kind: ClassVar[str] = "finding.exported"

    state: str

    def payload(self) -> dict[str, Any]:
        return {"state": self.state, "finding": self.entity_id}
