"""Words on findings as operations; each goes through the service that REST uses."""

from datetime import date
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field, StringConstraints, model_validator

from apps.live.protocol.base import Code, WireModel
from apps.live.protocol.op_base import ChangeOp


class AmendedBy(WireModel):
    """A segment that was begun from the finding's mask, at the revision that was looked at."""

    segmentation: UUID
    segment: Annotated[int, Field(ge=1)]
    revision: Annotated[int, Field(ge=1)]


Millimetre = Annotated[float, Field(ge=-10_000, le=10_000)]


class AmendedBox(WireModel):
    """A detection's box as the reviewer left it: lowest and highest corner, LPS mm."""

    low: tuple[Millimetre, Millimetre, Millimetre]
    high: tuple[Millimetre, Millimetre, Millimetre]


class FindingAcceptPayload(WireModel):
    amended_by: AmendedBy | None = None
    amended_box: AmendedBox | None = None

    @model_validator(mode="after")
    def _is_one_of_them(self) -> Self:
        if self.amended_by is not None and self.amended_box is not None:
            raise ValueError("Either a mask or a box was changed.")
        return self


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
