"""Open and end rooms; who was there and what they saw."""

from collections.abc import Iterable
from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from apps.accounts.models import User
from apps.accounts.selectors import actor_for
from apps.audit.services import record_entry
from apps.boards import policies as board_policies
from apps.boards.choices import AgendaStatus, BoardRole
from apps.boards.models import AgendaItem, BoardMember
from apps.boards.services import goto_agenda_item, note_joined
from apps.cases.choices import Capacity
from apps.cases.selectors import standing_in
from apps.core.actors import Actor
from apps.core.events import after_commit
from apps.core.exceptions import Forbidden, InvalidInput, NotVisible
from apps.live import policies
from apps.live.bell import ring
from apps.live.choices import SessionState
from apps.live.limits import IDLE_ROOM_DAYS
from apps.live.models import LiveSession
from apps.live.recordings.writing import record_state, record_visit, rules_for
from apps.live.services.screens import close_screens

PRESENTERS = frozenset({Capacity.MEMBER, Capacity.CHAIR})


@transaction.atomic
def open_ad_hoc_session(*, actor: Actor, case_id: UUID) -> tuple[LiveSession, bool]:
    """The open room of this case, and whether it was opened just now.

    Two people who press the button at once land in the same room. Whoever opens it chairs
    it and, if a clinician, presents.
    """
    policies.open_ad_hoc(actor=actor, case_id=case_id)
    standing = _find_open(case_id=case_id, meeting_id=None)
    if standing is not None:
        return standing, False
    chair = _person(actor)
    return _open(actor=actor, case_id=case_id, meeting_id=None, item=None, chair=chair)


@transaction.atomic
def open_meeting_session(*, actor: Actor, meeting_id: UUID) -> tuple[LiveSession, bool]:
    """The meeting's open room; its chair or coordinator opens it on the first case.

    Raises
    ------
    InvalidInput
        ``agenda_empty``: there is no case to open it on.
    """
    board_policies.view_meeting(actor=actor, meeting_id=meeting_id)
    standing = _find_open(case_id=None, meeting_id=meeting_id)
    if standing is not None:
        return standing, False
    board_policies.run_meeting(actor=actor, meeting_id=meeting_id)
    item = _first_item(meeting_id)
    if item is None:
        raise InvalidInput("The agenda holds no case to open.", code="agenda_empty")
    item = goto_agenda_item(actor=actor, item_id=item.pk)
    chair = _chair_of(meeting_id=meeting_id) or _person(actor)
    return _open(actor=actor, case_id=item.case_id, meeting_id=meeting_id, item=item, chair=chair)


@transaction.atomic
def end_session(*, actor: Actor, session_id: UUID) -> LiveSession:
    """Close the room for everybody; ending twice is once."""
    policies.end_session(actor=actor, session_id=session_id)
    session = LiveSession.objects.select_for_update(of=("self",), no_key=True).get(pk=session_id)
    if session.state == SessionState.ENDED:
        return session
    session.state = SessionState.ENDED
    session.ended_at = timezone.now()
    session.save(update_fields=["state", "ended_at", "updated_at"])
    close_screens(actor=actor, session_id=session_id)
    _audit(actor=actor, session=session, action="live.ended")
    after_commit(lambda: ring(session_id=session_id))
    return session


def end_idle_rooms() -> int:
    """Nobody may end a room that everybody forgot, and its recording's time would never begin."""
    quiet = timezone.now() - timedelta(days=IDLE_ROOM_DAYS)
    idle = LiveSession.objects.filter(state=SessionState.OPEN, updated_at__lt=quiet)
    rooms = list(idle.values_list("pk", flat=True))
    for session_id in rooms:
        end_session(actor=Actor.system("retention"), session_id=session_id)
    return len(rooms)


