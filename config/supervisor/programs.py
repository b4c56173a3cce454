"""The processes of the house: what each is called and how it is started."""

from __future__ import annotations

import signal
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

WS_MAX_BYTES = 1024 * 1024
WEB_DRAIN_S = 3
WEB_DB_POOL = 24


@dataclass(frozen=True)
class Program:
    """One process that is kept running.

    Parameters
    ----------
    name
        What the logs and ``var/run/processes.json`` call it.
    command
        Program and arguments.
    stop_signal
        The polite way to end it.
    environment
        What it gets beside the house's.
    """

    name: str
    command: list[str]
    stop_signal: int = signal.SIGTERM
    environment: Mapping[str, str] = field(default_factory=dict)


def list_programs(*, bind: str, port: int, run_directory: Path) -> list[Program]:
    """Web, workers, beat and ticker, in the order they are started."""
    return [
        Program(
            name="web",
            command=_web_command(bind=bind, port=port),
            environment={"CONSILIUM_DB_POOL": str(WEB_DB_POOL)},
        ),
        Program(name="worker", command=_worker_command(name="worker", queue="default", size=2)),
        Program(name="worker-ai", command=_worker_command(name="worker-ai", queue="ai", size=1)),
        Program(
            name="beat",
            command=_celery("beat", "--schedule", str(run_directory / "beat"), "--pidfile="),
        ),
        Program(name="ticker", command=[sys.executable, "manage.py", "tick"]),
    ]


def _web_command(*, bind: str, port: int) -> list[str]:
    return [
        *(sys.executable, "-m", "uvicorn", "config.asgi:application"),
        *("--host", bind, "--port", str(port)),
        *("--ws", "websockets-sansio", "--ws-max-size", str(WS_MAX_BYTES)),
        # The same bytes for everybody in a room are not compressed again for each of them.
        *("--ws-per-message-deflate", "false"),
        *("--http", "httptools", "--loop", "uvloop"),
        *("--timeout-graceful-shutdown", str(WEB_DRAIN_S)),
        *("--log-level", "warning", "--no-access-log", "--no-server-header"),
    ]


def _worker_command(*, name: str, queue: str, size: int) -> list[str]:
    return _celery(
        "worker",
        *("--queues", queue, "--hostname", f"{name}@%h", "--concurrency", str(size)),
        *("--loglevel", "INFO", "--without-gossip", "--without-mingle"),
    )


def _celery(verb: str, *arguments: str) -> list[str]:
    return [sys.executable, "-m", "celery", "-A", "config", "--quiet", verb, *arguments]
