"""The same command over servers it does not own, named by URL."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import psycopg
import pytest
import redis

from tests.e2e.harness import Stack, free_port
from tests.engines import engines_of_their_own

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


@contextmanager
def over_tcp(*, socket_path: Path) -> Iterator[int]:
    """A TCP port that leads to a unix socket; our engines listen on nothing else."""
    started = threading.Event()
    ports: list[int] = []
    stopping = asyncio.Event()

    async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while chunk := await reader.read(65536):
                writer.write(chunk)
                await writer.drain()
        except ConnectionError:
            pass
        finally:
            writer.close()

    async def connect(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        inner_reader, inner_writer = await asyncio.open_unix_connection(str(socket_path))
        await asyncio.gather(pump(reader, inner_writer), pump(inner_reader, writer))

    async def serve() -> None:
        loops.append(asyncio.get_running_loop())
        server = await asyncio.start_server(connect, "127.0.0.1", 0)
        ports.append(server.sockets[0].getsockname()[1])
        started.set()
        await stopping.wait()

    loops: list[asyncio.AbstractEventLoop] = []
    thread = threading.Thread(target=lambda: asyncio.run(serve()), daemon=True)
    thread.start()
    assert started.wait(timeout=10)
    yield ports[0]
    loops[0].call_soon_threadsafe(stopping.set)
    thread.join()


def test_uses_the_postgresql_and_redis_it_is_given(tmp_path: Path) -> None:
    with engines_of_their_own(root=tmp_path / "hospital") as engines:
        database = urlsplit(engines["DATABASE_URL"])
        socket_directory = Path(parse_qs(database.query)["host"][0])
        broker = urlsplit(engines["REDIS_URL"])
        with (
            over_tcp(socket_path=socket_directory / ".s.PGSQL.5432") as database_port,
            over_tcp(socket_path=Path(broker.path)) as broker_port,
        ):
            role, password = database.username, database.password
            urls = {
                "DATABASE_URL": f"postgres://{role}:{password}@127.0.0.1:{database_port}/consilium",
                "REDIS_URL": f"redis://:{broker.password}@127.0.0.1:{broker_port}/0",
            }
            house = Stack(
                directory=tmp_path / "house", orthanc=False, frontend=False, environment=urls
            )
            house.start()
            try:
                assert not {"postgres", "valkey"} & set(house.pids())
                assert not (house.state_directory / "postgres").exists()
                assert not (house.state_directory / "valkey").exists()
                assert house.urls() == urls
                with psycopg.connect(urls["DATABASE_URL"]) as connection:
                    beats = connection.execute("SELECT name FROM core_heartbeat").fetchall()
                assert {name.split("@")[0] for (name,) in beats} >= {"worker", "worker-ai"}
                client = redis.Redis.from_url(urls["REDIS_URL"])
                assert client.exists("_kombu.binding.default")
                client.close()
            finally:
                assert house.stop() == 0
            with psycopg.connect(urls["DATABASE_URL"]) as connection:
                assert connection.execute("SELECT 1").fetchone() == (1,)


def test_a_server_that_is_not_there_is_one_clear_line(tmp_path: Path) -> None:
    for urls, reason in (
        ({"DATABASE_URL": f"postgres://a:secret@127.0.0.1:{free_port()}/b"}, "DATABASE_URL: "),
        ({"REDIS_URL": f"redis://:secret@127.0.0.1:{free_port()}/0"}, "REDIS_URL: "),
    ):
        house = Stack(directory=tmp_path, orthanc=False, frontend=False, environment=urls)
        house.spawn()
        assert house.wait_for_end() == 1
        last = house.log_text().strip().splitlines()[-1]
        assert last.startswith(f"Consilium cannot start. {reason}")
        assert "refused" in last
        assert "secret" not in last
