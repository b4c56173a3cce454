"""The secret address of somebody's calendar."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from apps.accounts.models import User
from apps.audit.services import record_entry
from apps.core.actors import Actor
from apps.core.exceptions import NotVisible
from apps.interop import policies
from apps.interop.models import CalendarFeed

SECRET_BYTES = 32
READ_NOTED_EVERY = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class NewFeed:
    """The only answer that ever holds the secret."""

    feed: CalendarFeed
    secret: str


@transaction.atomic
def renew_feed(*, actor: Actor) -> NewFeed:
    """A new address; the one before ends at once."""
    policies.own_feed(actor=actor)
    User.objects.select_for_update().get(pk=actor.person_id)
    _end(actor)
    secret = secrets.token_urlsafe(SECRET_BYTES)
    feed = CalendarFeed.objects.create(user_id=actor.person_id, secret_sha256=_digest(secret))
    _enter(actor, feed, "calendar_feed.created")
    return NewFeed(feed, secret)


@transaction.atomic
def revoke_feed(*, actor: Actor) -> None:
    """The address answers nobody any more. Without one nothing happens."""
    policies.own_feed(actor=actor)
    _end(actor)


def open_feed(*, secret: str) -> User:
    """Whose calendar stands behind the address.

    Raises
    ------
    NotVisible
        No such address, it has been revoked, or its owner has left.
    """
    feed = (
        CalendarFeed.objects.filter(secret_sha256=_digest(secret), revoked_at__isnull=True)
        .select_related("user")
        .first()
    )
    if feed is None or not feed.user.is_active:
        raise NotVisible()
    now = timezone.now()
    if feed.last_read_at is None or now - feed.last_read_at > READ_NOTED_EVERY:
        CalendarFeed.objects.filter(pk=feed.pk).update(last_read_at=now)
    return feed.user


def _end(actor: Actor) -> None:
    for feed in CalendarFeed.objects.select_for_update().filter(
        user_id=actor.person_id, revoked_at__isnull=True
    ):
        feed.revoked_at = timezone.now()
        feed.save(update_fields=["revoked_at", "updated_at"])
        _enter(actor, feed, "calendar_feed.revoked")


def _enter(actor: Actor, feed: CalendarFeed, action: str) -> None:
    record_entry(actor=actor, action=f"security.{action}", entity="calendarfeed", entity_id=feed.pk)


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
