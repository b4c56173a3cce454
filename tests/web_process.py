"""A real web process (uvicorn, config.asgi) on a port of its own, and its live clients."""

import asyncio
import os
import re
import signal
import subprocess
import time
import urllib.request
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit
from uuid import UUID

import websockets
from django.db import connection
from websockets.typing import Subprotocol

from apps.live.protocol import SUBPROTOCOLS
from config.supervisor.programs import list_programs
from tests.live_client import Closed, LiveClient

START_TIMEOUT_S = 90.0
ROOT = Path(__file__).resolve().parent.parent


class WebProcess:
    """``config.asgi`` under uvicorn as the supervisor runs it, against the test database."""

    def __init__(
        self,
        *,
        log: Path,
        port: int = 0,
        drain_s: int | None = None,
        settings: dict[str, str] | None = None,
    ) -> None:
        """``drain_s``: how long it waits for what is open when it is asked to go.
        ``settings``: environment of this process besides that of the tests.
        """
        self._log = log
        environment = {
            **os.environ,
            "DATABASE_URL": _test_database_url(),
            "CONSILIUM_DEBUG": "",
            "CONSILIUM_DB_POOL": "16",
            "DJANGO_SETTINGS_MODULE": "config.settings",
            **(settings or {}),
        }
        with log.open("wb") as output:
            self.process = subprocess.Popen(
                [
                    *_command(port=port),
                    *("--log-level", "info"),  # it says which port it got
                    *([] if drain_s is None else ["--timeout-graceful-shutdown", str(drain_s)]),
                ],
                cwd=ROOT,
                env=environment,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        self.port = self._wait_for_port()

    def _wait_for_port(self) -> int:
        end = time.monotonic() + START_TIMEOUT_S
        while time.monotonic() < end:
            found = re.search(r"running on http://127\.0\.0\.1:(\d+)", self._log.read_text())
            if found:
                return int(found.group(1))
            if self.process.poll() is not None:
                break
            time.sleep(0.1)
        self.process.kill()
        raise AssertionError(f"web process did not start:\n{self._log.read_text()[-4000:]}")

    def get_status(self, path: str) -> int:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=10) as answer:
            return int(answer.status)

    def kill(self) -> None:
        """As the kernel would: no goodbye to anybody."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(10)

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(15)
            except subprocess.TimeoutExpired:
                self.kill()

    async def connect(self, session_id: UUID) -> LiveClient:
        """A browser's socket: origin, subprotocol, ping answered by the library."""
        socket = await websockets.connect(
            f"ws://127.0.0.1:{self.port}/ws/live/{session_id}/",
            origin=websockets.Origin(f"http://127.0.0.1:{self.port}"),
            subprotocols=[Subprotocol(one) for one in SUBPROTOCOLS],
            max_size=None,
        )
        return client_of(socket)


def client_of(socket: websockets.ClientConnection) -> LiveClient:
    """Somebody who speaks the protocol over a socket that is open."""

    async def receive_text(timeout_s: float) -> str:
        try:
            async with asyncio.timeout(timeout_s):
                text = await socket.recv()
        except websockets.ConnectionClosed as closed:
            raise Closed(closed.rcvd.code if closed.rcvd else None) from None
        assert isinstance(text, str)
        return text

    async def send_text(text: str) -> None:
        try:
            await socket.send(text)
        except websockets.ConnectionClosed as closed:
            raise Closed(closed.rcvd.code if closed.rcvd else None) from None

    client = LiveClient(send_text=send_text, receive_text=receive_text, close_socket=socket.close)
    client.socket = socket
    return client


def _command(*, port: int) -> list[str]:
    """The supervisor's own; port 0 is any that is free."""
    programs = list_programs(bind="127.0.0.1", port=port, run_directory=ROOT)
    return next(one.command for one in programs if one.name == "web")


def _test_database_url() -> str:
    """DATABASE_URL with the name of the test database of this run."""
    parts = urlsplit(os.environ["DATABASE_URL"])
    name = connection.settings_dict["NAME"]
    return urlunsplit(parts._replace(path=f"/{name}"))
