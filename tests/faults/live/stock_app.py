"""What a live session is with stock Channels: one group, one message per socket, no log.

An ASGI application for uvicorn; REDIS_URL says where its channel layer is.
"""

from __future__ import annotations

import json
import os
from typing import Any

from django.conf import settings

settings.configure(
    ALLOWED_HOSTS=["*"],
    CHANNEL_LAYERS={
        "default": {
            "BACKEND": os.environ.get("STOCK_LAYER", "channels_redis.core.RedisChannelLayer"),
            "CONFIG": {"hosts": [os.environ["REDIS_URL"]]},
        }
    },
)

from channels.generic.websocket import AsyncWebsocketConsumer  # noqa: E402

GROUP = "room"


class Relay(AsyncWebsocketConsumer):  # type: ignore[misc]  # channels is untyped
    """Says to everybody what one says, and tells the sender that it was said."""

    async def connect(self) -> None:
        await self.channel_layer.group_add(GROUP, self.channel_name)
        await self.accept()

    async def disconnect(self, code: int) -> None:
        await self.channel_layer.group_discard(GROUP, self.channel_name)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        said = json.loads(text_data or "{}")
        await self.channel_layer.group_send(GROUP, {"type": "room.said", "said": said})
        await self.send(text_data=json.dumps({"ack": said["id"]}))

    async def room_said(self, message: dict[str, Any]) -> None:
        await self.send(text_data=json.dumps(message["said"]))


async def application(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] == "websocket":
        await Relay.as_asgi()(scope, receive, send)
    elif scope["type"] == "lifespan":
        while (message := await receive())["type"] != "lifespan.shutdown":
            await send({"type": f"{message['type']}.complete"})
        await send({"type": "lifespan.shutdown.complete"})
