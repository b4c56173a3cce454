"""A small circuit breaker per PACS and process: a dead PACS is not hammered."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from apps.imaging.exceptions import PacsError

OPENS_AFTER_FAILURES = 5
STAYS_OPEN_S = 20.0


@dataclass(slots=True)
class _Circuit:
    failures: int = 0
    opened_at: float = 0.0


class Breaker:
    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._circuits: dict[UUID, _Circuit] = {}
        self._lock = threading.Lock()
        self._clock = clock

    def check(self, pacs_id: UUID) -> None:
        """Raise ``pacs_circuit_open`` while the PACS is given time; then let one call try."""
        with self._lock:
            circuit = self._circuits.get(pacs_id)
            if circuit is None or circuit.failures < OPENS_AFTER_FAILURES:
                return
            waited = self._clock() - circuit.opened_at
            if waited >= STAYS_OPEN_S:
                circuit.opened_at = self._clock()
                return
            remaining = int(STAYS_OPEN_S - waited) + 1
        raise PacsError(
            "The PACS failed several times; it is left alone for a moment.",
            code="pacs_circuit_open",
            details={"retry_after_s": remaining},
        )

    def succeeded(self, pacs_id: UUID) -> None:
        with self._lock:
            self._circuits.pop(pacs_id, None)

    def failed(self, pacs_id: UUID) -> None:
        with self._lock:
            circuit = self._circuits.setdefault(pacs_id, _Circuit())
            circuit.failures += 1
            if circuit.failures >= OPENS_AFTER_FAILURES:
                circuit.opened_at = self._clock()


breaker = Breaker()
