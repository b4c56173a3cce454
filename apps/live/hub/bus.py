"""The Redis side of the rooms of one process: one connection listens, one speaks (LIVE-C1).

Everything here may be lost at any moment (LIVE-C2). The listening connection has no read
time-out: redis-py 8 otherwise drops idle subscriptions after five seconds. Whether Redis
is there is measured by hearing our own heartbeat, not by the absence of an error.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from itertools import islice
from typing import Any, TypeVar
from uuid import UUID, uuid4

import orjson
import redis.asyncio as aioredis
from django.conf import settings
from redis.exceptions import RedisError

from apps.live import limits
from apps.live.bell import channel_of, stage_key
from apps.live.hub.ending import end_task

logger = logging.getLogger(__name__)

COMMAND_TIMEOUT_S = 2.0
RECONNECT_S = 0.5
TOGETHER = 20
"""Rooms that are told in one sending: few enough that no other waits for it."""

Json = dict[str, Any]
Handler = Callable[[Json], None]
T = TypeVar("T")

_WRITE_STAGE = """
local have = redis.call('HMGET', KEYS[1], 'epoch', 'rev')
local epoch, rev = tonumber(ARGV[1]), tonumber(ARGV[2])
if have[1] then
  local e, r = tonumber(have[1]), tonumber(have[2])
  if e > epoch or (e == epoch and r >= rev) then return 0 end
