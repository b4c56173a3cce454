"""The presenter token: one person, one epoch, in PostgreSQL (LIVE-P1, P2)."""

from uuid import UUID

from django.db import transaction

from apps.accounts.choices import AccountKind
from apps.accounts.models import User
from apps.accounts.selectors import actor_for
from apps.audit.services import record_entry
from apps.cases.selectors import standing_in
from apps.core.actors import Actor
from apps.core.events import actor_fields, record
from apps.core.exceptions import Conflict, InvalidInput
from apps.live import policies
from apps.live.choices import SessionState
from apps.live.events import PresenterChanged
from apps.live.models import LiveSession, PresenterAsk
from apps.live.selectors import describe_presenter


@transaction.atomic
def grant_presenter(*, actor: Actor, session_id: UUID, user_id: UUID | None) -> LiveSession:
    """Hand the token to somebody who may see the case, or (``None``) back to the chair."""
    policies.steer_session(
        actor=actor, session=policies.act_in_session(actor=actor, session_id=session_id)
    )
    session = _lock(session_id)
    target: UUID = session.chair_id if user_id is None else user_id
    if target == session.presenter_id:
        return session
    user = User.objects.filter(pk=target, is_active=True, kind=AccountKind.PERSON).first()
    if user is None:
        raise InvalidInput("This person is not part of the case.", code="unknown_person")
    standing = standing_in(actor=actor_for(user=user), case_id=session.case_id)
    if standing is None:
        raise InvalidInput("This person is not part of the case.", code="unknown_person")
    if standing.is_deidentified:
        raise InvalidInput("A de-identified view cannot lead the others.", code="deidentified_only")
    return _hand_over(actor=actor, session=session, user=user, reason="granted")


@transaction.atomic
def take_presenter(*, actor: Actor, session_id: UUID, vacant: bool = False) -> LiveSession:
    """The chair takes the token. ``vacant``: whoever had it has been away past the grace."""
    session = policies.act_in_session(actor=actor, session_id=session_id)
    policies.take_presenter(actor=actor, session=session, vacant=vacant)
    session = _lock(session_id)
    if session.presenter_id == actor.id or actor.id is None:
        return session
    user = User.objects.filter(pk=actor.id).first()
    return _hand_over(actor=actor, session=session, user=user, reason="taken")


@transaction.atomic
def release_presenter(*, actor: Actor, session_id: UUID) -> LiveSession:
    """The presenter gives the token back to the chair."""
    policies.act_in_session(actor=actor, session_id=session_id)
    session = _lock(session_id)
    if session.presenter_id != actor.id:
        raise Conflict("You are not presenting.", code="not_presenting")
    if session.presenter_id == session.chair_id:
        return session
    chair = User.objects.get(pk=session.chair_id)
    return _hand_over(actor=actor, session=session, user=chair, reason="released")


@transaction.atomic
def return_token(*, session_id: UUID, epoch: int) -> bool:
    """After the grace the token goes to the chair; any process may say so, one succeeds."""
    session = _lock(session_id)
    stale = session.presenter_epoch != epoch or session.presenter_id == session.chair_id
    if stale or session.state != SessionState.OPEN:
        return False
    chair = User.objects.get(pk=session.chair_id)
    _hand_over(actor=Actor.system("live"), session=session, user=chair, reason="grace_over")
    return True


@transaction.atomic
def renew_epoch(*, session_id: UUID, epoch: int) -> bool:
    """The stage register was lost: the same presenter goes on under a new epoch (LIVE-C2)."""
    session = _lock(session_id)
    if session.presenter_epoch != epoch or session.state != SessionState.OPEN:
        return False
    _hand_over(
        actor=Actor.system("live"), session=session, user=session.presenter, reason="renewed"
    )
    return True


def _lock(session_id: UUID) -> LiveSession:
    return (
        LiveSession.objects.select_for_update(of=("self",), no_key=True)
        .select_related("presenter", "chair")
        .get(pk=session_id)
    )


def _hand_over(
    *, actor: Actor, session: LiveSession, user: User | None, reason: str
) -> LiveSession:
    session.presenter = user
    session.presenter_epoch += 1
    session.save(update_fields=["presenter", "presenter_epoch", "updated_at"])
    if user is not None:
        PresenterAsk.objects.filter(session=session, user=user).delete()
    record_entry(
        actor=actor,
        action="live.presenter_changed",
        case_id=session.case_id,
        entity="live_session",
        entity_id=session.pk,
        details={"presenter": str(user.pk) if user else None, "reason": reason},
    )
    record(
        PresenterChanged(
            **actor_fields(actor),
            session_id=session.pk,
            case_id=session.case_id,
            entity_id=str(session.pk),
            entity_version=session.presenter_epoch,
            presenter=describe_presenter(session),
            reason=reason,
        )
    )
    return session
