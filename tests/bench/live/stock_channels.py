"""A relay of stock Channels: one group, one ``group_send`` a message, defaults everywhere.

Run by uvicorn as the product is. ``BENCH_LAYER`` names the layer of channels_redis.
"""

import os
from typing import Any

import django
from django.conf import settings

settings.configure(
    SECRET_KEY="bench",
    INSTALLED_APPS=["channels"],
    CHANNEL_LAYERS={
        "default": {
            "BACKEND": os.environ["BENCH_LAYER"],
            "CONFIG": {"hosts": [os.environ["REDIS_URL"]]},
        }
    },
)
django.setup()

from channels.generic.websocket import AsyncWebsocketConsumer  # noqa: E402
from channels.routing import ProtocolTypeRouter  # noqa: E402

GROUP = "room"


class Relay(AsyncWebsocketConsumer):  # type: ignore[misc]  # channels is untyped
    """As the tutorial has it; the sender is not of the group, as with the other peers."""

    async def connect(self) -> None:
        self.listens = b"sender" not in self.scope["query_string"]
        if self.listens:
            await self.channel_layer.group_add(GROUP, self.channel_name)
        await self.accept()

    async def disconnect(self, code: int) -> None:
        if self.listens:
            await self.channel_layer.group_discard(GROUP, self.channel_name)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        await self.channel_layer.group_send(GROUP, {"type": "camera", "text": text_data})

    async def camera(self, event: dict[str, Any]) -> None:
        await self.send(text_data=event["text"])


application = ProtocolTypeRouter({"websocket": Relay.as_asgi()})
