"""Asking the chair for the presenter token (LIVE-M6)."""

from uuid import UUID

from django.db import transaction

from apps.audit.services import record_entry
from apps.cases.policies import refuse_place, require_standing
from apps.core.actors import Actor
from apps.core.events import actor_fields, record
from apps.core.exceptions import Forbidden
from apps.live import policies
from apps.live.events import PresenterAsked, PresenterAskEnded
from apps.live.models import LiveSession, PresenterAsk
from apps.live.people import describe_ask


@transaction.atomic
def ask_to_present(*, actor: Actor, session_id: UUID) -> None:
    """Stand in the chair's list until it is granted, declined or taken back. Once.

    Raises
    ------
    Forbidden
        ``deidentified_only``: such a view cannot lead the others.
    """
    session = policies.act_in_session(actor=actor, session_id=session_id)
    refuse_place(actor)
    if require_standing(actor=actor, case_id=session.case_id).is_deidentified:
        raise Forbidden("A de-identified view cannot lead the others.", code="deidentified_only")
    if session.presenter_id == actor.id:
        return
    ask, is_new = PresenterAsk.objects.get_or_create(session=session, user_id=actor.person_id)
    if not is_new:
        return
    _audit(actor=actor, session=session, user_id=actor.person_id, what="asked")
    record(
        PresenterAsked(
            **actor_fields(actor),
            session_id=session.pk,
            case_id=session.case_id,
            entity_id=str(ask.pk),
            ask=describe_ask(ask),
        )
    )


@transaction.atomic
def withdraw_ask(*, actor: Actor, session_id: UUID) -> None:
    session = policies.act_in_session(actor=actor, session_id=session_id)
    _end(actor=actor, session=session, user_id=actor.person_id, reason="withdrawn")


@transaction.atomic
def decline_ask(*, actor: Actor, session_id: UUID, user_id: UUID) -> None:
    """Not now. They may ask again."""
    session = policies.act_in_session(actor=actor, session_id=session_id)
    policies.steer_session(actor=actor, session=session)
    _end(actor=actor, session=session, user_id=user_id, reason="declined")


def _end(*, actor: Actor, session: LiveSession, user_id: UUID, reason: str) -> None:
    deleted, _ = PresenterAsk.objects.filter(session=session, user_id=user_id).delete()
    if not deleted:
        return
    _audit(actor=actor, session=session, user_id=user_id, what=reason)
    record(
        PresenterAskEnded(
            **actor_fields(actor),
            session_id=session.pk,
            case_id=session.case_id,
            entity_id=str(user_id),
            user=user_id,
            reason=reason,
        )
    )


def _audit(*, actor: Actor, session: LiveSession, user_id: UUID, what: str) -> None:
    record_entry(
        actor=actor,
        action=f"live.presenter_ask_{what}",
        case_id=session.case_id,
        entity="live_session",
        entity_id=session.pk,
        details={"user": str(user_id)},
    )
