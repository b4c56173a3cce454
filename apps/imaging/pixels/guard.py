"""Is a ticket still good? Asked of PostgreSQL each second, by one thread per process.

Sign-out, a revoked or ended grant, an unlinked study or a deactivated person end a ticket
within about a second in every process. When PostgreSQL cannot be read for five seconds,
nothing is served.
"""

import asyncio
import logging
import threading
import time
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import Future
from uuid import UUID

from django.contrib.sessions.models import Session
from django.db import connection
from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone

from apps.audit.services import record_entry
from apps.cases.access import grants_in_force
from apps.cases.embargo import hidden_from
from apps.core.actors import Actor
from apps.imaging.ai_objects import ai_made_objects, series_made_of
from apps.imaging.models import CaseStudy, PixelTicket, Series
from apps.imaging.withholding import cleared_archive_keys

logger = logging.getLogger(__name__)

POLL_S = 1.0
STALE_AFTER_S = 5.0
FORGET_AFTER_S = 30.0  # a ticket not used for so long is not polled for
REFUSALS_PER_POLL = 20


class GuardUnavailable(Exception):
    """PostgreSQL could not be asked; the pixel path answers 503."""


def tickets_in_force(ticket_ids: Iterable[UUID]) -> set[UUID]:
    """Those of the tickets that hold right now."""
    now = timezone.now()
    grants = grants_in_force(at=now).filter(
        Q(guise="identified") | Q(guise=OuterRef("guise")),
        case_id=OuterRef("case_id"),
        user_id=OuterRef("user_id"),
    )
    sessions = Session.objects.filter(session_key=OuterRef("session_key"), expire_date__gt=now)
    links = CaseStudy.objects.filter(case_id=OuterRef("case_id"), study_id=OuterRef("study_id"))
    tickets = PixelTicket.objects.filter(
        Exists(grants),
        Exists(sessions),
        Exists(links),
        pk__in=list(ticket_ids),
        revoked_at__isnull=True,
        expires_at__gt=now,
        user__is_active=True,
    )
    return set(tickets.annotate(ticket=F("pk")).values_list("ticket", flat=True))


def hidden_keys_of(ticket_ids: Iterable[UUID]) -> dict[UUID, frozenset[str]]:
    """Archive keys that a ticket does not open now: AI made them, the images are read first."""
    tickets = list(PixelTicket.objects.filter(pk__in=list(ticket_ids)))
    hidden = hidden_from(
        case_ids=[one.case_id for one in tickets], user_ids=[one.user_id for one in tickets]
    )
    keys: dict[tuple[UUID, UUID], frozenset[str]] = {}
    for one in tickets:
        place = (one.case_id, one.study_id)
        if (one.case_id, one.user_id) in hidden and place not in keys:
            objects = ai_made_objects(case_id=one.case_id, study_ids=[one.study_id])
            made = series_made_of(objects, study_ids=[one.study_id])
            rows = Series.objects.filter(pk__in=made).values_list("archive_key", flat=True)
            keys[place] = frozenset(rows)
    return {
        one.pk: keys[one.case_id, one.study_id]
        for one in tickets
        if (one.case_id, one.user_id) in hidden
    }


class TicketGuard:
    """Per process. ``admit`` is called on the event loop, everything else in the thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._used_at: dict[UUID, float] = {}
        self._holding: set[UUID] = set()
        self._cleared: frozenset[str] = frozenset()
        self._hidden: dict[UUID, frozenset[str]] = {}
        self._asked: dict[UUID, list[Future[bool]]] = {}
        self._refusals: Counter[tuple[str, str]] = Counter()
        self._checked_at = float("-inf")
        self._thread: threading.Thread | None = None
        self._stopping = False

    def stop(self) -> None:
        """End the thread and its database connection (tests; a process just exits)."""
        self._stopping = True
        self._wake.set()
        if self._thread is not None:
            self._thread.join()

    async def admit(self, ticket_id: UUID) -> bool:
        """Whether the ticket holds; waits for one look-up when it is new to this process."""
        now = time.monotonic()
        with self._lock:
            self._used_at[ticket_id] = now
            fresh = now - self._checked_at < STALE_AFTER_S
            if fresh and ticket_id in self._holding:
                return True
            answer: Future[bool] = Future()
            self._asked.setdefault(ticket_id, []).append(answer)
            self._ensure_thread()
        self._wake.set()
        try:
            return await asyncio.wait_for(asyncio.wrap_future(answer), STALE_AFTER_S)
        except TimeoutError:
            raise GuardUnavailable from None

    def is_cleared(self, archive_key: str) -> bool:
        """A person cleared these pictures; as fresh as ``admit``, which is asked first."""
        return archive_key in self._cleared

    def is_hidden(self, ticket_id: UUID, archive_key: str) -> bool:
        """AI made it, and the ticket's holder is to read first; as fresh as ``admit``."""
        return archive_key in self._hidden.get(ticket_id, ())

    def note_refusal(self, *, code: str, ticket_id: UUID | None) -> None:
        """Refusals reach the audit in batches, so that an attacker cannot flood it."""
        with self._lock:
            if len(self._refusals) < REFUSALS_PER_POLL:
                self._refusals[code, str(ticket_id or "")] += 1
            self._ensure_thread()

    def _ensure_thread(self) -> None:
        if self._thread is None or not self._thread.is_alive():
            self._thread = threading.Thread(target=self._run, name="ticket-guard", daemon=True)
            self._thread.start()

    def _run(self) -> None:
        while not self._stopping:
            self._wake.wait(POLL_S)
            self._wake.clear()
            try:
                self.poll()
            except Exception:
                logger.warning("ticket guard: PostgreSQL cannot be read", exc_info=True)
                connection.close()
                time.sleep(POLL_S / 4)
        connection.close()

    def poll(self) -> None:
        """One look at PostgreSQL for every ticket in use, and the refusals of the last second."""
        with self._lock:
            self._drop_unused()
            asked, self._asked = self._asked, {}
            wanted = self._used_at.keys() | asked.keys()
            refusals, self._refusals = self._refusals, Counter()
        try:
            holding = tickets_in_force(wanted) if wanted else set()
            cleared = cleared_archive_keys() if wanted else frozenset()
            hidden = hidden_keys_of(holding) if holding else {}
        except Exception:
            _answer(asked, holding=None)
            raise
        with self._lock:
            self._holding, self._cleared, self._hidden = holding, cleared, hidden
            self._checked_at = time.monotonic()
        _answer(asked, holding=holding)
        _record_refusals(refusals)
        if not wanted:
            connection.close()  # an idle process holds no connection

    def _drop_unused(self) -> None:
        now = time.monotonic()
        for ticket_id, used in list(self._used_at.items()):
            if now - used > FORGET_AFTER_S:
                del self._used_at[ticket_id]


def _answer(asked: dict[UUID, list[Future[bool]]], *, holding: set[UUID] | None) -> None:
    for ticket_id, answers in asked.items():
        for answer in answers:
            if not answer.set_running_or_notify_cancel():
                continue
            if holding is None:
                answer.set_exception(GuardUnavailable())
            else:
                answer.set_result(ticket_id in holding)


def _record_refusals(refusals: Counter[tuple[str, str]]) -> None:
    for (code, ticket), count in refusals.items():
        record_entry(
            actor=Actor.anonymous(),
            action="images.refused",
            entity="pixel_ticket",
            entity_id=ticket,
            details={"code": code, "count": count},
            outcome="refused",
        )


guard = TicketGuard()
