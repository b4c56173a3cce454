"""Between Consilium and its PACS: passes everything on, and cuts where it was told to.

What matters most is the answer that is lost after the PACS has stored: only who sends the same
again under the same UIDs, and looks first, leaves one object.
"""

from __future__ import annotations

import select
import socket
import struct
import threading
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Literal

CHUNK = 64 * 1024
IDLE_S = 0.2

Where = Literal["request", "answer", "half answer"]


def nothing() -> None:
    """A cut that is only a cut."""


@dataclass(eq=False)
class Cut:
    """One planned cut.

    Parameters
    ----------
    method
        Of the request it falls on: ``POST`` is STOW-RS, ``GET`` is QIDO-RS and WADO-RS.
    where
        ``request``: half of it was passed on; ``answer``: the PACS has answered and nothing of it
        is passed on; ``half answer``: half of it is.
    then
        What happens in that moment, before the connections are reset.
    """

    method: bytes
    where: Where
    then: Callable[[], None] = nothing
    done: threading.Event = field(default_factory=threading.Event)


class PacsRelay:
    """Listens on ``port``; each connection goes to ``target`` on this machine."""

    def __init__(self, *, target: int) -> None:
        self.target = target
        self.cuts: Counter[str] = Counter()
        self._planned: list[Cut] = []
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(IDLE_S)
        self.port = int(self._listener.getsockname()[1])
        self._thread = threading.Thread(target=self._serve, name="pacs-relay", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        self._thread.join()
        self._listener.close()

    def plan(self, cut: Cut) -> Cut:
        with self._lock:
            self._planned.append(cut)
        return cut

    def forget(self, cut: Cut) -> bool:
        """Take back a cut that nothing met; False when it is under way or done."""
        with self._lock:
            if cut not in self._planned:
                return False
            self._planned.remove(cut)
            return True

    def _take(self, request: bytes) -> Cut | None:
        with self._lock:
            for cut in self._planned:
                if request.startswith(cut.method + b" "):
                    self._planned.remove(cut)
                    return cut
        return None

    def _serve(self) -> None:
        while not self._stopping.is_set():
            try:
                client, _ = self._listener.accept()
            except TimeoutError:
                continue
            threading.Thread(target=self._carry, args=(client,), daemon=True).start()

    def _carry(self, client: socket.socket) -> None:
        with client, suppress(OSError):
            with socket.create_connection(("127.0.0.1", self.target), timeout=5) as pacs:
                self._carry_both_ways(client, pacs)

    def _carry_both_ways(self, client: socket.socket, pacs: socket.socket) -> None:
        cut: Cut | None = None
        while not self._stopping.is_set():
            ready, _, _ = select.select([client, pacs], [], [], IDLE_S)
            for side in ready:
                data = side.recv(CHUNK)
                if not data:
                    return None
                if side is pacs:
                    if cut is None:
                        client.sendall(data)
                        continue
                    if cut.where == "half answer":
                        client.sendall(data[: len(data) // 2])
                    return self._make(cut, client, pacs)
                cut = cut or self._take(data)
                head = data.partition(b"\r\n\r\n")[2] == b"" and data.startswith(b"POST ")
                if cut is not None and cut.where == "request" and not head:
                    pacs.sendall(data[: len(data) // 2])
                    return self._make(cut, client, pacs)
                pacs.sendall(data)
        return None

    def _make(self, cut: Cut, client: socket.socket, pacs: socket.socket) -> None:
        cut.then()
        for one in (client, pacs):
            one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.cuts[f"{cut.method.decode()} {cut.where}"] += 1
        cut.done.set()
