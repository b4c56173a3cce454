"""The live session's wire format, v1: the one source.

JSON Schema and TypeScript are generated from these models by
``manage.py export_live_schema`` and committed under ``frontend/src/protocol``.
"""

from pydantic import TypeAdapter

from apps.live.protocol.base import (
    MAX_MESSAGE_BYTES,
    PROTOCOL_MINOR,
    PROTOCOL_NAME,
    PROTOCOL_VERSION,
    SUBPROTOCOLS,
    WireModel,
)
from apps.live.protocol.client import ClientMessage
from apps.live.protocol.events import LogEvent
from apps.live.protocol.server import ServerMessage
from apps.live.protocol.stage import StageFrame, StageState

__all__ = [
    "MAX_MESSAGE_BYTES",
    "PROTOCOL_MINOR",
    "PROTOCOL_NAME",
    "PROTOCOL_VERSION",
    "SUBPROTOCOLS",
    "ClientMessage",
    "LogEvent",
    "ServerMessage",
    "StageFrame",
    "StageState",
    "WireModel",
    "client_messages",
    "event_messages",
    "server_messages",
]

client_messages: TypeAdapter[ClientMessage] = TypeAdapter(ClientMessage)
server_messages: TypeAdapter[ServerMessage] = TypeAdapter(ServerMessage)
event_messages: TypeAdapter[LogEvent] = TypeAdapter(LogEvent)
