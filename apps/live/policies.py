"""Who may enter a room, steer it, and do what in it.

What an op does to a case is guarded by that case's own policies inside the service; here is
only what belongs to the room.
"""

from typing import Any
from uuid import UUID

from apps.cases.choices import Capacity
from apps.cases.policies import require_standing
from apps.cases.selectors import standing_in
from apps.core.actors import Actor
from apps.core.exceptions import Forbidden, NotVisible
from apps.core.policies import signed_in
from apps.live.choices import LobbyAnswer, SessionState
from apps.live.door import GUESTS, read_doors
from apps.live.exceptions import SessionEnded
from apps.live.models import LiveSession, LobbyEntry

OPENERS = frozenset({Capacity.MEMBER, Capacity.CHAIR, Capacity.COORDINATOR})
STEERERS = frozenset({Capacity.CHAIR, Capacity.COORDINATOR})


def list_sessions(*, actor: Actor, **ids: Any) -> None:
    """Whoever is signed in may ask; the list holds only rooms they may enter."""
    signed_in(actor=actor)


def open_ad_hoc(*, actor: Actor, case_id: UUID, **ids: Any) -> None:
    """Members, chair and coordinator of the case; guests are invited into open rooms."""
    if not require_standing(actor=actor, case_id=case_id).capacities & OPENERS:
        raise Forbidden("Your part in this case does not allow opening a room.")


def enter_session(*, actor: Actor, session_id: UUID, **ids: Any) -> None:
    """Whoever may see the room's current case. Otherwise the room does not exist."""
    get_session(actor=actor, session_id=session_id)


def get_session(*, actor: Actor, session_id: UUID) -> LiveSession:
    """The room, for somebody who may be in it.

    Raises
    ------
    NotVisible
        No such room, or not this actor's to know.
    Forbidden
        ``lobby_waiting``: a guest of a meeting whom the chair has not admitted.
    """
    signed_in(actor=actor)
    session = LiveSession.objects.select_related("chair", "presenter").filter(pk=session_id).first()
    if session is None:
        raise NotVisible()
    standing = standing_in(actor=actor, case_id=session.case_id)
    if standing is None:
        raise NotVisible()
    if needs_admission(session=session, capacities=standing.capacities):
        require_admission(actor=actor, session=session)
    return session


def needs_admission(*, session: LiveSession, capacities: frozenset[str]) -> bool:
    """Guests of a meeting wait for the chair; whoever is invited to one case comes ad hoc."""
    return session.meeting_id is not None and capacities <= GUESTS


def require_admission(*, actor: Actor, session: LiveSession) -> None:
    answers = LobbyEntry.objects.filter(session=session, user_id=actor.person_id)
    if answers.values_list("answer", flat=True).first() != LobbyAnswer.ADMITTED:
        raise Forbidden("The chair has not let you in yet.", code="lobby_waiting")


def knock(*, actor: Actor, session_id: UUID, **ids: Any) -> None:
    """Come to the room's door: whoever may be in it, waits for it, or has a case in it later.

    Raises
    ------
    NotVisible
        No such room, or no case of it is this actor's.
    Forbidden
        ``lobby_refused``: the chair did not admit them.
    """
    signed_in(actor=actor)
    session = LiveSession.objects.filter(pk=session_id).first()
    if session is None or not (actor.is_person or actor.is_place):
        raise NotVisible()
    door = read_doors(session=session, user_ids=[actor.person_id])[actor.person_id]
    if door.verdict == "gone":
        raise NotVisible()
    if door.verdict == "refused":
        raise Forbidden("The chair did not let you in.", code="lobby_refused")


def admit_guests(*, actor: Actor, session_id: UUID, **ids: Any) -> None:
    """Who steers the room lets in or refuses."""
    steer_session(actor=actor, session=act_in_session(actor=actor, session_id=session_id))


def show_wall(*, actor: Actor, session_id: UUID, **ids: Any) -> None:
    """The screen of the room itself; people in it read the code on the wall."""
    if not actor.is_place:
        raise NotVisible()
    act_in_session(actor=actor, session_id=session_id)


def connect_screen(*, actor: Actor, session_id: UUID, **ids: Any) -> None:
    """Who steers the room says on which walls it is shown."""
    steer_session(actor=actor, session=act_in_session(actor=actor, session_id=session_id))


def act_in_session(*, actor: Actor, session_id: UUID) -> LiveSession:
    """As entering, and the room must be open."""
    session = get_session(actor=actor, session_id=session_id)
    if session.state != SessionState.OPEN:
        raise SessionEnded("The session has ended.")
    return session


def is_chair(*, actor: Actor, session: LiveSession) -> bool:
    """The session's chair, or whoever chairs the case on screen."""
    if actor.id == session.chair_id:
        return True
    standing = standing_in(actor=actor, case_id=session.case_id)
    return standing is not None and Capacity.CHAIR in standing.capacities


def steer_session(*, actor: Actor, session: LiveSession) -> None:
    """Grant the presenter token, go to the next case, end: chair, or coordinator for them."""
    standing = require_standing(actor=actor, case_id=session.case_id)
    if actor.id == session.chair_id or standing.capacities & STEERERS or actor.is_system:
        return
    raise Forbidden("The chair steers the session.")


def end_session(*, actor: Actor, session_id: UUID, **ids: Any) -> None:
    steer_session(actor=actor, session=get_session(actor=actor, session_id=session_id))


def take_presenter(*, actor: Actor, session: LiveSession, vacant: bool) -> None:
    """The chair may always; where the token waits for somebody absent, a clinician may."""
    standing = require_standing(actor=actor, case_id=session.case_id)
    if is_chair(actor=actor, session=session):
        return
    if vacant and standing.capacities & OPENERS:
        return
    raise Forbidden("Ask the chair for the presenter token.", code="ask_the_chair")


def reveal_ai(*, actor: Actor, session: LiveSession) -> None:
    """Whoever presents, or chairs: they know that the images have been read."""
    require_standing(actor=actor, case_id=session.case_id)
    if actor.id == session.presenter_id or is_chair(actor=actor, session=session):
        return
    raise Forbidden("The presenter or the chair reveals AI results.", code="ask_the_presenter")
