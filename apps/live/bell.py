"""Bells: tell every web process that a session's log has grown. Losing one loses nothing.

Sync and with short time-outs, because they ring in requests and tasks after commit; the
hub's poll finds within a second what a lost bell did not announce.
"""

import logging
from functools import cache
from typing import Any
from uuid import UUID

import orjson
import redis
from django.conf import settings

logger = logging.getLogger(__name__)

_TIMEOUT_S = 0.5


def channel_of(session_id: UUID) -> str:
    """Room names carry the session's id and nothing of the patient (LIVE-A4)."""
    return f"live:{session_id}"


@cache
def _client() -> "redis.Redis":
    return redis.Redis.from_url(
        settings.REDIS_URL, socket_timeout=_TIMEOUT_S, socket_connect_timeout=_TIMEOUT_S
    )


def ring(*, session_id: UUID) -> None:
    try:
        _client().publish(channel_of(session_id), b'{"k":"bell"}')
    except redis.RedisError as error:
        logger.warning("live: bell not rung (%s); the poll will find it", type(error).__name__)


def read_stage_register(*, session_id: UUID) -> dict[str, Any] | None:
    """The newest stage for a polling client; ``None`` when there is none or Redis is away."""
    try:
        body = _client().hget(stage_key(session_id), "body")
    except redis.RedisError as error:
        logger.warning("live: stage not read (%s)", type(error).__name__)
        return None
    return orjson.loads(body) if isinstance(body, bytes) else None


def stage_key(session_id: UUID) -> str:
    return f"live:{session_id}:stage"
