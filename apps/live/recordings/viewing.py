"""Looking at a recording is looking at a patient: it is in the trail."""

from django.db import transaction

from apps.audit.services import record_entry
from apps.cases.models import Case
from apps.core.actors import Actor
from apps.live.models import LiveSession
from apps.live.recordings.selectors import Chapter


@transaction.atomic
def record_replay(*, actor: Actor, session: LiveSession, chapter: Chapter) -> None:
    """One entry a visit and chapter: the player reads the beginning of each once."""
    record_entry(
        actor=actor,
        action="recording.viewed",
        case_id=chapter.case_id,
        patient_id=Case.objects.values_list("patient_id", flat=True).get(pk=chapter.case_id),
        entity="live_session",
        entity_id=session.pk,
        details={"from_seq": chapter.from_seq, "to_seq": chapter.to_seq},
    )
