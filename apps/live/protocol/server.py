"""Messages the server sends, and the events of the durable log."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import AwareDatetime, Field, JsonValue
from typing_extensions import TypeAliasType

from apps.live.protocol.base import (
    Code,
    DicomUid,
    EntityVersion,
    FrameNumber,
    PointImage,
    PointLps,
    Revision,
    SequenceNumber,
    WireModel,
)
from apps.live.protocol.client import Activity, Pointer, ToolName
from apps.live.protocol.ops import MeasurementKind, OpKind
from apps.live.protocol.stage import StageFrame

Projection = TypeAliasType("Projection", Literal["identified", "deidentified", "none"])
Capability = TypeAliasType(
    "Capability",
    Literal[
        "present",
        "grant_presenter",
        "annotate",
        "review_findings",
        "chat",
        "goto",
        "draft_decision",
    ],
)


class Who(WireModel):
    """A person as others see them. Never a patient (LIVE-A4)."""

    id: UUID
    display_name: str
    discipline: str


class MeasurementValue(WireModel):
    quantity: Literal["length", "long_axis", "short_axis"]
    value: Annotated[float, Field(ge=0, allow_inf_nan=False)]
    unit: Literal["mm", "px"]


class MeasurementBody(WireModel):
    """A measurement, shaped as in REST; ``values`` are computed by the server only."""

    id: UUID
    version: EntityVersion
    case: UUID
    study_instance_uid: DicomUid
    series_instance_uid: DicomUid
    sop_instance_uid: DicomUid
    frame: FrameNumber
    frame_of_reference_uid: DicomUid | None
    kind: MeasurementKind
    points_lps: list[PointLps] | None
    points_image: list[PointImage] | None
    values: list[MeasurementValue]
    label: str
    layer: Literal["shared", "draft"]
    author: Who
    tracking_uid: DicomUid
    created_at: AwareDatetime
    updated_at: AwareDatetime


class ChatMessageBody(WireModel):
    id: UUID
    author: Who
    text: str
    at: AwareDatetime


class PresenterState(WireModel):
    """Who presents. ``user`` is null while the token waits for a chair."""

    user: Who | None
    epoch: Revision


class FindingState(WireModel):
    """What the log says about a finding; its body is read by REST."""

    id: UUID
    version: EntityVersion
    state: Literal["unreviewed", "accepted", "dismissed"]


class DecisionState(WireModel):
    id: UUID
    version: EntityVersion
    status: Code


# ── events ────────────────────────────────────────────────────────────────────────────


class MeasurementPutEventPayload(WireModel):
    measurement: MeasurementBody


class MeasurementRemovedPayload(WireModel):
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


class RefreshEvent(EventBase):
    """Something of the case changed that is read by REST: a hint to read it again."""

    kind: Literal[
        "case.changed",
        "finding.exported",
        "import.finished",
        "job.changed",
        "study.linked",
        "study.progress",
        "study.ready",
    ]
    payload: dict[str, JsonValue]


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
        | ChatPostedEvent
        | PresenterChangedEvent
        | AgendaMovedEvent
        | KeyframeEvent
        | FindingReviewedEvent
        | FindingsAddedEvent
        | DecisionEvent
        | RefreshEvent
        | WithheldEvent,
        Field(discriminator="kind"),
    ],
)


# ── state at join ─────────────────────────────────────────────────────────────────────


class Snapshot(WireModel):
    """The durable state at ``head_seq``; events after it bring it up to date (LIVE-J4)."""

    case_id: UUID
    agenda_item: UUID | None
    presenter: PresenterState
    measurements: list[MeasurementBody]
    findings: list[FindingState]
    decisions: list[DecisionState]
    chat: list[ChatMessageBody]


class Person(WireModel):
    """A participant. Several windows of one person count once."""

    user: Who
    following: bool
    windows: Annotated[int, Field(ge=1)]


class PersonPresence(WireModel):
    user: UUID
    pointer: Pointer | None
    tool: ToolName | None
    activity: Activity
    hand_raised: bool


class You(WireModel):
    user: Who
    client_id: UUID


class Rate(WireModel):
    """A token bucket: ``per_second`` refills up to ``burst`` (LIVE-B1)."""

    per_second: Annotated[float, Field(gt=0)]
    burst: Annotated[int, Field(ge=1)]


class Limits(WireModel):
    """What the server accepts now. ``realtime`` is false while stage and presence pause."""

    type: Literal["limits"] = "limits"
    max_message_bytes: int
    op: Rate
    stage: Rate
    presence: Rate
    control: Rate
    realtime: bool


class Welcome(WireModel):
    """Answer to ``hello``: exactly one of ``snapshot`` and ``events`` is given."""

    type: Literal["welcome"] = "welcome"
    protocol: Literal["consilium.live.v1"] = "consilium.live.v1"
    session: UUID
    meeting: UUID | None
    you: You
    role: Literal["chair", "participant", "observer"]
    can: list[Capability]
    projection: Projection
    case_id: UUID
    presenter: PresenterState
    head_seq: SequenceNumber
    snapshot: Snapshot | None
    events: list[LogEvent] | None
    stage: StageFrame | None
    people: list[Person]
    followers: Annotated[int, Field(ge=0)]
    limits: Limits
    server_time: AwareDatetime


class SnapshotMessage(WireModel):
    """A fresh start inside an open socket: after a change of case or a long gap."""

    type: Literal["snapshot"] = "snapshot"
    head_seq: SequenceNumber
    can: list[Capability]
    projection: Projection
    snapshot: Snapshot | None
    stage: StageFrame | None


class OpAck(WireModel):
    """Outcome of an op; the same for every retry of its ``op_id`` (LIVE-O2)."""

    type: Literal["op.ack"] = "op.ack"
    op_id: UUID
    kind: OpKind
    outcome: Literal["committed", "noop", "rejected"]
    seq: SequenceNumber | None = None
    code: Code | None = None
    message: str | None = None
    current: dict[str, JsonValue] | None = None


class StageMessage(WireModel):
    """The newest stage. ``frame`` is null where the receiver's guise cannot see it."""

    type: Literal["stage"] = "stage"
    frame: StageFrame | None


