"""Words on findings as operations; each goes through the service that REST uses."""

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from apps.live.protocol.base import Code, WireModel
from apps.live.protocol.op_base import ChangeOp


class AmendedBy(WireModel):
    """A segment that was begun from the finding's mask, at the revision that was looked at."""

    segmentation: UUID
    segment: Annotated[int, Field(ge=1)]
    revision: Annotated[int, Field(ge=1)]


class FindingAcceptPayload(WireModel):
    amended_by: AmendedBy | None = None


class FindingDeferPayload(WireModel):
    until: date | None = None
    comment: Annotated[str, StringConstraints(max_length=2000)] = ""


class FindingOpinionPayload(WireModel):
    decision: Literal["accepted", "dismissed"]
    reason_code: Annotated[str, StringConstraints(max_length=64, pattern=r"^[a-z-]*$")] = ""
    comment: Annotated[str, StringConstraints(max_length=2000)] = ""


class FindingDismissPayload(WireModel):
    reason_code: Code
    comment: Annotated[str, StringConstraints(max_length=2000)] = ""


class FindingAccept(ChangeOp):
    kind: Literal["finding.accept"] = "finding.accept"
    payload: FindingAcceptPayload


class FindingDefer(ChangeOp):
    kind: Literal["finding.defer"] = "finding.defer"
    payload: FindingDeferPayload


class FindingOpinion(ChangeOp):
    kind: Literal["finding.opinion"] = "finding.opinion"
    payload: FindingOpinionPayload


class FindingDismiss(ChangeOp):
    kind: Literal["finding.dismiss"] = "finding.dismiss"
    payload: FindingDismissPayload
