"""The people of a room on the wire: parts, attendance, who asks to present, the lobby."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import AwareDatetime, Field
from typing_extensions import TypeAliasType

from apps.live.protocol.base import WireModel
from apps.live.protocol.bodies import Who

#: What somebody is in the room; who presents is told by ``presenter``.
Part = TypeAliasType("Part", Literal["chair", "contributor", "observer", "guest"])
Discipline = TypeAliasType(
    "Discipline",
    Literal[
        "radiology",
        "nuclear_medicine",
        "pathology",
        "surgery",
        "medical_oncology",
        "radiation_oncology",
        "gastroenterology",
        "pulmonology",
        "nursing",
        "coordination",
        "administration",
        "other",
    ],
)


class AttendanceBody(WireModel):
    """Somebody was at this meeting; ``user.discipline`` is that of the day (LIVE-M1)."""

    user: Who
    #: For the quorum: a seat on the board, no observer, no trainee.
    counts: bool
    how: Literal["joined", "checked_in", "ticked"]
    present: bool
    arrived_at: AwareDatetime
    left_at: AwareDatetime | None


class PresenterAsk(WireModel):
    """Somebody asks the chair to let them present (LIVE-M6)."""

    user: Who
    at: AwareDatetime


class Gathering(WireModel):
    """The people of the meeting as far as they last: attendance by user, asks by time."""

    attendance: list[AttendanceBody] = Field(default_factory=list)
    #: Disciplines without which this board has no quorum.
    needs: list[Discipline] = Field(default_factory=list)
    asks: list[PresenterAsk] = Field(default_factory=list)


class AttendanceChangedPayload(WireModel):
    attendance: AttendanceBody


class AttendanceRemovedPayload(WireModel):
    user: UUID


class QuorumChangedPayload(WireModel):
    needs: list[Discipline]


class PresenterAskedPayload(WireModel):
    ask: PresenterAsk


class PresenterAskEndedPayload(WireModel):
    user: UUID
    reason: Literal["withdrawn", "declined"]


class SoFar(WireModel):
    """What a late-comer missed of this case, in numbers; the rest is in the snapshot."""

    #: When this room came to the case.
    since: AwareDatetime
    #: Settled views the presenter showed.
    views_shown: Annotated[int, Field(ge=0)]


class LobbyGuest(WireModel):
    user: Who
    since: AwareDatetime


class Lobby(WireModel):
    """Who waits to be let in; told to those who may admit (LIVE-M4)."""

    type: Literal["lobby"] = "lobby"
    waiting: list[LobbyGuest]


class LobbyState(WireModel):
    """All that a socket in the lobby is told: nothing of any case or anybody (LIVE-M4).

    ``waiting``: the chair has to admit; ``not_yet``: their case comes later; ``refused``:
    the chair did not admit them, the socket closes. ``minutes`` until their case, rounded
    up, as the agenda is planned; null when none of theirs is still to come.
    """

    type: Literal["lobby.state"] = "lobby.state"
    state: Literal["waiting", "not_yet", "refused"]
    minutes: Annotated[int, Field(ge=0)] | None
    cases_before: Annotated[int, Field(ge=0)] | None
