"""PostgreSQL and Valkey of their own, web processes as the product starts them, and the peers.

Durable as in the hospital: fsync and ``synchronous_commit`` are on. Django is set up in this
process too, so that rooms, people and tickets are made by the services that the product uses.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from config.supervisor.engines import EmbeddedPostgres, EmbeddedValkey
from config.supervisor.programs import list_programs
from tests.e2e.harness import free_port

BASE = Path(__file__).resolve().parents[3]
START_S = 120


@dataclass(frozen=True)
class Server:
    """One process that is measured."""

    name: str
    origin: str
    pid: int

    @property
    def socket_origin(self) -> str:
        return self.origin.replace("http", "ws", 1)


class LiveHouse:
    """Engines, and the processes that were started on them."""

    def __init__(self, *, directory: Path, environment: Mapping[str, str], stack: ExitStack):
        self._directory = directory
        self._environment = dict(environment)
        self._stack = stack

    def start_web(self, name: str, **environment: str) -> Server:
        """A web process of the product, on its production command."""
        port = free_port()
        (web, *_) = list_programs(bind="127.0.0.1", port=port, run_directory=self._directory)
        own = {"PORT": str(port), **web.environment, **environment}
        return self._start(name, web.command, port=port, path="/livez", environment=own)

    def start_channels(self, name: str, *, layer: str) -> Server:
        """Stock Channels on the same server and the same Valkey."""
        port = free_port()
        (web, *_) = list_programs(bind="127.0.0.1", port=port, run_directory=self._directory)
        ours, theirs = "config.asgi:application", "tests.bench.live.stock_channels:application"
        command = [theirs if word == ours else word for word in web.command]
        return self._start(name, command, port=port, path="/", environment={"BENCH_LAYER": layer})

    def start_relay(self, name: str) -> Server:
        """The Node relay says its port on its first line."""
        process = self._spawn(
            name, ["node", str(Path(__file__).with_name("relay.mjs"))], environment={}
        )
        log = self._directory / f"{name}.log"
        end = time.monotonic() + START_S
        while time.monotonic() < end:
            if found := re.match(r"(\d+)\n", log.read_text("utf-8")):
                return Server(name, f"http://127.0.0.1:{found.group(1)}", process.pid)
            time.sleep(0.05)
        raise RuntimeError(f"{name} did not start")

    def _start(
        self, name: str, command: list[str], *, port: int, path: str, environment: Mapping[str, str]
    ) -> Server:
        process = self._spawn(name, command, environment=environment)
        origin = f"http://127.0.0.1:{port}"
        end = time.monotonic() + START_S
        while time.monotonic() < end and process.poll() is None:
            try:
                httpx.get(origin + path, timeout=5)
                return Server(name, origin, process.pid)
            except httpx.TransportError:
                time.sleep(0.1)
        log = (self._directory / f"{name}.log").read_text("utf-8", errors="replace")
        raise RuntimeError(f"{name} did not start:\n{log[-3000:]}")

    def _spawn(
        self, name: str, command: list[str], *, environment: Mapping[str, str]
    ) -> subprocess.Popen[bytes]:
        with (self._directory / f"{name}.log").open("wb") as log:
            process = subprocess.Popen(
                command, cwd=BASE, env=self._environment | dict(environment), stdout=log, stderr=log
            )
        self._stack.callback(_stop, process)
        return process


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(timeout=15)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@contextmanager
def open_live_house(*, directory: Path) -> Iterator[LiveHouse]:
    """Both engines, the schema, and Django in this process: once a process."""
    with ExitStack() as stack:
        postgres = EmbeddedPostgres(root=directory / "postgres", durable=True)
        stack.callback(postgres.stop)
        valkey = EmbeddedValkey(root=directory / "valkey", durable=True)
        stack.callback(valkey.stop)
        (directory / "var" / "static").mkdir(parents=True)
        environment = {
            **os.environ,
            "DATABASE_URL": postgres.start(),
            "REDIS_URL": valkey.start(),
            "CONSILIUM_VAR": str(directory / "var"),
            "CONSILIUM_DEBUG": "",
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "PYTHONPATH": str(BASE),
        }
        subprocess.run(
            [sys.executable, "manage.py", "migrate", "--verbosity", "0"],
            cwd=BASE, env=environment, check=True,
        )  # fmt: skip
        _set_up_django(environment)
        yield LiveHouse(directory=directory, environment=environment, stack=stack)


def _set_up_django(environment: Mapping[str, str]) -> None:
    os.environ |= {
        name: environment[name]
        for name in ("DATABASE_URL", "REDIS_URL", "CONSILIUM_VAR", "DJANGO_SETTINGS_MODULE")
    }
    import django

    django.setup()
    from django.db import connection

    with connection.cursor() as cursor:
        for name in ("fsync", "synchronous_commit"):
            cursor.execute(f"SHOW {name}")
            if cursor.fetchone() != ("on",):
                raise AssertionError(f"{name} is off: acknowledged would not be on disk")
