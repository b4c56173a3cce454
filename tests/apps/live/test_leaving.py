"""Everybody leaves at once, and comes back: nothing fails, nothing waits."""

import asyncio
import logging
import time
from typing import Any

import pytest

from apps.live import consumers
from apps.live.hub.bus import Bus
from tests.apps.live.conftest import Connect

pytestmark = pytest.mark.django_db(transaction=True)

WHO = ("chair", "surgeon", "radiologist", "oncologist")


async def test_who_leaves_together_is_told_once_and_the_next_meeting_opens_at_once(
    connect: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    """A message to Redis under way when the process came to rest failed, and each was logged."""
    for _ in range(3):
        windows = [await connect(who) for who in WHO for _ in range(3)]
        bus, told = consumers.get_hub().bus, []
        publish = bus.publish

        async def count(session_id: Any, message: Any, told: Any = told, to: Any = publish) -> Any:
            told.append(message["k"])
            return await to(session_id, message)

        bus.publish = count  # type: ignore[method-assign]
        with caplog.at_level(logging.WARNING, logger="apps.live"):
            await asyncio.gather(*(window.close() for window in windows))
            await asyncio.sleep(0.2)
        assert not [one for one in caplog.records if one.levelno >= logging.ERROR]
        assert consumers.get_hub().rooms == {} and consumers.get_hub().bus is not bus
        assert told.count("roster") < len(windows)
        started = time.monotonic()
        await (await connect("chair")).close()
        assert time.monotonic() - started < 2


async def test_a_cancellation_that_is_lost_keeps_nobody_from_the_next_meeting(
    connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As `asyncio.wait_for` of Python 3.11 loses it, under the Redis client."""
    lost = asyncio.Event()

    async def beat(self: Bus) -> None:
        try:
            await asyncio.sleep(30)
        except asyncio.CancelledError:
            if lost.is_set():
                raise
            lost.set()

    chair = await connect("chair")
    with monkeypatch.context() as slow:
        slow.setattr(Bus, "beat", beat)
        await asyncio.sleep(1.2)  # the second-hand is in there
        started = time.monotonic()
        await chair.close()  # ends after five seconds whatever waits
        assert lost.is_set() and time.monotonic() - started < 4
    await connect("surgeon")
