"""Transactional outbox: a task is owed from the moment its cause commits.

Celery's ``delay_on_commit`` loses the task when the process dies between commit and send.
Here the row is in the same transaction; the relay sends it, at least once, and again after a
crash. Whoever runs the task must therefore be idempotent (`style.md`, tasks).
"""

import logging
from datetime import datetime, timedelta
from typing import Any

from celery import current_app
from django.db import transaction
from django.utils import timezone

from apps.core.events import after_commit
from apps.core.models import OutboxMessage

logger = logging.getLogger(__name__)

RELAY_BATCH = 100
KEEP_SENT_FOR = timedelta(days=2)


def enqueue(
    *,
    task: str,
    kwargs: dict[str, Any] | None = None,
    queue: str = "default",
    eta: datetime | None = None,
) -> OutboxMessage:
    """Owe ``task`` (dotted Celery name) with JSON-able ``kwargs`` (ids only).

    Must be called inside the transaction that causes it. After commit the relay is tried at
    once in this process; when the broker is away, the relay loop sends it later.
    """
    message = OutboxMessage.objects.create(task=task, kwargs=kwargs or {}, queue=queue, eta=eta)
    after_commit(lambda: relay_one(message_id=message.pk))
    return message


def relay_one(*, message_id: int) -> bool:
    """Send one message now; ``False`` when somebody else has it or the broker is away."""
    with transaction.atomic():
        message = (
            OutboxMessage.objects.select_for_update(skip_locked=True)
            .filter(pk=message_id, sent_at__isnull=True)
            .first()
        )
        return _send(message) if message else False


def relay_batch() -> int:
    """Send everything unsent, oldest first, up to one batch; safe in any number of processes."""
    sent = 0
    with transaction.atomic():
        messages = list(
            OutboxMessage.objects.select_for_update(skip_locked=True)
            .filter(sent_at__isnull=True)
            .order_by("id")[:RELAY_BATCH]
        )
        for message in messages:
            if not _send(message):
                break
            sent += 1
    return sent


def purge_sent() -> int:
    """Drop messages that were sent long ago."""
    cutoff = timezone.now() - KEEP_SENT_FOR
    deleted, _ = OutboxMessage.objects.filter(sent_at__lt=cutoff).delete()
    return deleted


def _send(message: OutboxMessage) -> bool:
    message.attempts += 1
    try:
        current_app.send_task(
            message.task,
            kwargs=message.kwargs,
            queue=message.queue,
            eta=message.eta,
            retry=False,
        )
    except Exception as error:  # noqa: BLE001 - any broker failure means: later
        message.last_error = type(error).__name__
        message.save(update_fields=["attempts", "last_error"])
        logger.warning("outbox: %s not sent (%s), will retry", message.task, type(error).__name__)
        return False
    message.sent_at = timezone.now()
    message.last_error = ""
    message.save(update_fields=["attempts", "sent_at", "last_error"])
    return True
