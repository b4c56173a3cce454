"""Who may replay what: chapters of cases that they may see, as they may see them now."""

from typing import Any
from uuid import UUID

from apps.cases.selectors import standing_in
from apps.core.actors import Actor
from apps.core.exceptions import NotVisible
from apps.core.policies import signed_in
from apps.live.exceptions import RecordingGone
from apps.live.models import LiveSession
from apps.live.recordings.selectors import chapters_of


def list_recordings(*, actor: Actor, **ids: Any) -> None:
    """Whoever is signed in may ask; the case named in the query is checked by the view."""
    signed_in(actor=actor)


def view_recording(*, actor: Actor, session_id: UUID, **ids: Any) -> None:
    """Whoever may see one of its cases; of the other chapters they are told nothing.

    Raises
    ------
    RecordingGone
        There was one, or there never was: told to those who may see the room's case.
    """
    signed_in(actor=actor)
    session = LiveSession.objects.filter(pk=session_id).first()
    if session is None:
        raise NotVisible()
    cases = {chapter.case_id for chapter in chapters_of(session=session)}
    if any(standing_in(actor=actor, case_id=case_id) for case_id in cases):
        return
    if not cases and standing_in(actor=actor, case_id=session.case_id):
        raise RecordingGone("This session has no recording.")
    raise NotVisible()
