"""How anything of ours gets to the PACS: claimed with a lease, put back with delay, ended once.

Findings' exports and structure sets are rows of this kind; what they send is their own affair.
"""

from datetime import timedelta
from typing import TypeVar

from django.db.models import Q, QuerySet
from django.utils import timezone

from apps.ai.choices import EXPORT_MOVES, ExportState, check_move
from apps.ai.conf import (
    EXPORT_FIRST_DELAY,
    EXPORT_LEASE,
    EXPORT_LONGEST_DELAY,
    EXPORT_MAX_ATTEMPTS,
)
from apps.ai.exceptions import StaleFence
from apps.ai.models.sending import Sending

STRUCTURE_SET_TASK = "apps.ai.tasks.send_structure_set"

Row = TypeVar("Row", bound=Sending)


def due(rows: "QuerySet[Row]") -> "QuerySet[Row]":
    """Those whose time has come, or whose worker stopped reporting."""
    now = timezone.now()
    return rows.filter(
        Q(state=ExportState.QUEUED, not_before__lte=now)
        | Q(state=ExportState.STORING, lease_until__lt=now)
    )


def claim(row: Sending) -> None:
    """Take a locked row that is due, with a lease and a new fence."""
    row.state = ExportState.STORING
    row.fence += 1
    row.attempts += 1
    row.lease_until = timezone.now() + EXPORT_LEASE
    row.save()


def owned(rows: "QuerySet[Row]", *, fence: int) -> "QuerySet[Row]":
    return rows.filter(fence=fence, state=ExportState.STORING)


def lock_owned(rows: "QuerySet[Row]", *, fence: int) -> Row:
    """
    Raises
    ------
    StaleFence
        Another worker has it.
    """
    row = owned(rows, fence=fence).select_for_update(of=("self",)).first()
    if row is None:
        raise StaleFence
    return row


def complete(row: Sending) -> None:
    """The PACS has shown all of it."""
    _move(row, ExportState.STORED)
    row.stored_at = timezone.now()
    row.lease_until = None
    row.error_code = row.error_message = ""
    row.save()


def renew(rows: "QuerySet[Row]", *, fence: int) -> bool:
    """Extend the lease; False when the row belongs to another worker (or to none) now."""
    until = timezone.now() + EXPORT_LEASE
    return bool(owned(rows, fence=fence).update(lease_until=until))


def put_back(
    row: Sending,
    *,
    code: str,
    message: str,
    is_final: bool = False,
    delay: timedelta | None = None,
) -> bool:
    """Try again with a growing delay; after the last attempt it waits for a person.

    Parameters
    ----------
    is_final:
        Another attempt would end the same.
    delay:
        Before the next attempt; without one it grows with the attempts.

    Returns
    -------
    bool
        Whether it waits for a person now.
    """
    last = is_final or row.attempts >= EXPORT_MAX_ATTEMPTS
    _move(row, ExportState.FAILED if last else ExportState.QUEUED)
    row.lease_until = None
    row.error_code, row.error_message = code[:80], message[:1_000]
    growing = min(EXPORT_FIRST_DELAY * 2 ** (row.attempts - 1), EXPORT_LONGEST_DELAY)
    row.not_before = timezone.now() + (growing if delay is None else delay)
    row.save()
    return last


def queue_again(row: Sending) -> None:
    _move(row, ExportState.QUEUED)
    row.attempts = 0
    row.not_before = timezone.now()
    row.save()


def withdraw(row: Sending) -> None:
    _move(row, ExportState.WITHDRAWN)
    row.save()


def _move(row: Sending, to: ExportState) -> None:
    check_move(moves=EXPORT_MOVES, subject="export", source=row.state, to=to)
    row.state = to
