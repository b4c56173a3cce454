"""One supervisor per state directory, and who it is."""

from __future__ import annotations

import fcntl
import getpass
import json
import os
import socket
import time
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from config.supervisor.errors import CannotStart

BURIAL_TIMEOUT_S = 30.0
POLL_INTERVAL_S = 0.2


@dataclass(frozen=True)
class Holder:
    """Who holds the lock, as written into the lock file for the next one to read."""

    pid: int
    person: str
    host: str
    since: str
    url: str

    def describe(self) -> str:
        return f"pid {self.pid} of {self.person} on {self.host}, since {self.since}, at {self.url}"


class StateLock:
    """An flock on ``up.lock`` in the state directory.

    The undertaker inherits the descriptor, so after a ``kill -9`` of the supervisor the lock stays
    held until its last child is gone: the next one cannot meet a half-dead database.
    """

    def __init__(self, *, path: Path) -> None:
        self.path = path
        self.descriptor = -1

    def acquire(self, *, url: str) -> None:
        """Take the lock, waiting only for the burial of a supervisor that was killed.

        Raises
        ------
        CannotStart
            A living supervisor holds it.
        """
        self.descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
        deadline = time.monotonic() + BURIAL_TIMEOUT_S
        while not self._try_lock():
            holder = self._read_holder()
            if holder is None or _is_alive(holder.pid) or time.monotonic() > deadline:
                os.close(self.descriptor)
                who = holder.describe() if holder else "somebody who left no name"
                raise CannotStart(
                    f"Consilium already runs here: {who}. Stop that one, or give this one its own "
                    f"PORT and CONSILIUM_VAR. (lock: {self.path})"
                )
            time.sleep(POLL_INTERVAL_S)
        self._write_holder(url=url)

    def release(self) -> None:
        os.ftruncate(self.descriptor, 0)
        os.close(self.descriptor)

    def _try_lock(self) -> bool:
        try:
            fcntl.flock(self.descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _read_holder(self) -> Holder | None:
        try:
            return Holder(**json.loads(self.path.read_text(encoding="utf-8")))
        except (ValueError, TypeError):
            return None

    def _write_holder(self, *, url: str) -> None:
        holder = Holder(
            pid=os.getpid(),
            person=_person(),
            host=socket.gethostname(),
            since=datetime.now().astimezone().strftime("%Y-%m-%d %H:%M"),
            url=url,
        )
        os.ftruncate(self.descriptor, 0)
        os.pwrite(self.descriptor, json.dumps(asdict(holder)).encode(), 0)


def _person() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # an uid without an account, as in a container
        return f"uid {os.getuid()}"


def _is_alive(pid: int) -> bool:
    try:
        state = Path("/proc", str(pid), "stat").read_text(encoding="ascii", errors="replace")
    except OSError:
        return False
    return state.rpartition(")")[2].split()[0] != "Z"
