"""A past that services write by themselves: the clock of this process is set back for a while."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from django.utils import timezone


@contextmanager
def clock_at(instant: datetime) -> Iterator[None]:
    """Within, ``timezone.now`` is ``instant``: for the command that opens the demo hospital.

    Rows then carry the day on which they are said to have been written. The audit trail does
    not: its entries say when they were really made.
    """
    real = timezone.now
    timezone.now = lambda: instant
    try:
        yield
    finally:
        timezone.now = real
