"""The ticker: every second's work (outbox relay, audit sealer, sweepers), one leader at a time."""

import logging
import signal
import time
from typing import Any

from django.core.management.base import BaseCommand
from django.db import Error as DatabaseError
from django.db import close_old_connections, connection

from apps.core.heartbeats import beat
from apps.core.registry import periodic

logger = logging.getLogger(__name__)

TICK_S = 1.0
LEADER_LOCK = 0x436F6E73  # "Cons": PostgreSQL advisory lock of the leading ticker


class Command(BaseCommand):
    help = "Run the second-by-second work. Any number may run; one leads, the others wait."

    def handle(self, *args: Any, **options: Any) -> None:
        self._stopping = False
        signal.signal(signal.SIGTERM, self._stop)
        signal.signal(signal.SIGINT, self._stop)
        while not self._stopping:
            started = time.monotonic()
            try:
                self._tick()
            except DatabaseError as error:
                logger.warning("ticker: database unavailable (%s)", type(error).__name__)
                connection.close()
            time.sleep(max(0.05, TICK_S - (time.monotonic() - started)))

    def _stop(self, *_: Any) -> None:
        self._stopping = True

    def _tick(self) -> None:
        close_old_connections()
        with connection.cursor() as cursor:
            # The lock lives as long as the connection, so a dead leader frees it by dying.
            cursor.execute("SELECT pg_try_advisory_lock(%s)", [LEADER_LOCK])
            leads = bool(cursor.fetchone()[0])
        try:
            if leads:
                self._run_all()
                beat(name="ticker")
        finally:
            if leads:
                with connection.cursor() as cursor:
                    cursor.execute("SELECT pg_advisory_unlock(%s)", [LEADER_LOCK])

    def _run_all(self) -> None:
        for name, work in periodic.items():
            try:
                work()
            except DatabaseError:
                raise
            except Exception:
                logger.exception("ticker: %s failed", name)
