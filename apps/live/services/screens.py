"""The screen on a room's wall: a place that looks, for one meeting (decision 0181).

It waits with a code. Whoever steers the room connects it: an account of its own without a
password, and a grant on the case on screen alone, that follows the agenda. Everything else in
the house (guise, tickets, revocation, the trail) is what it is for people; what a place may do
is decided by its kind, at the door of REST and of the socket.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from apps.accounts.services import close_place, create_place
from apps.audit.services import record_entry
from apps.boards.events import AgendaMoved
from apps.boards.models import AgendaItem
from apps.cases import services as case_services
from apps.cases.choices import Capacity, GrantSource, Guise
from apps.core.actors import Actor
from apps.core.exceptions import InvalidInput, NotVisible, RateLimited
from apps.live import policies
from apps.live.choices import ScreenState, SessionState
from apps.live.models import LiveSession, RoomScreen

CODE_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
"""Without letters and digits that look alike on a wall."""

CODE_LENGTH = 8
CODE_LIFETIME = timedelta(minutes=10)
CONNECTED_AFTER_END = timedelta(hours=4)
CONNECTED_AT_LEAST = timedelta(hours=2)
MOST_WAITING = 100
KEEP_CLOSED_FOR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class AnnouncedScreen:
    """Told to the browser once; only hashes are kept."""

    screen: RoomScreen
    code: str
    secret: str


@transaction.atomic
def announce_screen() -> AnnouncedScreen:
    """A browser on a wall asks for a code. It gets nothing but that.

    Raises
    ------
    RateLimited
        More screens wait than any house has.
    """
    now = timezone.now()
    waiting = RoomScreen.objects.filter(state=ScreenState.WAITING, expires_at__gt=now)
    if waiting.count() >= MOST_WAITING:
        raise RateLimited("Too many screens wait.", details={"retry_after_s": 60})
    code = "".join(secrets.choice(CODE_LETTERS) for _ in range(CODE_LENGTH))
    secret = secrets.token_urlsafe(32)
    screen = RoomScreen.objects.create(
        code_sha256=_hash(code), secret_sha256=_hash(secret), expires_at=now + CODE_LIFETIME
    )
    return AnnouncedScreen(screen=screen, code=code, secret=secret)


@transaction.atomic
def connect_screen(
    *, actor: Actor, session_id: UUID, code: str, name: str, guise: str = Guise.DEIDENTIFIED
) -> RoomScreen:
    """Show this room on the screen with this code, in this guise.

    Raises
    ------
    InvalidInput
        ``screen_code_wrong``: no screen waits with it; ``name_needed``.
    """
    policies.connect_screen(actor=actor, session_id=session_id)
    if not name.strip():
        raise InvalidInput("A screen needs the name of its room.", code="name_needed")
    screen = (
        RoomScreen.objects.select_for_update()
        .filter(
            code_sha256=_hash(_spoken(code)),
            state=ScreenState.WAITING,
            expires_at__gt=timezone.now(),
        )
        .first()
    )
    if screen is None:
        raise InvalidInput("No screen waits with this code.", code="screen_code_wrong")
    session = LiveSession.objects.select_related("meeting").get(pk=session_id)
    screen.place = create_place(actor=actor, name=name)
    screen.session, screen.guise = session, guise
    screen.state, screen.connected_by_id = ScreenState.CONNECTED, actor.id
    screen.expires_at = _end_of(session)
    screen.save()
    _show(screen=screen, case_id=session.case_id)
    record_entry(
        actor=actor,
        action="security.screen_connected",
        case_id=session.case_id,
        entity="live_session",
        entity_id=session_id,
        details={"screen": str(screen.pk), "guise": guise},
    )
    return screen


def claim_screen(*, screen_id: UUID, secret: str) -> RoomScreen:
    """The screen as its own browser may know it.

    Raises
    ------
    NotVisible
        No such screen, another browser's, or it is over.
    """
    screen = (
        RoomScreen.objects.select_related("place", "session")
        .filter(pk=screen_id, expires_at__gt=timezone.now())
        .exclude(state=ScreenState.CLOSED)
        .first()
    )
    if screen is None or not secrets.compare_digest(screen.secret_sha256, _hash(secret)):
        raise NotVisible()
    return screen


@transaction.atomic
def disconnect_screen(*, actor: Actor, session_id: UUID, place_id: UUID) -> None:
    """Put one screen out, at once."""
    policies.connect_screen(actor=actor, session_id=session_id)
    screens = RoomScreen.objects.filter(session_id=session_id, place_id=place_id)
    if not _close(actor=actor, screens=list(screens)):
        raise NotVisible()


@transaction.atomic
def close_screens(*, actor: Actor, session_id: UUID) -> None:
    """The session is over, and its screens with it."""
    _close(actor=actor, screens=list(RoomScreen.objects.filter(session_id=session_id)))


@transaction.atomic
def purge_screens() -> None:
    """Forget codes nobody used; close screens whose time is over."""
    now = timezone.now()
    over = RoomScreen.objects.filter(state=ScreenState.CONNECTED, expires_at__lte=now)
    _close(actor=Actor.system("live"), screens=list(over))
    RoomScreen.objects.filter(
        state=ScreenState.WAITING, expires_at__lt=now - KEEP_CLOSED_FOR
    ).delete()


def show_next_case(event: AgendaMoved) -> None:
    """The screens of the meeting's room see the new case, and the former one no more.

    Called before the log takes the session's row: grants are locked before it.
    """
    meeting = AgendaItem.objects.filter(pk=event.agenda_item).values("meeting_id")
    screens = RoomScreen.objects.filter(
        session__meeting_id__in=meeting,
        session__state=SessionState.OPEN,
        state=ScreenState.CONNECTED,
    )
    for screen in screens.order_by("pk"):
        _show(screen=screen, case_id=event.case_id)


def _show(*, screen: RoomScreen, case_id: UUID) -> None:
    assert screen.place_id is not None
    system = Actor.system("live")
    case_services.revoke_source(
        actor=system, source=GrantSource.PLACE, source_id=str(screen.pk), user_id=screen.place_id
    )
    case_services.grant_access(
        actor=system,
        case_id=case_id,
        user_id=screen.place_id,
        capacity=Capacity.OBSERVER,
        guise=screen.guise,
        source=GrantSource.PLACE,
        source_id=str(screen.pk),
        expires_at=screen.expires_at,
    )


def _close(*, actor: Actor, screens: list[RoomScreen]) -> int:
    closed = 0
    for screen in screens:
        if screen.state != ScreenState.CONNECTED or screen.place_id is None:
            continue
        case_services.revoke_source(
            actor=actor,
            source=GrantSource.PLACE,
            source_id=str(screen.pk),
            user_id=screen.place_id,
        )
        close_place(actor=actor, user_id=screen.place_id)
        screen.state = ScreenState.CLOSED
        screen.save(update_fields=["state", "updated_at"])
        closed += 1
    return closed


def _end_of(session: LiveSession) -> datetime:
    soonest = timezone.now() + CONNECTED_AT_LEAST
    if session.meeting is None:
        return soonest
    return max(soonest, session.meeting.ends_at + CONNECTED_AFTER_END)


def _spoken(code: str) -> str:
    return "".join(sign for sign in code.upper() if sign.isalnum())


def _hash(text: str) -> str:
    return sha256(text.encode()).hexdigest()
