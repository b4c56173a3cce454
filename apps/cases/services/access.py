"""Who may see a case: every grant is given and ended here."""

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from apps.accounts.choices import AccountKind
from apps.accounts.models import User
from apps.audit.services import record_entry
from apps.cases import policies
from apps.cases.choices import Capacity, GrantSource, Guise
from apps.cases.events import AccessChanged
from apps.cases.models import Case, CaseGrant
from apps.core.actors import Actor
from apps.core.events import actor_fields, record
from apps.core.exceptions import InvalidInput, NotVisible

MAX_CONSULT = timedelta(days=90)


@transaction.atomic
def grant_access(
    *,
    actor: Actor,
    case_id: UUID,
    user_id: UUID,
    capacity: str = Capacity.MEMBER,
    guise: str = Guise.IDENTIFIED,
    source: str = GrantSource.DIRECT,
    source_id: str = "",
    expires_at: datetime | None = None,
) -> CaseGrant:
    """Open a case to somebody. Called again for the same source it replaces the grant.

    A consultant is de-identified unless said otherwise, and ends within 90 days.

    Raises
    ------
    NotVisible, Forbidden
        The actor may not manage members (direct grants only; boards answer for theirs).
    InvalidInput
        ``expiry_needed``, ``expiry_past`` or ``expiry_too_late`` for a consultant.
    """
    if source == GrantSource.DIRECT:
        policies.manage_members(actor=actor, case_id=case_id)
    case = Case.objects.filter(pk=case_id).first()
    kind = AccountKind.PLACE if source == GrantSource.PLACE else AccountKind.PERSON
    user = User.objects.filter(pk=user_id, is_active=True, kind=kind).first()
    if case is None or user is None:
        raise NotVisible()
    _check_grant(actor=actor, capacity=capacity, source=source, expires_at=expires_at)
    return put_grant(
        actor=actor,
        case=case,
        user_id=user.pk,
        capacity=capacity,
        guise=guise,
        source=source,
        source_id=source_id,
        expires_at=expires_at,
    )


@transaction.atomic
def revoke_grant(*, actor: Actor, case_id: UUID, grant_id: UUID) -> None:
    """End one grant at once; open sockets and tickets notice within two seconds."""
    policies.manage_members(actor=actor, case_id=case_id)
    grant = (
        CaseGrant.objects.select_for_update()
        .filter(pk=grant_id, case_id=case_id, revoked_at__isnull=True)
        .first()
    )
    if grant is None:
        raise NotVisible()
    _end_grant(actor=actor, grant=grant)


@transaction.atomic
def revoke_source(
    *,
    actor: Actor,
    source: str,
    source_id: str,
    user_id: UUID | None = None,
    case_id: UUID | None = None,
) -> int:
    """End every grant that came from one source (a board membership, a consult)."""
    grants = CaseGrant.objects.select_for_update().filter(
        source=source, source_id=source_id, revoked_at__isnull=True
    )
    if user_id is not None:
        grants = grants.filter(user_id=user_id)
    if case_id is not None:
        grants = grants.filter(case_id=case_id)
    ended = 0
    for grant in grants:
        _end_grant(actor=actor, grant=grant)
        ended += 1
    return ended


def _check_grant(*, actor: Actor, capacity: str, source: str, expires_at: datetime | None) -> None:
    now = timezone.now()
    if expires_at is not None and expires_at <= now:
        raise InvalidInput("The expiry has passed.", code="expiry_past")
    if capacity != Capacity.CONSULTANT:
        return
    if expires_at is None:
        raise InvalidInput("A consultant's access needs an end.", code="expiry_needed")
    if expires_at > now + MAX_CONSULT:
        raise InvalidInput("At most 90 days.", code="expiry_too_late")


def put_grant(
    *,
    actor: Actor,
    case: Case,
    user_id: UUID,
    capacity: str,
    guise: str,
    source: str,
    source_id: str,
    expires_at: datetime | None,
) -> CaseGrant:
    standing = CaseGrant.objects.select_for_update().filter(
        case=case, user_id=user_id, source=source, source_id=source_id, revoked_at__isnull=True
    )
    for old in standing:
        if (old.capacity, old.guise, old.expires_at) == (capacity, guise, expires_at):
            return old
        old.revoked_at = timezone.now()
        old.save(update_fields=["revoked_at", "updated_at"])
    grant = CaseGrant.objects.create(
        case=case,
        user_id=user_id,
        capacity=capacity,
        guise=guise,
        source=source,
        source_id=source_id,
        expires_at=expires_at,
        granted_by_id=actor.id,
    )
    _tell_access(actor=actor, grant=grant, granted=True)
    return grant


def _end_grant(*, actor: Actor, grant: CaseGrant) -> None:
    grant.revoked_at = timezone.now()
    grant.save(update_fields=["revoked_at", "updated_at"])
    _tell_access(actor=actor, grant=grant, granted=False)


def _tell_access(*, actor: Actor, grant: CaseGrant, granted: bool) -> None:
    record_entry(
        actor=actor,
        action="access.granted" if granted else "access.revoked",
        case_id=grant.case_id,
        entity="grant",
        entity_id=grant.pk,
        details={
            "user": str(grant.user_id),
            "capacity": grant.capacity,
            "guise": grant.guise,
            "source": grant.source,
        },
    )
    record(
        AccessChanged(
            **actor_fields(actor),
            case_id=grant.case_id,
            entity="grant",
            entity_id=str(grant.pk),
            user_id=grant.user_id,
            granted=granted,
        )
    )