class PresenceDelta(WireModel):
    type: Literal["presence.delta"] = "presence.delta"
    changed: list[PersonPresence]
    removed: list[UUID]
    t: float


class ParticipantJoined(WireModel):
    """Somebody is here, or changed in following or windows."""

    type: Literal["participant.joined"] = "participant.joined"
    person: Person


class ParticipantLeft(WireModel):
    type: Literal["participant.left"] = "participant.left"
    user: UUID


class PresenterChanged(WireModel):
    """Who presents and for how many: sent with every change of either (LIVE-P4, P5)."""

    type: Literal["presenter.changed"] = "presenter.changed"
    presenter: PresenterState
    followers: Annotated[int, Field(ge=0)]


class AccessChanged(WireModel):
    type: Literal["access.changed"] = "access.changed"
    can: list[Capability]
    projection: Projection


class Resync(WireModel):
    """The server could not keep this socket whole: resume from ``after_seq``."""

    type: Literal["resync"] = "resync"
    after_seq: SequenceNumber


class ErrorMessage(WireModel):
    type: Literal["error"] = "error"
    code: Code
    message: str
    details: dict[str, JsonValue] = Field(default_factory=dict)


class Pong(WireModel):
    type: Literal["pong"] = "pong"
    t: float
    server_time: AwareDatetime


ServerMessage = Annotated[
    Welcome
    | SnapshotMessage
    | OpAck
    | LogEvent
    | StageMessage
    | PresenceDelta
    | ParticipantJoined
    | ParticipantLeft
    | PresenterChanged
    | AccessChanged
    | Limits
    | Resync
    | ErrorMessage
    | Pong,
    Field(discriminator="type"),
]
