"""What is looked at before anything is started, each with one clear line."""

from __future__ import annotations

import errno
import shutil
import socket
import sys
from contextlib import suppress
from pathlib import Path

import psycopg
import redis

from config.supervisor.errors import CannotStart

CONNECT_TIMEOUT_S = 5
MIN_FREE_BYTES = 512 * 1024 * 1024


def check_platform() -> None:
    if not sys.platform.startswith("linux"):
        raise CannotStart("manage.py up needs Linux; elsewhere use docker/compose.yml.")


def check_state_directory(*, directory: Path) -> None:
    """The state directory can be made and written, and its disk has room."""
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        probe = directory / ".probe"
        probe.write_bytes(b"consilium")
        probe.unlink()
    except OSError as error:
        raise explain_os_error(error=error, directory=directory) from error
    free_bytes = shutil.disk_usage(directory).free
    if free_bytes < MIN_FREE_BYTES:
        raise _disk_full(directory=directory, free_bytes=free_bytes)


def check_frontend(*, dist: Path) -> None:
    if not (dist / "index.html").is_file():
        raise CannotStart(
            "The frontend is not built: run `make demo`, or `npm ci && npm run build` in "
            "frontend/, or start without it by --no-frontend."
        )


def check_port(*, host: str, port: int) -> None:
    """`port` can be listened on at `host` now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                holder = _describe_listener(port=port)
                raise CannotStart(
                    f"Port {port} is in use{holder}. Choose another: PORT={port + 1} make demo."
                ) from error
            raise CannotStart(f"Cannot listen on {host}:{port}: {error.strerror}.") from error


def check_database(*, url: str) -> None:
    """The PostgreSQL of DATABASE_URL lets us in."""
    try:
        psycopg.connect(url, connect_timeout=CONNECT_TIMEOUT_S).close()
    except psycopg.Error as error:
        raise CannotStart(f"DATABASE_URL: {_one_line(error)}") from error


def check_redis(*, url: str) -> None:
    """The server of REDIS_URL lets us in."""
    try:
        client = redis.Redis.from_url(url, socket_connect_timeout=CONNECT_TIMEOUT_S)
        client.ping()
        client.close()
    except (redis.RedisError, ValueError) as error:
        raise CannotStart(f"REDIS_URL: {_one_line(error)}") from error


def explain_os_error(*, error: OSError, directory: Path) -> CannotStart:
    """The one line for a file system that refuses."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return _disk_full(directory=directory, free_bytes=0)
    return CannotStart(f"Cannot write to {error.filename or directory}: {error.strerror}.")


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())


def _disk_full(*, directory: Path, free_bytes: int) -> CannotStart:
    return CannotStart(
        f"The disk of {directory} is full: {free_bytes // 2**20} MB free, "
        f"{MIN_FREE_BYTES // 2**20} MB needed. Free some, or set CONSILIUM_VAR to another disk."
    )


def _describe_listener(*, port: int) -> str:
    """`` by pid 12 (nginx)``, as far as this user may know."""
    sockets = {f"socket:[{inode}]" for inode in _listening_inodes(port=port)}
    for directory in Path("/proc").glob("[0-9]*"):
        if sockets & _open_files(directory):
            name = (directory / "comm").read_text(encoding="utf-8").strip()
            return f" by pid {directory.name} ({name})"
    return ""


def _open_files(process: Path) -> set[str]:
    found = set()
    with suppress(OSError):  # somebody else's, or gone
        for link in (process / "fd").iterdir():
            with suppress(OSError):  # closed meanwhile
                found.add(str(link.readlink()))
    return found


def _listening_inodes(*, port: int) -> set[str]:
    inodes = set()
    for table in (Path("/proc/net/tcp"), Path("/proc/net/tcp6")):
        if not table.exists():
            continue
        for line in table.read_text(encoding="ascii").splitlines()[1:]:
            fields = line.split()
            is_listening = fields[3] == "0A"
            if is_listening and int(fields[1].rpartition(":")[2], 16) == port:
                inodes.add(fields[9])
    return inodes
