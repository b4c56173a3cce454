"""Messages a browser sends."""

from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field, StringConstraints, model_validator
from typing_extensions import TypeAliasType

from apps.live.protocol.base import (
    DicomUid,
    FrameNumber,
    PointImage,
    PointLps,
    SequenceNumber,
    WireModel,
)
from apps.live.protocol.ops import OpSubmit
from apps.live.protocol.stage import StageFrame, StagePosition

Ticket = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_\-]+$", max_length=128)]
ToolName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_\-]*$", max_length=32)]


class Hello(WireModel):
    """First message. ``last_seq`` is null on a first join; the server then sends a snapshot."""

    type: Literal["hello"] = "hello"
    protocol: Annotated[str, StringConstraints(max_length=64)]
    ticket: Ticket
    client_id: UUID
    last_seq: SequenceNumber | None = None
    stage_rev: StagePosition | None = None


class StageUpdate(StageFrame):
    type: Literal["stage.update"] = "stage.update"


class StageKeyframe(StageFrame):
    """As ``stage.update``, and written into the log at once (for a decision's view)."""

    type: Literal["stage.keyframe"] = "stage.keyframe"


class Pointer(WireModel):
    """Where somebody points: patient space when the image has one, else the image."""

    series_instance_uid: DicomUid
    frame_of_reference_uid: DicomUid | None
    point_lps: PointLps | None
    sop_instance_uid: DicomUid | None
    frame: FrameNumber | None
    point_image: PointImage | None

    @model_validator(mode="after")
    def _check_one_space(self) -> Self:
        if (self.point_lps is None) == (self.point_image is None):
            raise ValueError("give point_lps or point_image, and not both")
        if self.point_lps is not None and self.frame_of_reference_uid is None:
            raise ValueError("point_lps needs its frame of reference")
        if self.point_image is not None and self.sop_instance_uid is None:
            raise ValueError("point_image needs its image")
        return self


class Whereabouts(WireModel):
    """What somebody looks at in their active viewport: an image, or a place on a plane."""

    series_instance_uid: DicomUid
    frame_of_reference_uid: DicomUid | None
    sop_instance_uid: DicomUid | None
    frame: FrameNumber | None
    center_lps: PointLps | None

    @model_validator(mode="after")
    def _check_place(self) -> Self:
        if (self.sop_instance_uid is None) != (self.frame is None):
            raise ValueError("an image is named with its frame")
        if self.center_lps is not None and self.frame_of_reference_uid is None:
            raise ValueError("center_lps needs its frame of reference")
        return self


Activity = TypeAliasType("Activity", Literal["active", "idle", "away"])


class PresenceUpdate(WireModel):
    """The sender's whole presence; the newest replaces what was there (TTL 5 s)."""

    type: Literal["presence.update"] = "presence.update"
    pointer: Pointer | None
    tool: ToolName | None
    activity: Activity
    hand_raised: bool
    looks_at: Whereabouts | None = None


class LookHere(WireModel):
    """Calls everybody's eyes to a point. Lives a few seconds and is kept nowhere."""

    type: Literal["look.here"] = "look.here"
    at: Pointer


class FollowSet(WireModel):
    type: Literal["follow.set"] = "follow.set"
    following: bool


class PresenterRequest(WireModel):
    """The chair takes the token; anybody else raises a hand for it."""

    type: Literal["presenter.request"] = "presenter.request"


class PresenterRelease(WireModel):
    """The presenter gives the token back to the chair."""

    type: Literal["presenter.release"] = "presenter.release"


class LeaseAcquire(WireModel):
    """Paint on a segmentation; ``take_over`` from whoever holds it is the chair's alone."""

    type: Literal["lease.acquire"] = "lease.acquire"
    segmentation_id: UUID
    take_over: bool = False


class LeaseRenew(WireModel):
    type: Literal["lease.renew"] = "lease.renew"
    segmentation_id: UUID


class LeaseRelease(WireModel):
    type: Literal["lease.release"] = "lease.release"
    segmentation_id: UUID


class Resume(WireModel):
    type: Literal["resume"] = "resume"
    after_seq: SequenceNumber


class Ping(WireModel):
    type: Literal["ping"] = "ping"
    t: Annotated[float, Field(ge=0, le=1e15)]


ClientMessage = Annotated[
    Hello
    | OpSubmit
    | StageUpdate
    | StageKeyframe
    | PresenceUpdate
    | FollowSet
    | PresenterRequest
    | PresenterRelease
    | LeaseAcquire
    | LeaseRenew
    | LeaseRelease
    | Resume
    | Ping
    | LookHere,
    Field(discriminator="type"),
]
