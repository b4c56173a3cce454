"""PostgreSQL from the event loop: a few threads of our own, apart from the views'.

Channels' default puts every call of every socket on one thread; one slow op would then
hold up all rooms of the process. Each thread keeps its connection: to take one from the pool for
every call asks the server each time whether it is still there.
"""

import asyncio
import select
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Barrier
from typing import TypeVar

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper

ResultT = TypeVar("ResultT")

THREADS = 8


class DatabaseThreads:
    """Started by the first call, closed with their connections, started again by the next."""

    def __init__(self) -> None:
        self._pool: ThreadPoolExecutor | None = None

    def pool(self) -> ThreadPoolExecutor:
        if self._pool is None:
            self._pool = ThreadPoolExecutor(max_workers=THREADS, thread_name_prefix="live-db")
        return self._pool

    def close(self) -> None:
        pool, self._pool = self._pool, None
        if pool is None:
            return
        together = Barrier(THREADS)
        for done in [pool.submit(_close_connection, together) for _ in range(THREADS)]:
            done.result()
        pool.shutdown()


_threads = DatabaseThreads()


async def run_db(function: Callable[..., ResultT], **arguments: object) -> ResultT:
    """Call a blocking function in a database thread."""
    call = partial(_call, function, arguments)
    return await asyncio.get_running_loop().run_in_executor(_threads.pool(), call)


def close_threads() -> None:
    """End the threads and their connections (tests drop their database afterwards)."""
    _threads.close()


def _close_connection(together: Barrier) -> None:
    together.wait(timeout=10)
    connections.close_all()


def _call(function: Callable[..., ResultT], arguments: dict[str, object]) -> ResultT:
    for kept in connections.all(initialized_only=True):
        if _has_ended(kept):
            kept.close()
    try:
        return function(**arguments)
    finally:
        for used in connections.all(initialized_only=True):
            if used.errors_occurred:
                used.close()


def _has_ended(kept: BaseDatabaseWrapper) -> bool:
    """A server that ended has closed its side, and a closed socket is readable.

    So is one on which the server says something unasked; that connection is not kept, either.
    """
    if kept.connection is None or kept.in_atomic_block:
        return False
    if kept.connection.closed:
        return True
    poll = select.poll()
    poll.register(kept.connection.fileno(), select.POLLIN | select.POLLHUP | select.POLLERR)
    return bool(poll.poll(0))
