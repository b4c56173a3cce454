"""Messages the server sends."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import AwareDatetime, Field, JsonValue
from typing_extensions import TypeAliasType

from apps.live.protocol.base import Code, SequenceNumber, WireModel
from apps.live.protocol.bodies import (
    ChatMessageBody,
    DecisionState,
    FindingState,
    KeyImageBody,
    LesionBody,
    MeasurementBody,
    PresenterState,
    SegmentationState,
    Who,
)
from apps.live.protocol.client import Activity, Pointer, ToolName, Whereabouts
from apps.live.protocol.events import LogEvent
from apps.live.protocol.ops import OpKind
from apps.live.protocol.people import Gathering, Lobby, LobbyState, Part, SoFar
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
        "admit",
    ],
)


class Snapshot(WireModel):
    """The durable state at ``head_seq``; events after it bring it up to date (LIVE-J4)."""

    case_id: UUID
    agenda_item: UUID | None
    presenter: PresenterState
    measurements: list[MeasurementBody]
    segmentations: list[SegmentationState]
    findings: list[FindingState]
    decisions: list[DecisionState]
    chat: list[ChatMessageBody]
    key_images: list[KeyImageBody] = Field(default_factory=list)
    gathering: Gathering = Field(default_factory=Gathering)
    lesions: list[LesionBody] = Field(default_factory=list)


class Person(WireModel):
    """A participant. Several windows of one person count once."""

    user: Who
    following: bool
    windows: Annotated[int, Field(ge=1)]
    part: Part = "contributor"
    #: The screen on a room's wall: it looks, and is nobody (LIVE-M10).
    place: bool = False


class PersonPresence(WireModel):
    user: UUID
    pointer: Pointer | None
    tool: ToolName | None
    activity: Activity
    hand_raised: bool
    looks_at: Whereabouts | None = None
    #: Since when, by the server's clock in seconds: hands are heard in their order (LIVE-M6).
    hand_at: Annotated[float, Field(ge=0)] | None = None


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


class RecordingRules(WireModel):
    """Whether this room is recorded; ``keeps_days`` null: for good, 0: not after its end."""

    is_recorded: bool
    records_pointers: bool
    keeps_days: Annotated[int, Field(ge=0)] | None


AiHidden = Annotated[
    bool,
    Field(description="The images are to be read first; a list of findings is empty for that."),
]


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
    recording: RecordingRules | None = None
    ai_hidden: AiHidden = False
    part: Part = "contributor"
    #: When this person's access to the case ends by itself; null: it does not.
    expires_at: AwareDatetime | None = None
    so_far: SoFar | None = None
    #: Name of the meeting's board: guests and screens cannot read the meeting itself.
    board: str | None = None
    #: The hospital's own video call, for those who see the patient anyway (LIVE-M8).
    video_url: str | None = None


class SnapshotMessage(WireModel):
    """A fresh start inside an open socket: after a change of case or a long gap."""

    type: Literal["snapshot"] = "snapshot"
    head_seq: SequenceNumber
    can: list[Capability]
    projection: Projection
    snapshot: Snapshot | None
    stage: StageFrame | None
    ai_hidden: AiHidden = False


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


class LookCalled(WireModel):
    """Somebody wants everybody to look at a point now."""

    type: Literal["look.called"] = "look.called"
    id: UUID
    user: Who
    at: Pointer


class LeaseChanged(WireModel):
    """Who paints on a segmentation now; ``holder`` is null when nobody does (LIVE-S1)."""

    type: Literal["lease.changed"] = "lease.changed"
    segmentation_id: UUID
    holder: Who | None
    #: It is this very window's: renew it.
    mine: bool
    renew_after_s: Annotated[float, Field(gt=0)]


class AccessChanged(WireModel):
    type: Literal["access.changed"] = "access.changed"
    can: list[Capability]
    projection: Projection
    ai_hidden: AiHidden = False
    expires_at: AwareDatetime | None = None


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
    | LeaseChanged
    | AccessChanged
    | Limits
    | Resync
    | ErrorMessage
    | Pong
    | LookCalled
    | Lobby
    | LobbyState,
    Field(discriminator="type"),
]
