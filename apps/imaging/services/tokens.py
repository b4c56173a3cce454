"""Tokens of machine clients: made by a person, for cases they see, shown once, kept hashed."""

import hashlib
import re
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from apps.accounts.models import User
from apps.accounts.selectors import TRAINEE_ROLE
from apps.audit.services import record_entry
from apps.cases.access import grants_in_force
from apps.core.actors import Actor
from apps.core.exceptions import InvalidInput, NotVisible, RateLimited
from apps.imaging import policies
from apps.imaging.choices import TokenScope
from apps.imaging.models import AccessToken, TokenFailure

PREFIX = "cns"
TOKEN_PATTERN = re.compile(r"^cns_([0-9a-f]{12})_[A-Za-z0-9_-]{43}$")
LONGEST = timedelta(days=90)
CASES_PER_TOKEN = 50
USED_EVERY = timedelta(minutes=1)

FAILURES_ALLOWED = 10
FAILURE_WINDOW = timedelta(minutes=15)
COOL_OFF = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class MintedToken:
    """``token`` is known here and never again."""

    row: AccessToken
    token: str


class BadToken(Exception):
    """Not a token, or one that opens nothing any more; ``reason`` is for the audit only."""

    def __init__(self, reason: str, *, key: str = "", token_id: UUID | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.key = key
        self.token_id = token_id


def create_token(
    *,
    actor: Actor,
    name: str,
    case_ids: Collection[UUID],
    scopes: Collection[str],
    expires_at: datetime,
) -> MintedToken:
    """A token for these cases, through the grants the actor has in them now.

    Raises
    ------
    NotVisible
        A case that is not the actor's.
    Forbidden
        A scope the actor's own part in a case does not carry.
    InvalidInput
        ``bad_expiry``, no case, no scope or an unknown one.
    """
    policies.manage_tokens(actor=actor)
    cases, wanted = list(dict.fromkeys(case_ids)), sorted(set(scopes))
    if not name.strip() or not cases or len(cases) > CASES_PER_TOKEN:
        raise InvalidInput("Name the token and choose its cases.", code="bad_token_request")
    if not wanted or set(wanted) - set(TokenScope.values):
        raise InvalidInput("Choose scopes.", code="bad_scope")
    now = timezone.now()
    if not now < expires_at <= now + LONGEST:
        raise InvalidInput(
            f"A token ends within {LONGEST.days} days.",
            code="bad_expiry",
            details={"latest": (now + LONGEST).isoformat()},
        )
    for case_id in cases:
        policies.mint_token(actor=actor, case_id=case_id, scopes=wanted)
    key = secrets.token_hex(6)
    token = f"{PREFIX}_{key}_{secrets.token_urlsafe(32)}"
    with transaction.atomic():
        row = AccessToken.objects.create(
            owner_id=actor.person_id,
            name=name.strip()[:100],
            key=key,
            token_sha256=_digest(token),
            scopes=wanted,
            expires_at=expires_at,
        )
        row.grants.set(grants_in_force().filter(user_id=actor.person_id, case_id__in=cases))
        for case_id in cases:
            record_entry(
                actor=actor,
                action="security.token_created",
                case_id=case_id,
                entity="access_token",
                entity_id=row.pk,
                details={"scopes": wanted, "expires_at": expires_at.isoformat()},
            )
    return MintedToken(row=row, token=token)


@transaction.atomic
def revoke_token(*, actor: Actor, token_id: UUID) -> AccessToken:
    """End one of the actor's own tokens; ending it twice changes nothing."""
    policies.manage_tokens(actor=actor)
    row = AccessToken.objects.select_for_update().filter(pk=token_id, owner_id=actor.id).first()
    if row is None:
        raise NotVisible()
    if row.revoked_at is None:
        row.revoked_at = timezone.now()
        row.save(update_fields=["revoked_at", "updated_at"])
        record_entry(
            actor=actor,
            action="security.token_revoked",
            entity="access_token",
            entity_id=row.pk,
        )
    return row


# --- using it ----------------------------------------------------------------------------------


def actor_of_token(*, token: str) -> Actor:
    """The machine client that holds this token, checked against PostgreSQL on every request.

    Raises
    ------
    BadToken
        Unknown, expired, revoked, its person deactivated, or every grant behind it ended.
    """
    shape = TOKEN_PATTERN.match(token)
    if shape is None:
        raise BadToken("malformed")
    key = shape.group(1)
    row = AccessToken.objects.select_related("owner").filter(key=key).first()
    if row is None:
        raise BadToken("unknown")
    if not secrets.compare_digest(row.token_sha256, _digest(token)):
        raise BadToken("wrong_secret", key=key, token_id=row.pk)
    now = timezone.now()
    grants = frozenset(
        grants_in_force(at=now)
        .filter(access_tokens=row, user_id=row.owner_id)
        .values_list("pk", flat=True)
    )
    dead = (
        ("revoked", row.revoked_at is not None),
        ("expired", row.expires_at <= now),
        ("person_closed", not row.owner.is_active),
        ("grant_ended", not grants),
    )
    reason = next((name for name, is_so in dead if is_so), "")
    if reason:
        raise BadToken(reason, key=key, token_id=row.pk)
    if row.last_used_at is None or now - row.last_used_at > USED_EVERY:
        AccessToken.objects.filter(pk=row.pk).update(last_used_at=now)
    return _machine(row, row.owner, grants)


def _machine(row: AccessToken, owner: User, grants: frozenset[UUID]) -> Actor:
    """No system role comes along; being a trainee does, since it only takes away."""
    return Actor(
        kind="machine",
        id=owner.pk,
        label=f"{owner.display_name} ({row.name}, {row.key})"[:200],
        system_roles=frozenset({TRAINEE_ROLE} if owner.is_trainee else ()),
        discipline=owner.discipline,
        scopes=frozenset(row.scopes),
        grant_ids=grants,
    )


def note_bad_token(*, bad: BadToken, address: str) -> None:
    """Count and audit a refused token; after ten from one address only the count goes on.

    Raises
    ------
    RateLimited
        ``locked_out`` for fifteen minutes, as at sign-in. A good token is never shut out.
    """
    now = timezone.now()
    with transaction.atomic():
        row, _ = TokenFailure.objects.select_for_update().get_or_create(
            address=address or "0.0.0.0",  # noqa: S104 - no address is an address too
            key=bad.key,
            defaults={"since": now},
        )
        if row.locked_until is not None and row.locked_until > now:
            raise _locked_out(row.locked_until - now)
        if row.locked_until is not None or now - row.since > FAILURE_WINDOW:
            row.count, row.since, row.locked_until = 0, now, None
        row.count += 1
        if row.count >= FAILURES_ALLOWED:
            row.locked_until = now + COOL_OFF
        row.save()
        record_entry(
            actor=Actor.anonymous(),
            action="auth.failed",
            entity="access_token" if bad.token_id else "",
            entity_id=bad.token_id or "",
            details={
                "by": "bearer",
                "reason": bad.reason,
                "locked_out": row.locked_until is not None,
            },
            outcome="refused",
        )


def _locked_out(left: timedelta) -> RateLimited:
    return RateLimited(
        "Too many bad tokens. Wait 15 minutes.",
        code="locked_out",
        details={"retry_after_s": max(1, int(left.total_seconds()))},
    )


def _digest(token: str) -> str:
    """Plain SHA-256: the token holds 256 random bits, there is nothing to guess slowly."""
    return hashlib.sha256(token.encode("ascii")).hexdigest()
