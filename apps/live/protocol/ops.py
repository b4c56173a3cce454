"""Operations: everything durable that a participant does (the op lane, LIVE-O1…O6)."""

from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field, StringConstraints, model_validator
from typing_extensions import TypeAliasType

from apps.live.protocol.base import (
    DicomUid,
    FrameNumber,
    Label,
    PointImage,
    PointLps,
    Revision,
    WireModel,
)
from apps.live.protocol.decisions import DecisionDraftPayload, DecisionVotePayload
from apps.live.protocol.findings import (
    FindingAccept,
    FindingDefer,
    FindingDismiss,
    FindingOpinion,
)
from apps.live.protocol.lesions import (
    LesionPut,
    LesionRemove,
    LesionRevise,
    MeasurementAssign,
)
from apps.live.protocol.op_base import ChangeOp, EmptyPayload, NewOp, OpBase, Site

MAX_CHAT_CHARACTERS = 2000

MAX_POINTS = 512
"""Of a freehand outline: it fits into one message."""

MeasurementKind = TypeAliasType(
    "MeasurementKind",
    Literal[
        "length",
        "bidirectional",
        "probe",
        "angle",
        "cobb",
        "rectangle",
        "ellipse",
        "freehand",
        "arrow",
    ],
)
NonBlank = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]


class MeasurementGeometry(WireModel):
    """Points of a measurement: exactly one of patient space and image space.

    A length has two points; a bidirectional four: long axis a, b, then short axis a, b; a
    rectangle its corners in order; an ellipse the ends of two axes; an arrow ends at its tip.
    """

    points_lps: list[PointLps] | None = Field(default=None, min_length=1, max_length=MAX_POINTS)
    points_image: list[PointImage] | None = Field(default=None, min_length=1, max_length=MAX_POINTS)

    @model_validator(mode="after")
    def _check_one_space(self) -> Self:
        if (self.points_lps is None) == (self.points_image is None):
            raise ValueError("give points_lps or points_image, and not both")
        return self


class MeasurementPutPayload(MeasurementGeometry):
    """A new measurement under an id the client chose, or a removed one put back (undo)."""

    id: UUID
    kind: MeasurementKind
    study_instance_uid: DicomUid
    series_instance_uid: DicomUid
    sop_instance_uid: DicomUid | None = None
    frame: FrameNumber = 1
    frame_of_reference_uid: DicomUid | None = None
    label: Label = ""
    site: Site = ""


class MeasurementRevisePayload(WireModel):
    """New points in the same space, a new label, or both; what is absent stays."""

    points_lps: list[PointLps] | None = Field(default=None, min_length=1, max_length=MAX_POINTS)
    points_image: list[PointImage] | None = Field(default=None, min_length=1, max_length=MAX_POINTS)
    label: Label | None = None
    site: Site | None = None

    @model_validator(mode="after")
    def _check_something(self) -> Self:
        if self.points_lps is not None and self.points_image is not None:
            raise ValueError("give points_lps or points_image, and not both")
        told = (self.points_lps, self.points_image, self.label, self.site)
        if all(one is None for one in told):
            raise ValueError("a revision revises something")
        return self


class KeyImageAddPayload(WireModel):
    """A mark under an id the client chose, or a removed one put back (undo)."""

    id: UUID
    study_instance_uid: DicomUid
    series_instance_uid: DicomUid
    sop_instance_uid: DicomUid
    frame: FrameNumber = 1
    note: Label = ""


class SegmentationRevisePayload(WireModel):
    parent: Revision
    sha256: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


class SegmentationRevertPayload(WireModel):
    parent: Revision
    revision: Revision


class ChatPostPayload(WireModel):
    text: Annotated[NonBlank, StringConstraints(max_length=MAX_CHAT_CHARACTERS)]


class AgendaGotoPayload(WireModel):
    agenda_item: UUID


class PresenterGrantPayload(WireModel):
    """``user`` gets the token; ``null`` returns it to the chair."""

    user: UUID | None


class AgendaItemPayload(WireModel):
    """The item whose case is on screen: said, so that a late word does not hit the next one."""

    agenda_item: UUID


class TimerSetPayload(WireModel):
    """The clock of the case on screen; ``minutes`` are added (or, negative, taken) by ``add``."""

    agenda_item: UUID
    move: Literal["pause", "resume", "add"]
    minutes: Annotated[int, Field(ge=-120, le=120)] = 0

    @model_validator(mode="after")
    def _check_minutes(self) -> Self:
        if (self.move == "add") != (self.minutes != 0):
            raise ValueError("minutes are added, and by nothing else")
        return self


