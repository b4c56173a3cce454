"""Events of the durable log: what each kind carries."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import AwareDatetime, Field, JsonValue
from typing_extensions import TypeAliasType

from apps.live.protocol.base import Code, EntityVersion, Revision, SequenceNumber, WireModel
from apps.live.protocol.bodies import (
    ChatMessageBody,
    DecisionState,
    FindingState,
    KeyImageBody,
    LesionBody,
    MeasurementBody,
    PresenterState,
    SegmentationState,
)
from apps.live.protocol.people import (
    AttendanceChangedPayload,
    AttendanceRemovedPayload,
    PresenterAskedPayload,
    PresenterAskEndedPayload,
    QuorumChangedPayload,
)
from apps.live.protocol.stage import StageFrame


class MeasurementPutEventPayload(WireModel):
    measurement: MeasurementBody


class MeasurementRemovedPayload(WireModel):
    id: UUID
    version: EntityVersion


class KeyImageAddedPayload(WireModel):
    key_image: KeyImageBody


class KeyImageRemovedPayload(WireModel):
    id: UUID
    version: EntityVersion


#: First frame, row and column and the end of each, half-open, on the labelmap's own frames
#: (whose images REST says): no place on anybody's screen.
GridBox = Annotated[
    list[Annotated[int, Field(ge=0, le=1_000_000)]], Field(min_length=6, max_length=6)
]


class SegmentationPutPayload(WireModel):
    segmentation: SegmentationState


class SegmentationRevisedPayload(WireModel):
    """Voxels of these segments changed inside the box: followers fetch no more (LIVE-S2)."""

    segmentation: SegmentationState
    revision: Revision
    parent: Revision
    box: GridBox
    segments: list[Annotated[int, Field(ge=1)]]


class SegmentationRemovedPayload(WireModel):
    id: UUID
    version: EntityVersion


class LesionPutEventPayload(WireModel):
    lesion: LesionBody


class LesionRemovedPayload(WireModel):
    id: UUID
    version: EntityVersion


class ChatPostedPayload(WireModel):
    message: ChatMessageBody


class PresenterChangedPayload(WireModel):
    presenter: PresenterState
    reason: Literal["granted", "taken", "released", "grace_over", "opened", "renewed"]


class AgendaMovedPayload(WireModel):
    """The room went on to another case (``case_id`` of the event is the new one)."""

    agenda_item: UUID | None


class KeyframePayload(WireModel):
    stage: StageFrame


class FindingReviewedPayload(WireModel):
    finding: FindingState
    reason_code: Code | None = None


class FindingsAddedPayload(WireModel):
    job: UUID | None
    findings: list[FindingState]


class DecisionPayload(WireModel):
    decision: DecisionState


class TourStamp(WireModel):
    """Which tour changed; what is in it is read by REST."""

    id: UUID
    version: EntityVersion
    removed: bool


class TourChangedPayload(WireModel):
    tour: TourStamp


class AiRevealedPayload(WireModel):
    agenda_item: UUID


class ClockChangedPayload(WireModel):
    """Where the clock stands now is read by REST, with the agenda."""

    agenda_item: UUID
    move: Literal["pause", "resume", "add"]
    minutes: Annotated[int, Field(ge=1, le=120)]


class VoteCount(WireModel):
    """Counts only: names and reasons are read by REST, where the guise allows it."""

    agree: Annotated[int, Field(ge=0)]
    dissent: Annotated[int, Field(ge=0)]
    abstain: Annotated[int, Field(ge=0)]


class DecisionVotedPayload(WireModel):
    decision: DecisionState
    votes: VoteCount


class EventActor(WireModel):
    """Who did it; ``id`` is null for the system itself."""

    id: UUID | None
    display_name: str


class EventBase(WireModel):
    """One row of the log: ``seq`` has no holes within a session."""

    type: Literal["event"] = "event"
    seq: SequenceNumber
    op_id: UUID | None
    case_id: UUID
    actor: EventActor
    at: AwareDatetime
    entity: str
    entity_id: str
    entity_version: int


class MeasurementPutEvent(EventBase):
    kind: Literal["measurement.put", "measurement.revised"]
    payload: MeasurementPutEventPayload


class MeasurementRemovedEvent(EventBase):
    kind: Literal["measurement.removed"]
    payload: MeasurementRemovedPayload


class KeyImageAddedEvent(EventBase):
    kind: Literal["key_image.added"]
    payload: KeyImageAddedPayload


class KeyImageRemovedEvent(EventBase):
    kind: Literal["key_image.removed"]
    payload: KeyImageRemovedPayload


class SegmentationPutEvent(EventBase):
    kind: Literal["segmentation.put"]
    payload: SegmentationPutPayload


class SegmentationRevisedEvent(EventBase):
    kind: Literal["segmentation.revised"]
    payload: SegmentationRevisedPayload


class SegmentationRemovedEvent(EventBase):
    kind: Literal["segmentation.removed"]
    payload: SegmentationRemovedPayload


class ChatPostedEvent(EventBase):
    kind: Literal["chat.posted"]
    payload: ChatPostedPayload


class PresenterChangedEvent(EventBase):
    kind: Literal["presenter.changed"]
    payload: PresenterChangedPayload


class AgendaMovedEvent(EventBase):
    kind: Literal["agenda.moved"]
    payload: AgendaMovedPayload


class KeyframeEvent(EventBase):
    kind: Literal["stage.keyframe"]
    payload: KeyframePayload


class FindingReviewedEvent(EventBase):
    kind: Literal["finding.reviewed"]
    payload: FindingReviewedPayload


class FindingsAddedEvent(EventBase):
    kind: Literal["findings.added"]
    payload: FindingsAddedPayload


class DecisionEvent(EventBase):
    kind: Literal["decision.drafted", "decision.signed"]
    payload: DecisionPayload


class TourChangedEvent(EventBase):
    kind: Literal["tour.changed"]
    payload: TourChangedPayload


class AiRevealedEvent(EventBase):
    kind: Literal["ai.revealed"]
    payload: AiRevealedPayload


class ClockChangedEvent(EventBase):
    kind: Literal["clock.changed"]
    payload: ClockChangedPayload


class DecisionVotedEvent(EventBase):
    kind: Literal["decision.voted"]
    payload: DecisionVotedPayload


class VotesCalledEvent(EventBase):
    kind: Literal["votes.called"]
    payload: DecisionPayload


class RefreshEvent(EventBase):
    """Something of the case changed that is read by REST: a hint to read it again."""

    kind: Literal[
        "case.changed",
        "finding.exported",
        "finding.opinion",
        "job.changed",
        "study.linked",
        "study.progress",
        "study.ready",
    ]
    payload: dict[str, JsonValue]


class AttendanceChangedEvent(EventBase):
    kind: Literal["attendance.changed"]
    payload: AttendanceChangedPayload


class AttendanceRemovedEvent(EventBase):
    kind: Literal["attendance.removed"]
    payload: AttendanceRemovedPayload


class QuorumChangedEvent(EventBase):
    kind: Literal["quorum.changed"]
    payload: QuorumChangedPayload


class PresenterAskedEvent(EventBase):
    kind: Literal["presenter.asked"]
    payload: PresenterAskedPayload


class PresenterAskEndedEvent(EventBase):
    kind: Literal["presenter.ask_ended"]
    payload: PresenterAskEndedPayload


class LesionPutEvent(EventBase):
    kind: Literal["lesion.put", "lesion.revised"]
    payload: LesionPutEventPayload


class LesionRemovedEvent(EventBase):
    kind: Literal["lesion.removed"]
    payload: LesionRemovedPayload


class WithheldEvent(WireModel):
    """Something happened that this guise does not see; the number stays whole (LIVE-A2)."""

    type: Literal["event"] = "event"
    kind: Literal["withheld"] = "withheld"
    seq: SequenceNumber


LogEvent = TypeAliasType(
    "LogEvent",
    Annotated[
        MeasurementPutEvent
        | MeasurementRemovedEvent
        | KeyImageAddedEvent
        | KeyImageRemovedEvent
        | SegmentationPutEvent
        | SegmentationRevisedEvent
        | SegmentationRemovedEvent
        | ChatPostedEvent
        | PresenterChangedEvent
        | AgendaMovedEvent
        | KeyframeEvent
        | FindingReviewedEvent
        | FindingsAddedEvent
        | DecisionEvent
        | TourChangedEvent
        | AiRevealedEvent
        | ClockChangedEvent
        | DecisionVotedEvent
        | VotesCalledEvent
        | RefreshEvent
        | AttendanceChangedEvent
        | AttendanceRemovedEvent
        | QuorumChangedEvent
        | PresenterAskedEvent
        | PresenterAskEndedEvent
        | LesionPutEvent
        | LesionRemovedEvent
        | WithheldEvent,
        Field(discriminator="kind"),
    ],
)
