from uuid import UUID

from django.db import transaction

from apps.core.actors import Actor
from apps.core.events import actor_fields, record
from apps.live.events import StageKeyframed
from apps.live.models import LiveSession
from apps.live.protocol.stage import StageFrame


@transaction.atomic
def write_keyframe(*, actor: Actor, session_id: UUID, case_id: UUID, frame: StageFrame) -> bool:
    """Put the settled stage into the log, if its epoch still holds and its case is on screen."""
    shown = LiveSession.objects.filter(
        pk=session_id, case_id=case_id, presenter_epoch=frame.epoch, state="open"
    )
    if not shown.exists():
        return False
    record(
        StageKeyframed(
            **actor_fields(actor),
            session_id=session_id,
            case_id=case_id,
            entity_id=str(session_id),
            entity_version=min(frame.rev, 2**31 - 1),
            stage=frame.model_dump(mode="json", exclude_unset=True),
        )
    )
    return True
