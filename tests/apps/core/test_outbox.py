"""A task is owed from the moment its cause commits, and sent at least once."""

import pytest
from celery import current_app
from django.db import transaction

from apps.core import outbox
from apps.core.models import OutboxMessage

TASK = "apps.core.nothing"


@pytest.fixture()
def sent(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    names: list[str] = []
    monkeypatch.setattr(current_app, "send_task", lambda name, **_: names.append(name))
    return names


@pytest.mark.django_db(transaction=True)
def test_a_committed_message_is_sent_once(sent: list[str]) -> None:
    with transaction.atomic():
        outbox.enqueue(task=TASK)
        assert sent == []
    assert sent == [TASK]
    assert outbox.relay_batch() == 0


@pytest.mark.django_db(transaction=True)
def test_a_rolled_back_message_is_never_sent(sent: list[str]) -> None:
    with pytest.raises(RuntimeError), transaction.atomic():
        outbox.enqueue(task=TASK)
        raise RuntimeError
    assert sent == []
    assert not OutboxMessage.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_broker_that_is_away_costs_a_delay_not_the_message(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def away(*args: object, **kwargs: object) -> None:
        raise ConnectionError("refused")

    monkeypatch.setattr(current_app, "send_task", away)
    with transaction.atomic():
        message = outbox.enqueue(task=TASK)
    message.refresh_from_db()
    assert message.sent_at is None
    assert message.last_error == "ConnectionError"

    names: list[str] = []
    monkeypatch.setattr(current_app, "send_task", lambda name, **_: names.append(name))
    assert outbox.relay_batch() == 1
    assert names == [TASK]


@pytest.mark.django_db(transaction=True)
def test_a_message_reaches_the_real_broker() -> None:
    with transaction.atomic():
        message = outbox.enqueue(task=TASK, queue="test-queue")
    message.refresh_from_db()
    assert message.sent_at is not None
    with current_app.connection_for_read() as broker:
        queue = broker.SimpleQueue("test-queue")
        received = queue.get(block=True, timeout=5)
        received.ack()
        queue.close()
    assert received.headers["task"] == TASK
