"""Where a running house is found: written by the supervisor, read by other commands.

``manage.py audit verify`` in a second terminal has no DATABASE_URL; it finds the embedded engines
of the same state directory here.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

from config.supervisor.servers import write_secret

ENGINE_URLS = "engines.json"
PIDS = "processes.json"


def write_engine_urls(*, state_directory: Path, urls: dict[str, str]) -> None:
    write_secret(state_directory / "run" / ENGINE_URLS, json.dumps(urls))


def write_pids(*, state_directory: Path, pids: dict[str, int]) -> None:
    write_secret(state_directory / "run" / PIDS, json.dumps(pids))


def read_pids(*, state_directory: Path) -> dict[str, int]:
    """Name of each running process to its pid; the supervisor is ``up``."""
    pids: dict[str, int] = json.loads((state_directory / "run" / PIDS).read_text("utf-8"))
    return pids


def forget_house(*, state_directory: Path) -> None:
    for name in (ENGINE_URLS, PIDS):
        (state_directory / "run" / name).unlink(missing_ok=True)


def read_engine_urls(*, state_directory: Path) -> dict[str, str]:
    """DATABASE_URL, REDIS_URL and, where there is one, CONSILIUM_PACS_URL of the running house."""
    path = state_directory / "run" / ENGINE_URLS
    urls: dict[str, str] = json.loads(path.read_text("utf-8"))
    return urls


def adopt_engine_urls(*, state_directory: Path) -> None:
    """Set DATABASE_URL and REDIS_URL from a running house where the environment does not."""
    try:
        urls = read_engine_urls(state_directory=state_directory)
    except (OSError, ValueError):
        return
    for name in ("DATABASE_URL", "REDIS_URL", "CONSILIUM_PACS_URL"):
        if name in urls and not os.environ.get(name):
            os.environ[name] = urls[name]
