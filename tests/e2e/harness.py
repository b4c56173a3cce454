"""A whole house of its own for tests: started by `manage.py up`, broken on purpose, looked into.

Everything is real: PostgreSQL, Valkey, Orthanc, Celery workers, uvicorn, Chromium. Each `Stack`
has its own state directory and ports, so several may run beside each other.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import redis

from config.supervisor.servers import launch_command
from config.supervisor.state import read_engine_urls, read_pids
from config.supervisor.undertaker import find_family, send

BASE_DIRECTORY = Path(__file__).resolve().parents[2]
PASSWORD = "consilium-demo"
START_TIMEOUT_S = 300.0  # a second or ten on a quiet machine; tests also run on busy ones
STOP_TIMEOUT_S = 90.0
MODEL_RUNNER = b"apps.ai.runner"
FOREIGN_VARIABLES = ("DATABASE_URL", "REDIS_URL", "CONSILIUM_PACS_URL", "SECRET_KEY")


def account(role: str) -> str:
    """E-mail address of the demo hospital's person with `role`."""
    return f"{role}@demo.consilium.example"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(
    condition: Callable[[], Any], *, what: str, timeout_s: float = 60.0, every_s: float = 0.2
) -> Any:
    """The first truthy answer of `condition`; transport errors count as not yet."""
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        try:
            if answer := condition():
                return answer
        except (httpx.TransportError, OSError, ValueError):
            pass
        time.sleep(every_s)
    raise AssertionError(f"{what}: not within {timeout_s:g} s")


@dataclass
class Stack:
    """One house under `directory`.

    Parameters
    ----------
    directory
        State directory (CONSILIUM_VAR) and log.
    orthanc
        Whether the house runs its own Orthanc.
    frontend
        False starts without the built page.
    environment
        Additional environment, such as an external DATABASE_URL.
    """

    directory: Path
    orthanc: bool = True
    frontend: bool = True
    environment: dict[str, str] = field(default_factory=dict)
    port: int = field(default_factory=free_port)
    _process: subprocess.Popen[bytes] | None = None

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def state_directory(self) -> Path:
        return self.directory / "var"

    @property
    def log(self) -> Path:
        return self.directory / "up.log"

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    # --- life ------------------------------------------------------------------------

    def start(self) -> None:
        """Start the house and wait until every dependency is well."""
        self.spawn()
        self.wait_until_ready()

    def spawn(self) -> None:
        self.directory.mkdir(parents=True, exist_ok=True)
        arguments = ["manage.py", "up"]
        arguments += ["--orthanc"] if self.orthanc else []
        arguments += [] if self.frontend else ["--no-frontend"]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                launch_command(program=[sys.executable, *arguments], parent_death="TERM"),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=BASE_DIRECTORY,
                env=self._environment(),
            )

    def stop(self) -> int:
        """Ctrl-C; the exit status."""
        assert self._process is not None
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)
        try:
            return self._process.wait(timeout=STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
            raise AssertionError(f"did not stop:\n{self.log_text()[-3000:]}") from None

    def wait_until_ready(self, *, timeout_s: float = START_TIMEOUT_S) -> None:
        """`/readyz` says ok of every dependency, workers included."""

        def is_ready() -> bool:
            if self._process is not None and self._process.poll() is not None:
                raise AssertionError(f"the house ended:\n{self.log_text()[-3000:]}")
            return self.health()["status"] == "ok"

        try:
            wait_for(is_ready, what="/readyz ok", timeout_s=timeout_s)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.log_text()[-3000:]}") from None

    def wait_for_end(self, *, timeout_s: float = 90.0) -> int:
        assert self._process is not None
        return self._process.wait(timeout=timeout_s)

    # --- looking into it --------------------------------------------------------------

    def health(self) -> dict[str, Any]:
        answer: dict[str, Any] = httpx.get(f"{self.base_url}/readyz", timeout=30).json()
        return answer

    def log_text(self) -> str:
        return self.log.read_text("utf-8", errors="replace") if self.log.exists() else ""

    def pids(self) -> dict[str, int]:
        """Name of each process to its pid."""
        return read_pids(state_directory=self.state_directory)

    def family(self) -> set[int]:
        """Every process of the house, the supervisor and the undertaker included."""
        return {pid for pid, _ in find_family(roots={self.pid, *self.pids().values()})}

    def urls(self) -> dict[str, str]:
        """DATABASE_URL, REDIS_URL and CONSILIUM_PACS_URL of the running house."""
        return read_engine_urls(state_directory=self.state_directory)

    def pacs(self) -> httpx.Client:
        """A client of the house's Orthanc: its own API at ``/``, DICOMweb at ``/dicom-web``."""
        parts = urlsplit(self.urls()["CONSILIUM_PACS_URL"])
        return httpx.Client(
            base_url=f"http://{parts.hostname}:{parts.port}",
            auth=(parts.username or "", parts.password or ""),
            headers={"Accept-Encoding": "identity"},
            timeout=60,
        )

    def manage(self, *arguments: str, timeout_s: float = 300.0) -> str:
        """Run a management command in the house; its output."""
        outcome = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=BASE_DIRECTORY,
            env=self._environment(),
            capture_output=True,
            text=True,
            timeout=timeout_s,
            check=False,
        )
        if outcome.returncode != 0:
            raise AssertionError(f"manage.py {arguments[0]}: {outcome.stderr[-3000:]}")
        return outcome.stdout

    def client(self, *, role: str) -> httpx.Client:
        """A signed-in API client that sends the CSRF token."""
        client = httpx.Client(base_url=self.base_url, timeout=30, headers={"Origin": self.base_url})
        client.get("/api/csrf")
        client.headers["X-CSRFToken"] = client.cookies["csrftoken"]
        answer = client.post(
            "/_allauth/browser/v1/auth/login",
            json={"email": account(role), "password": PASSWORD},
        )
        assert answer.status_code == 200, answer.text
        client.headers["X-CSRFToken"] = client.cookies["csrftoken"]
        return client

    # --- breaking it ------------------------------------------------------------------

    def kill(self, name: str) -> int:
        """``kill -9`` of the process called `name`; its pid."""
        pid = self.pids()[name]
        os.kill(pid, signal.SIGKILL)
        return pid

    def kill_whole(self, name: str) -> None:
        """``kill -9`` of the process called `name` and all its descendants at once."""
        for pid, _ in find_family(roots={self.pids()[name]}):
            send(pid=pid, number=signal.SIGKILL)

    def model_runners(self) -> list[int]:
        """Pids of the model runners below the AI worker."""
        family = find_family(roots={self.pids()["worker-ai"]})
        return sorted(pid for pid, _ in family if MODEL_RUNNER in _command_line(pid))

    def kill_model_runner(self) -> int:
        """``kill -9`` of a model runner once there is one; its pid."""
        (pid, *_) = wait_for(self.model_runners, what="a model runner")
        os.kill(pid, signal.SIGKILL)
        return int(pid)

    def flush_redis(self) -> None:
        client = redis.Redis.from_url(self.urls()["REDIS_URL"])
        client.flushall()
        client.close()

    def _environment(self) -> dict[str, str]:
        kept = {name: text for name, text in os.environ.items() if name not in FOREIGN_VARIABLES}
        own = {"CONSILIUM_VAR": str(self.state_directory), "PORT": str(self.port)}
        return kept | own | self.environment


def _command_line(pid: int) -> bytes:
    try:
        return Path("/proc", str(pid), "cmdline").read_bytes()
    except OSError:
        return b""
