"""PostgreSQL from the event loop: a few threads of our own, apart from the views'.

Channels' default puts every call of every socket on one thread; one slow op would then
hold up all rooms of the process.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TypeVar

from django.db import close_old_connections

ResultT = TypeVar("ResultT")

THREADS = 8

_pool = ThreadPoolExecutor(max_workers=THREADS, thread_name_prefix="live-db")


async def run_db(function: Callable[..., ResultT], **arguments: object) -> ResultT:
    """Call a blocking function in a database thread."""
    call = partial(_call, function, arguments)
    return await asyncio.get_running_loop().run_in_executor(_pool, call)


def _call(function: Callable[..., ResultT], arguments: dict[str, object]) -> ResultT:
    close_old_connections()
    try:
        return function(**arguments)
    finally:
        close_old_connections()
