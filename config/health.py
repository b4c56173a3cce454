"""`/livez`, `/readyz` and `/metrics`: signs of life for machines, without patient data.

`/readyz` names every dependency and says the truth about each. It answers 503 only when *this*
process should get no requests (database, broker or archive away); a dead worker makes the answer
``degraded`` with status 200, because taking the web away would not bring the worker back.
"""

import hmac
import shutil
import tempfile
import time
from collections.abc import Callable
from functools import cache

import redis
from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.urls import path
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from apps.core.heartbeats import alive
from apps.core.policies import anyone

REDIS_TIMEOUT_S = 2.0
MIN_ARCHIVE_FREE_BYTES = 256 * 1024 * 1024


class Ailing(Exception):
    """A dependency does not do its work; the text goes to `/readyz`."""


@require_safe
@never_cache
def livez(request: HttpRequest) -> HttpResponse:
    """The process answers. Looks at nothing else, so that a lost database restarts nobody."""
    return JsonResponse({"status": "ok"})


@require_safe
@never_cache
def readyz(request: HttpRequest) -> HttpResponse:
    """Every dependency by name; see the module's docstring for the status."""
    needed = {name: _look(check) for name, check in NEEDED.items()}
    helpful = {name: _look(check) for name, check in HELPFUL.items()}
    status = "ok"
    if not all(check["ok"] for check in helpful.values()):
        status = "degraded"
    if not all(check["ok"] for check in needed.values()):
        status = "failing"
    return JsonResponse(
        {"status": status, "checks": needed | helpful}, status=503 if status == "failing" else 200
    )


@require_safe
@never_cache
def metrics(request: HttpRequest) -> HttpResponse:
    """Prometheus text, for this machine or the holder of CONSILIUM_METRICS_TOKEN; else 404."""
    if not _may_read_metrics(request):
        raise Http404
    return HttpResponse(generate_latest(), content_type=CONTENT_TYPE_LATEST)


def _may_read_metrics(request: HttpRequest) -> bool:
    token = settings.METRICS_TOKEN
    if token:
        given = request.headers.get("Authorization", "")
        return hmac.compare_digest(given.encode(), f"Bearer {token}".encode())
    is_forwarded = "X-Forwarded-For" in request.headers
    return request.META.get("REMOTE_ADDR") in ("127.0.0.1", "::1") and not is_forwarded


def _look(check: Callable[[], None]) -> dict[str, object]:
    started_at = time.monotonic()
    try:
        check()
    except (Ailing, DatabaseError, redis.RedisError, OSError) as error:
        reason = str(error) if isinstance(error, Ailing) else type(error).__name__
        return {"ok": False, "reason": reason}
    return {"ok": True, "ms": round((time.monotonic() - started_at) * 1000, 1)}


def _check_database() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        raise Ailing("migrations are not applied")


@cache
def _redis_client() -> redis.Redis:
    return redis.Redis.from_url(
        settings.REDIS_URL,
        socket_timeout=REDIS_TIMEOUT_S,
        socket_connect_timeout=REDIS_TIMEOUT_S,
    )


def _check_redis() -> None:
    _redis_client().ping()


def _check_archive() -> None:
    settings.ARCHIVE_ROOT.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryFile(dir=settings.ARCHIVE_ROOT) as file:
        file.write(b"consilium")
    if shutil.disk_usage(settings.ARCHIVE_ROOT).free < MIN_ARCHIVE_FREE_BYTES:
        raise Ailing("the disk is nearly full")


def _check_process(name: str) -> Callable[[], None]:
    def check() -> None:
        if not alive(name=name):
            raise Ailing("no sign of life")

    return check


NEEDED: dict[str, Callable[[], None]] = {
    "database": _check_database,
    "redis": _check_redis,
    "archive": _check_archive,
}
HELPFUL: dict[str, Callable[[], None]] = {
    "worker": _check_process("worker@"),
    "worker-ai": _check_process("worker-ai@"),
    "ticker": _check_process("ticker"),
}

for view in (livez, readyz, metrics):
    view.policies = {"get": anyone}  # type: ignore[attr-defined]

urlpatterns = [
    path("livez", livez, name="livez"),
    path("readyz", readyz, name="readyz"),
    path("metrics", metrics, name="metrics"),
]
