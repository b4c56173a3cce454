"""What a room showed when a decision was signed: offered by the floor above (LIVE-R2)."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from apps.core.registry import Registry

room_views: "Registry[Callable[..., dict[str, Any] | None]]" = Registry("views of rooms")
"""``provider(*, case_id, meeting_id) -> view``: what is on the stage of the case's room now."""


def view_on_stage(*, case_id: UUID, meeting_id: UUID | None) -> dict[str, Any] | None:
    """The view of the first room that shows this case; ``None`` where none does."""
    for _, provider in room_views.items():
        view = provider(case_id=case_id, meeting_id=meeting_id)
        if view is not None:
            return view
    return None
