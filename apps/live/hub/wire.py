"""Encoding: a model or plain dict becomes the text of one WebSocket frame."""

from typing import Any

import orjson
from django.utils import timezone

from apps.live.protocol import WireModel


def encode(message: WireModel | dict[str, Any]) -> str:
    if isinstance(message, WireModel):
        return message.model_dump_json()
    return orjson.dumps(message).decode()


def error_text(*, code: str, message: str, details: dict[str, Any] | None = None) -> str:
    return encode({"type": "error", "code": code, "message": message, "details": details or {}})


def pong(t: float) -> str:
    return encode({"type": "pong", "t": t, "server_time": timezone.now().isoformat()})
