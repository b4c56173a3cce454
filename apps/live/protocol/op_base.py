"""What every op carries, whatever it is on."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import StringConstraints

from apps.live.protocol.base import EntityVersion, WireModel

Site = Annotated[str, StringConstraints(max_length=64)]


class EmptyPayload(WireModel):
    """Nothing but the entity the op names."""


class OpBase(WireModel):
    """What every op carries. ``op_id`` is unique per session: a retry is the same op."""

    type: Literal["op.submit"] = "op.submit"
    op_id: UUID


class NewOp(OpBase):
    """An op that makes something; a version only when it puts something back."""

    entity: UUID | None = None
    entity_version: EntityVersion | None = None


class ChangeOp(OpBase):
    """An op on something that exists: says which, and which version was seen."""

    entity: UUID
    entity_version: EntityVersion