class MeasurementPut(NewOp):
    kind: Literal["measurement.put"] = "measurement.put"
    payload: MeasurementPutPayload


class MeasurementRevise(ChangeOp):
    kind: Literal["measurement.revise"] = "measurement.revise"
    payload: MeasurementRevisePayload


class MeasurementRemove(ChangeOp):
    kind: Literal["measurement.remove"] = "measurement.remove"
    payload: EmptyPayload


class KeyImageAdd(NewOp):
    kind: Literal["key_image.add"] = "key_image.add"
    payload: KeyImageAddPayload


class KeyImageRemove(ChangeOp):
    kind: Literal["key_image.remove"] = "key_image.remove"
    payload: EmptyPayload


class SegmentationOp(OpBase):
    """On a segmentation whose lease this window holds; ``parent`` is the revision it saw."""

    entity: UUID


class SegmentationRevise(SegmentationOp):
    """The voxels went by HTTP already; this makes them the next revision (LIVE-S2)."""

    kind: Literal["segmentation.revise"] = "segmentation.revise"
    payload: SegmentationRevisePayload


class SegmentationRevert(SegmentationOp):
    """Undo, or redo, of one's own revision: a new one (LIVE-O5)."""

    kind: Literal["segmentation.revert"] = "segmentation.revert"
    payload: SegmentationRevertPayload


class ChatPost(OpBase):
    kind: Literal["chat.post"] = "chat.post"
    payload: ChatPostPayload


class AgendaGoto(OpBase):
    kind: Literal["agenda.goto"] = "agenda.goto"
    payload: AgendaGotoPayload


class PresenterGrant(OpBase):
    kind: Literal["presenter.grant"] = "presenter.grant"
    payload: PresenterGrantPayload


class DecisionDraft(NewOp):
    kind: Literal["decision.draft"] = "decision.draft"
    payload: DecisionDraftPayload


class AiReveal(OpBase):
    """The images have been read: show everybody what AI found (read first, reveal AI)."""

    kind: Literal["ai.reveal"] = "ai.reveal"
    payload: AgendaItemPayload


class TimerSet(OpBase):
    kind: Literal["timer.set"] = "timer.set"
    payload: TimerSetPayload


class DecisionOp(OpBase):
    """On the case's draft. Other people's votes do not make it stale."""

    entity: UUID


class DecisionVote(DecisionOp):
    kind: Literal["decision.vote"] = "decision.vote"
    payload: DecisionVotePayload


class VotesCall(DecisionOp):
    kind: Literal["votes.call"] = "votes.call"
    payload: EmptyPayload


class PresenterAskPayload(WireModel):
    """``asking`` false takes it back."""

    asking: bool


class PersonPayload(WireModel):
    user: UUID


class PresenterAskOp(OpBase):
    kind: Literal["presenter.ask"] = "presenter.ask"
    payload: PresenterAskPayload


class PresenterDecline(OpBase):
    """Not now: the ask of somebody is over."""

    kind: Literal["presenter.decline"] = "presenter.decline"
    payload: PersonPayload


OpSubmit = TypeAliasType(
    "OpSubmit",
    Annotated[
        MeasurementPut
        | MeasurementRevise
        | MeasurementRemove
        | KeyImageAdd
        | KeyImageRemove
        | SegmentationRevise
        | SegmentationRevert
        | FindingAccept
        | FindingDismiss
        | FindingDefer
        | FindingOpinion
        | ChatPost
        | AgendaGoto
        | PresenterGrant
        | DecisionDraft
        | AiReveal
        | TimerSet
        | DecisionVote
        | VotesCall
        | PresenterAskOp
        | PresenterDecline
        | LesionPut
        | LesionRevise
        | LesionRemove
        | MeasurementAssign,
        Field(discriminator="kind"),
    ],
)
OpKind = TypeAliasType(
    "OpKind",
    Literal[
        "measurement.put",
        "measurement.revise",
        "measurement.remove",
        "key_image.add",
        "key_image.remove",
        "segmentation.revise",
        "segmentation.revert",
        "finding.accept",
        "finding.dismiss",
        "finding.defer",
        "finding.opinion",
        "chat.post",
        "agenda.goto",
        "presenter.grant",
        "decision.draft",
        "ai.reveal",
        "timer.set",
        "decision.vote",
        "votes.call",
        "presenter.ask",
        "presenter.decline",
        "lesion.put",
        "lesion.revise",
        "lesion.remove",
        "measurement.assign",
    ],
)
