"""The network below the client: checks the address it connects to, and keeps a deadline.

httpx's timeouts are per read; a server that drips one byte at a time would hold a worker for
days. Here every read and write also ends at the call's deadline.
"""

import ssl
import time
from collections.abc import Iterable, Sequence
from typing import Any

import httpcore
import httpx

from apps.imaging.pacs.addresses import choose_address


class GuardedBackend(httpcore.NetworkBackend):
    """Connects only where the allow-list says, and to the very address that was checked."""

    def __init__(self, *, allowed_networks: Sequence[str]) -> None:
        self._inner = httpcore.SyncBackend()
        self._allowed_networks = list(allowed_networks)
        self.deadline: float | None = None  # time.monotonic()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        shown = f"[{host}]" if ":" in host else host
        address = choose_address(
            url=f"http://{shown}:{port}", allowed_networks=self._allowed_networks
        )
        stream = self._inner.connect_tcp(
            str(address), port, self.remaining(timeout), local_address, socket_options
        )
        return _DeadlineStream(stream, self)

    def connect_unix_socket(
        self, path: str, timeout: float | None = None, socket_options: Iterable[Any] | None = None
    ) -> httpcore.NetworkStream:
        raise httpcore.ConnectError("no unix sockets")

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)

    def remaining(self, timeout: float | None) -> float | None:
        """The shorter of the step's own time-out and what is left of the whole call."""
        if self.deadline is None:
            return timeout
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise httpcore.ReadTimeout("the call's total time is over")
        return left if timeout is None else min(timeout, left)


class _DeadlineStream(httpcore.NetworkStream):
    def __init__(self, inner: httpcore.NetworkStream, backend: GuardedBackend) -> None:
        self._inner = inner
        self._backend = backend

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, self._backend.remaining(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, self._backend.remaining(timeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        stream = self._inner.start_tls(
            ssl_context, server_hostname, self._backend.remaining(timeout)
        )
        return _DeadlineStream(stream, self._backend)

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


class GuardedTransport(httpx.HTTPTransport):
    """httpx's transport over the guarded network; no proxies, no environment."""

    def __init__(self, *, backend: GuardedBackend, connections: int, tls: ssl.SSLContext) -> None:
        super().__init__(
            verify=tls,
            trust_env=False,
            limits=httpx.Limits(max_connections=connections, max_keepalive_connections=connections),
        )
        # httpx offers no door to its pool's backend; tests/security fail if this ever moves.
        self._pool._network_backend = backend