end
redis.call('HSET', KEYS[1], 'epoch', ARGV[1], 'rev', ARGV[2], 'body', ARGV[3])
redis.call('EXPIRE', KEYS[1], ARGV[4])
redis.call('PUBLISH', ARGV[5], ARGV[3])
return 1
"""


class Bus:
    """Publish and subscribe for the rooms of this process.

    Parameters
    ----------
    when_back
        Called each time the subscriptions stand (again): what was said before went by unheard.
    """

    def __init__(self, *, when_back: Callable[[], None] = lambda: None) -> None:
        self._when_back = when_back
        self.process_id = uuid4().hex[:12]
        self._own_channel = f"live:process:{self.process_id}"
        self._handlers: dict[str, Handler] = {}
        self._heard_at = 0.0
        self._listener: asyncio.Task[None] | None = None
        self._stopped = False
        self._in_flight = 0
        self._idle = asyncio.Event()
        self._idle.set()
        self._pubsub: Any = None
        self._client = aioredis.Redis.from_url(
            settings.REDIS_URL,
            socket_timeout=COMMAND_TIMEOUT_S,
            socket_connect_timeout=COMMAND_TIMEOUT_S,
        )
        self._write_stage = self._client.register_script(_WRITE_STAGE)

    @property
    def is_alive(self) -> bool:
        """Our heartbeat came back lately."""
        return time.monotonic() - self._heard_at < limits.BUS_SILENCE_LIMIT_S

    async def start(self) -> None:
        if self._listener is None:
            self._listener = asyncio.create_task(self._listen(), name="live-bus")
            await self._wait_until_heard()

    async def stop(self) -> None:
        """From now on nothing is said; what is being said is waited for."""
        self._stopped = True
        await self._idle.wait()
        if self._listener is not None:
            await end_task(self._listener)
            self._listener = None
        await self._client.aclose()

    async def subscribe(self, session_id: UUID, handler: Handler) -> None:
        self._handlers[channel_of(session_id)] = handler
        if self._pubsub is not None:
            with suppress(RedisError, OSError):
                await self._pubsub.subscribe(channel_of(session_id))

    async def unsubscribe(self, session_id: UUID) -> None:
        self._handlers.pop(channel_of(session_id), None)
        if self._pubsub is not None:
            with suppress(RedisError, OSError):
                await self._pubsub.unsubscribe(channel_of(session_id))

    async def publish(self, session_id: UUID, message: Json) -> bool:
        body = orjson.dumps({**message, "p": self.process_id})
        return await self._try(self._client.publish(channel_of(session_id), body)) is not None

    async def write_stage(self, session_id: UUID, message: Json) -> bool | None:
        """Put the stage into the register and tell every process, if it is the newest.

        ``False`` when the register holds one that is as new; ``None`` without Redis.
        """
        body = orjson.dumps({**message, "p": self.process_id})
        frame = message["frame"]
        arguments = [
            frame["epoch"],
            frame["rev"],
            body,
            limits.STAGE_REGISTER_TTL_S,
            channel_of(session_id),
        ]
        call = self._write_stage(keys=[stage_key(session_id)], args=arguments)
        written = await self._try(call)
        return None if written is None else bool(written)

    async def read_stage(self, session_id: UUID) -> Json | None:
        body = await self._try(self._client.hget(stage_key(session_id), "body"))
        return orjson.loads(body) if body else None

    async def without_stage(self, session_ids: Iterable[UUID]) -> set[UUID]:
        """Those whose register is empty; none of them when Redis does not answer."""
        empty: set[UUID] = set()
        for some in batched(session_ids, TOGETHER):
            pipe = self._client.pipeline(transaction=False)
            for session_id in some:
                pipe.exists(stage_key(session_id))
            found = await self._try(pipe.execute()) or [True] * len(some)
            empty |= {one for one, is_there in zip(some, found, strict=True) if not is_there}
        return empty

    async def tell_rosters(self, rosters: Mapping[UUID, list[Json]]) -> None:
        """Who is here, for who comes later and for every process; many rooms in a few sendings."""
        for some in batched(rosters.items(), TOGETHER):
            pipe = self._client.pipeline(transaction=False)
            for session_id, people in some:
                key = _roster_key(session_id)
                pipe.hset(key, self.process_id, orjson.dumps({"at": time.time(), "people": people}))
                pipe.expire(key, int(limits.ROSTER_TTL_S * 2))
                told = {"k": "roster", "people": people, "p": self.process_id}
                pipe.publish(channel_of(session_id), orjson.dumps(told))
            await self._try(pipe.execute())

    async def read_rosters(self, session_id: UUID) -> dict[str, list[Json]]:
        """People on other processes, as they last said."""
        rows = await self._try(self._client.hgetall(_roster_key(session_id))) or {}
        found: dict[str, list[Json]] = {}
        for raw_process, body in rows.items():
            process, roster = raw_process.decode(), orjson.loads(body)
            fresh = time.time() - roster["at"] < limits.ROSTER_TTL_S
            if fresh and process != self.process_id:
                found[process] = roster["people"]
        return found

    async def beat(self) -> None:
        await self._try(self._client.publish(self._own_channel, b'{"k":"beat"}'))

    async def _try(self, call: Any) -> Any:
        """The answer, or ``None`` when Redis fails: nothing durable depends on it."""
        if self._stopped:
            call.close()
            return None
        self._in_flight += 1
        self._idle.clear()
        try:
            return await call
        except (RedisError, OSError, TimeoutError) as error:
            logger.debug("live: redis: %s", type(error).__name__)
            return None
        finally:
            self._in_flight -= 1
            if self._in_flight == 0:
                self._idle.set()

    async def _wait_until_heard(self) -> None:
        """Subscribe first, then read (LIVE-J1); without Redis go on after a moment."""
        with suppress(TimeoutError):
            async with asyncio.timeout(COMMAND_TIMEOUT_S):
                while not self.is_alive:
                    await self.beat()
                    await asyncio.sleep(0.01)

    async def _listen(self) -> None:
        while True:
            try:
                await self._listen_once()
            except (RedisError, OSError, TimeoutError) as error:
                logger.warning("live: redis lost (%s), reconnecting", type(error).__name__)
            self._pubsub = None
            await asyncio.sleep(RECONNECT_S)

    async def _listen_once(self) -> None:
        client = aioredis.Redis.from_url(
            settings.REDIS_URL, socket_timeout=None, socket_connect_timeout=COMMAND_TIMEOUT_S
        )
        try:
            pubsub = client.pubsub(ignore_subscribe_messages=True)
            await pubsub.subscribe(self._own_channel, *self._handlers)
            self._pubsub = pubsub
            self._when_back()
            async for message in pubsub.listen():
                self._dispatch(message)
        finally:
            self._pubsub = None
            await client.aclose()

    def _dispatch(self, message: Json) -> None:
        self._heard_at = time.monotonic()
        channel = message["channel"].decode()
        handler = self._handlers.get(channel)
        if handler is None:
            return
        try:
            handler(orjson.loads(message["data"]))
        except Exception:  # one room's trouble must not deafen the others
            logger.exception("live: message on a room's channel failed")


def batched(values: Iterable[T], size: int) -> Iterator[list[T]]:
    """As ``itertools.batched`` of Python 3.12."""
    rest = iter(values)
    while some := list(islice(rest, size)):
        yield some


def _roster_key(session_id: UUID) -> str:
    return f"live:{session_id}:roster"
