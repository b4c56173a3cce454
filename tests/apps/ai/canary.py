"""A canary for hostile bundles: ports that stand for database, Valkey and PACS, files to read and
to write. Whatever touches one of them has escaped.
"""

import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

SECRET = "do-not-leak-this"


@dataclass
class Canary:
    """Whatever touches one of these has escaped."""

    root: Path
    listeners: dict[str, socket.socket] = field(default_factory=dict)
    visits: list[str] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)
    threads: list[threading.Thread] = field(default_factory=list)

    def start(self) -> None:
        self.root.mkdir()
        (self.root / "secret.txt").write_text(SECRET)
        for name in ("database", "valkey", "pacs"):
            listener = socket.create_server(("127.0.0.1", 0))
            listener.settimeout(0.1)
            self.listeners[name] = listener
            thread = threading.Thread(target=self._watch, args=(name, listener))
            thread.start()
            self.threads.append(thread)

    def _watch(self, name: str, listener: socket.socket) -> None:
        while not self.over.is_set():
            try:
                listener.accept()
                self.visits.append(name)
            except TimeoutError:
                continue

    def port(self, name: str) -> int:
        return int(self.listeners[name].getsockname()[1])

    def stop(self) -> None:
        self.over.set()
        for thread in self.threads:
            thread.join()
        for listener in self.listeners.values():
            listener.close()

    def assert_untouched(self, said: str = "") -> None:
        assert self.visits == []
        assert [path.name for path in self.root.iterdir()] == ["secret.txt"]
        assert (self.root / "secret.txt").read_text() == SECRET
        assert SECRET not in said


@pytest.fixture
def canary(tmp_path: Path) -> Iterator[Canary]:
    made = Canary(tmp_path / "canary")
    made.start()
    yield made
    made.stop()
