"""One entry: pixel path first (raw ASGI, no Django per frame), then WebSockets and Django."""

import gc
import os
from collections.abc import Awaitable, Callable
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

from django.core.asgi import get_asgi_application
from django.urls import get_resolver

django_application = get_asgi_application()

from channels.routing import URLRouter  # noqa: E402

from apps.imaging.gateway.intake import limit_bodies  # noqa: E402
from apps.imaging.pixels import pixel_app  # noqa: E402
from apps.live.routing import websocket_routes  # noqa: E402
from config.origins import allow_known_origins  # noqa: E402

Scope = Any
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[Any], Awaitable[None]]

websocket_application = allow_known_origins(URLRouter(websocket_routes))
bounded_application = limit_bodies(django_application)
BOUNDED_PATHS = ("/dicomweb/", "/api/imports")


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "lifespan":
        await _answer_lifespan(receive, send)
    elif scope["type"] == "websocket":
        await websocket_application(scope, receive, send)
    elif scope["path"].startswith("/pixels/"):
        await pixel_app(scope, receive, send)
    elif scope["path"].startswith(BOUNDED_PATHS):
        await bounded_application(scope, receive, send)
    else:
        await django_application(scope, receive, send)


def _set_startup_aside() -> None:
    """Modules and settings live as long as the process: the collector need not walk them.

    Each of its full walks stopped every socket of the process for 0.3 s, once in a few seconds
    while many rooms were open. What is imported late is imported now, so that it is set aside, too.
    The thresholds are above what is under way at once, which would else be taken for long-lived.
    """
    get_resolver().url_patterns  # noqa: B018 - reading them imports all views
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


async def _answer_lifespan(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            _set_startup_aside()
            await send({"type": "lifespan.startup.complete"})
        elif message["type"] == "lifespan.shutdown":
            await send({"type": "lifespan.shutdown.complete"})
            return
