"""Lesions on the wire: what is said of them, and which measurements are theirs."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import StringConstraints
from typing_extensions import TypeAliasType

from apps.live.protocol.base import WireModel
from apps.live.protocol.op_base import ChangeOp, EmptyPayload, NewOp, Site

LesionRole = TypeAliasType("LesionRole", Literal["target", "non_target", "new"])
LesionLabel = Annotated[str, StringConstraints(max_length=80)]


class LesionRevisePayload(WireModel):
    """All that is said of a lesion, as it is to be. ``role`` null: nobody has said."""

    label: LesionLabel
    site: Site
    role: LesionRole | None
    is_node: bool


class LesionPutPayload(WireModel):
    """A new lesion under an id the client chose, or a removed one put back (undo).

    The number is the server's.
    """

    id: UUID
    label: LesionLabel = ""
    site: Site = ""
    role: LesionRole | None = None
    is_node: bool = False


class MeasurementAssignPayload(WireModel):
    """``null``: of no lesion."""

    lesion: UUID | None


class LesionPut(NewOp):
    kind: Literal["lesion.put"] = "lesion.put"
    payload: LesionPutPayload


class LesionRevise(ChangeOp):
    kind: Literal["lesion.revise"] = "lesion.revise"
    payload: LesionRevisePayload


class LesionRemove(ChangeOp):
    """Refused while anything is assigned to it (LIVE-N2)."""

    kind: Literal["lesion.remove"] = "lesion.remove"
    payload: EmptyPayload


class MeasurementAssign(ChangeOp):
    """On the measurement: its event is that of a revision."""

    kind: Literal["measurement.assign"] = "measurement.assign"
    payload: MeasurementAssignPayload
