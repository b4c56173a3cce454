"""A lease with a fencing token on one row: one worker at a time, and a lost one writes nothing.

The heartbeat renews while the process lives. When it dies the lease runs out and the sweeper
re-queues from PostgreSQL; the broker's visibility time-out is not waited for.
"""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Protocol
from uuid import UUID

from django.db import DatabaseError, InterfaceError, connection, models
from django.db.models import F, Q
from django.utils import timezone

from apps.imaging.choices import ImportState, JobState
from apps.imaging.exceptions import LostLease
from apps.imaging.models import Import, IngestJob

logger = logging.getLogger(__name__)

LEASE = timedelta(seconds=30)
HEARTBEAT_S = 8.0


class Renewable(Protocol):
    """What ``kept_alive`` keeps alive."""

    @property
    def row_id(self) -> UUID: ...

    def renew(self) -> bool:
        """False when it is lost: somebody else has it."""


class Lease:
    """The claim of one worker on one ``IngestJob`` or ``Import``."""

    def __init__(self, *, model: type[models.Model], row_id: UUID, token: int) -> None:
        self._model = model
        self.row_id = row_id
        self.token = token

    def renew(self) -> bool:
        renewed = self._mine().update(lease_expires_at=timezone.now() + LEASE)
        return bool(renewed)

    def check(self) -> None:
        """Inside a transaction: hold the row and make sure that it is still ours.

        Raises
        ------
        LostLease
            Somebody else took over; nothing may be written any more.
        """
        if not self._mine().select_for_update().exists():
            raise LostLease(str(self.row_id))

    def _mine(self) -> "models.QuerySet[models.Model]":
        return self._model._default_manager.filter(
            pk=self.row_id, fencing_token=self.token, state="running"
        )


def claim_ingest(*, job_id: UUID, worker: str) -> Lease | None:
    """Take a queued job, or one whose worker's lease ran out; ``None`` when it is not ours."""
    free = Q(state=JobState.QUEUED) | Q(state=JobState.RUNNING, lease_expires_at__lt=timezone.now())
    taken = IngestJob.objects.filter(free, pk=job_id).update(
        state=JobState.RUNNING,
        attempts=F("attempts") + 1,
        fencing_token=F("fencing_token") + 1,
        lease_expires_at=timezone.now() + LEASE,
        worker=worker[:120],
        error_code="",
        error_message="",
        finished_at=None,
    )
    return _lease(IngestJob, job_id) if taken else None


def claim_import(*, import_id: UUID) -> Lease | None:
    free = Q(state=ImportState.PENDING) | Q(
        state=ImportState.RUNNING, lease_expires_at__lt=timezone.now()
    )
    taken = Import.objects.filter(free, pk=import_id).update(
        state=ImportState.RUNNING,
        attempts=F("attempts") + 1,
        fencing_token=F("fencing_token") + 1,
        lease_expires_at=timezone.now() + LEASE,
    )
    return _lease(Import, import_id) if taken else None


def _lease(model: type[IngestJob] | type[Import], row_id: UUID) -> Lease:
    token = model._default_manager.values_list("fencing_token", flat=True).get(pk=row_id)
    return Lease(model=model, row_id=row_id, token=token)


@contextmanager
def kept_alive(lease: Renewable) -> Iterator[None]:
    """Renew the lease from a thread of its own while the block runs."""
    stop = threading.Event()

    def beat() -> None:
        try:
            while not stop.wait(HEARTBEAT_S):
                try:
                    if not lease.renew():
                        return
                except (DatabaseError, InterfaceError):
                    logger.warning("lease %s could not be renewed", lease.row_id)
                    connection.close()
        finally:
            connection.close()

    thread = threading.Thread(target=beat, name="imaging-lease", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
