"""Who else may have a say before voxels change: upper floors register here.

The live room's lease is one (LIVE-S1): while somebody holds it nobody else paints, over REST or
in the room. This floor knows no rooms.
"""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from apps.core.actors import Actor
from apps.core.registry import Registry

edit_guards: "Registry[Callable[..., None]]" = Registry("guards of segmentation edits")
"""``guard(*, actor, segmentation_id, client_id)`` raises where the edit may not be now."""


def require_free(*, actor: Actor, segmentation_id: UUID, client_id: UUID | None) -> None:
    context: dict[str, Any] = {
        "actor": actor,
        "segmentation_id": segmentation_id,
        "client_id": client_id,
    }
    for _, guard in edit_guards.items():
        guard(**context)
