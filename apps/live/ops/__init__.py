"""What each op does: one small handler a kind, calling the service that REST calls too.

A handler runs inside the op's transaction with the op's id in context; it checks that what
the op names belongs to the room's current case, and leaves every other check to the service.
"""

from apps.live.ops import (  # noqa: F401 - register
    annotations,
    boards,
    findings,
    lesions,
    people,
    room,
    segmentations,
)
from apps.live.ops.registry import Handler, carry_out, handled_kinds, handles

__all__ = ["Handler", "carry_out", "handled_kinds", "handles"]
