"""Threads of the live session keep their connections, and notice when the server has ended one."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from asgiref.sync import sync_to_async
from django.db import DataError, OperationalError, connection

from apps.live.hub import database
from apps.live.hub.database import run_db

pytestmark = pytest.mark.django_db(transaction=True)


def _backend() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return int(cursor.fetchone()[0])


def _end(backend: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [backend])


def _fail(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


@pytest_asyncio.fixture()
async def one_thread(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[None]:
    monkeypatch.setattr(database, "THREADS", 1)
    yield
    await asyncio.to_thread(database.close_threads)


@pytest.mark.usefixtures("one_thread")
async def test_a_connection_is_kept_until_the_server_ends_it() -> None:
    first = await run_db(_backend)
    assert await run_db(_backend) == first
    with pytest.raises(DataError):  # the statement's fault, not the connection's
        await run_db(_fail, statement="SELECT 1/0")
    assert await run_db(_backend) == first

    await sync_to_async(_end)(first)
    assert await run_db(_backend) != first


@pytest.mark.usefixtures("one_thread")
async def test_a_connection_that_breaks_under_way_is_not_used_again() -> None:
    first = await run_db(_backend)
    with pytest.raises(OperationalError):
        await run_db(_fail, statement="SELECT pg_terminate_backend(pg_backend_pid())")
    assert await run_db(_backend) != first
