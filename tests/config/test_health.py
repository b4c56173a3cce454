"""`/livez`, `/readyz` and `/metrics` tell the truth and no more."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from apps.core.heartbeats import beat
from apps.core.models import Heartbeat
from config.health import _redis_client
from config.heartbeat import forget_heartbeats, record_worker_heartbeat

PROCESSES = ("worker@host", "worker-ai@host", "ticker")


@pytest.fixture
def everybody_speaks(db: None) -> None:
    for name in PROCESSES:
        beat(name=name)


def read(client: Client) -> tuple[int, dict[str, Any]]:
    answer = client.get("/readyz")
    return answer.status_code, answer.json()


def test_alive_means_only_that_the_process_answers(client: Client) -> None:
    answer = client.get("/livez")
    assert answer.json() == {"status": "ok"}
    assert "no-store" in answer["Cache-Control"]


@pytest.mark.usefixtures("everybody_speaks")
def test_ready_when_all_is_well(client: Client) -> None:
    status, body = read(client)
    assert (status, body["status"]) == (200, "ok")
    assert set(body["checks"]) == {
        *("database", "redis", "archive"),
        *("worker", "worker-ai", "ticker"),
    }


@pytest.mark.usefixtures("everybody_speaks")
@pytest.mark.parametrize("silent", PROCESSES)
def test_a_silent_process_degrades(client: Client, silent: str) -> None:
    Heartbeat.objects.filter(name=silent).update(at=timezone.now() - timedelta(seconds=60))
    status, body = read(client)
    assert (status, body["status"]) == (200, "degraded")
    failing = [name for name, check in body["checks"].items() if not check["ok"]]
    assert failing == [silent.removesuffix("@host")]


@pytest.mark.usefixtures("everybody_speaks")
def test_not_ready_without_the_broker(client: Client, settings: Any) -> None:
    settings.REDIS_URL = "unix:///nowhere/valkey.sock"
    _redis_client.cache_clear()
    try:
        status, body = read(client)
    finally:
        _redis_client.cache_clear()
    assert (status, body["status"]) == (503, "failing")
    assert body["checks"]["redis"] == {"ok": False, "reason": "ConnectionError"}
    assert "nowhere" not in str(body)


@pytest.mark.usefixtures("everybody_speaks")
def test_not_ready_without_a_writable_archive(
    client: Client, settings: Any, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    settings.ARCHIVE_ROOT = tmp_path / "file" / "archive"
    status, body = read(client)
    assert status == 503
    assert body["checks"]["archive"]["ok"] is False
    assert body["checks"]["database"]["ok"] is True


@pytest.mark.django_db
def test_a_worker_speaks_through_its_own_heart() -> None:
    heart = SimpleNamespace(eventer=SimpleNamespace(hostname="worker@elsewhere"))
    record_worker_heartbeat(sender=heart)
    assert Heartbeat.objects.filter(name="worker@elsewhere").exists()
    forget_heartbeats()
    assert not Heartbeat.objects.exists()


@pytest.mark.usefixtures("everybody_speaks")
def test_metrics_answer_this_machine(client: Client) -> None:
    text = client.get("/metrics").content.decode()
    assert 'consilium_heartbeat_age_seconds{process="worker@host"}' in text
    assert "consilium_outbox_unsent 0.0" in text
    assert 'consilium_queue_length{queue="ai"}' in text
    assert "consilium_metrics_sources_failing 0.0" in text
    assert "django_http_requests_before_middlewares_total" in text


@pytest.mark.django_db
def test_metrics_answer_nobody_else(client: Client, settings: Any) -> None:
    assert client.get("/metrics", REMOTE_ADDR="10.0.0.7").status_code == 404
    assert client.get("/metrics", headers={"X-Forwarded-For": "10.0.0.7"}).status_code == 404
    settings.METRICS_TOKEN = "secret"
    assert client.get("/metrics").status_code == 404
    good = {"Authorization": "Bearer secret"}
    assert client.get("/metrics", REMOTE_ADDR="10.0.0.7", headers=good).status_code == 200


@pytest.mark.parametrize("path", ["/livez", "/readyz", "/metrics"])
@pytest.mark.django_db
def test_signs_of_life_can_only_be_read(client: Client, path: str) -> None:
    assert client.post(path).status_code == 405
