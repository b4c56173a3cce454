"""The view that a decision takes with it: copied, so that it outlives the recording (LIVE-R2)."""

from typing import Any
from uuid import UUID

from django.utils import timezone
from pydantic import ValidationError

from apps.live.choices import SessionState
from apps.live.models import LiveEvent, LiveSession
from apps.live.protocol.stage import StageFrame
from apps.live.selectors import newest_stage


def view_of_room(*, case_id: UUID, meeting_id: UUID | None) -> dict[str, Any] | None:
    """What the open room on this case shows now, the meeting's own room before another.

    From the register, else the last keyframe of the log. ``seq`` is where the recording
    stood: until it is purged, the room can be replayed from there.
    """
    rooms = LiveSession.objects.filter(case_id=case_id, state=SessionState.OPEN)
    newest = rooms.order_by("-created_at", "id")
    for room in sorted(newest, key=lambda room: room.meeting_id != meeting_id):
        stage = _stage_of(room)
        if stage is not None:
            return {
                "session": str(room.pk),
                "seq": room.head,
                "at": timezone.now().isoformat(),
                "stage": stage,
            }
    return None


def _stage_of(room: LiveSession) -> dict[str, Any] | None:
    """Only what the protocol knows is kept for good."""
    found = newest_stage(session=room, fallback=_last_keyframe(room))
    if found is None:
        return None
    try:
        frame = StageFrame.model_validate(found)
    except ValidationError:
        return None
    return frame.model_dump(mode="json", exclude_unset=True)["state"]  # type: ignore[no-any-return]


def _last_keyframe(room: LiveSession) -> dict[str, Any] | None:
    keyframes = LiveEvent.objects.filter(
        session=room, kind="stage.keyframe", case_id=room.case_id
    ).order_by("-seq")
    payload = keyframes.values_list("payload", flat=True).first()
    return None if payload is None else dict(payload["stage"])
