"""Ends a task for certain."""

import asyncio
from typing import Any

AGAIN_S = 1.0


async def end_task(task: "asyncio.Task[Any]") -> None:
    """Cancel until it has ended.

    Once is not always enough: ``asyncio.wait_for`` of Python 3.11 loses a cancellation that comes
    in the moment in which what it waits for is done (python/cpython gh-86296, mended in 3.12), and
    the Redis client waits by it. Whoever awaits such a task waits for ever.
    """
    while not task.done():
        task.cancel()
        await asyncio.wait({task}, timeout=AGAIN_S)
