"""Leases of segmentations: one window paints, for 30 s at a time (LIVE-S1).

PostgreSQL holds them and its clock ends them, so that it matters neither which process serves the
socket nor whether Redis is there.
"""

from uuid import UUID

from django.db import connection, transaction

from apps.annotations.models import Segmentation
from apps.annotations.segmentations.exceptions import LeaseHeld
from apps.annotations.segmentations.policies import change_segmentation
from apps.audit.services import record_entry
from apps.core.actors import Actor
from apps.core.exceptions import Forbidden, NotVisible
from apps.live import limits
from apps.live.exceptions import LeaseRequired, OtherCase
from apps.live.log import current_op
from apps.live.models import LiveSession
from apps.live.policies import act_in_session, is_chair
from apps.live.selectors import LeaseHolder, lease_in_force


@transaction.atomic
def acquire_lease(
    *,
    actor: Actor,
    session_id: UUID,
    segmentation_id: UUID,
    client_id: UUID,
    take_over: bool = False,
) -> None:
    """Take the lease where nobody has it; ``take_over`` takes it from somebody, as the chair.

    Raises
    ------
    LeaseHeld
        Another window has it.
    Forbidden
        Only the chair takes it over; and only whoever may change the segmentation paints.
    """
    session = act_in_session(actor=actor, session_id=session_id)
    _require_case(segmentation_id=segmentation_id, session=session)
    change_segmentation(actor=actor, segmentation_id=segmentation_id)
    if take_over and not is_chair(actor=actor, session=session):
        raise Forbidden("Only the chair takes a segmentation over.", code="ask_the_chair")
    before = lease_in_force(segmentation_id=segmentation_id)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO live_segmentationlease AS held"
            " (segmentation_id, session_id, user_id, client_id, expires_at)"
            " VALUES (%(segmentation)s, %(session)s, %(user)s, %(client)s,"
            "  clock_timestamp() + make_interval(secs => %(ttl)s))"
            " ON CONFLICT (segmentation_id) DO UPDATE SET session_id = EXCLUDED.session_id,"
            "  user_id = EXCLUDED.user_id, client_id = EXCLUDED.client_id,"
            "  expires_at = EXCLUDED.expires_at"
            " WHERE held.expires_at <= clock_timestamp() OR %(take)s"
            "  OR (held.user_id = EXCLUDED.user_id AND held.client_id = EXCLUDED.client_id)"
            " RETURNING 1",
            {
                "segmentation": segmentation_id,
                "session": session_id,
                "user": actor.id,
                "client": client_id,
                "ttl": limits.LEASE_TTL_S,
                "take": take_over,
            },
        )
        if cursor.fetchone() is None:
            raise _held(lease_in_force(segmentation_id=segmentation_id))
    if take_over and before is not None and before.client_id != client_id:
        record_entry(
            actor=actor,
            action="segmentation.lease_taken",
            case_id=session.case_id,
            entity="segmentation",
            entity_id=segmentation_id,
            details={"from": before.person["id"]},
        )


def renew_lease(*, actor: Actor, session_id: UUID, segmentation_id: UUID, client_id: UUID) -> None:
    """Another 30 s. What has run out, or was taken over, is not renewed but asked for again.

    Raises
    ------
    LeaseRequired
        It is not this window's any more.
    """
    act_in_session(actor=actor, session_id=session_id)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE live_segmentationlease"
            " SET expires_at = clock_timestamp() + make_interval(secs => %s)"
            " WHERE segmentation_id = %s AND session_id = %s AND user_id = %s AND client_id = %s"
            "  AND expires_at > clock_timestamp()",
            [limits.LEASE_TTL_S, segmentation_id, session_id, actor.id, client_id],
        )
        if cursor.rowcount == 0:
            raise LeaseRequired("The lease has run out.")


def release_lease(
    *, actor: Actor, session_id: UUID, segmentation_id: UUID, client_id: UUID
) -> None:
    """Let it go; whoever does not have it lets nothing go."""
    act_in_session(actor=actor, session_id=session_id)
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM live_segmentationlease"
            " WHERE segmentation_id = %s AND session_id = %s AND user_id = %s AND client_id = %s",
            [segmentation_id, session_id, actor.id, client_id],
        )


def require_lease(*, actor: Actor, segmentation_id: UUID) -> None:
    """In a room only the window with the lease paints; said by the op that wants to.

    Raises
    ------
    LeaseHeld, LeaseRequired
        Somebody else has it; nobody has it.
    """
    op = current_op()
    holder = lease_in_force(segmentation_id=segmentation_id)
    if holder is None:
        raise LeaseRequired("Ask for the segmentation first.")
    if op is None or not holder.is_window(user_id=actor.id, client_id=op.client_id):
        raise _held(holder)


def guard_edit(*, actor: Actor, segmentation_id: UUID, client_id: UUID | None) -> None:
    """Over REST, too: nobody paints where somebody holds the lease in a room.

    Raises
    ------
    LeaseHeld
    """
    op = current_op()
    window = client_id if op is None else op.client_id
    holder = lease_in_force(segmentation_id=segmentation_id)
    if holder is not None and not holder.is_window(user_id=actor.id, client_id=window):
        raise _held(holder)


def _held(holder: LeaseHolder | None) -> LeaseHeld:
    return LeaseHeld(
        "Somebody else is editing it.", details={"holder": holder.person if holder else None}
    )


def _require_case(*, segmentation_id: UUID, session: LiveSession) -> None:
    case_id = (
        Segmentation.objects.filter(pk=segmentation_id, removed_at__isnull=True)
        .values_list("case_id", flat=True)
        .first()
    )
    if case_id is None:
        raise NotVisible()
    if case_id != session.case_id:
        raise OtherCase("The segmentation belongs to another case.")
