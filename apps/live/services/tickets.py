"""Single-use tickets: how an authenticated REST call becomes a socket (LIVE-A1)."""

import secrets
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from apps.accounts.models import User
from apps.accounts.selectors import actor_for
from apps.core.actors import Actor
from apps.core.exceptions import Forbidden
from apps.live import policies
from apps.live.choices import SessionState
from apps.live.exceptions import SessionEnded, TicketRefused
from apps.live.limits import TICKET_LIFETIME_S
from apps.live.models import LiveSession, LiveTicket

KEEP_SPENT_FOR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Admission:
    """Whom a redeemed ticket admits."""

    user: User
    actor: Actor
    sign_in_key: str


@transaction.atomic
def mint_ticket(*, actor: Actor, session_id: UUID) -> str:
    """A ticket for this person and room, good once and for 60 s. Only its hash is stored."""
    session = _come(actor=actor, session_id=session_id)
    if actor.id is None:
        raise Forbidden("Only a person joins a session.")
    token = secrets.token_urlsafe(32)
    LiveTicket.objects.create(
        token_sha256=_hash(token),
        session=session,
        user_id=actor.id,
        sign_in_key=actor.session_key,
        expires_at=timezone.now() + timedelta(seconds=TICKET_LIFETIME_S),
    )
    return token


@transaction.atomic
def redeem_ticket(*, token: str, session_id: UUID) -> Admission:
    """Spend a ticket. What it was minted on is checked again: access may have gone since.

    Raises
    ------
    TicketRefused
        Unknown, spent, expired, of another room, or of somebody who is no longer active.
    NotVisible, SessionEnded
        The person may no longer enter, or the room is closed.
    """
    now = timezone.now()
    spent = LiveTicket.objects.filter(
        token_sha256=_hash(token), session_id=session_id, used_at__isnull=True, expires_at__gt=now
    ).update(used_at=now)
    if not spent:
        raise TicketRefused("The ticket is not valid.")
    ticket = LiveTicket.objects.select_related("user").get(token_sha256=_hash(token))
    if not ticket.user.is_active:
        raise TicketRefused("The ticket is not valid.")
    actor = actor_for(user=ticket.user, session_key=ticket.sign_in_key)
    _come(actor=actor, session_id=session_id)
    return Admission(user=ticket.user, actor=actor, sign_in_key=ticket.sign_in_key)


def _come(*, actor: Actor, session_id: UUID) -> LiveSession:
    """To the door only: whether it opens is asked when the socket is there (LIVE-M4)."""
    policies.knock(actor=actor, session_id=session_id)
    session = LiveSession.objects.get(pk=session_id)
    if session.state != SessionState.OPEN:
        raise SessionEnded("The session has ended.")
    return session


def purge_tickets() -> int:
    """Forget tickets that ended long ago."""
    deleted, _ = LiveTicket.objects.filter(expires_at__lt=timezone.now() - KEEP_SPENT_FOR).delete()
    return deleted


def _hash(token: str) -> str:
    return sha256(token.encode()).hexdigest()
