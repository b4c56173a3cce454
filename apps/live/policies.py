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
from apps.live.choices import SessionState
from apps.live.exceptions import SessionEnded
from apps.live.models import LiveSession

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
    """
    signed_in(actor=actor)
    session = LiveSession.objects.select_related("chair", "presenter").filter(pk=session_id).first()
    if session is None:
        raise NotVisible()
    if standing_in(actor=actor, case_id=session.case_id) is None:
        raise NotVisible()
    return session


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