@transaction.atomic
def record_attendance(*, actor: Actor, session_id: UUID, case_id: UUID, joined: bool) -> None:
    """Who came and went: for the trail (LIVE-A5), the recording, and the meeting (LIVE-M1)."""
    record_entry(
        actor=actor,
        action="live.joined" if joined else "live.left",
        case_id=case_id,
        entity="live_session",
        entity_id=session_id,
    )
    if actor.id is not None:
        record_visit(session_id=session_id, user_id=actor.id, joined=joined)
    meeting_id = LiveSession.objects.values_list("meeting_id", flat=True).get(pk=session_id)
    if joined and meeting_id is not None and actor.is_person:
        note_joined(actor=actor, meeting_id=meeting_id)


@transaction.atomic
def record_studies_viewed(
    *, viewers: Iterable[tuple[Actor, str]], session_id: UUID, case_id: UUID
) -> None:
    """Followers look at patient data too: one entry per person and study (LIVE-A5)."""
    for actor, study_instance_uid in viewers:
        record_entry(
            actor=actor,
            action="study.viewed",
            case_id=case_id,
            entity="study",
            entity_id=study_instance_uid,
            details={"session": str(session_id)},
        )


def _find_open(*, case_id: UUID | None, meeting_id: UUID | None) -> LiveSession | None:
    sessions = LiveSession.objects.select_related("chair", "presenter").filter(
        state=SessionState.OPEN
    )
    if meeting_id is not None:
        return sessions.filter(meeting_id=meeting_id).first()
    if case_id is not None:
        return sessions.filter(meeting_id__isnull=True, case_id=case_id).first()
    return None


def _open(
    *,
    actor: Actor,
    case_id: UUID,
    meeting_id: UUID | None,
    item: AgendaItem | None,
    chair: User,
) -> tuple[LiveSession, bool]:
    presenter = _first_presenter(actor=actor, case_id=case_id, chair=chair)
    session = LiveSession(
        case_id=case_id,
        meeting_id=meeting_id,
        agenda_item=item,
        chair=chair,
        presenter=presenter,
        **rules_for(meeting_id=meeting_id),
    )
    made = LiveSession.objects.bulk_create([session], ignore_conflicts=True)
    found = _find_open(case_id=None if meeting_id else case_id, meeting_id=meeting_id)
    if found is None:
        raise NotVisible()
    if found.pk != made[0].pk:
        return found, False
    _audit(actor=actor, session=found, action="live.opened")
    record_state(session_id=found.pk, seq=0, begins_chapter=True)
    return found, True


def _first_presenter(*, actor: Actor, case_id: UUID, chair: User) -> User | None:
    """Whoever opens the room if a clinician of the case, else its chair if one, else nobody."""
    opener = _person(actor)
    for user in (opener, chair):
        standing = standing_in(actor=actor_for(user=user), case_id=case_id)
        if standing and standing.capacities & PRESENTERS and not standing.is_deidentified:
            return user
    return None


def _person(actor: Actor) -> User:
    if actor.id is None:
        raise Forbidden("Only a person opens a room.")
    return User.objects.get(pk=actor.id)


def _first_item(meeting_id: UUID) -> AgendaItem | None:
    items = AgendaItem.objects.filter(meeting_id=meeting_id).order_by("position")
    current = items.filter(status=AgendaStatus.CURRENT).first()
    return current or items.filter(status=AgendaStatus.PLANNED).first()


def _chair_of(*, meeting_id: UUID) -> User | None:
    member = (
        BoardMember.objects.filter(
            board__meetings=meeting_id, role=BoardRole.CHAIR, left_at__isnull=True
        )
        .select_related("user")
        .order_by("created_at")
        .first()
    )
    return member.user if member else None


def _audit(*, actor: Actor, session: LiveSession, action: str) -> None:
    record_entry(
        actor=actor,
        action=action,
        case_id=session.case_id,
        entity="live_session",
        entity_id=session.pk,
        details={"meeting": str(session.meeting_id) if session.meeting_id else None},
    )
