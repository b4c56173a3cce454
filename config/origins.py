"""The WebSocket handshake's Origin check (LIVE-A1): known origins only, none refused."""

from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlsplit

from channels.security.websocket import WebsocketDenier
from django.conf import settings

AsgiApp = Callable[[dict[str, Any], Any, Any], Awaitable[None]]


def origin_allowed(*, origin: str, host: str) -> bool:
    """Same host as the request's own, when that host is allowed, or a listed origin."""
    if origin in settings.ALLOWED_ORIGINS:
        return True
    name = host.rsplit(":", 1)[0]
    return bool(host) and urlsplit(origin).netloc == host and name in settings.ALLOWED_HOSTS


def allow_known_origins(inner: AsgiApp) -> AsgiApp:
    async def guarded(scope: dict[str, Any], receive: Any, send: Any) -> None:
        headers = dict(scope.get("headers", []))
        try:
            origin = headers.get(b"origin", b"").decode("ascii")
            host = headers.get(b"host", b"").decode("ascii")
        except UnicodeDecodeError:
            origin = host = ""
        if origin_allowed(origin=origin, host=host):
            await inner(scope, receive, send)
        else:
            await WebsocketDenier()(scope, receive, send)

    return guarded
