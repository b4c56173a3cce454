"""At the door of a meeting's room: waiting, being let in, being refused (LIVE-M4)."""

from collections.abc import Iterable
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from apps.audit.choices import Outcome
from apps.audit.services import record_entry
from apps.core.actors import Actor
from apps.core.events import after_commit
from apps.core.exceptions import Conflict, NotVisible
from apps.live import policies
from apps.live.bell import ring
from apps.live.choices import LobbyAnswer
from apps.live.door import Door, read_doors
from apps.live.models import LiveSession, LobbyEntry


@transaction.atomic
def come_to_door(*, actor: Actor, session_id: UUID) -> Door:
    """Is it open? A guest who has to wait is put on the chair's list."""
    policies.knock(actor=actor, session_id=session_id)
    session = LiveSession.objects.get(pk=session_id)
    door = read_doors(session=session, user_ids=[actor.person_id])[actor.person_id]
    if door.verdict == "waiting":
        _, is_new = LobbyEntry.objects.get_or_create(session=session, user_id=actor.person_id)
        if is_new:
            _audit(actor=actor, session=session, action="live.waits", user_id=actor.person_id)
    return door


@transaction.atomic
def stay_at_door(*, session_id: UUID, user_ids: Iterable[UUID]) -> dict[UUID, Door]:
    """Once a second for all who wait here: they still do, and what their door says now."""
    session = LiveSession.objects.get(pk=session_id)
    wanted = frozenset(user_ids)
    LobbyEntry.objects.filter(
        session=session, user_id__in=wanted, answer=LobbyAnswer.WAITING
    ).update(updated_at=timezone.now())
    return read_doors(session=session, user_ids=wanted)


@transaction.atomic
def answer_guest(*, actor: Actor, session_id: UUID, user_id: UUID, answer: str) -> None:
    """Let a guest in for this session, or not. Who was refused may still be let in.

    Raises
    ------
    NotVisible
        Nobody of that name waits.
    Conflict
        ``already_admitted``: their access to the case ends by its grant.
    """
    policies.admit_guests(actor=actor, session_id=session_id)
    entry = (
        LobbyEntry.objects.select_for_update(of=("self",))
        .select_related("session")
        .filter(session_id=session_id, user_id=user_id)
        .first()
    )
    if entry is None:
        raise NotVisible("Nobody of that name waits.")
    if entry.answer == answer:
        return
    if entry.answer == LobbyAnswer.ADMITTED:
        raise Conflict("They are in the room already.", code="already_admitted")
    entry.answer, entry.answered_by_id = answer, actor.id
    entry.save(update_fields=["answer", "answered_by", "updated_at"])
    is_admitted = answer == LobbyAnswer.ADMITTED
    _audit(
        actor=actor,
        session=entry.session,
        action="live.admitted" if is_admitted else "live.refused",
        user_id=user_id,
        outcome=Outcome.SUCCESS if is_admitted else Outcome.REFUSED,
    )
    after_commit(lambda: ring(session_id=session_id))


def _audit(
    *,
    actor: Actor,
    session: LiveSession,
    action: str,
    user_id: UUID,
    outcome: str = Outcome.SUCCESS,
) -> None:
    record_entry(
        actor=actor,
        action=action,
        entity="live_session",
        entity_id=session.pk,
        details={"user": str(user_id)},
        outcome=outcome,
    )
