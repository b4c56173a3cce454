"""Celery workers' signs of life, for `/readyz`.

Celery's own heart beats only while the worker's event loop turns and holds its broker connection,
so a worker that hangs or lost the broker falls silent here too.
"""

import logging
import time
from typing import Any

from celery.signals import heartbeat_sent
from django.db import Error as DatabaseError
from django.db import connection

from apps.core.heartbeats import beat
from apps.core.models import Heartbeat

logger = logging.getLogger(__name__)

INTERVAL_S = 5.0
_last_beat_at: dict[str, float] = {}


@heartbeat_sent.connect  # type: ignore[untyped-decorator]
def record_worker_heartbeat(sender: Any, **_: Any) -> None:
    """Write ``worker@host`` or ``worker-ai@host`` into the heartbeats, every few seconds."""
    name = sender.eventer.hostname
    if time.monotonic() - _last_beat_at.get(name, 0.0) < INTERVAL_S:
        return
    try:
        beat(name=name)
        _last_beat_at[name] = time.monotonic()
    except DatabaseError as error:
        logger.warning("heartbeat: database unavailable (%s)", type(error).__name__)
        connection.close()


def forget_heartbeats(**_: Any) -> None:
    """Drop every sign of life; the living speak again within seconds."""
    Heartbeat.objects.all().delete()
